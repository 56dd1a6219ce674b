"""What every backend offers: the features of several networks at a time."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Body(nn.Module, ABC):
    """The networks of a stack without their heads; a backend writes ``forward``.

    Attributes
    ----------
    images_first : bool
        Whether the rows of a batch are sorted by image, the networks innermost; else by network.
    """

    images_first = False

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Images float32 [m * n, 3, H, W], n for each network, to features [m, n, h]."""
