"""Natural images: subsets and splits, pasted objects, placement, correlation, availability."""

import pytest
import torch
from support.small_images import small_base, small_natural

from transforms2d.protocol import preset
from transforms2d.rendering.renderer import Renderer, render
from transforms2d.spec import DatasetSpec

BASE = small_base()
NATURAL = {split: small_natural(split) for split in ("train", "test")}
NATURAL["val"] = NATURAL["train"]
TRAIN = NATURAL["train"]
WHITE = small_base(classes=10, opaque=True)
CIFAR = {"samples": 0, "seed": 5, "foreground": "none", "background": "natural"}


def natural(split, classes=(7, 2, 3), **more):
    return DatasetSpec(**{**CIFAR, "split": split, "natural_classes": classes, **more})


def everything(spec):
    renderer = Renderer(spec, BASE, NATURAL[spec.split])
    return renderer.render(range(len(renderer)))


def test_train_and_val_part_each_class_90_to_10_and_test_keeps_all():
    train, val = everything(natural("train")), everything(natural("val"))
    used = train.latents["background"].tolist() + val.latents["background"].tolist()
    assert sorted(used) == [row for row in range(400) if row % 10 in (7, 2, 3)]
    assert torch.bincount(train.labels).tolist() == [36, 36, 36]
    assert torch.bincount(val.labels).tolist() == [4, 4, 4]
    assert torch.equal(
        TRAIN.labels[train.latents["background"]], torch.tensor((7, 2, 3))[train.labels]
    )
    assert torch.equal(train.images, TRAIN.images[train.latents["background"]])
    assert len(everything(natural("test")).images) == 120


def test_the_split_is_the_same_for_other_classes_and_transformations_of_a_seed():
    def rows(**more):
        return set(everything(natural("val", **more)).latents["background"].tolist())

    assert rows() < rows(classes=tuple(range(10)), transforms=("hue",), transforms_seed=9)
    assert rows() != rows(seed=6)


def test_random_split_is_not_stratified_and_another_one_in_each_stage():
    protocol = preset("paper", natural_split="random_per_stage")

    def val(**more):
        return everything(natural("val", tuple(range(10)), protocol=protocol, **more))

    first, second = val(), val(transforms=("hue",))
    assert len(first.images) == 40 and torch.bincount(first.labels).tolist() != [4] * 10
    assert set(first.latents["background"].tolist()) != set(second.latents["background"].tolist())
    train = everything(natural("train", tuple(range(10)), protocol=protocol))
    assert not set(train.latents["background"].tolist()) & set(first.latents["background"].tolist())


def test_fewer_samples_are_balanced_and_the_beginning_of_more():
    whole = everything(natural("train")).latents["background"]
    some = everything(natural("train", samples=50))
    assert sorted(torch.bincount(some.labels).tolist()) == [16, 17, 17]
    assert torch.equal(some.latents["background"], whole[:50])


@pytest.mark.parametrize("scale, side", [(0.55, 12), (1.0, 22)])
def test_corner_is_the_upper_right(scale, side):
    spec = DatasetSpec(
        "test", 5, 1, classes=(0, 1), background="uniform", placement="corner", object_scale=scale
    )
    images = render(spec, range(5), WHITE).images
    left = 31 - side
    # At least half white inside the box, at most half outside: shrinking leaves a faint rim.
    inside = torch.zeros((32, 32), dtype=torch.bool)
    inside[:side, left : left + side] = True
    assert (images[:, :, inside] > 127).all() and (images[:, :, ~inside] <= 127).all()


@pytest.mark.parametrize("size", [16, 32, 56, 64, 96])
@pytest.mark.parametrize("scale", [0.3, 0.4, 0.5, 0.55, 0.7, 0.9])
def test_no_trace_of_a_shrunk_object_leaves_the_image(size, scale):
    """All alpha of an opaque object is still there, wherever it was put."""
    spec = DatasetSpec(
        *("test", 200, 1),
        classes=(0,),
        background="uniform",
        placement="random",
        object_scale=scale,
        image_size=size,
    )
    images = render(spec, range(200), small_base(size=size, opaque=True)).images[:, 0]
    sums = images.flatten(1).sum(1, dtype=torch.int64)
    assert (sums == sums[0]).all()


