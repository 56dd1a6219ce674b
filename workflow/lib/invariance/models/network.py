"""The interface of every network in the registry, and the options of a builder."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Options:
    """The options of a builder; it may ignore options that its network does not have.

    Attributes
    ----------
    num_classes : int
        Outputs of the head.
    image_size : int
        Side of the square input in pixels.
    width : int or None
        Base width of the network, None for the published one: channels of the first stage (ResNet,
        VGG: 64), growth rate (DenseNet: that of the fork), token dimension (ViT: 384).
    blocks_per_stage : int or None
        Depth of every stage, None for the published one: residual blocks (ResNet), dense layers
        (DenseNet), convolutions (VGG), encoder blocks (ViT, which is one stage).
    vit : str
        ``paper`` or ``released_code`` (fork 9: hidden units of the MLP).
    densenet_representation : str
        ``pooled`` or ``final_norm`` (fork 10).
    densenet_growth : int
        Growth rate of a DenseNet without ``width``: 32 or 12 (fork 27).
    """

    num_classes: int
    image_size: int = 32
    width: int | None = None
    blocks_per_stage: int | None = None
    vit: str = "paper"
    densenet_representation: str = "pooled"
    densenet_growth: int = 32


class Network(nn.Module, ABC):
    """A feature extractor with a linear head; a subclass sets ``head`` and writes ``head_input``.

    Attributes
    ----------
    head : nn.Linear
        The last layer, which a linear probe replaces.
    representation_dim : int
        Length of a row of ``represent``.
    trains_on_one : bool
        Whether the network can train on a batch of one image. It cannot if a layer that normalises
        over the batch would see a single value per channel.
    """

    trains_on_one: bool = True
    head: nn.Linear
    representation_dim: int

    @abstractmethod
    def head_input(self, x: Tensor) -> Tensor:
        """Normalised float images [N, 3, H, W] to the input of the head, [N, head.in_features]."""

    def represent(self, x: Tensor) -> Tensor:
        """Normalised images [N, 3, H, W] to the representation whose sensitivity is measured.

        Returns [N, representation_dim]; the layer of each network is the published one (fork 10).
        """
        return self.head_input(x)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images [N, 3, H, W] to logits [N, num_classes]."""
        return self.head(self.head_input(x))
