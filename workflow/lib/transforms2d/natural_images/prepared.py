"""Natural images as tensors, and the file of one split."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from transforms2d.errors import DamagedFileError
from transforms2d.files.signed import digest, read_tensors, write_tensors

KIND = "natural_images"


@dataclass(frozen=True)
class NaturalImages:
    """One split of a dataset of labelled images (sec. 4 of the paper).

    Attributes
    ----------
    images : Tensor
        uint8 [N, 3, S, S], 0..255.
    labels : Tensor
        int64 [N], positions in ``class_names``.
    class_names : list of str
        Sorted.
    name : str
        ``cifar10`` or ``cifar100``.
    split : str
        ``train`` or ``test``.
    source : str
        ``torchvision``, ``folder`` or ``procedural``.
    origin : dict
        Plain values that identify the images (a seed, digests); no paths.
    identity : dict
        Plain values on the requested images, for later comparison; stored under the key ``of``.
    """

    images: Tensor
    labels: Tensor
    class_names: list[str]
    name: str
    split: str
    source: str
    origin: dict = field(default_factory=dict)
    identity: dict = field(default_factory=dict)

    def __post_init__(self):
        shape = tuple(self.images.shape)
        is_square = len(shape) == 4 and shape[1] == 3 and shape[2] == shape[3]
        if self.images.dtype != torch.uint8 or not is_square:
            raise DamagedFileError(f"natural images: {self.images.dtype} {shape}, not uint8 images")
        if self.labels.dtype != torch.int64 or tuple(self.labels.shape) != shape[:1]:
            raise DamagedFileError("natural images: images and labels differ in number")
        if shape[0] and not 0 <= self.labels.min() <= self.labels.max() < len(self.class_names):
            raise DamagedFileError("natural images: a label without a class name")

    @property
    def image_size(self) -> int:
        """Side of the square images in pixels."""
        return self.images.shape[-1]

    def save(self, path) -> None:
        """Write one self-verifying file; the same content gives the same bytes."""
        metadata = {
            "kind": KIND,
            "class_names": list(self.class_names),
            "name": self.name,
            "split": self.split,
            "source": self.source,
            "origin": self.origin,
            **({"of": self.identity} if self.identity else {}),
        }
        write_tensors(path, {"images": self.images, "labels": self.labels}, metadata)

    def digest(self) -> str:
        """SHA-256 in hex of the images and their classes, independent of their source."""
        return digest({"images": self.images, "labels": self.labels}, *self.class_names)

    @classmethod
    def load(cls, path) -> "NaturalImages":
        """Read a file of ``save``.

        Raises
        ------
        DamagedFileError
            If the file was changed or truncated, or has other content.
        """
        tensors, metadata = read_tensors(path)
        metadata = dict(metadata)
        if metadata.pop("kind", None) != KIND:
            raise DamagedFileError(
                f"{path}: holds no natural images; make it again with the workflow"
            )
        identity = metadata.pop("of", {})
        return cls(**tensors, **metadata, identity=identity)
