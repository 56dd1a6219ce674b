"""Images on the device as bytes: shuffled by counters, normalised one batch at a time."""

import hashlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from transforms2d import seeds
from transforms2d.errors import UserError


def order(seed: int, epoch: int, samples: int) -> Tensor:
    """The order of an epoch: a permutation, int64 [samples], determined by (seed, epoch)."""
    return torch.from_numpy(seeds.generator(seed, f"batch order/{epoch}").permutation(samples))


def noise_seed(seed: int, epoch: int) -> int:
    """Seed of torch's generator in an epoch, for networks with random parts, such as dropout."""
    return int(seeds.generator(seed, f"training noise/{epoch}").integers(2**63))


class Resident:
    """Labelled images on a device, stored as uint8 and normalised when a batch is read.

    Parameters
    ----------
    images : Tensor
        uint8 [N, 3, H, W].
    labels : Tensor
        int64 [N].
    mean, std : sequence of three floats
        Normalisation of intensities in 0 to 1, one per channel; std above 0.
    device : torch.device
    channels_last : bool
        Whether batches have channels innermost in memory; the bytes are stored in the same layout.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        mean: Sequence[float],
        std: Sequence[float],
        *,
        device: torch.device,
        channels_last: bool = False,
    ):
        self.channels_last = channels_last
        self.device = device
        self.labels = labels.to(device)
        mean, std = torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64)
        shape = (1, 1, 1, 3) if channels_last else (1, 3, 1, 1)  # the layout of ``images``
        # (x / 255 - mean) / std as one multiplication and one addition.
        self.factor = (1 / (255 * std)).float().view(shape).to(device)
        self.offset = (-mean / std).float().view(shape).to(device)
        self.replace_images(images)

    def __len__(self) -> int:
        return len(self.labels)

    def replace_images(self, images: Tensor) -> None:
        """Replace the images by new ones, uint8 [N, 3, H, W]; the labels stay."""
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise UserError(
                f"images: {images.dtype} {list(images.shape)} given; uint8 [N, 3, H, W] is needed"
            )
        if len(images) != len(self.labels):
            raise UserError(
                f"images: {len(images)} for {len(self.labels)} labels; give one image per label"
            )
        images = images.to(self.device)
        # uint8 [N, H, W, 3] or [N, 3, H, W]: the layout of batches, so gathering is one copy.
        self.images = (images.permute(0, 2, 3, 1) if self.channels_last else images).contiguous()

    def batches(
        self, size: int, rows: Tensor | None = None, *, join_one: bool = False
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of ``size`` rows; the last one may be smaller.

        ``rows``: int64 [M], the rows and their order; by default all rows in order. ``join_one``
        adds a last batch of one row to the batch before. Yields normalised float32 [n, 3, H, W]
        and labels int64 [n].
        """
        if rows is None:
            for start in range(0, len(self), size):
                part = slice(start, start + size)
                yield self._normalised(self.images[part]), self.labels[part]
            return
        for index in rows.to(self.device).split(_sizes(len(rows), size, join_one=join_one)):
            images = self.images.index_select(0, index)  # uint8, n rows
            yield self._normalised(images), self.labels.index_select(0, index)

    def _normalised(self, images: Tensor) -> Tensor:
        # In place on the new copy: float32 [n, ...] needs four times the memory of the bytes.
        x = images.to(torch.float32).mul_(self.factor).add_(self.offset)
        return x.permute(0, 3, 1, 2) if self.channels_last else x


def check_size(network, samples: int, size: int, where: str) -> None:
    """Refuse batches of one image if the network then normalises a single value."""
    if min(samples, size) == 1 and not network.trains_on_one:
        raise UserError(
            f"{where}.batch_size: with batches of 1 image ({samples} in all) the network would "
            "normalise a single value; give 2 or more, or larger images"
        )


def check_images(name: str, shard, size: int, classes: int) -> None:
    """Refuse images other than uint8 [N, 3, size, size], and labels that are not one per image.

    ``name`` is the name of ``shard`` in errors; labels are in 0 .. classes - 1.
    """
    images, labels = shard.images, shard.labels
    if images.dtype != torch.uint8 or tuple(images.shape[1:]) != (3, size, size):
        raise UserError(
            f"{name}: images are {images.dtype} {list(images.shape)}; the settings ask for "
            f"uint8 [N, 3, {size}, {size}]"
        )
    if len(labels) == 0 or len(labels) != len(images):
        raise UserError(f"{name}: {len(labels)} labels for {len(images)} images")
    least, most = int(labels.min()), int(labels.max())
    if least < 0 or most >= classes:
        raise UserError(
            f"{name}: labels go from {least} to {most}; num_classes {classes} asks for "
            f"0 to {classes - 1}"
        )


def _sizes(rows: int, size: int, *, join_one: bool) -> list[int]:
    sizes = [size] * (rows // size) + [rows % size] * (rows % size > 0)
    if join_one and len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [size + 1]
    return sizes


def digest(*shards) -> str:
    """SHA-256 over the images and labels of shards, in order."""
    total = hashlib.sha256()
    for shard in shards:
        for tensor in (shard.images, shard.labels):
            total.update(f"{tensor.dtype}{tuple(tensor.shape)};".encode())
            total.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return total.hexdigest()
