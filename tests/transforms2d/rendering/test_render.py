"""Rendering: the same sample whatever is rendered beside it, and every family."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_images import rows, same_latents, small_base, small_natural

from transforms2d.names import ALL
from transforms2d.protocol import preset
from transforms2d.rendering.composite import composite
from transforms2d.rendering.renderer import Renderer, render
from transforms2d.spec import DatasetSpec

BASE, NATURAL = small_base(), small_natural()
OBJECTS = {"samples": 1300, "seed": 3, "classes": (4, 1, 0)}
CIFAR = {"foreground": "none", "background": "natural", "natural_classes": (7, 2, 3)}
PASTED = {
    "background": "natural",
    "natural_classes": (7, 2, 3),
    "classes": (4, 1, 0),
    "object_scale": 0.55,
    "placement": "random",
    "correlation": 0.5,
    "availability": 0.7,
    "transforms": ("rotate", "noise"),
}
FAMILIES = {
    "objects": {"classes": (4, 1, 0), "transforms": ("scale", "translate", "hue", "elastic")},
    "objects on patterns": {"classes": (0, 1), "background": "patterns", "prototypes": 0},
    "objects alone": {"classes": (0, 1), "background": "uniform", "transforms": ("noise",)},
    "patterns": {"classes": (8, 3), "foreground": "patterns", "transforms": ("blur", "contrast")},
    "patterns on patterns": {"classes": (8,), "foreground": "patterns", "background": "patterns"},
    "lists": {"classes": (4, 1, 0), "transforms": {0: ("rotate", "hue"), 2: ("hue", "noise")}},
    "natural": {**CIFAR, "transforms": ("translate", "erasing", "pixelate")},
    "pasted": PASTED,
}


def family(name, split="train", **more):
    return DatasetSpec(**{"split": split, "samples": 60, "seed": 3, **FAMILIES[name], **more})


@pytest.mark.parametrize("protocol", ["paper", "released_code"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_sample_is_the_same_in_any_batch_and_order(name, protocol):
    spec = family(name, protocol=preset(protocol))
    whole = render(spec, range(60), BASE, NATURAL)
    assert whole.images.shape == (60, 3, 32, 32) and whole.images.dtype == torch.uint8
    assert whole.labels.dtype == torch.int64 and int(whole.labels.max()) < spec.num_classes
    order = [41, 0, 41, 59, 7]
    some = render(spec, order, BASE, NATURAL)
    assert torch.equal(some.images, whole.images[order])
    assert torch.equal(some.labels, whole.labels[order])
    assert same_latents(some.latents, rows(whole.latents, order))
    alone = render(spec, torch.tensor([59]), BASE, NATURAL)
    assert torch.equal(alone.images[0], whole.images[59])


def test_all_transformations_in_one_list_do_not_depend_on_chunks_or_threads():
    spec = DatasetSpec(split="test", transforms=ALL, **OBJECTS)
    renderer = Renderer(spec, BASE)
    whole = renderer.render(range(1300))
    order = np.random.default_rng(0).permutation(1300)
    shuffled = renderer.render(order)
    assert torch.equal(shuffled.images, whole.images[order])
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        for threads in (1, 3):
            torch.set_num_threads(threads)
            again = renderer.render(range(700))
            assert torch.equal(again.images, whole.images[:700])
            assert same_latents(again.latents, rows(whole.latents, slice(700)))
            # Nothing of the process's settings changes.
            assert torch.get_num_threads() == threads
            assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_num_threads(before[0])
        torch.set_float32_matmul_precision(before[1])


def test_another_process_renders_the_same_bytes(repository):
    spec = family("objects")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_render import *\n"
        "import hashlib\n"
        "batch = render(family('objects'), [5, 3, 40], BASE)\n"
        "print(hashlib.sha256(batch.images.numpy().tobytes()).hexdigest())"
    )
    paths = ["tests", "workflow/lib", Path(__file__).parent]
    done = subprocess.run(
        [sys.executable, "-c", code, *paths],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    import hashlib

    here = render(spec, [5, 3, 40], BASE).images.numpy().tobytes()
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_composite_equals_pillows_paste_for_every_alpha():
    generator = torch.Generator().manual_seed(0)
    objects = torch.randint(0, 256, (64, 4, 32, 32), generator=generator).to(torch.uint8)
    objects[0, 3] = 0
    objects[1, 3] = 255
    backgrounds = torch.randint(0, 256, (64, 3, 32, 32), generator=generator).to(torch.uint8)
    ours = composite(objects, backgrounds)
    shown = torch.rand(64, generator=generator) < 0.5
    some = composite(objects, backgrounds, shown)
    assert torch.equal(some, torch.where(shown[:, None, None, None], ours, backgrounds))
    for at in range(64):
        image = Image.fromarray(backgrounds[at].permute(1, 2, 0).numpy().copy())
        over = Image.fromarray(objects[at].permute(1, 2, 0).numpy().copy(), "RGBA")
        image.paste(over, (0, 0), over)
        assert np.array_equal(np.asarray(image), ours[at].permute(1, 2, 0).numpy())


def test_no_transformation_shows_the_object_as_it_is_on_its_background():
    spec = DatasetSpec(split="train", **OBJECTS)
    batch = render(spec, range(50), BASE)
    position = torch.tensor(spec.classes).tolist().index
    for at in range(50):
        kind, background = (int(batch.latents[key][at]) for key in ("object", "background"))
        objects = BASE.objects[BASE.object_class == kind][:1]
        assert torch.equal(batch.images[at], composite(objects, BASE.backgrounds[[background]])[0])
        assert int(batch.labels[at]) == position(kind)


def test_classes_prototypes_and_backgrounds_are_uniform_and_independent():
    spec = DatasetSpec(split="train", **{**OBJECTS, "samples": 12000}, prototypes=0)
    drawn = render(spec, range(12000), BASE).latents
    joint = (drawn["object_label"] * 2 + drawn["prototype"]) * 7 + drawn["background"]
    counts = torch.bincount(joint, minlength=42)
    expected = 12000 / 42
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert chi_square < 75  # 41 degrees of freedom: 0.999 quantile
    one = render(DatasetSpec(split="train", **OBJECTS), range(100), BASE)
    assert int(one.latents["prototype"].max()) == 0


def test_splits_and_seeds_have_streams_of_their_own():
    def latents(**more):
        spec = family("objects", **more)
        return render(spec, range(60), BASE).latents

    train = latents()
    for other in (latents(split="val"), latents(split="test"), latents(seed=4)):
        for name in ("object", "background", "scale.factor", "hue.hue_turns"):
            assert (train[name] == other[name]).float().mean() < 0.8, name
    moved = latents(transforms_seed=99)
    assert torch.equal(moved["object"], train["object"])
    assert not torch.equal(moved["scale.factor"], train["scale.factor"])


def test_shared_transformation_seeds_are_the_same_in_all_splits_and_datasets():
    shared = preset("paper", transform_seeds="shared")
    drawn = [
        render(family("objects", split=split, seed=seed, **more), range(60), BASE).latents
        for split, seed, more in (
            ("train", 5, {}),
            ("test", 5, {}),
            ("train", 6, {"transforms_seed": 5, "classes": (2, 3)}),
        )
        if not more.update(protocol=shared)
    ]
    for other in drawn[1:]:
        assert torch.equal(drawn[0]["hue.hue_turns"], other["hue.hue_turns"])
        assert not torch.equal(drawn[0]["background"], other["background"])


def test_nested_lists_share_the_draws_of_common_names():
    few = render(family("objects", transforms=("hue", "noise")), range(60), BASE)
    many = render(family("objects", transforms=("blur", "noise", "rotate", "hue")), range(60), BASE)
    for name in few.latents:
        assert torch.equal(few.latents[name], many.latents[name]), name


def test_lists_of_classes_apply_only_to_their_class():
    batch = render(family("lists"), range(60), BASE)
    plain = render(family("lists", transforms=()), range(60), BASE)
    label = batch.labels
    assert torch.equal(batch.latents["rotate.used"], label == 0)
    assert torch.equal(batch.latents["hue.used"], label != 1)
    assert torch.equal(batch.latents["rotate.angle_deg"].isnan(), label != 0)
    same = (batch.images == plain.images).flatten(1).all(1)
    assert same[label == 1].all() and not same[label == 0].any()
    for kind, names in ((0, ("rotate", "hue")), (2, ("hue", "noise"))):
        single = render(family("lists", transforms=names), range(60), BASE)
        assert torch.equal(single.images[label == kind], batch.images[label == kind])


def test_fresh_draws_keep_object_and_background():
    renderer = Renderer(family("objects"), BASE)
    first, second = renderer.render(range(60)), renderer.render(range(60), draw=1)
    for name in ("object", "prototype", "background"):
        assert torch.equal(first.latents[name], second.latents[name])
    assert not torch.equal(first.latents["scale.factor"], second.latents["scale.factor"])


def test_published_background_sequence_is_one_sequence_shifted():
    protocol = preset("paper", background_draw="shifted")
    drawn = [
        render(family("objects", split=split, seed=seed, protocol=protocol), range(60), BASE)
        for split, seed in (("train", 1), ("test", 1), ("train", 2))
    ]
    first = drawn[0].latents["background"].tolist()
    for other in drawn[1:]:
        other = other.latents["background"].tolist()
        shifts = [s for s in range(-11, 12) if first[11 + s : 49 + s] == other[11:49]]
        assert shifts


def test_random_patterns():
    spec = family("patterns", transforms=(), background="patterns", samples=200)
    batch = render(spec, range(200), None)
    first = batch.images[batch.labels == 0]
    middle, rim = first[:, :, 5:27, 5:27], first[:, :, :5]
    assert (middle == middle[:1]).all() and not (rim == rim[:1]).flatten(1).all(1)[1:].any()
    assert abs(float(rim.float().mean()) - 127.5) < 1
    other = render(family("patterns", transforms=(), pattern_seed=1), range(1), BASE)
    assert not torch.equal(other.images[0, :, 5:27, 5:27], middle[0])
    # Fork 8: a quarter of the reread bytes is near 62, and objects are blurred by shrinking.
    floats = preset("paper", random_patterns="float_bytes")
    reread = render(family("patterns on patterns", protocol=floats), range(60), None)
    flat = torch.cat([image.permute(1, 2, 0).flatten() for image in reread.images[:, :, :4]])
    share = ((flat >= 60) & (flat <= 63)).float().mean()
    assert 0.24 < share < 0.27
    assert reread.images[0, :, 5:27, 5:27].float().std() < 0.8 * middle[0].float().std()


def test_other_image_sizes():
    base = small_base(size=48)
    spec = family("objects", image_size=48)
    assert render(spec, range(3), base).images.shape == (3, 3, 48, 48)
    assert render(spec, [], base).images.shape == (0, 3, 48, 48)
