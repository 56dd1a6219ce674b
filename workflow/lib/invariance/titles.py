"""What figures, tables and studies are called where people read of them.

Parsing the workflow reads this module, so it imports nothing heavy.
"""

import re
from collections.abc import Iterable, Mapping

from invariance.figures import catalogue as figures
from invariance.figures.catalogue import PICTURES
from invariance.tables import catalogue as tables

KINDS = {"fig": "Figure", "tab": "Table"}
STUDIES = {
    "invariance_vs_factors": "Invariance beside other factors of pretraining (4.1)",
    "irrelevant_features": "Relevant and irrelevant features (4.2)",
    "invariance_transfer": "Invariance on data of another kind (5.1)",
    "invariance_mismatch": "Too few and too many transformations (5.2)",
}
NAME = re.compile(r"(fig|tab)(?:le)?(\d+)(?:-(\d+))?")


def number(name: str) -> str:
    """``Figure 4`` of ``fig4``."""
    return f"{KINDS[name[:3]]} {name[3:]}"


def shows(name: str) -> str:
    """What a figure or table shows, in a few words."""
    return PICTURES.get(name) or {**figures.FIGURES, **tables.TABLES}[name].shows


def title(name: str) -> str:
    """``Figure 4: too few and too many transformations, ResNet-18`` of ``fig4``."""
    return f"{number(name)}: {shows(name)}"


def study(name: str) -> str:
    """What a study is about, and its section; a study of one's own is called by its name."""
    return STUDIES.get(name, name)


def in_order(names: Iterable[str]) -> list[str]:
    """Figures, then tables, each by its number: ``fig2`` before ``fig10``."""
    return sorted(names, key=lambda name: (name[:3], int(name[3:])))


def artefacts(studies: Mapping) -> list[str]:
    """Names of the figures and tables that can be made from the configured studies, in order."""
    found = {*figures.available(studies), *tables.available(studies), *PICTURES}
    if "t2d" not in getattr(studies.get("invariance_vs_factors"), "domains", ()):
        found.discard("fig1")
    return in_order(found)


def mentioned(text: str) -> list[str]:
    """The figures and tables that a text names, such as ``fig7, fig8`` or ``table2-5``."""
    return [
        f"{kind}{one}"
        for kind, first, last in NAME.findall(text)
        for one in range(int(first), int(last or first) + 1)
    ]
