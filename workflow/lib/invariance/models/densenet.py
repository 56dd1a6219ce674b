"""DenseNet-121 for small images: 6-12-24-16 dense layers of growth rate 32 or 12 (fork 27)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.models.network import Network, Options

BLOCKS = (6, 12, 24, 16)


def densenet_121(options: Options) -> Network:
    """Represents an image by 32 channels per unit of growth, pooled or of 4x4 pixels (fork 10)."""
    return DenseNet(BLOCKS, options)


class DenseNet(Network):
    """Dense blocks joined by transitions that halve channels and size; a linear head."""

    def __init__(self, blocks: tuple[int, ...], options: Options):
        super().__init__()
        growth = options.width or options.densenet_growth
        if options.blocks_per_stage is not None:
            blocks = (options.blocks_per_stage,) * len(blocks)
        channels, side = 2 * growth, options.image_size
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
        for index, count in enumerate(blocks):
            for _ in range(count):
                layers.append(DenseLayer(channels, growth))
                channels += growth
            if index + 1 < len(blocks):
                layers.append(_transition(channels, channels // 2))
                channels, side = channels // 2, side // 2
        self.features = nn.Sequential(*layers, nn.BatchNorm2d(channels))
        self.head = nn.Linear(channels, options.num_classes)
        self.trains_on_one = side > 1
        self.pooled = options.densenet_representation == "pooled"
        self.representation_dim = channels if self.pooled else channels * side * side

    def head_input(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(F.relu(self.features(x)), 1).flatten(1)

    def represent(self, x: Tensor) -> Tensor:
        return self.head_input(x) if self.pooled else self.features(x).flatten(1)


class DenseLayer(nn.Module):
    """Adds ``growth`` channels, computed from all channels before, to its input."""

    def __init__(self, channels: int, growth: int):
        super().__init__()
        self.compute = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.compute(x), x), dim=1)


def _transition(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.AvgPool2d(2),
    )
