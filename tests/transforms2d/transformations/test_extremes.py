"""Parameters and settings of torch that are legal and odd."""

import pytest
import torch
from support.small_images import same_latents, small_base

from transforms2d import DatasetSpec, TransformsDataset, apply, batches, normalise, sample
from transforms2d.names import ALL
from transforms2d.rendering.renderer import render


@pytest.mark.parametrize("angle", [90, -90, 270, 89.9999999])
@pytest.mark.filterwarnings("error")
def test_shear_by_a_right_angle_leaves_the_middle_line(angle):
    images = torch.randint(1, 256, (2, 3, 33, 21), dtype=torch.uint8)
    right, none = torch.full((2,), float(angle), dtype=torch.float64), torch.zeros(2)
    middle = torch.zeros_like(images)
    middle[:, :, 16] = images[:, :, 16]
    found = apply("shear", images, {"shear_x_deg": right, "shear_y_deg": none})
    assert torch.equal(found, middle)
    middle = torch.zeros_like(images)
    middle[..., 10] = images[..., 10]
    found = apply("shear", images, {"shear_x_deg": none, "shear_y_deg": right})
    assert torch.equal(found, middle)


@pytest.mark.parametrize("name", ALL)
def test_the_default_type_of_numbers_does_not_matter(name):
    images = torch.randint(0, 256, (4, 4, 16, 24), dtype=torch.uint8)
    drawn = sample(name, 4, image_size=(16, 24))
    expected = apply(name, images, drawn)
    torch.set_default_dtype(torch.float64)
    try:
        again = sample(name, 4, image_size=(16, 24))
        assert all(torch.equal(again[key], drawn[key]) for key in drawn)
        assert torch.equal(apply(name, images, drawn), expected)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", ALL)
def test_the_default_device_does_not_matter(name):
    """Renders on the device asked for, also where new tensors are made elsewhere by default."""
    base = small_base()
    spec = DatasetSpec("train", 12, 0, classes=(0, 1, 2), transforms=(name,))
    images, drawn = base.objects, sample(name, 10)
    rendered, applied = render(spec, [7, 1, 2], base), apply(name, images, drawn)
    with torch.device("meta"):
        again = sample(name, 10)
        assert all(torch.equal(again[key], drawn[key]) for key in drawn)
        assert torch.equal(apply(name, images, drawn), applied)
        elsewhere = render(spec, [7, 1, 2], base)
    assert torch.equal(elsewhere.images, rendered.images)
    assert torch.equal(elsewhere.labels, rendered.labels)
    assert same_latents(elsewhere.latents, rendered.latents)


def test_batches_and_samples_under_another_default_device():
    base = small_base()
    spec = DatasetSpec("train", 12, 0, classes=(0, 1, 2), background="uniform", placement="random")
    expected = normalise(render(spec, range(12), base).images)
    with torch.device("meta"):
        shown = [normalise(batch.images) for batch in batches(spec, base, batch_size=5)]
        image, _ = TransformsDataset(spec, base)[11]
    assert torch.equal(torch.cat(shown), expected)
    assert torch.equal(normalise(image[None]), expected[11:])
