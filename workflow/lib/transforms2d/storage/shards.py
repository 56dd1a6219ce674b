"""One split of a dataset as one self-verifying file.

The file keeps the pixels, or only the recipe: everything else, and the digest of the pixels. Then a
reader renders the images again.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from transforms2d.errors import DamagedFileError, UserError, quote
from transforms2d.files.signed import check_same, read_tensors, write_tensors
from transforms2d.rendering.latents import check_latents
from transforms2d.rendering.renderer import Renderer
from transforms2d.rendering.source_images import class_names
from transforms2d.spec import DatasetSpec

KIND = "transforms2d_shard"
LATENT = "latents/"
KEEP = ("pixels", "recipe")


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
    made_from : dict of str to str
        ``base`` and ``natural``, if the images show them: the digest of the source images.
    """

    images: Tensor
    labels: Tensor
    latents: dict[str, Tensor]
    spec: DatasetSpec
    class_names: list[str]
    made_from: dict[str, str]

    def __len__(self) -> int:
        return len(self.images)

    def check_images(self, base, natural=None) -> None:
        """Refuse images from which these samples cannot be made again.

        Raises
        ------
        UserError
            If the shard was made from other base or natural images.
        """
        for kind, images in _sources(self.spec, base, natural).items():
            if images is None or images.digest() != self.made_from[kind]:
                raise UserError(
                    f"{self.spec.split} shard: made from other {kind} images; give those with "
                    f"SHA-256 {self.made_from[kind]}"
                )


def make_shard(spec: DatasetSpec, base, natural=None, device="cpu") -> Shard:
    """Render all samples of ``spec``; the tensors are on the CPU."""
    renderer = Renderer(spec, base, natural, device)
    batch = renderer.render(range(len(renderer)))
    names = class_names(spec, base, natural)
    made_from = {kind: used.digest() for kind, used in _sources(spec, base, natural).items()}
    return Shard(batch.images.cpu(), batch.labels, batch.latents, spec, names, made_from)


def _sources(spec: DatasetSpec, base=None, natural=None) -> dict:
    """The source images of a dataset, by kind."""
    has_base = spec.foreground == "objects" or spec.background == "images"
    sources = {"base": base} if has_base else {}
    return sources | ({"natural": natural} if spec.background == "natural" else {})


def write_shard(
    path,
    spec: DatasetSpec,
    base,
    natural=None,
    device="cpu",
    identity: Mapping | None = None,
    keep: str = "pixels",
) -> None:
    """Render all samples of ``spec`` and write them with labels, latents and the spec, atomically.

    The same spec and images give the same bytes. ``identity``: plain JSON values on the sources of
    the shard besides its spec, such as the origin of the images; stored under the key ``of``.
    ``keep``: ``pixels``, or ``recipe`` for a file without images, of about 60 bytes per image.
    """
    if keep not in KEEP:
        raise UserError(f"keep: {quote(keep)} is not one of {', '.join(KEEP)}")
    shard = make_shard(spec, base, natural, device)
    tensors = {"images": shard.images} if keep == "pixels" else {}
    tensors |= {"labels": shard.labels}
    tensors |= {LATENT + name: column for name, column in shard.latents.items()}
    manifest = {
        "kind": KIND,
        "spec": spec.to_dict(),
        "class_names": shard.class_names,
        "made_from": shard.made_from,
        **({} if identity is None else {"of": dict(identity)}),
        **({"pixels": _digest(shard.images)} if keep == "recipe" else {}),
    }
    write_tensors(path, tensors, manifest)


