"""Each transformation beside Pillow and torchvision, image by image, under the same parameters."""

import numpy as np
import pytest
import torch
from support import image_cases, reference_pipeline
from support.reference_images import SHARE, assert_close, reference, row

from transforms2d import apply, apply_list, sample, sample_list
from transforms2d.names import ALL
from transforms2d.protocol import PRESETS
from transforms2d.rendering.composite import composite

SOURCES = {
    "made objects": lambda data: image_cases.objects(240),
    "made cut-outs with colour where nothing shows": lambda data: torch.cat(
        [image_cases.pictures(240), image_cases.objects(240)[:, 3:]], 1
    ),
    "made pictures": lambda data: image_cases.pictures(240),
    "photographed objects": lambda data: image_cases.photo_objects(data / "foregrounds").repeat(
        4, 1, 1, 1
    ),
    "photographs": lambda data: image_cases.photo_pictures(data / "backgrounds", 200),
    "cifar": lambda data: image_cases.cifar_pictures(data.parent / "cifar10_images.tar.xz", 200),
}


@pytest.fixture(scope="module", params=list(SOURCES))
def images(request):
    made = request.param.startswith("made")
    data = None if made else request.getfixturevalue("shared_data") / "photo_base"
    return SOURCES[request.param](data)


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("name", ALL)
def test_agrees_with_the_reference(name, preset, images):
    protocol = PRESETS[preset]
    parameters = sample(name, len(images), seed=3, channels=images.shape[1], protocol=protocol)
    found = apply(name, images, parameters, protocol)
    assert_close(name, found, reference(name, images, parameters, protocol))


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_agrees_at_other_sizes(name, channels, size):
    make = image_cases.objects if channels == 4 else image_cases.pictures
    images = make(60, size, seed=size)
    parameters = sample(name, 60, seed=4, image_size=size, channels=channels)
    assert_close(name, apply(name, images, parameters), reference(name, images, parameters, None))


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("sides", [(32, 48), (64, 32), (16, 17)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ALL)
def test_agrees_where_height_and_width_differ(name, channels, sides, preset):
    protocol = PRESETS[preset]
    kind = image_cases.objects if channels == 4 else image_cases.pictures
    images = image_cases.rectangles(kind, 60, *sides, seed=1)
    parameters = sample(name, 60, seed=4, image_size=sides, channels=channels, protocol=protocol)
    found = apply(name, images, parameters, protocol)
    assert_close(name, found, reference(name, images, parameters, protocol))


@pytest.mark.parametrize("sides", [(8, 200), (31, 9), (57, 100)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("name", sorted(set(ALL) - {"blur"}))
def test_agrees_at_odd_sides_that_differ(name, sides):
    for kind, channels in ((image_cases.objects, 4), (image_cases.pictures, 3)):
        images = image_cases.rectangles(kind, 24, *sides)
        parameters = sample(name, 24, image_size=sides, channels=channels)
        assert_close(
            name, apply(name, images, parameters), reference(name, images, parameters, None)
        )


@pytest.mark.parametrize("name", ALL)
def test_pasted_objects_agree_with_the_reference(name):
    """What is seen in the end: object over background, by the 8-bit paste of Pillow."""
    objects, backgrounds = image_cases.objects(200, seed=8), image_cases.pictures(200, seed=9)
    parameters = sample(name, 200, seed=5)
    found = composite(apply(name, objects, parameters), backgrounds)
    made = [
        reference_pipeline.item(
            name,
            image_cases.to_pil(objects[i]),
            image_cases.to_pil(backgrounds[i]),
            row(parameters, i),
        )
        for i in range(200)
    ]
    assert_close(name, found, torch.stack([image_cases.from_pil(image) for image in made]))


LISTS = (
    ("invert", "contrast"),
    ("noise", "contrast"),
    ("invert", "sharpen", "blur"),
    ("noise", "elastic"),
    ("rotate", "invert", "pixelate"),
    ("brightness", "posterize", "erasing", "contrast"),
)


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("names", LISTS, ids=" ".join)
def test_lists_agree_with_the_reference(names, preset):
    """Colour under transparent pixels too, which later steps may spread to what is seen."""
    objects, backgrounds = image_cases.objects(150, seed=8), image_cases.pictures(150, seed=9)
    protocol = PRESETS[preset]
    parameters = sample_list(names, 150, seed=5, protocol=protocol)
    found = composite(apply_list(objects, parameters, protocol), backgrounds)
    made = []
    for i in range(150):
        image = image_cases.to_pil(objects[i])
        for name in names:
            given = row(parameters[name], i)
            image = reference_pipeline.transform(name, image, given, protocol)
        out = image_cases.to_pil(backgrounds[i])
        out.paste(image, (0, 0), image)
        made.append(image_cases.from_pil(out))
    off = (found.int() - torch.stack(made).int()).abs().float()
    # A value that is off by one may be sharpened to several, or fall on the other side of a wrap.
    assert (off <= 1).float().mean() >= 0.998


@pytest.mark.parametrize("angle", [0, 45, 90, 180, 270, 360, -90, 33.3])
def test_round_angles_agree_in_every_pixel(angle):
    for images in (
        image_cases.objects(20),
        image_cases.pictures(20, size=33),
        image_cases.rectangles(image_cases.objects, 20, 24, 41),
    ):
        parameters = {"angle_deg": torch.full((20,), float(angle))}
        found = apply("rotate", images, parameters)
        assert torch.equal(found, reference("rotate", images, parameters, None))


@pytest.mark.parametrize("size", [9, 31, 33, 100])
@pytest.mark.parametrize(
    "name", ["rotate", "shear", "scale", "translate", "sharpen", "contrast", "pixelate"]
)
def test_odd_sizes_agree_too(name, size):
    images = image_cases.objects(24, size)
    parameters = sample(name, 24, image_size=size)
    assert_close(name, apply(name, images, parameters), reference(name, images, parameters, None))


@pytest.mark.parametrize("sides", [(32, 32), (20, 33)])
def test_growing_cuts_what_leaves_the_canvas(sides):
    images = image_cases.rectangles(image_cases.objects, 20, *sides)
    parameters = {"factor": torch.linspace(1.0, 2.5, 20)}
    found = apply("scale", images, parameters)
    assert_close("scale", found, reference("scale", images, parameters, None))


@pytest.mark.parametrize("sides", [(32, 32), (32, 48), (100, 40)], ids="{0[0]}x{0[1]}".format)
def test_scale_keeps_well_within_its_tolerance_where_alpha_is_noise(sides):
    """The worst images for it: dividing colour by small alpha enlarges differences of 1."""
    values = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (120, 4, *sides)))
    images = values.to(torch.uint8)
    parameters = sample("scale", 120, seed=1, image_size=sides)
    found = apply("scale", images, parameters)
    off = (found.int() - reference("scale", images, parameters, None).int()).abs()
    assert (off <= 1).float().mean() >= 1 - 0.6 * (1 - SHARE)
