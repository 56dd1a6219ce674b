"""Random patterns as objects (one fixed square per class) and as backgrounds (fork 8)."""

import numpy as np
import torch
from PIL import Image

from transforms2d import seeds
from transforms2d.transformations.geometric import OBJECT_SHARE


def pattern_objects(ids, seed: int, image_size: int, random_patterns: str) -> torch.Tensor:
    """One fixed opaque pattern per id on a transparent canvas, uint8 [len(ids), 4, S, S].

    The square has the size and position of an image object (22 px, centred in 32 px). With
    ``uniform_bytes`` its values are uniform in 0..255. With ``float_bytes`` the bytes of random
    floats fill a pattern of the full size, which a bicubic filter shrinks.
    """
    size = round(image_size * OBJECT_SHARE)
    start = (image_size - size) // 2
    drawn = size if random_patterns == "uniform_bytes" else image_size
    squares = _patterns(seed, "pattern-object", np.asarray(ids), drawn, random_patterns)
    if drawn != size:
        squares = np.stack([_shrink(square, size) for square in squares])
    canvas = np.zeros((len(squares), 4, image_size, image_size), dtype=np.uint8)
    inside = slice(start, start + size)
    canvas[:, :3, inside, inside] = squares
    canvas[:, 3, inside, inside] = 255
    return torch.from_numpy(canvas)


def pattern_backgrounds(
    indices: np.ndarray, seed: int, stream: str, image_size: int, random_patterns: str
) -> torch.Tensor:
    """A different pattern per sample, uint8 [n, 3, S, S]."""
    return torch.from_numpy(_patterns(seed, stream, indices, image_size, random_patterns))


def _patterns(seed, stream, indices, size, random_patterns) -> np.ndarray:
    count = 3 * size * size
    if random_patterns == "uniform_bytes":
        drawn = seeds.small_bits(seed, stream, indices, count, np.uint8)
        return drawn.reshape(-1, 3, size, size)
    # The bytes of the first quarter of the floats, in memory order, as interleaved RGB.
    floats = seeds.uniform(seed, stream, indices, k=-(-count // 4)).astype("<f4")
    floats = np.minimum(floats, np.nextafter(np.float32(1), np.float32(0)))
    pixels = floats.view(np.uint8)[:, :count].reshape(-1, size, size, 3)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def _shrink(square: np.ndarray, size: int) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(square.transpose(1, 2, 0)))
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
