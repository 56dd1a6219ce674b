"""Every published value beside ours: difference, z, and a verdict with a fixed rule.

**Tolerance** of a published value: 0.03, the noise between published runs of one setting, and how
precisely the value is known (half a unit of the two digits the paper prints, 0.005; digitised
0.002, or 0.005 in figures 4 and 18; read by eye 0.01).

**Direction**: the order of the value among its peers, the values of other series at the same place
of the same artefact (models of table 1 on one target; Same, Other and None on one set; models with
the same or disjoint transformations at one value of a factor). Peers that were published closer
than the tolerance decide nothing. For the bar ``same_vs_disjoint`` zero is a peer. The direction
is the published one if ours are in the published order for every peer that decides, and not known
if there is none.

**Verdict**, where the run has the paper's scale: ``match`` if ours is within the tolerance; else
``same direction`` if the direction is known and the published one; else ``mismatch``. Elsewhere a
value is never called a match: ``same direction``, ``other direction``, or ``not comparable`` where
no direction is known. ``not run`` where the run has no such cell.

**Like is compared with like**: published accuracies are pooled over train, validation and test
(``pooled_splits``), and so are ours here, whatever accuracy tables and figures show; the accuracy
on the test split is given beside. This holds for accuracies on models' own tasks too.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import KEY, published_keys
from invariance.analysis.factor_differences import METHODS, bars, ends, lines
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import LEAST_FOR_INTERVAL, interval, spread
from invariance.studies.vs_factors.models import FACTORS

NOISE = 0.03
PRECISION = {"printed": 0.005, "digitised": 0.002, "approximate": 0.01}
CURVES = ("fig4", "fig18")
CURVES_PRECISION = 0.005
MATCH, MISMATCH, NOT_RUN = "match", "mismatch", "not run"
SAME, OTHER, UNKNOWN = "same direction", "other direction", "not comparable"
VERDICTS = (MATCH, SAME, OTHER, MISMATCH, UNKNOWN, NOT_RUN)
BOUNDS = ("ci95_low", "ci95_high")
PLACE = ["artefact", "study", *(key for key in KEY if key != "series"), "group"]


def compare(published: pd.DataFrame, cells: dict, test_cells: dict, scale: dict) -> pd.DataFrame:
    """The published values with ours and a verdict, in the published order.

    Parameters
    ----------
    published : DataFrame
        ``config/paper_values.csv`` read with ``keep_default_na=False``.
    cells, test_cells : dict of DataFrame
        Cells of every study that was run (``measured_cells``), with pooled and test accuracy.
    scale : dict of str
        ``paper`` or ``reduced``, by study.

    Returns
    -------
    The published columns and ``ours``, ``sd`` (over seeds; for what is computed from several cells
    see ``seed_statistics.spread``), ``n`` (seeds), ``ours_test``, ``difference`` (ours minus
    published), ``z``, ``tolerance``, ``direction`` (``published``, ``other`` or empty) and
    ``verdict``.
    """
    keyed = published_keys(published)
    pooled = {study: ours(table) for study, table in cells.items()}
    test = {study: ours(table) for study, table in test_cells.items()}
    rows = [_ours(row, pooled) for row in _lookups(keyed)]
    measured = pd.DataFrame(rows, index=published.index, columns=["ours", "sd", "n"])
    result = pd.concat([published, measured], axis=1)
    result["n"] = result.n.astype(int)
    result["ours_test"] = [_ours(row, test)[0] for row in _lookups(keyed)]
    result.loc[~keyed.pooled_splits, "ours_test"] = np.nan
    result["difference"] = result.ours - result.value
    result["z"] = z(result)
    result["tolerance"] = tolerance(published)
    result["direction"] = directions(keyed, result)
    run_scale = keyed.study.map(scale).fillna("")
    result["verdict"] = [
        verdict(row.difference, row.tolerance, row.direction, reduced)
        for row, reduced in zip(result.itertuples(), run_scale != "paper", strict=True)
    ]
    return result


def verdict(difference: float, tolerance: float, direction: str, reduced: bool) -> str:
    """The verdict on one value; see the module's text."""
    if np.isnan(difference):
        return NOT_RUN
    if reduced:
        return {"published": SAME, "other": OTHER}.get(direction, UNKNOWN)
    if abs(difference) <= tolerance:
        return MATCH
    return SAME if direction == "published" else MISMATCH


