"""A page with the time and memory of every study, figure and table."""

from collections.abc import Collection

from invariance.records.cost import TOTAL
from invariance.report.ledger_words import VERSIONS, in_words, uniform
from invariance.report.links import PAGES, Link, Links
from invariance.report.template import render
from invariance.studies import study_title


def ledger_page(table, run: str, artefacts: Collection[str]) -> str:
    """The ledger in HTML.

    Parameters
    ----------
    table : DataFrame
        The result of ``cost.ledger``.
    run : str
        The run's name on pages.
    artefacts : collection of str
        Its figures and tables.
    """
    links, words = Links(PAGES["Time and memory"], artefacts), in_words(table)
    cells = dict(zip(table.name, words.to_dict("records"), strict=True))
    studies = [name for name in cells if name == TOTAL or name in set(table.study)]
    drawn = [name for name in cells if name not in studies]
    by_study = [(Link(study_title(name)), name) for name in studies]
    by_figure = [(links.artefact(name), name) for name in drawn]
    return render(
        "ledger.html",
        links=links,
        run=run,
        on_gpus=table.gpu_hours.any(),
        uniform=uniform(table),
        columns=list(words.columns),
        words=tuple(VERSIONS.values()),
        tables=[
            {"title": "By study", "of": "Study", "rows": _rows(by_study, cells)},
            {"title": "By figure and table", "of": "Shown in", "rows": _rows(by_figure, cells)},
        ],
    )


def _rows(rows: list[tuple[Link, str]], cells: dict) -> list[dict]:
    return [{"link": link, "cells": cells[name]} for link, name in rows]
