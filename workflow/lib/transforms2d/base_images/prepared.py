"""Base images at the working size, as tensors, and their file."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from transforms2d.errors import DamagedFileError
from transforms2d.files.signed import digest, read_tensors, write_tensors

KIND = "base_images"


@dataclass(frozen=True)
class BaseImages:
    """Objects on transparent canvases, and square backgrounds (sec. 3 of the paper).

    Attributes
    ----------
    objects : Tensor
        uint8 [P, 4, S, S], straight alpha, 0..255: each object covers 70 % of its canvas, centred.
    object_class : Tensor
        int64 [P], position of each object's class in ``class_names``, ascending; the images of
        one class are in sorted order of their files.
    backgrounds : Tensor
        uint8 [B, 3, S, S], 0..255, in sorted order of their files.
    class_names : list of str
        Sorted; a label is a position in this list.
    image_size : int
        S, in pixels.
    source : str
        ``huggingface``, ``folder`` or ``procedural``.
    origin : dict
        Plain values that identify the images (a revision, a seed, a digest); no paths.
    identity : dict
        Plain values on the requested images, for later comparison; stored under the key ``of``.
    """

    objects: Tensor
    object_class: Tensor
    backgrounds: Tensor
    class_names: list[str]
    image_size: int
    source: str
    origin: dict = field(default_factory=dict)
    identity: dict = field(default_factory=dict)

    def save(self, path) -> None:
        """Write one self-verifying file; the same content gives the same bytes."""
        metadata = {
            "kind": KIND,
            "class_names": list(self.class_names),
            "image_size": self.image_size,
            "source": self.source,
            "origin": self.origin,
            **({"of": self.identity} if self.identity else {}),
        }
        write_tensors(path, self._tensors(), metadata)

    def digest(self) -> str:
        """SHA-256 in hex of the images and their classes, independent of their source."""
        return digest(self._tensors(), *self.class_names)

    def _tensors(self) -> dict[str, Tensor]:
        return {
            "objects": self.objects,
            "object_class": self.object_class,
            "backgrounds": self.backgrounds,
        }

    @classmethod
    def load(cls, path) -> "BaseImages":
        """Read a file of ``save``.

        Raises
        ------
        DamagedFileError
            If the file was changed or truncated, or has other content.
        """
        tensors, metadata = read_tensors(path)
        metadata = dict(metadata)
        if metadata.pop("kind", None) != KIND:
            raise DamagedFileError(f"{path}: holds no base images; make it again with the workflow")
        identity = metadata.pop("of", {})
        return cls(**tensors, **metadata, identity=identity)

    def __post_init__(self):
        size = self.image_size
        for name, channels in (("objects", 4), ("backgrounds", 3)):
            tensor = getattr(self, name)
            if tensor.dtype != torch.uint8 or tuple(tensor.shape[1:]) != (channels, size, size):
                raise DamagedFileError(
                    f"base images: {name} is {tensor.dtype} {tuple(tensor.shape)}, "
                    f"not uint8 [*, {channels}, {size}, {size}]"
                )
        if self.object_class.shape != (len(self.objects),):
            raise DamagedFileError("base images: object_class and objects differ in length")
