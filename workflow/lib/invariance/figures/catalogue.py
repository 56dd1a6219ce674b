"""Every figure that is drawn from a study's table: what it shows, and who draws it.

Parsing the workflow reads this module, so it imports nothing heavy. The module named by a figure
has ``table(results, study, name)``, the rows that the figure shows, and
``draw(table, study, name, published)``, the matplotlib figure; ``published`` holds the rows of
``config/paper_values.csv`` about its study.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure of the paper.

    Attributes
    ----------
    study : str
    module : str
        Of ``invariance.figures``; its caption is ``workflow/report/<module>.rst``.
    shows : str
        In a few words, for the report.
    domains : tuple of str
        It is drawn only if the study runs on all of these.
    architectures : tuple of str
        Those it shows; it is drawn only if the study has one of them. Empty means whatever it has.
    methods : tuple of str
        Those whose results it shows, beside pretraining.
    """

    study: str
    module: str
    shows: str
    domains: tuple[str, ...] = ("t2d",)
    architectures: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("linear_probe",)

    def drawn(self, studies: dict) -> bool:
        """Whether the configured studies have what it shows."""
        if self.study not in studies or not set(self.domains) <= set(studies[self.study].domains):
            return False
        settings = studies[self.study].settings
        return not self.architectures or bool(
            set(self.architectures) & set(settings["architectures"])
        )


FACTORS, MISMATCH = "invariance_vs_factors", "invariance_mismatch"
TRANSFER = "invariance_transfer"
TUNED, SCORED = ("fine_tuning",), ("sensitivity",)
FIGURES = {
    "fig2": Figure(FACTORS, "factors", "linear probe, Transforms-2D"),
    "fig3": Figure(FACTORS, "differences", "differences, linear probe", ()),
    "fig12": Figure(
        FACTORS, "differences", "differences, full fine-tuning, little data", (), methods=TUNED
    ),
    "fig13": Figure(
        FACTORS, "differences", "differences, full fine-tuning, more data", (), methods=TUNED
    ),
    "fig4": Figure(
        MISMATCH, "mismatch", "mismatched transformations, ResNet-18", architectures=("resnet-18",)
    ),
    "fig18": Figure(
        MISMATCH,
        "mismatch",
        "mismatched transformations, VGG-11, DenseNet-121 and ViT",
        architectures=("vgg-11", "densenet-121", "vit"),
    ),
    "fig16": Figure(
        TRANSFER,
        "heatmaps",
        "sensitivity, objects on image backgrounds",
        architectures=("resnet-18",),
        methods=SCORED,
    ),
    "fig17": Figure(
        TRANSFER,
        "heatmaps",
        "sensitivity, patterns on random backgrounds",
        architectures=("resnet-18",),
        methods=SCORED,
    ),
    "fig7": Figure(FACTORS, "factors", "linear probe, CIFAR-10", ("cifar10",)),
    "fig8": Figure(FACTORS, "factors", "linear probe, CIFAR-100", ("cifar100",)),
    "fig9": Figure(
        FACTORS, "factors", "full fine-tuning, little data, Transforms-2D", methods=TUNED
    ),
    "fig10": Figure(
        FACTORS, "factors", "full fine-tuning, little data, CIFAR-10", ("cifar10",), methods=TUNED
    ),
    "fig11": Figure(
        FACTORS, "factors", "full fine-tuning, little data, CIFAR-100", ("cifar100",), methods=TUNED
    ),
    "fig14": Figure(
        "irrelevant_features",
        "sweeps",
        "correlation and availability of objects on CIFAR-10",
        ("cifar10_corner",),
    ),
}


def available(studies: dict) -> dict[str, Figure]:
    """The figures that can be drawn from the configured studies, in the paper's order."""
    found = {name: figure for name, figure in FIGURES.items() if figure.drawn(studies)}
    return dict(sorted(found.items(), key=lambda item: int(item[0].removeprefix("fig"))))
