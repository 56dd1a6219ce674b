"""Transforms-2D for PyTorch: a map-style dataset, and batches rendered on the device."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset

from transforms2d import seeds
from transforms2d.checks import check_whole
from transforms2d.rendering.renderer import Batch, Renderer
from transforms2d.rendering.source_images import class_names
from transforms2d.spec import DatasetSpec


class TransformsDataset(Dataset):
    """A dataset of ``spec`` that renders samples on request.

    Sample i is the same in every epoch, worker and batch, and equal to row i of the shard. A
    ``DataLoader`` fetches whole batches at once, which is many times faster than single samples.

    Parameters
    ----------
    spec : DatasetSpec
    base : BaseImages or None
    natural : NaturalImages or None
        As for ``transforms2d.rendering.renderer.render``.
    transform : callable or None
        Called with each image, uint8 [3, S, S], as in torchvision's datasets. None keeps uint8.

    Attributes
    ----------
    class_names : list of str
        In label order.
    draw : int
        0 means the dataset itself; another number gives new transformation draws, for instance one
        per epoch. Workers, persistent ones too, use a new value from the next pass over their
        loader on.
    """

    def __init__(self, spec: DatasetSpec, base, natural=None, transform: Callable | None = None):
        self.spec = spec
        self.transform = transform
        self._renderer = Renderer(spec, base, natural)
        self.class_names = class_names(spec, base, natural)
        self._draw = torch.zeros((), dtype=torch.int64, device="cpu").share_memory_()

    def __setstate__(self, state: dict):
        vars(self).update(state)
        self._draw.share_memory_()  # separate from the original's

    @property
    def draw(self) -> int:
        return int(self._draw)

    @draw.setter
    def draw(self, draw: int):
        check_whole("draw", draw, 0)
        self._draw.fill_(int(draw))

    def __len__(self) -> int:
        return len(self._renderer)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Image uint8 [3, S, S] (or the result of ``transform``) and label."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        return self.__getitems__([index % len(self)])[0]

    def __getitems__(self, indices: list[int]) -> list[tuple[Tensor, int]]:
        """Several samples at once, for a ``DataLoader``."""
        batch = self._renderer.render(indices, self.draw)
        images = batch.images if self.transform is None else map(self.transform, batch.images)
        return list(zip(images, batch.labels.tolist(), strict=True))


def batches(
    spec: DatasetSpec,
    base,
    natural=None,
    *,
    batch_size: int,
    device="cpu",
    shuffle_seed: int | None = None,
    epoch: int = 0,
    fresh: bool = False,
) -> Iterator[Batch]:
    """All samples once, in batches that are rendered on ``device`` on request.

    Parameters
    ----------
    batch_size : int
        At least 1; the last batch may be smaller.
    shuffle_seed : int or None
        Seed of the order, which differs per epoch; None keeps the order of samples.
    epoch : int
        Number of the pass over the data.
    fresh : bool
        New transformations and places in every epoch instead of one fixed draw per sample.

    Yields
    ------
    Batch
        Images uint8 and labels int64 on ``device``; latents on the CPU.
    """
    check_whole("batches.batch_size", batch_size, 1)
    check_whole("batches.epoch", epoch, 0)
    if shuffle_seed is not None:
        check_whole("batches.shuffle_seed", shuffle_seed, 0)
    renderer = Renderer(spec, base, natural, device)
    order = torch.arange(len(renderer), device="cpu")
    if shuffle_seed is not None:
        generator = seeds.generator(shuffle_seed, f"order/{epoch}")
        order = torch.from_numpy(generator.permutation(len(renderer)))
    for indices in order.split(batch_size):
        batch = renderer.render(indices, epoch if fresh else 0)
        yield Batch(batch.images, batch.labels.to(device), batch.latents)


def normalise(images: Tensor, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)) -> Tensor:
    """Images uint8 [n, 3, S, S] as float32, (image / 255 - mean) / std; -1..1 by default."""
    values = images.to(torch.float32)
    # One multiply-add per channel, or one for all: a single pass over memory instead of two.
    is_uniform = len(set(mean)) == len(set(std)) == 1
    channels = [values] if is_uniform else values.unbind(1)
    for channel, centre, spread in zip(channels, mean, std, strict=not is_uniform):
        offset = torch.tensor(-centre / spread, device=images.device)
        torch.add(offset, channel, alpha=1 / (255 * spread), out=channel)
    return values
