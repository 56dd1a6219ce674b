"""VGG-11 with batch normalisation and a single linear head, for small images."""

import torch.nn.functional as F
from torch import Tensor, nn

from invariance.models.network import Network, Options

# Convolutions in each stage, and the stage's width in units of the base width.
CONVOLUTIONS = (1, 1, 2, 2, 2)
FACTORS = (1, 2, 4, 8, 8)


def vgg_11(options: Options) -> Network:
    """Eight convolutions in five stages; 512 features at the published width of 64."""
    return VGG(CONVOLUTIONS, options)


class VGG(Network):
    """Stages of convolution, normalisation and ReLU, each ended by max pooling; a linear head."""

    def __init__(self, convolutions: tuple[int, ...], options: Options):
        super().__init__()
        width = options.width or 64
        if options.blocks_per_stage is not None:
            convolutions = (options.blocks_per_stage,) * len(convolutions)
        layers, channels = [], 3
        for count, factor in zip(convolutions, FACTORS, strict=True):
            for _ in range(count):
                layers += [
                    nn.Conv2d(channels, width * factor, 3, padding=1),
                    nn.BatchNorm2d(width * factor),
                    nn.ReLU(inplace=True),
                ]
                channels = width * factor
            # Rounding up changes nothing at 32 pixels, and keeps one pixel of a smaller image.
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.representation_dim = channels
        self.trains_on_one = options.image_size > 16  # four halvings, rounded up
        self.head = nn.Linear(channels, options.num_classes)

    def head_input(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
