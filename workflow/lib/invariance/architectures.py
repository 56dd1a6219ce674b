"""The networks that a configuration may name.

Parsing the workflow reads this module, so the networks themselves, which need torch, are named by
where they are built: ``resnet.resnet_18`` is a function of ``invariance/models/resnet.py``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """What figures call a network, what builds it, and what it costs.

    Attributes
    ----------
    label : str
        On axes, in legends and in captions.
    builder : str
        Module below ``invariance.models`` and function (or class) of ``Options``.
    cost : float
        Time of a training step in those of ResNet-18, rounded up; a cluster is asked for it.
    """

    label: str
    builder: str
    cost: float = 1.0


# Costs from CPU and FLOPs (1, 9, 2.3, 1.6, 0.27 and 0.73 times ResNet-18's); the many small layers
# of a DenseNet take far longer than their FLOPs. At growth rate 12 (fork 27) it takes 1.7 on a CPU.
ARCHITECTURES = {
    "resnet-18": Architecture("ResNet-18", "resnet.resnet_18"),
    "resnet-18-w3": Architecture("ResNet-18 x3", "resnet.resnet_18_w3", cost=9.0),
    "resnet-50": Architecture("ResNet-50", "resnet.resnet_50", cost=3.0),
    "densenet-121": Architecture("DenseNet-121", "densenet.densenet_121", cost=3.0),
    "vgg-11": Architecture("VGG-11", "vgg.vgg_11", cost=0.5),
    "vit": Architecture("ViT", "vit.vit", cost=1.5),
    # 300 times as fast at its own width, but a step is mostly the start of its kernels.
    "small-cnn": Architecture("Small CNN", "small_cnn.SmallCNN", cost=0.05),
}
