"""Pixels of views beside plain numpy, the 18 transformations alone, and torchvision."""

import numpy as np
import pytest
import torch
from support import image_cases

from transforms2d import apply
from transforms2d.names import ALL
from transforms2d.views import GROUPS, Views, apply_view
from transforms2d.views.colour import ORDERS

N = 120
SIDES = [(32, 32), (32, 48), (96, 80)]


def pictures(sides=(32, 32), n=N):
    return image_cases.rectangles(image_cases.pictures, n, *sides, seed=2)


def row(parameters: dict, i: int) -> dict:
    return {key: value[i : i + 1] for key, value in parameters.items()}


def crop_by_interpolation(image, top, left, height, width, flipped):
    """One image [C, H, W]: two passes of ``np.interp``, rounded to bytes after each."""
    sides = image.shape[1:]
    box = image[:, top : top + height, left : left + width].astype(float)

    def stretched(values, axis, new):
        old = values.shape[axis]
        places = (np.arange(new) + 0.5) * old / new - 0.5
        return np.floor(
            np.apply_along_axis(lambda line: np.interp(places, range(old), line), axis, values)
            + (0.5 + 1e-9)  # a half is rounded up
        )

    made = stretched(stretched(box, 2, sides[1]), 1, sides[0])
    return made[..., ::-1] if flipped else made


@pytest.mark.parametrize("sides", SIDES, ids="{0[0]}x{0[1]}".format)
def test_crops_are_those_of_plain_interpolation(sides):
    images = pictures(sides, 40)
    parameters = Views("ventral", 0).sample(range(40), 0, sides)
    found = apply_view(images, parameters).numpy()
    box = {key: value.tolist() for key, value in parameters["crop_flip"].items()}
    plain = [
        crop_by_interpolation(image, **{key: value[i] for key, value in box.items()})
        for i, image in enumerate(images.numpy())
    ]
    apart = np.abs(found - np.stack(plain))
    assert apart.max() <= 1 and (apart > 0).mean() < 0.01  # a half may be rounded either way


def test_a_whole_box_is_the_identity_and_a_flip_is_a_mirror():
    images = pictures((32, 48))
    whole = {
        "top": torch.zeros(N, dtype=torch.int64),
        "left": torch.zeros(N, dtype=torch.int64),
        "height": torch.full((N,), 32),
        "width": torch.full((N,), 48),
        "flipped": torch.zeros(N, dtype=torch.bool),
    }
    assert torch.equal(apply_view(images, {"crop_flip": whole}), images)
    drawn = Views("ventral", 0).sample(range(N), 0, (32, 48))["crop_flip"]
    both = [
        apply_view(images, {"crop_flip": drawn | {"flipped": torch.full((N,), flipped)}})
        for flipped in (False, True)
    ]
    assert torch.equal(both[0].flip(3), both[1])


def test_a_crop_shows_the_box_and_nothing_else():
    images = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    images[:, :, 5:20, 9:27] = 200
    box = {"top": 5, "left": 9, "height": 15, "width": 18, "flipped": False}
    found = apply_view(
        images, {"crop_flip": {key: torch.tensor([each]) for key, each in box.items()}}
    )
    assert found.unique().tolist() == [200]


def test_saturation_moves_colours_about_their_gray():
    images = pictures()
    factor = torch.linspace(0, 2, N)
    found = apply_view(images, {"saturation": {"factor": factor}}).numpy().astype(int)
    rgb = images.numpy().astype(np.int64)
    gray = (19595 * rgb[:, :1] + 38470 * rgb[:, 1:2] + 7471 * rgb[:, 2:] + 32768) >> 16
    moved = gray + factor.double().numpy()[:, None, None, None] * (rgb - gray)
    off = np.abs(found - np.trunc(moved.clip(0, 255)))
    assert off.max() <= 1 and (off > 0).mean() < 0.01  # float32 near whole numbers
    kept = {"factor": torch.ones(N)}
    assert torch.equal(apply_view(images, {"saturation": kept}), images)
    alone = apply("grayscale", images, {"applied": torch.ones(N, dtype=torch.bool)})
    assert torch.equal(apply_view(images, {"saturation": {"factor": torch.zeros(N)}}), alone)


def test_jitter_changes_one_property_after_another_in_the_order_of_the_image():
    images = pictures()
    drawn = Views("dorsal", 1).sample(range(N), 0)["jitter"]
    assert len(drawn["order"].unique()) == 24  # of 120 images
    found = apply_view(images, {"jitter": drawn})

    def alone(image, key, value):
        if key == "hue_turns":
            return apply("hue", image, {"hue_turns": value})
        if key == "saturation":
            return apply_view(image, {"saturation": {"factor": value}})
        return apply(key, image, {"factor": value})

    keys = ("brightness", "contrast", "saturation", "hue_turns")
    assert sorted(map(tuple, ORDERS.tolist())) == list(map(tuple, ORDERS.tolist()))
    for i in range(N):
        image = images[i : i + 1]
        if drawn["applied"][i]:
            for at in ORDERS[drawn["order"][i]]:
                image = alone(image, keys[at], drawn[keys[at]][i : i + 1])
        assert torch.equal(found[i], image[0])


