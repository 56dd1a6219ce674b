"""One split of a dataset as one self-verifying file."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.io import check_same, read_tensors, write_tensors
from transforms2d.render import Renderer
from transforms2d.spec import DatasetSpec
from transforms2d.stock import class_names

KIND = "transforms2d_shard"
LATENT = "latents/"


@dataclass(frozen=True)
class Shard:
    """A rendered split.

    Attributes
    ----------
    images : Tensor
        uint8 [n, 3, S, S].
    labels : Tensor
        int64 [n].
    latents : dict of str to Tensor
        As in ``Batch``, n rows each.
    spec : DatasetSpec
    class_names : list of str
        In label order.
    """

    images: Tensor
    labels: Tensor
    latents: dict[str, Tensor]
    spec: DatasetSpec
    class_names: list[str]

    def __len__(self) -> int:
        return len(self.images)


def make_shard(spec: DatasetSpec, base, natural=None, device="cpu") -> Shard:
    """Render all samples of ``spec``; the tensors are on the CPU."""
    renderer = Renderer(spec, base, natural, device)
    batch = renderer.render(range(len(renderer)))
    names = class_names(spec, base, natural)
    return Shard(batch.images.cpu(), batch.labels, batch.latents, spec, names)


def write_shard(path, spec: DatasetSpec, base, natural=None, device="cpu") -> None:
    """Render all samples of ``spec`` and write them with labels, latents and the spec, atomically.

    The same spec and images give the same bytes.
    """
    shard = make_shard(spec, base, natural, device)
    tensors = {"images": shard.images, "labels": shard.labels}
    tensors |= {LATENT + name: column for name, column in shard.latents.items()}
    manifest = {"kind": KIND, "spec": spec.to_dict(), "class_names": shard.class_names}
    write_tensors(path, tensors, manifest)


def read_shard(path, expect: DatasetSpec | Mapping | None = None) -> Shard:
    """Read what ``write_shard`` wrote.

    Parameters
    ----------
    expect : DatasetSpec, what its ``to_dict`` gives, or None
        The dataset asked for; a shard of another one is refused.

    Raises
    ------
    DamagedFileError
        If the file was changed or cut short, or holds no shard.
    UserError
        If the file is missing, or its spec is not ``expect``.
    """
    tensors, manifest = read_tensors(path)
    if manifest.get("kind") != KIND:
        raise DamagedFileError(f"{path}: holds no dataset shard; run the workflow to make it")
    try:
        spec = DatasetSpec.from_dict(manifest["spec"])
        images, labels = tensors.pop("images"), tensors.pop("labels")
        names = list(manifest["class_names"])
    except (KeyError, UserError) as error:
        raise _mismatch(path, f"{error}") from None
    latents = {name.removeprefix(LATENT): column for name, column in tensors.items()}
    _check_content(path, spec, names, images, labels, latents)
    if expect is not None:
        wanted = expect.to_dict() if isinstance(expect, DatasetSpec) else expect
        check_same(path, spec.to_dict(), wanted)
    return Shard(images, labels, latents, spec, names)


def _check_content(path, spec, names, images, labels, latents) -> None:
    size = spec.image_size
    if images.dtype != torch.uint8 or images.shape[1:] != (3, size, size):
        what = f"images are {images.dtype} {list(images.shape)}, not uint8 [n, 3, {size}, {size}]"
        raise _mismatch(path, what)
    if spec.samples and len(images) != spec.samples:
        raise _mismatch(path, f"{len(images)} images, not {spec.samples}")
    for name, column in {"labels": labels, **latents}.items():
        if len(column) != len(images):
            raise _mismatch(path, f"{len(column)} rows of {name} for {len(images)} images")
    if labels.dtype != torch.int64 or len(names) != spec.num_classes:
        raise _mismatch(path, "labels or class names are not those of the spec")
    if len(labels) and not (labels.min() >= 0 and labels.max() < spec.num_classes):
        raise _mismatch(path, f"a label is not below {spec.num_classes}")


def _mismatch(path, what: str) -> DamagedFileError:
    return DamagedFileError(
        f"{path}: content does not match its manifest: {what}; delete it and run the workflow again"
    )
