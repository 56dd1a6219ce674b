"""Every table of the paper: which study it is made from, and what it shows.

Parsing the workflow reads this module, so it imports nothing heavy.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes
    ----------
    study : str
    shows : str
        What it shows, in a few words.
    title : str
        What its numbers are, for the caption.
    architecture : str
    domain : str
        It is made only if the study runs on this domain with this architecture.
    methods : tuple of str
        Those whose results it shows, beside pretraining.
    """

    study: str
    shows: str
    title: str
    architecture: str = "resnet-18"
    domain: str = "t2d"
    methods: tuple[str, ...] = ("sensitivity",)


LEARNED = "Accuracy of linear probes on features that pretraining needed or not, and sensitivity"
SCORED = "Sensitivity of {} to transformations, by the transformation it was trained with"
TRANSFER = "invariance_transfer"
TABLES = {
    "tab1": Table(
        "irrelevant_features",
        "relevant and irrelevant features, accuracy and sensitivity",
        LEARNED,
        domain="cifar10_random",
        methods=("linear_probe", "sensitivity"),
    ),
    **{
        f"tab{number}": Table(
            TRANSFER,
            f"sensitivity of {net} on Transforms-2D, CIFAR-10 and CIFAR-100",
            SCORED.format(net),
            architecture,
        )
        for number, net, architecture in (
            (2, "ResNet-18", "resnet-18"),
            (3, "VGG-11", "vgg-11"),
            (4, "DenseNet-121", "densenet-121"),
            (5, "ViT", "vit"),
        )
    },
}


def available(studies: dict) -> dict[str, Table]:
    """The tables that can be made from the configured studies, in the paper's order."""
    return {
        name: table
        for name, table in TABLES.items()
        if table.study in studies
        and any(
            model.architecture == table.architecture
            for domain in studies[table.study].domains
            if domain == table.domain
            for model in studies[table.study].models(domain)
        )
    }