def test_jitter_of_nothing_is_the_identity():
    """Also for hue, whose way through eight bits would change colours."""
    images = pictures()
    still = Views("dorsal", 0, {"jitter": [0, 0, 0, 0], "jitter_share": 1}).sample(range(N), 0)
    assert torch.equal(apply_view(images, {"jitter": still["jitter"]}), images)


@pytest.mark.parametrize("group", GROUPS)
def test_a_view_is_its_steps_one_after_another(group):
    images = pictures((32, 48))
    views = Views(group, 4)
    parameters = views.sample(range(N), 3, (32, 48))
    step_by_step = images
    for name, drawn in parameters.items():
        if name in ALL and name not in ("grayscale", "blur"):
            step_by_step = apply(name, step_by_step, drawn)
        else:
            step_by_step = apply_view(step_by_step, {name: drawn})
    assert torch.equal(views(images, range(N), 3), step_by_step)


def test_only_rows_with_a_yes_are_changed():
    images = pictures()
    applied = torch.arange(N) % 3 == 0
    sigma = torch.linspace(0.3, 2, N)
    found = apply_view(images, {"blur": {"sigma_px": sigma, "applied": applied}})
    everywhere = apply("blur", images, {"sigma_px": sigma})
    assert torch.equal(found[applied], everywhere[applied])
    assert torch.equal(found[~applied], images[~applied])


# -- torchvision ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def v2():
    return pytest.importorskip("torchvision.transforms.v2")


def theirs(v2, kind, images, change):
    """``change(image, i)`` of each image by torchvision, as Pillow's image or as a tensor."""
    if kind == "tensor":
        return torch.stack([change(image, i) for i, image in enumerate(images)])
    made = [change(image_cases.to_pil(image), i) for i, image in enumerate(images)]
    return torch.stack([image_cases.from_pil(image) for image in made])


def off(found, expected):
    return (found.int() - expected.int()).abs().double()


KINDS = pytest.mark.parametrize("kind", ["pil", "tensor"])


@KINDS
@pytest.mark.parametrize("sides", SIDES, ids="{0[0]}x{0[1]}".format)
def test_crop_and_flip_are_torchvisions(v2, kind, sides):
    images = pictures(sides, 60)
    drawn = Views("ventral", 0).sample(range(60), 0, sides)["crop_flip"]

    def change(image, i):
        box = [int(drawn[key][i]) for key in ("top", "left", "height", "width")]
        crop = v2.functional.resized_crop(image, *box, list(sides), antialias=True)
        return v2.functional.horizontal_flip(crop) if drawn["flipped"][i] else crop

    apart = off(apply_view(images, {"crop_flip": drawn}), theirs(v2, kind, images, change))
    assert apart.max() <= 1 and (apart > 0).double().mean() < 0.01


@KINDS
def test_gray_and_blur_are_torchvisions(v2, kind):
    images = pictures()
    drawn = Views("dorsal", 0).sample(range(N), 0)

    def gray(image, i):
        some = drawn["grayscale"]["applied"][i]
        return v2.functional.rgb_to_grayscale(image, num_output_channels=3) if some else image

    def blur(image, i):
        sigma = drawn["blur"]["sigma_px"][i].item()
        some = drawn["blur"]["applied"][i]
        return v2.functional.gaussian_blur(image, [7, 7], [sigma, sigma]) if some else image

    for name, change in (("grayscale", gray), ("blur", blur)):
        found = apply_view(images, {name: drawn[name]})
        apart = off(found, theirs(v2, kind, images, change))
        assert (apart <= 1).double().mean() > 0.999 and apart.max() <= 2
        if kind == "pil" and name == "grayscale":
            assert apart.max() == 0


@KINDS
@pytest.mark.parametrize("key", ["brightness", "contrast", "saturation"])
def test_factors_are_torchvisions(v2, kind, key):
    images = pictures()
    factor = Views("dorsal", 0).sample(range(N), 0)["jitter"][key]
    adjust = getattr(v2.functional, f"adjust_{key}")
    made = theirs(v2, kind, images, lambda image, i: adjust(image, factor[i].item()))
    apart = off(apply_view(images, {key: {"factor": factor}}), made)
    assert apart.max() <= 1
    if kind == "pil":
        assert (apart > 0).double().mean() < 1e-3


@KINDS
def test_jitter_is_torchvisions_under_the_same_parameters(v2, kind):
    """Its own class applies our parameters. Pillow's hue has 8 bits, as here; a tensor's more."""
    images = pictures()
    drawn = Views("dorsal", 0).sample(range(N), 0)["jitter"]
    jitter = v2.ColorJitter(0.4, 0.4, 0.4, 0.1)

    def change(image, i):
        if not drawn["applied"][i]:
            return image
        given = {
            "fn_idx": torch.from_numpy(ORDERS[drawn["order"][i]]),
            "brightness_factor": drawn["brightness"][i].item(),
            "contrast_factor": drawn["contrast"][i].item(),
            "saturation_factor": drawn["saturation"][i].item(),
            "hue_factor": drawn["hue_turns"][i].item(),
        }
        return jitter.transform(image, given)

    apart = off(apply_view(images, {"jitter": drawn}), theirs(v2, kind, images, change))
    if kind == "pil":
        assert (apart == 0).double().mean() > 0.999
    else:
        assert apart.mean() < 1 and (apart <= 6).double().mean() > 0.99