def z(values: pd.DataFrame) -> pd.Series:
    """Difference over its standard error, from the spreads over seeds of both sides.

    Where the published spread over seeds is not known (all but table 1), ours stands for it. Empty
    for one seed, for no spread at all, and for the bounds of intervals.
    """
    theirs = pd.to_numeric(values["std"])
    theirs = theirs.where(values.artefact == "table1").fillna(values.sd)
    variance = values.sd**2 / values.n.where(values.n > 0) + theirs**2 / values.n_seeds
    return values.difference / np.sqrt(variance).where(variance > 0)


def tolerance(published: pd.DataFrame) -> pd.Series:
    """How far from a published value still counts as equal."""
    precision = published.precision.map(PRECISION)
    digitised = published.artefact.isin(CURVES) & (published.precision == "digitised")
    return NOISE + precision.where(~digitised, CURVES_PRECISION)


def ours(cells: pd.DataFrame) -> dict[tuple, tuple]:
    """Value, spread and seeds of everything that was published of a study, by key.

    Keys are those of ``KEY``; the method of a bar is ``difference`` and the figure it is in.
    """
    means = Means(cells)
    measured = {}
    for key, array in means.cells.items():
        measured[key] = (float(array[0]), float(spread(array)), means.seeds)
        if means.seeds >= LEAST_FOR_INTERVAL:
            for quantity, bound in zip(BOUNDS, interval(array), strict=True):
                measured[(*key[:-1], quantity)] = (float(bound), np.nan, means.seeds)
    for artefact, method in METHODS.items():
        for domain in {key[0] for key in means.cells}:
            for factor in FACTORS:
                for name, array in _bars(means, domain, method, factor).items():
                    series, _, x = name.partition(" ")
                    quantity = "accuracy" if x else "accuracy_difference"
                    key = (domain, f"difference {artefact}", factor, x, series, "", quantity)
                    measured[key] = (float(array[0]), float(spread(array)), means.seeds)
    return measured


def _bars(means: Means, domain: str, method: str, factor: str) -> dict[str, np.ndarray]:
    """The bars of a factor, and the ends and centres of those of its ranges, (1 + seeds,)."""
    both = lines(means, domain, method, factor)
    return {name: bar.rows for name, bar in bars(*both).items()} | ends(*both) if both else {}


def directions(keyed: pd.DataFrame, values: pd.DataFrame) -> pd.Series:
    """``published`` or ``other`` for every value whose order among its peers can be told."""
    rows = keyed.assign(
        group=keyed.series.map(_group), ours=values.ours, tolerance=values.tolerance
    )
    result = pd.Series("", index=keyed.index)
    for _, peers in rows.groupby(PLACE, sort=False):
        theirs, mine = peers.value.to_numpy(), peers.ours.to_numpy()
        for i, (index, row) in enumerate(peers.iterrows()):
            pairs = [
                (theirs[i] - theirs[j], mine[i] - mine[j]) for j in range(len(peers)) if j != i
            ]
            if row.series == "same_vs_disjoint":
                pairs.append((row.value, row.ours))
            signs = [
                np.sign(here) == np.sign(there)
                for there, here in pairs
                if abs(there) > row.tolerance and not np.isnan(here)
            ]
            if signs:
                result[index] = "published" if all(signs) else "other"
    return result


def _group(series: str) -> str:
    """What a series may be compared with: own tasks, or a block of tables 2 to 5."""
    head, _, tail = series.partition("_")
    if tail == "training":
        return tail
    return head if head in ("image", "random") else ""


def _lookups(keyed: pd.DataFrame):
    bar = keyed.method == "difference"
    method = keyed.method.where(~bar, "difference " + keyed.artefact)
    columns = keyed.assign(method=method)[["study", *KEY]]
    return columns.itertuples(index=False, name=None)


def _ours(row: tuple, measured: dict) -> tuple:
    study, *key = row
    return measured.get(study, {}).get(tuple(key), (np.nan, np.nan, 0))
