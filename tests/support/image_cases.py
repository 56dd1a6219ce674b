"""Images of varied content to compare transformations on, made from a seed."""

import io
import tarfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image


def smooth(generator: np.random.Generator, n: int, channels: int, size: int) -> np.ndarray:
    """Random smooth images over the whole range of values, uint8 [n, size, size, channels]."""
    coarse = generator.integers(0, 256, (n, 5, 5, channels), dtype=np.uint8)
    made = []
    for image in coarse:
        bands = [
            Image.fromarray(np.ascontiguousarray(image[..., c])).resize(
                (size, size), Image.Resampling.BICUBIC
            )
            for c in range(channels)
        ]
        made.append(np.stack([np.asarray(band) for band in bands], -1))
    return np.stack(made)


def noisy(generator: np.random.Generator, n: int, channels: int, size: int) -> np.ndarray:
    """Every value drawn alone, uint8 [n, size, size, channels]."""
    return generator.integers(0, 256, (n, size, size, channels), dtype=np.uint8)


def blobs(generator: np.random.Generator, n: int, size: int, softness: float) -> np.ndarray:
    """Alpha of ellipses whose edge is ``softness`` px wide, uint8 [n, size, size]."""
    at = (np.arange(size) + 0.5) / size * 2 - 1
    radius = generator.uniform(0.3, 0.7, (n, 2))
    centre = generator.uniform(-0.2, 0.2, (n, 2))
    x = (at[None, None, :] - centre[:, :1, None]) / radius[:, :1, None]
    y = (at[None, :, None] - centre[:, 1:, None]) / radius[:, 1:, None]
    edge = (1 - np.hypot(x, y)) * size / 4 / max(softness, 1e-3)
    return (np.clip(edge + 0.5, 0, 1) * 255).round().astype(np.uint8)


def rectangles(kind, n: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Images of ``kind`` (``objects`` or ``pictures``) of two sides, uint8 [n, C, height, width].

    Objects are stretched over the canvas; a rim of a few px stays empty on each side.
    """
    resize = partial(Image.Image.resize, size=(width, height), resample=Image.Resampling.NEAREST)
    square = kind(n, max(height, width), seed)
    return torch.stack([from_pil(resize(to_pil(image))) for image in square])


def objects(n: int, size: int = 32, seed: int = 0) -> torch.Tensor:
    """RGBA with hard and soft edges, black where transparent, uint8 [n, 4, size, size]."""
    generator = np.random.default_rng(seed)
    half = n // 2
    rgb = np.concatenate([smooth(generator, half, 3, size), noisy(generator, n - half, 3, size)])
    alpha = np.concatenate([blobs(generator, part, size, soft) for part, soft in _parts(n)])
    alpha = alpha[generator.permutation(n)]
    rgb = rgb * (alpha[..., None] > 0)
    return _tensor(np.concatenate([rgb, alpha[..., None]], -1))


def pictures(n: int, size: int = 32, seed: int = 0) -> torch.Tensor:
    """RGB, uint8 [n, 3, size, size]."""
    generator = np.random.default_rng(seed)
    half = n // 2
    parts = [smooth(generator, half, 3, size), noisy(generator, n - half, 3, size)]
    return _tensor(np.concatenate(parts))


def photo_objects(folder: Path, size: int = 32) -> torch.Tensor:
    """Every photographed object of a folder of class folders, 70 % of its canvas."""
    made = []
    side = round(0.7 * size)
    margin = (size - side) // 2
    for file in sorted(folder.glob("*/*.png")):
        with Image.open(file) as image:
            full = image.convert("RGBA").resize((size, size), Image.Resampling.BILINEAR)
        canvas = Image.new("RGBA", (size, size))
        canvas.paste(full.resize((side, side), Image.Resampling.BICUBIC), (margin, margin))
        made.append(from_pil(canvas))
    return torch.stack(made)


def photo_pictures(folder: Path, n: int, size: int = 32) -> torch.Tensor:
    """The first ``n`` photographs of a folder, top left square."""
    made = []
    for file in sorted(folder.glob("*.jpg"))[:n]:
        with Image.open(file) as image:
            side = min(image.size)
            square = image.convert("RGB").crop((0, 0, side, side))
        made.append(from_pil(square.resize((size, size), Image.Resampling.BILINEAR)))
    return torch.stack(made)


def cifar_pictures(archive: Path, n: int) -> torch.Tensor:
    """``n`` CIFAR-10 images from the beginning of an archive of files."""
    made = []
    with tarfile.open(archive) as files:
        for entry in files:
            if entry.isfile() and entry.name.endswith((".jpg", ".png")):
                with Image.open(io.BytesIO(files.extractfile(entry).read())) as image:
                    made.append(from_pil(image.convert("RGB")))
            if len(made) == n:
                break
    return torch.stack(made)


def to_pil(image: torch.Tensor) -> Image.Image:
    """uint8 [C, H, W] to RGB or RGBA."""
    return Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())


def from_pil(image: Image.Image) -> torch.Tensor:
    return _tensor(np.asarray(image)[None])[0]


def _parts(n: int):
    softness = (0.0, 1.0, 4.0, 12.0)
    share = -(-n // len(softness))
    return [(min(share, n - i * share), soft) for i, soft in enumerate(softness)]


def _tensor(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2).astype(np.uint8)))