def test_random_positions_keep_the_object_inside_and_cover_the_image():
    spec = DatasetSpec(
        "test", 3000, 1, classes=(0,), background="uniform", placement="random", object_scale=0.55
    )
    batch = render(spec, range(3000), WHITE)
    total = batch.images.sum((1, 2, 3), dtype=torch.int64)
    assert (total == total[0]).all()
    lit = (batch.images > 0).any(0).any(0)
    assert lit.all()
    for name in ("placement.x", "placement.y"):
        counts = torch.bincount(batch.latents[name])
        counts = counts[counts > 0]
        assert counts.max() < 1.5 * counts.min()


def test_published_random_positions_clip():
    spec = DatasetSpec(
        "test",
        2000,
        1,
        classes=(0,),
        background="uniform",
        placement="random",
        object_scale=0.55,
        protocol=preset("paper", object_position="clipped"),
    )
    drawn = render(spec, range(2000), WHITE).latents
    for name in ("placement.x", "placement.y"):
        assert (int(drawn[name].min()), int(drawn[name].max())) == (-2, 17)


def pasted(split="train", **more):
    common = {"background": "natural", "natural_classes": tuple(range(10)), "object_scale": 0.55}
    return DatasetSpec(split, 300, 2, classes=tuple(range(9, -1, -1)), **{**common, **more})


@pytest.mark.parametrize("labels", ["foreground", "background"])
def test_full_correlation_is_one_bijection_in_all_splits(labels):
    pairs = set()
    for split, samples in (("train", 300), ("val", 40), ("test", 300)):
        spec = pasted(split, correlation=1.0, labels=labels)
        spec = DatasetSpec(**{**spec.__dict__, "samples": samples})
        batch = render(spec, range(samples), WHITE, NATURAL[spec.split])
        drawn = batch.latents
        assert torch.equal(
            batch.labels, drawn["object_label" if labels == "foreground" else "background_label"]
        )
        pairs |= set(zip(drawn["background_label"].tolist(), drawn["object"].tolist(), strict=True))
    assert len(pairs) == 10
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 10


def test_published_binding_is_not_injective_and_differs_between_splits():
    def pairs(split):
        protocol = preset("paper", correlated_object="hash")
        spec = pasted(split, correlation=1.0, protocol=protocol)
        drawn = render(spec, range(300), WHITE, small_natural(split, 4000)).latents
        return set(zip(drawn["background_label"].tolist(), drawn["object"].tolist(), strict=True))

    train, test = pairs("train"), pairs("test")
    assert len(train) == len(test) == 10 and train != test
    assert len({kind for _, kind in train}) < 10


def test_partial_correlation_and_availability_have_their_rates():
    spec = DatasetSpec(
        **{**pasted().__dict__, "samples": 3000, "correlation": 0.6, "availability": 0.3}
    )
    natural_images = small_natural("train", 4000)
    batch = render(spec, range(3000), WHITE, natural_images)
    drawn = batch.latents
    assert abs(float(drawn["bound"].float().mean()) - 0.6) < 0.03
    assert abs(float(drawn["pasted"].float().mean()) - 0.3) < 0.03
    bare = natural_images.images[drawn["background"]]
    assert torch.equal((batch.images != bare).flatten(1).any(1), drawn["pasted"])
    both = (drawn["bound"] & drawn["pasted"]).float().mean()
    assert abs(float(both) - 0.18) < 0.03


def test_crop_and_flip_of_backgrounds_in_training_only():
    protocol = preset("paper", natural_augmentation="crop_flip")
    train = render(pasted(protocol=protocol, availability=0.0), range(300), WHITE, TRAIN)
    shift = train.latents["augmentation.shift_x"]
    assert (int(shift.min()), int(shift.max())) == (-4, 4)
    for at in range(20):
        image = TRAIN.images[train.latents["background"][at]]
        padded = torch.nn.functional.pad(image, (4, 4, 4, 4))
        x, y = (4 - int(train.latents[f"augmentation.shift_{axis}"][at]) for axis in "xy")
        cropped = padded[:, y : y + 32, x : x + 32]
        flipped = cropped.flip(-1) if train.latents["augmentation.flip"][at] else cropped
        assert torch.equal(train.images[at], flipped)
    spec = pasted("test", protocol=protocol, availability=0.0)
    test = render(spec, range(300), WHITE, NATURAL["test"])
    assert torch.equal(test.images, NATURAL["test"].images[test.latents["background"]])
