"""ResNet-18 and -50 for small images: a 3x3 stem of stride 1, no pooling after it."""

from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor, nn

from invariance.models.network import Network, Options


def resnet_18(options: Options) -> Network:
    """Two basic blocks per stage; 512 features at the published width of 64."""
    return ResNet(BasicBlock, (2, 2, 2, 2), options)


def resnet_18_w3(options: Options) -> Network:
    """ResNet-18 three times as wide as asked for; 1536 features at the published width of 64."""
    return resnet_18(replace(options, width=3 * (options.width or 64)))


def resnet_50(options: Options) -> Network:
    """3-4-6-3 bottleneck blocks; 2048 features at the published width of 64."""
    return ResNet(Bottleneck, (3, 4, 6, 3), options)


class ResNet(Network):
    """Four residual stages of doubling width, global average pooling, a linear head."""

    def __init__(self, block: type, blocks: tuple[int, ...], options: Options):
        super().__init__()
        width = options.width or 64
        if options.blocks_per_stage is not None:
            blocks = (options.blocks_per_stage,) * len(blocks)
        self.stem = _conv_norm(3, width, kernel=3)
        layers, channels = [], width
        for stage, count in enumerate(blocks):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(block(channels, width * 2**stage, stride))
                channels = width * 2**stage * block.expansion
        self.blocks = nn.Sequential(*layers)
        self.representation_dim = channels
        self.trains_on_one = options.image_size > 8  # three halvings, rounded up
        self.head = nn.Linear(channels, options.num_classes)

    def head_input(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.stem(x), inplace=True))
        return F.adaptive_avg_pool2d(x, 1).flatten(1)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.first = _conv_norm(channels, width, kernel=3, stride=stride)
        self.second = _conv_norm(width, width, kernel=3)
        self.shortcut = _shortcut(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.first(x), inplace=True)
        return F.relu(self.second(y) + self.shortcut(x), inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut; four times as wide at its end."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.reduce = _conv_norm(channels, width, kernel=1)
        self.middle = _conv_norm(width, width, kernel=3, stride=stride)
        self.expand = _conv_norm(width, width * self.expansion, kernel=1)
        self.shortcut = _shortcut(channels, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.reduce(x), inplace=True)
        y = F.relu(self.middle(y), inplace=True)
        return F.relu(self.expand(y) + self.shortcut(x), inplace=True)


def _conv_norm(inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return _conv_norm(inputs, outputs, kernel=1, stride=stride)
