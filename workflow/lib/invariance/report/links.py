"""Links between the pages of a run, for the files of the results and for Snakemake's report.

In Snakemake's report every page is a separate document, and paths do not work. There each link asks
the report for the result that it names, and becomes plain text if the report does not have it: see
``links.js`` beside this file, and ``workflow/report/report.js``.
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
    """A link, or plain words if ``href`` is empty.

    Attributes
    ----------
    words : str
    href : str
        Relative to the page of the link.
    shows : str
        The result that the report shows for it: its path below the folder of the results.
    """

    words: str
    href: str = ""
    shows: str = ""


class Links:
    """The links of one page.

    Parameters
    ----------
    page : str
        The page's path below the folder of the results.
    available : collection of str
        The figures and tables of the run; others get a name without a link.
    """

    def __init__(self, page: str, available: Collection[str]):
        self.page = page
        self.available = available

    def to(self, path: str, words: str, shows: str | None = None) -> Link:
        """A link to a path below the folder of the results."""
        href = "../" * self.page.count("/") + path
        return Link(words, href, path if shows is None else shows)

    def pages(self) -> list[Link]:
        """Links to the pages of a run, for the head of each page."""
        return [
            self.to(path, words) if path != self.page else Link(words)
            for words, path in PAGES.items()
        ]

    def artefact(self, name: str, words: str = "") -> Link:
        """A link to a figure or table, by default with its number or name as words."""
        artefact = ARTEFACTS.get(name)
        words = words or (artefact.label if artefact else name)
        if name not in self.available:
            return Link(words)
        if artefact.kind == "tables":
            return self.to(artefact.file, words)
        return self.to(f"figures/index.html#{name}", words, artefact.file)

    def artefacts(self, text: str) -> list[Link]:
        """Links to all figures and tables in a text, or the text itself if there are none."""
        return [self.artefact(name) for name in mentioned(text)] or [Link(text)]

    def claim(self, name: str, words: str) -> Link:
        """A link to a claim on the scorecard."""
        return self.to(f"{SCORECARD}#{anchor(name)}", words)


def anchor(name: str) -> str:
    """A name as an anchor within a page."""
    return re.sub(r"[^\w-]+", "-", name)
