"""The overview of a run, its claims and its cost: a page, and short texts."""

import textwrap

from invariance.analysis.seed_statistics import LEAST_FOR_VERDICT
from invariance.artefacts import available
from invariance.config.run_description import protocol_text, scale_text, seeds_text, sources_text
from invariance.records.cost import TOTAL
from invariance.records.made_with import WORDS, sentence
from invariance.report import units
from invariance.report.links import PAGES, SCORECARD, Links
from invariance.report.scorecard_page import (
    BAD,
    GOOD,
    MARKS,
    claim_counts,
    few_seeds,
    interval,
    value_counts,
)
from invariance.report.template import render
from invariance.scorecard.checks import UNDECIDED
from invariance.scorecard.comparisons import comparisons
from invariance.studies import STUDIES, study_title
from invariance.studies.labels import LABELS, PLACES

WIDTH = 79
NAMES = {**LABELS, **PLACES}


def overview(values, claims, ledger, studies: dict, description: dict) -> dict[str, str]:
    """The overview of a run for a page (``.html``), the report (``.rst``) and a screen (``.txt``).

    The reStructuredText refers to files of figures and tables by the names in the report.

    Parameters
    ----------
    values, claims, ledger : DataFrame
        The content of ``scorecard/scorecard.csv``, ``scorecard/claims.csv`` and ``ledger.csv``.
    studies : dict of Study
    description : dict
        The result of ``run_description.describe``.
    """
    artefacts = available(studies)
    headlines = [claim for study in STUDIES.values() for claim in study.headlines]
    links = Links(PAGES["Overview"], artefacts)
    claims = claims.assign(
        mark=claims.verdict.map(MARKS),
        tone=claims.verdict.map(dict.fromkeys(GOOD, "good") | dict.fromkeys(BAD, "bad")),
        effect=[interval(*row) for row in claims[["effect", "low", "high"]].to_numpy()],
        conditions_met=[
            f"{met} of {n}" if n else "" for met, n in claims[["met", "conditions"]].to_numpy()
        ],
        link=[links.claim(*row) for row in claims[["claim", "says"]].to_numpy()],
        shown_by=claims.artefact.map(links.artefacts),
    )
    costs = ledger[ledger.name.isin([TOTAL, *studies])].fillna("")
    costs = costs.assign(title=costs.name.map(study_title))
    settings = f"{len(description['differences'])} settings differ"
    facts = {
        "links": links,
        "artefacts": [links.artefact(name, one.title) for name, one in artefacts.items()],
        "settings": links.to(f"{SCORECARD}#settings", settings),
        "scorecard": links.to(SCORECARD, "scorecard"),
        "config": links.to("config.yaml", "config.yaml", ""),
        "ledger": links.to(PAGES["Time and memory"], "time and memory"),
        "time": units.time,
        "description": description,
        "reduced": "reduced" in description["scale"].values(),
        "few": few_seeds(description),
        "least": LEAST_FOR_VERDICT,
        "seeds": seeds_text(description["seeds"]),
        "unpublished": [
            study.title for name, study in studies.items() if name not in set(values.study)
        ],
        "undecided": (claims.verdict == UNDECIDED).any(),
        "scale": scale_text(description),
        "protocol": protocol_text(description),
        "sources": sources_text(description["sources"]),
        "studies": [_study(study, description["scale"][name]) for name, study in studies.items()],
        "claim_counts": claim_counts(claims),
        "value_counts": value_counts(comparisons(values)),
        "claims": claims.fillna({"tone": "open"}).to_dict("records"),
        "headlines": claims[claims.claim.isin(headlines)].to_dict("records"),
        "costs": costs.to_dict("records"),
        "total": costs[costs.name == TOTAL].to_dict("records")[0],
        "made_with": _made_with(costs.to_dict("records")),
    }
    texts = {suffix: render(f"overview{suffix}", **facts) for suffix in (".html", ".rst", ".txt")}
    return {**texts, ".txt": _wrapped(texts[".txt"])}


def _wrapped(text: str) -> str:
    lines = (
        textwrap.fill(line, WIDTH, subsequent_indent="    " * line.startswith(" "))
        for line in text.splitlines()
    )
    return "\n".join(lines) + "\n"


def _study(study, scale: str) -> dict:
    units = [
        (domain, stage, unit)
        for domain in study.domains
        for stage in study.recorded
        for unit in study.units(domain, stage)
    ]
    architectures = dict.fromkeys(study.architecture(unit) for *_, unit in units)
    return {
        "title": study.title,
        "seeds": len(study.seeds),
        "models": sum(study.networks(*unit) for unit in units) * len(study.seeds),
        "domains": [NAMES.get(name, name) for name in study.domains],
        "networks": [NAMES.get(name, name) for name in architectures],
        "scale": scale,
    }


def _made_with(costs: list[dict]) -> list[str]:
    """One sentence per study with different versions or devices, or one for all studies."""
    sentences = {
        row["title"]: sentence({key: str(row.get(key, "")).split(", ") for key in WORDS})
        for row in costs
    }
    total = sentences.pop(TOTAL, "")
    per_study = [f"{title}: {words}" for title, words in sentences.items() if words]
    return per_study or [total] * bool(total)
