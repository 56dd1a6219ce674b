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
        What it shows, in a few words.
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
        if self.module == "differences" and not studies[self.study].varies:
            return False
        settings = studies[self.study].settings
        return not self.architectures or bool(
            set(self.architectures) & set(settings["architectures"])
        )

    def told(self, studies: dict, accuracy: str) -> dict:
        """What its caption is told of: its seeds, and the kind of accuracy if it shows one."""
        shown = None if self.methods == SCORED else accuracy
        return {"seeds": len(studies[self.study].seeds), "accuracy": shown}


# What is drawn from images rather than from tables of studies.
PICTURES = {
    "fig1": "examples of the two kinds of tasks",
    "fig5": "the 18 transformations",
    "fig6": "CIFAR-10 with pasted objects",
    "fig15": "random patterns and augmented CIFAR-10",
}
FACTORS, MISMATCH = "invariance_vs_factors", "invariance_mismatch"
TRANSFER = "invariance_transfer"
TUNED, SCORED = ("fine_tuning",), ("sensitivity",)
PROBE, LITTLE = "linear probe", "full fine-tuning, little data"
IMAGES = {"t2d": "Transforms-2D", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}


def _by_factor(domain: str, transfer: str, methods=("linear_probe",)) -> Figure:
    shows = f"accuracy by factor of pretraining, {IMAGES[domain]}, {transfer}"
    return Figure(FACTORS, "factors", shows, (domain,), methods=methods)


def _differences(transfer: str, methods=("linear_probe",)) -> Figure:
    shows = f"what factors and transformations change, {transfer}"
    return Figure(FACTORS, "differences", shows, (), methods=methods)


def _mismatch(networks: str, architectures: tuple[str, ...]) -> Figure:
    shows = f"too few and too many transformations, {networks}"
    return Figure(MISMATCH, "mismatch", shows, architectures=architectures)


def _heatmap(trained_on: str) -> Figure:
    shows = f"sensitivity of ResNet-18 to each transformation, {trained_on}"
    net = ("resnet-18",)
    return Figure(TRANSFER, "heatmaps", shows, architectures=net, methods=SCORED)


FIGURES = {
    "fig2": _by_factor("t2d", PROBE),
    "fig3": _differences(PROBE),
    "fig12": _differences(LITTLE, TUNED),
    "fig13": _differences("full fine-tuning, more data", TUNED),
    "fig4": _mismatch("ResNet-18", ("resnet-18",)),
    "fig18": _mismatch("VGG-11, DenseNet-121, ViT", ("vgg-11", "densenet-121", "vit")),
    "fig16": _heatmap("objects on image backgrounds"),
    "fig17": _heatmap("patterns on random backgrounds"),
    "fig7": _by_factor("cifar10", PROBE),
    "fig8": _by_factor("cifar100", PROBE),
    "fig9": _by_factor("t2d", LITTLE, TUNED),
    "fig10": _by_factor("cifar10", LITTLE, TUNED),
    "fig11": _by_factor("cifar100", LITTLE, TUNED),
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
