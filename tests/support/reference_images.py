"""What a transformation makes of images beside Pillow and torchvision, and how near that must be.

The tolerances are those of the project's request, and the reasons are:

- Pixels that are moved, copied or looked up (rotate, shear, flips, translate, erasing, grayscale,
  posterize, invert) have no rounding to differ in: 99.9 % of the values must be equal. The rest
  leaves room for a coordinate that lies on a pixel's border.
- Weighted sums (scale, pixelate, brightness, contrast, sharpen, blur, elastic) are rounded to
  bytes: 99.9 % must be within 1. Where alpha is all but zero, dividing colour by it after resizing
  can blow a difference of 1 up; such pixels are invisible and make up the rest.
- Noise is added in float32 in both: equal but for 0.1 %.
- Hue goes through 8-bit hue and saturation in Pillow. One step of 8-bit hue moves a colour by up
  to 6: 0.5 on average, 4 at the 99th percentile, 12 at most.
"""

import torch
from support import image_cases, reference_pipeline

from transforms2d.names import ALL

EXACT = {"rotate", "shear", "v_flip", "h_flip", "translate", "erasing", "noise"}
EXACT |= {"grayscale", "posterize", "invert"}
WITHIN_ONE = set(ALL) - EXACT - {"hue"}
SHARE = 0.999


def row(parameters: dict, i: int) -> dict:
    """One row as plain numbers, and fields as tensors."""
    return {k: v[i] if v.ndim > 1 else v[i].item() for k, v in parameters.items()}


def reference(name, images, parameters, protocol) -> torch.Tensor:
    made = [
        reference_pipeline.transform(name, image_cases.to_pil(image), row(parameters, i), protocol)
        for i, image in enumerate(images)
    ]
    return torch.stack([image_cases.from_pil(image) for image in made])


def assert_close(name: str, found: torch.Tensor, expected: torch.Tensor) -> None:
    off = (found.int() - expected.int()).abs().flatten().float()
    if name in EXACT:
        assert (off == 0).float().mean() >= SHARE
    elif name in WITHIN_ONE:
        assert (off <= 1).float().mean() >= SHARE
    else:
        some = off[torch.randperm(len(off), generator=torch.Generator().manual_seed(0))[:1_000_000]]
        assert off.mean() <= 0.5 and some.quantile(0.99) <= 4 and off.max() <= 12
