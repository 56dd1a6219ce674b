"""A network small enough to train by the hundred on a laptop: three convolutions on half the size.

No paper uses it; it is for studies that train a network per subset of the data.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from invariance.models.network import Network, Options

WIDTH = 12
STRIDES = (2, 2, 1)


class SmallCNN(Network):
    """2x2 averages, three 3x3 convolutions of w, 2w and 3w channels, a global mean, a linear head.

    36 features and 12,000 weights at the default width of 12 and 30 classes.
    """

    def __init__(self, options: Options):
        super().__init__()
        width = options.width or WIDTH
        layers, channels = [], 3
        for factor, stride in enumerate(STRIDES, start=1):
            layers += [
                nn.Conv2d(channels, width * factor, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(width * factor),
                nn.ReLU(inplace=True),
            ]
            channels = width * factor
        self.layers = nn.Sequential(*layers)
        self.representation_dim = channels
        self.trains_on_one = options.image_size > 9  # three halvings, the first rounded down
        self.head = nn.Linear(channels, options.num_classes)

    def head_input(self, x: Tensor) -> Tensor:
        x = self.layers(_averaged(x))
        # Not ``mean``, whose gradient has no layout in memory: a training would be a tenth slower.
        return F.avg_pool2d(x, x.shape[2:]).flatten(1)


def _averaged(x: Tensor) -> Tensor:
    """Means of 2x2 pixels; an odd last row or column is left out.

    Sums of slices: on a CPU a whole training is a tenth faster than with ``avg_pool2d``.
    """
    height, width = (side // 2 * 2 for side in x.shape[2:])
    x = x[..., 0:height:2, :] + x[..., 1:height:2, :]
    return (x[..., 0:width:2] + x[..., 1:width:2]) / 4
