"""Links from one page of a run to another, as they work beside the results and within the report.

In Snakemake's report every page is a document of its own that no path leads out of. There each
link asks the report for the result that it names, and is plain text if the report lacks it: see
``links.js`` beside this, and ``workflow/report/report.js``.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from invariance.artefacts import ARTEFACTS, mentioned

SCORECARD = "scorecard/scorecard.html"
PAGES = {
    "Overview": "overview.html",
    "Figures": "figures/index.html",
    "Tables": "overview.html#tables",
    "Scorecard": SCORECARD,
    "Time and memory": "ledger.html",
}


@dataclass(frozen=True)
class Link:
    """A link, or plain words where ``href`` is empty.

    Attributes
    ----------
    words : str
    href : str
        From the page that it is on.
    shows : str
        What the report shows for it: the path of a result below the folder of the results.
    """

    words: str
    href: str = ""
    shows: str = ""


class Links:
    """The links of one page.

    Parameters
    ----------
    here : str
        The page's path below the folder of the results.
    shown : collection of str
        The figures and tables of the run; others are named and lead nowhere.
    """

    def __init__(self, here: str, shown: Collection[str]):
        self.here = here
        self.shown = shown

    def to(self, place: str, words: str, shows: str | None = None) -> Link:
        """To a path below the folder of the results."""
        href = "../" * self.here.count("/") + place
        return Link(words, href, place if shows is None else shows)

    def pages(self) -> list[Link]:
        """The pages of a run, for the head of each."""
        return [
            self.to(place, words) if place != self.here else Link(words)
            for words, place in PAGES.items()
        ]

    def artefact(self, name: str, words: str = "") -> Link:
        """To a figure or table, by default called by its number."""
        artefact = ARTEFACTS.get(name)
        words = words or (artefact.number if artefact else name)
        if name not in self.shown:
            return Link(words)
        if artefact.kind == "tables":
            return self.to(artefact.file, words)
        return self.to(f"figures/index.html#{name}", words, artefact.file)

    def artefacts(self, text: str) -> list[Link]:
        """To all figures and tables that a text names, or the text itself if it names none."""
        return [self.artefact(name) for name in mentioned(text)] or [Link(text)]

    def claim(self, name: str, words: str) -> Link:
        """To what the scorecard says of a claim."""
        return self.to(f"{SCORECARD}#{anchor(name)}", words)


def anchor(name: str) -> str:
    """A name as the place within a page that it is said at."""
    return re.sub(r"[^\w-]+", "-", name)
