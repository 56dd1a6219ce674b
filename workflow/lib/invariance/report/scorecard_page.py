"""The scorecard as a self-contained page, and as text for one screen."""

import math
import textwrap
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from invariance.analysis.seed_statistics import (
    LEAST_FOR_INTERVAL,
    LEAST_FOR_VERDICT,
    decimals,
)
from invariance.config.run_description import protocol_text, scale_text, seeds_text, sources_text
from invariance.report.links import SCORECARD, Links, anchor
from invariance.report.template import render
from invariance.scorecard import checks
from invariance.scorecard.comparisons import (
    MATCH,
    MISMATCH,
    NOT_RUN,
    OTHER,
    SAME,
    UNKNOWN,
    VERDICTS,
    comparisons,
)
from invariance.studies import study_title
from transforms2d.files.atomic import atomic_path

# Colour is never the only cue.
MARKS = {
    checks.HOLDS: "✓",
    checks.FAILS: "✗",
    checks.UNDECIDED: "?",
    checks.NOT_RUN: "·",
    MATCH: "✓",
    SAME: "↑",
    OTHER: "↓",
    MISMATCH: "✗",
    UNKNOWN: "?",
}
GOOD, BAD = (checks.HOLDS, MATCH, SAME), (checks.FAILS, MISMATCH, OTHER)
CLAIM_VERDICTS = (checks.HOLDS, checks.FAILS, checks.UNDECIDED, checks.NOT_RUN)
RULES = {
    "paper": (
        "Match: within the tolerance (0.03 between runs, and the published precision; of a bar, "
        "more if seeds vary much). Mismatch: more than three standard errors away."
    ),
    "reduced": "Same direction: same order among its peers as published, if that order was clear.",
}
POOLED = (
    "Pooled accuracy is mostly training accuracy: at the paper's sizes, 75 % of its images on "
    "CIFAR and 71 % on Transforms-2D are training images. In a small run it shows how well "
    "networks fit these; accuracy on the test split is the one to look at."
)
WIDTH = 80


def write(paths, values, claims, conditions, description: dict, artefacts: Collection[str]) -> None:
    """Write each file of the scorecard, atomically; the name of a path selects the content.

    ``artefacts`` are the figures and tables of the run.
    """
    texts = {
        "scorecard.csv": lambda: values.to_csv(index=False),
        "claims.csv": lambda: claims.to_csv(index=False),
        "conditions.csv": lambda: conditions.to_csv(index=False),
        "scorecard.html": lambda: page(values, claims, conditions, description, artefacts),
        "summary.txt": lambda: summary(values, claims, description),
    }
    for path in map(Path, paths):
        with atomic_path(path) as temporary:
            temporary.write_text(texts[path.name](), encoding="utf-8")


def page(
    values: pd.DataFrame,
    claims: pd.DataFrame,
    conditions: pd.DataFrame,
    description: dict,
    artefacts: Collection[str],
) -> str:
    """The scorecard in HTML: self-contained, with escaped texts, for narrow screens too.

    Parameters
    ----------
    values, claims, conditions : DataFrame
        The results of ``values.compare`` and ``claims.judge_all``.
    description : dict
        The result of ``run_description.describe``.
    artefacts : collection of str
        The figures and tables of the run; the page links to them.
    """
    values = values.sort_values("artefact", key=lambda names: names == "extra", kind="stable")
    reduced = "reduced" in description["scale"].values()
    where = values[["domain", "method", "factor", "x", "arch", "quantity"]]
    placed = values.assign(where=[", ".join(p for p in row if p) for row in where.to_numpy()])
    judged = comparisons(values)
    by_claim = conditions.groupby("claim") if len(conditions) else ()
    return render(
        "scorecard.html",
        links=Links(SCORECARD, artefacts),
        called=Links(SCORECARD, ()).artefacts,
        anchor=anchor,
        description=description,
        reduced=reduced,
        few=few_seeds(description),
        protocol=protocol_text(description),
        seeds=seeds_text(description["seeds"]),
        sources=sources_text(description["sources"]),
        title=study_title,
        scale=scale_text(description),
        rule=RULES["reduced" if reduced else "paper"],
        claims=claims.to_dict("records"),
        claim_counts=claim_counts(claims),
        conditions={name: rows.to_dict("records") for name, rows in by_claim},
        verdicts=[name for name in VERDICTS if (judged.verdict == name).any()],
        comparison_counts=comparison_counts(judged),
        counted=counted(judged),
        pooled=POOLED,
        values={a: rows.to_dict("records") for a, rows in placed.groupby("artefact", sort=False)},
        mark=lambda verdict: MARKS[verdict],
        tone=lambda verdict: "good" if verdict in GOOD else "bad" if verdict in BAD else "open",
        effect=lambda row: interval(row["effect"], row["low"], row["high"]),
        interval=interval,
        number=number,
        signed=signed,
        measured=measured,
    )