def read_shard(
    path,
    expect: DatasetSpec | Mapping | None = None,
    identity: Mapping | None = None,
    sources: Callable[[], Mapping] | None = None,
    device="cpu",
) -> Shard:
    """Read a shard of ``write_shard``.

    Parameters
    ----------
    expect : DatasetSpec, the result of its ``to_dict``, or None
        The expected dataset; a shard of another one is refused.
    identity : mapping or None
        The identity that the shard must have, see ``write_shard``.
    sources : function without arguments, or None
        Only called for a file without pixels: returns the arguments ``base`` and ``natural`` of
        ``write_shard``.
    device : torch.device or str
        Where these pixels are rendered. On the CPU they are compared with their digest.

    Raises
    ------
    DamagedFileError
        If the file was changed or truncated, or holds no shard.
    UserError
        If the file is missing, has another spec or identity, or has no pixels and they cannot be
        made again.
    """
    tensors, manifest = read_tensors(path)
    if manifest.get("kind") != KIND:
        raise DamagedFileError(f"{path}: holds no dataset shard; run the workflow to make it")
    try:
        spec = DatasetSpec.from_dict(manifest["spec"])
        labels, images = tensors.pop("labels"), tensors.pop("images", None)
        names, made_from = list(manifest["class_names"]), dict(manifest["made_from"])
    except (KeyError, TypeError, ValueError) as error:
        raise _mismatch(path, f"{error}") from None
    if expect is not None:
        expected = expect.to_dict() if isinstance(expect, DatasetSpec) else expect
        check_same(path, spec.to_dict(), expected)
    if identity is not None:
        check_same(path, manifest.get("of"), identity)
    if images is None:
        images = _rendered(path, spec, manifest, sources, device)
    latents = {name.removeprefix(LATENT): column for name, column in tensors.items()}
    _check_content(path, spec, names, made_from, images, labels, latents)
    return Shard(images, labels, latents, spec, names, made_from)


def _rendered(path, spec: DatasetSpec, manifest: Mapping, sources, device) -> Tensor:
    """The images of a file without pixels, uint8 [n, 3, S, S] on the CPU."""
    if "pixels" not in manifest:
        raise _mismatch(path, "it has neither images nor their digest")
    if sources is None:
        raise UserError(
            f"{path}: it keeps a recipe and no pixels, and this reader has no images to render it "
            "from; set datasets.keep to pixels"
        )
    shard = make_shard(spec, **sources(), device=device)
    if shard.made_from != manifest["made_from"]:
        raise UserError(
            f"{path}: made from other images than those at hand; delete it and run the workflow "
            "again"
        )
    if torch.device(device).type == "cpu" and _digest(shard.images) != manifest["pixels"]:
        raise UserError(
            f"{path}: its images come out differently here, with other versions of the code or of "
            "libraries; delete it and run the workflow again"
        )
    return shard.images


def _digest(images: Tensor) -> str:
    return hashlib.sha256(images.contiguous().numpy()).hexdigest()


def _check_content(path, spec, names, made_from, images, labels, latents) -> None:
    size = spec.image_size
    if images.dtype != torch.uint8 or images.shape[1:] != (3, size, size):
        shape = f"{images.dtype} {list(images.shape)}"
        raise _mismatch(path, f"images are {shape}, not uint8 [n, 3, {size}, {size}]")
    if spec.samples and len(images) != spec.samples:
        raise _mismatch(path, f"{len(images)} images, not {spec.samples}")
    for name, column in {"labels": labels, **latents}.items():
        if len(column) != len(images):
            raise _mismatch(path, f"{len(column)} rows of {name} for {len(images)} images")
    if set(made_from) != set(_sources(spec)):
        raise _mismatch(path, f"made from {sorted(made_from)}, not from {sorted(_sources(spec))}")
    if labels.dtype != torch.int64 or len(names) != spec.num_classes:
        raise _mismatch(path, "labels or class names do not fit the spec")
    if len(labels) and not (labels.min() >= 0 and labels.max() < spec.num_classes):
        raise _mismatch(path, f"a label is not below {spec.num_classes}")
    try:
        check_latents(spec, labels, latents)
    except UserError as error:
        raise _mismatch(path, f"{error}") from None


def _mismatch(path, fault: str) -> DamagedFileError:
    return DamagedFileError(
        f"{path}: content does not match its manifest: {fault}; delete it and run the workflow "
        "again"
    )
