"""Views of all images of a dataset: what an epoch trains on."""

from collections.abc import Callable

import torch
from torch import Tensor

# Maps uint8 [n, 3, H, W], the indices of the images (int64 [n], on the CPU) and the number of a
# draw to one view of each: uint8 [n, 3, H, W] on the device of the images. A view depends only on
# its image, its index and the draw.
Views = Callable[[Tensor, Tensor, int], Tensor]

IMAGES = 4096  # at a time: views may take several times the memory of the images


def view_all(views: Views, images: Tensor, draw: int) -> Tensor:
    """One view of every image, uint8 [N, 3, H, W]; an image's index is its row."""
    rows = torch.arange(len(images))  # int64 [N]
    parts = zip(images.split(IMAGES), rows.split(IMAGES), strict=True)
    return torch.cat([views(part, indices, draw) for part, indices in parts])
