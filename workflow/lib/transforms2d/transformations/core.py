"""The definition of a transformation: a distribution of parameters and a pure function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from transforms2d import seeds
from transforms2d.protocol import DataProtocol

# px; sizes in pixels are for this side and scale with an image's shorter side
REFERENCE_SIZE = 32
# px; above this side, images whose results differ in shape are processed one by one
LARGEST_TOGETHER = 64


@dataclass(frozen=True)
class Draws:
    """Everything that a transformation's parameters may depend on.

    Attributes
    ----------
    name : str
        The transformation; part of the purpose of each draw.
    seed : int
    stream : str
        Further words of the purpose.
    indices : int64 [N]
        The samples' indices.
    height, width : int
        Of the images, in px.
    channels : int
        4 for objects with alpha, 3 for whole images.
    box : int64 [N, 4] or None
        Left, top, width and height of the object on its canvas, in px; None where it was not moved.
    protocol : DataProtocol
    """

    name: str
    seed: int
    stream: str
    indices: np.ndarray
    height: int
    width: int
    channels: int
    box: np.ndarray | None
    protocol: DataProtocol

    @property
    def side(self) -> int:
        """The shorter side in px, with which sizes in pixels scale."""
        return min(self.height, self.width)

    def uniform(self, k: int = 1, purpose: str = "") -> np.ndarray:
        """Uniform numbers in [0, 1), float64 [N, k]."""
        return seeds.uniform(self.seed, self._purpose(purpose), self.indices, k)

    def small_bits(self, k: int, dtype: type) -> np.ndarray:
        """Uniform integers of 8 or 16 bits, [N, k]."""
        return seeds.small_bits(self.seed, self._purpose("field"), self.indices, k, dtype)

    def between(self, low: float, high: float) -> Tensor:
        """One number per row, uniform in [low, high), float32 [N]."""
        return torch.from_numpy(low + (high - low) * self.uniform()[:, 0]).to(torch.float32)

    def _purpose(self, what: str) -> str:
        return f"transformation/{self.name}/{what}/{self.stream}"


def nothing(draws: Draws) -> dict[str, Tensor]:
    """The parameters of a transformation that has only a coin."""
    return {}


@dataclass(frozen=True)
class Transformation:
    """One transformation.

    Attributes
    ----------
    name : str
    apply : callable (images uint8 [N, C, H, W], out, parameters, DataProtocol)
        Writes all of ``out`` and nothing else. ``out`` has the same shape and other memory; both
        are contiguous. Each row depends only on the same row of the images. With a ``coin`` it
        gets only the rows where the coin says yes.
    draw : callable (Draws) -> dict of str to Tensor [N, ...]
    parameters : mapping of str to callable(height, width) -> tuple of int
        The shape of each parameter, without the row axis.
    coin : float or None
        Probability of ``applied``; None means always.
    takes_all : bool
        Whether it gets all rows instead, and keeps those where its parameter ``applied`` says no.
        This is faster for a single cheap operation.
    apply_large : callable (pairs, parameters, DataProtocol) or None
        The same for large images on the CPU, with numpy, whose operations cost little more than
        their memory traffic. A pair is an image to read and one to write, uint8 [C, H, W]: the
        same array, or separate memory. Parameters are arrays with a row per pair. All rows have
        a yes.
    colour : bool
        Whether it changes colour and keeps alpha by the rule of fork 22, so that
        ``soft_edges="multiplied"`` applies to it.
    """

    name: str
    apply: Callable[[Tensor, Tensor, Mapping[str, Tensor], DataProtocol], None]
    draw: Callable[[Draws], dict[str, Tensor]] = nothing
    parameters: Mapping[str, Callable[[int, int], tuple[int, ...]]] = field(default_factory=dict)
    coin: float | None = None
    takes_all: bool = False
    apply_large: Callable[[list, Mapping[str, np.ndarray], DataProtocol], None] | None = None
    colour: bool = False


def scalar(height: int, width: int) -> tuple[int, ...]:
    """The shape of a parameter with one number per row."""
    return ()