def summary(values: pd.DataFrame, claims: pd.DataFrame, description: dict) -> str:
    """The scorecard in at most 24 lines of 80 characters, and one per five further claims."""
    scale, judged = scale_text(description), comparisons(values)
    lines = [
        f"Scorecard of {description['run']}: {seeds_text(description['seeds'])}",
        protocol_text(description),
        scale
        + ("; no value is called a match" if "reduced" in description["scale"].values() else ""),
        *textwrap.wrap(
            f"{counted(judged)}: {_marked(judged.verdict)}", WIDTH, subsequent_indent="  "
        ),
        *_study_lines(judged, values),
        "",
        f"Claims: {claim_counts(claims)} (effect, conditions met)",
    ]
    cells = [
        f"{MARKS[row.verdict]} {row.claim:<17}{number(row.effect):>7} {row.met:>4}/{row.conditions}"
        if row.conditions
        else f"{MARKS[row.verdict]} {row.claim:<17}{row.verdict:>7}"
        for row in claims[claims.study.isin(values.study)].itertuples()
    ]
    half = -(-len(cells) // 2)
    pairs = zip(cells[:half], [*cells[half:], ""], strict=False)
    lines += [f"{left:<40}{right}".rstrip() for left, right in pairs]
    lines += _further(claims[~claims.study.isin(values.study)])
    return (
        "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in lines)
        + "\n"
    )


def _further(claims: pd.DataFrame) -> list[str]:
    """Claims of studies without published values, five per line."""
    cells = [
        f"{MARKS[row.verdict]} {row.claim:<4}{number(row.effect) or row.verdict:>8}"
        for row in claims.itertuples()
    ]
    return ["  ".join(cells[at : at + 5]) for at in range(0, len(cells), 5)]


def _study_lines(judged: pd.DataFrame, values: pd.DataFrame) -> list[str]:
    seeds, run = values.groupby("study").n.max(), values[values.verdict != NOT_RUN]
    sizes = run.groupby("study").size()
    return [
        f"  {study} (n {seeds[study]}): {_marked(rows.verdict, words=False)}; {sizes[study]} values"
        for study, rows in judged[judged.verdict != NOT_RUN].groupby("study", sort=False)
    ]


def _marked(verdicts: pd.Series, words: bool = True) -> str:
    counts = verdicts.value_counts()
    return ", ".join(
        f"{counts[name]} {MARKS[name]}" + f" {name}" * words for name in VERDICTS if name in counts
    )


def comparison_counts(judged: pd.DataFrame) -> dict[str, dict]:
    """Number of comparisons of each verdict by artefact, and of published ``values``."""
    return {
        artefact: {**rows.verdict.value_counts(), "values": rows["values"].sum()}
        for artefact, rows in judged.groupby("artefact", sort=False)
    }


def counted(judged: pd.DataFrame) -> str:
    """Number of comparisons and of their values, in words."""
    return f"{len(judged):,} comparisons of {judged['values'].sum():,} published values"


def value_counts(judged: pd.DataFrame) -> str:
    """Number of comparisons, of their values, and of each verdict, in words."""
    return f"{counted(judged)}: {counts_text(judged.verdict, VERDICTS)}"


def claim_counts(claims: pd.DataFrame) -> str:
    """Number of claims of each verdict, in words."""
    return counts_text(claims.verdict, CLAIM_VERDICTS)


def counts_text(verdicts: pd.Series, order) -> str:
    """Counts in words, such as ``3 match, 1 mismatch``."""
    counts = verdicts.value_counts()
    return ", ".join(f"{counts[name]} {name}" for name in order if name in counts)


def few_seeds(description: dict) -> str:
    """What a run of few seeds has no intervals and verdicts for; empty for one of enough."""
    if min(description["seeds"].values()) >= LEAST_FOR_VERDICT:
        return ""
    return (
        f"Below {LEAST_FOR_VERDICT} seeds no verdict on a claim is given, below "
        f"{LEAST_FOR_INTERVAL} no interval."
    )


def number(value: float, digits: int = 3) -> str:
    """A number as text; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign as text; empty for NaN."""
    return "" if math.isnan(value) else f"{value:+.{digits}f}"


def interval(value: float, low: float, high: float) -> str:
    """A value with its interval, if it has one, and the decimals that its width makes worth it."""
    digits = decimals(low, high)
    bounds = "" if math.isnan(low) else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return number(value, digits) + bounds


def measured(row: dict) -> str:
    """Our mean, its spread over seeds if known, and the number of seeds."""
    if not row["n"]:
        return ""
    spread = "" if math.isnan(row["sd"]) else f" ± {row['sd']:.3f}"
    return f"{row['ours']:.3f}{spread} ({row['n']})"
