"""Parameters and settings of torch that are legal and odd."""

import pytest
import torch

from transforms2d import apply, sample
from transforms2d.names import ALL


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
