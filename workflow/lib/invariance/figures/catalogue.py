"""Every figure that is drawn from a study's table: what it shows, and who draws it.

Parsing the workflow reads this module, so it imports nothing heavy. The module named by a figure
has ``table(results, study, name)``, the rows that the figure shows, and
``draw(table, study, name, published)``, the matplotlib figure; ``published`` holds the rows of
``config/paper_values.csv`` about its study.
"""

from dataclasses import dataclass, replace

from invariance.figures.labels import LABELS


@dataclass(frozen=True)
class Figure:
    """A figure of the paper.

    Attributes
    ----------
    study : str
    module : str
        Of ``invariance.figures``; its caption is ``workflow/report/<module>.rst``.
    labels : dict of str to str
        What it shows, for the report, where the figures of one module are a table: its columns are
        these. A second label with two values becomes a switch between pairs of figures.
    domains : tuple of str
        It is drawn only if the study runs on all of these.
    architectures : tuple of str
        Those it shows; it is drawn only if the study has one of them. Empty means whatever it has.
    others : bool
        It shows all architectures of its study but these.
    methods : tuple of str
        Those whose results it shows, beside pretraining.
    """

    study: str
    module: str
    labels: dict[str, str]
    domains: tuple[str, ...] = ("t2d",)
    architectures: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("linear_probe",)
    others: bool = False

    @property
    def shows(self) -> str:
        """What it shows, in a few words."""
        return ", ".join(self.labels.values())

    def drawn(self, studies: dict) -> bool:
        """Whether the configured studies have what it shows."""
        if self.study not in studies or not set(self.domains) <= set(studies[self.study].domains):
            return False
        if self.module == "differences" and not studies[self.study].varies:
            return False
        return not self.architectures or bool(self.networks(studies[self.study]))

    def networks(self, study) -> tuple[str, ...]:
        """The architectures that it shows of those that its study is configured with."""
        if not self.architectures:
            return ()
        configured = study.settings["architectures"]
        return tuple(net for net in configured if (net in self.architectures) != self.others)

    def of(self, study) -> "Figure":
        """The same figure with the architectures that it shows of its study, also by name."""
        networks, labels = self.networks(study), self.labels
        if "networks" in labels:
            names = ", ".join(LABELS.get(net, net) for net in networks)
            labels = {**labels, "networks": names}
        return replace(self, architectures=networks, labels=labels, others=False)


# Where the figures of a module stand in the report.
SECTIONS = {
    "factors": "Accuracy by factor of pretraining (2, 7 to 11)",
    "differences": "What factors and transformations change (3, 12, 13)",
    "mismatch": "Too few and too many transformations (4, 18)",
    "sweeps": "Correlation and availability of objects (14)",
    "heatmaps": "Sensitivity to each transformation (16, 17)",
    "pictures": "Pictures of the data (1, 5, 6, 15)",
}
FACTORS, MISMATCH = "invariance_vs_factors", "invariance_mismatch"
TRANSFER = "invariance_transfer"
TUNED, SCORED = ("fine_tuning",), ("sensitivity",)
PROBE, LITTLE = "linear probe", "full fine-tuning, little data"


def _by_factor(domain: str, transfer: str, methods=("linear_probe",)) -> Figure:
    labels = {"images": LABELS[domain], "transfer": transfer}
    return Figure(FACTORS, "factors", labels, (domain,), methods=methods)


def _differences(transfer: str, methods=("linear_probe",)) -> Figure:
    return Figure(FACTORS, "differences", {"transfer": transfer}, (), methods=methods)


def _mismatch(networks: str, others: bool) -> Figure:
    labels = {"shows": "mismatched transformations", "networks": networks}
    return Figure(MISMATCH, "mismatch", labels, architectures=("resnet-18",), others=others)


def _heatmap(trained_on: str) -> Figure:
    labels = {"shows": "sensitivity of ResNet-18", "trained on": trained_on}
    net = ("resnet-18",)
    return Figure(TRANSFER, "heatmaps", labels, architectures=net, methods=SCORED)


FIGURES = {
    "fig2": _by_factor("t2d", PROBE),
    "fig3": _differences(PROBE),
    "fig12": _differences(LITTLE, TUNED),
    "fig13": _differences("full fine-tuning, more data", TUNED),
    "fig4": _mismatch("ResNet-18", others=False),
    "fig18": _mismatch("other networks", others=True),
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
        {"shows": "correlation and availability of objects on CIFAR-10"},
        ("cifar10_corner",),
    ),
}


def available(studies: dict) -> dict[str, Figure]:
    """The figures that can be drawn from the configured studies, in the paper's order."""
    found = {
        name: figure.of(studies[figure.study])
        for name, figure in FIGURES.items()
        if figure.drawn(studies)
    }
    return dict(sorted(found.items(), key=lambda item: int(item[0].removeprefix("fig"))))
