"""Every published value beside ours: difference, z, and a verdict with a fixed rule.

**Tolerance** of a published value: 0.03, the noise between published runs of one setting, and how
precisely the value is known (half a unit of the two digits the paper prints, 0.005; digitised
0.002, or 0.005 in figures 4 and 18; read by eye 0.01). The noise is a share of the range of the
quantity, which is 0 to 1 except for correlations (-1 to 1) and mean ranks (1 to 6).

A bar of figures 3, 12 and 13 comes from several means. How much it varies depends on how much these
vary and on how many there are, so its noise is not a fixed number. It is the half width of the 95 %
t interval of the difference of two such bars, and at least 0.03: ``t * sd * sqrt(1 / n + 1 /
n_seeds)``, where ``sd`` is the jackknife's spread over our seeds (``seed_statistics.spread``),
``n`` and ``n_seeds`` are the seeds here and there, which are taken to vary alike, and ``t`` is
Student's quantile with n - 1 degrees of freedom. It is unknown below 3 seeds. Bars are compared
over the same values of the factor, or not at all (``bars``).

**Direction**: the order of the value among its peers, see ``directions``.

**Verdict**, where the run has the paper's scale: ``match`` if ours is within the tolerance; else
``same direction`` if the direction is known and the published one; else ``mismatch`` if the
difference is more than three standard errors, and ``not comparable`` if it is less: seeds vary too
much to tell. Elsewhere a value is never called a match: ``same direction``, ``other direction``, or
``not comparable`` where no direction is known. ``not run`` where the run has no such cell, which
includes full fine-tuning on another amount of target data than was published (``card``).

**Like is compared with like**: published accuracies are pooled over train, validation and test
(``pooled_splits``), and so are ours here, whatever accuracy tables and figures show; the accuracy
on the test split is given beside. This holds for accuracies on models' own tasks too.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import KEY, published_cells, published_keys
from invariance.analysis.correlations import correlations
from invariance.analysis.first_seeds import first_seeds
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import (
    LEAST_FOR_INTERVAL,
    half_width,
    interval,
    spread,
)
from invariance.scorecard import bars
from invariance.scorecard.comparisons import (
    MATCH,
    MISMATCH,
    NOT_RUN,
    OTHER,
    SAME,
    UNKNOWN,
    numbers,
)
from invariance.scorecard.directions import directions
from invariance.studies.vs_factors.models import NAME as VS_FACTORS

NOISE = 0.03
RANGES = {"correlation": 2, "mean_rank": 5}
PRECISION = {"printed": 0.005, "digitised": 0.002, "approximate": 0.01}
CURVES = ("fig4", "fig18")
CURVES_PRECISION = 0.005
FAR = 3  # standard errors that chance seldom exceeds
BOUNDS = ("ci95_low", "ci95_high")


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
    The published columns and ``comparison`` (its number), ``over`` (the values of the factor that
    our bar is over), ``compared_with`` (the published value; of a bar, over the same values),
    ``ours``, ``sd`` (over seeds; for what is computed from several cells see
    ``seed_statistics.spread``), ``n`` (seeds), ``ours_test``, ``difference`` (ours minus
    ``compared_with``), ``z``, ``tolerance``, ``direction`` (``published``, ``other`` or empty) and
    ``verdict``.
    """
    keyed = published_keys(published)
    pooled = {study: ours(table) for study, table in cells.items()}
    test = {study: ours(table) for study, table in test_cells.items()}
    rows = [_ours(row, pooled) for row in _lookups(keyed)]
    measured = pd.DataFrame(rows, index=published.index, columns=["ours", "sd", "n"])
    compared = published.assign(comparison=numbers(keyed), over="", compared_with=published.value)
    bar = keyed.method == "difference"
    if VS_FACTORS in cells:
        here = Means(cells[VS_FACTORS]), Means(published_cells(published, VS_FACTORS))
        compared.loc[bar, ["over", "compared_with"]] = bars.references(keyed[bar], *here)
    result = pd.concat([compared, measured], axis=1)
    result["n"] = result.n.astype(int)
    result["ours_test"] = [_ours(row, test)[0] for row in _lookups(keyed)]
    result.loc[~keyed.pooled_splits, "ours_test"] = np.nan
    result["difference"] = result.ours - result.compared_with
    error = standard_error(result)
    result["z"] = result.difference / error
    result["tolerance"] = tolerance(published).where(~bar, bar_tolerance(result))
    result["direction"] = directions(keyed, result)
    reduced = keyed.study.map(scale).fillna("") != "paper"
    result["verdict"] = [
        verdict(row.difference, row.tolerance, row.direction, is_reduced, FAR * one)
        for row, is_reduced, one in zip(result.itertuples(), reduced, error.fillna(0), strict=True)
    ]
    run = result.ours.notna() | (result.over != "")
    result.loc[~run, "verdict"] = NOT_RUN
    return result


def verdict(
    difference: float, tolerance: float, direction: str, reduced: bool, chance: float = 0
) -> str:
    """The verdict on one value that was run; see the module's text.

    ``chance`` is the largest difference that may be due to seeds alone. A difference of NaN is that
    of a bar without a counterpart.
    """
    if np.isnan(difference):
        return UNKNOWN
    if reduced:
        return {"published": SAME, "other": OTHER}.get(direction, UNKNOWN)
    if abs(difference) <= tolerance:
        return MATCH
    if direction == "published":
        return SAME
    if np.isnan(tolerance):
        return UNKNOWN
    return MISMATCH if abs(difference) > chance else UNKNOWN


def standard_error(values: pd.DataFrame) -> pd.Series:
    """The standard error of the difference, from the spreads over seeds of both sides.

    Where the published spread over seeds is not known (all but table 1), ours stands for it. NaN
    for one seed and for no spread at all.
    """
    theirs = pd.to_numeric(values["std"])
    theirs = theirs.where(values.artefact == "table1").fillna(values.sd)
    variance = values.sd**2 / values.n.where(values.n > 0) + theirs**2 / values.n_seeds
    return np.sqrt(variance.where(variance > 0))


def tolerance(published: pd.DataFrame) -> pd.Series:
    """How far from a published value still counts as equal."""
    precision = published.precision.map(PRECISION)
    digitised = published.artefact.isin(CURVES) & (published.precision == "digitised")
    noise = NOISE * published.quantity.map(RANGES).fillna(1)
    return noise + precision.where(~digitised, CURVES_PRECISION)


def bar_tolerance(values: pd.DataFrame) -> pd.Series:
    """How far from a published bar still counts as equal; NaN below 3 seeds."""
    noise = values.n.map(half_width) * values.sd * np.sqrt(1 + values.n / values.n_seeds)
    return np.maximum(NOISE, noise) + values.precision.map(PRECISION)


def ours(cells: pd.DataFrame) -> dict[tuple, tuple]:
    """Value, spread and seeds of everything that was published of a study, by key.

    Keys are those of ``KEY``; the method of a bar is ``difference`` and the figure it is in.
    """
    return _measured(Means(cells)) | _measured(Means(first_seeds(cells)))


def _measured(means: Means) -> dict[tuple, tuple]:
    measured = {
        key: (float(array[0]), float(spread(array)), means.seeds)
        for key, array in correlations(means).items()
    }
    for key, array in means.cells.items():
        measured[key] = (float(array[0]), float(spread(array)), means.seeds)
        if means.seeds >= LEAST_FOR_INTERVAL:
            # The mean varies, and so does the estimate of the spread that the width comes from.
            wide = np.sqrt(1 + half_width(means.seeds) ** 2 * means.seeds / (2 * (means.seeds - 1)))
            for quantity, bound in zip(BOUNDS, interval(array), strict=True):
                sd = float(spread(array) * wide)
                measured[(*key[:-1], quantity)] = (float(bound), sd, means.seeds)
    return measured | bars.measured(means)


def _lookups(keyed: pd.DataFrame):
    bar = keyed.method == "difference"
    method = keyed.method.where(~bar, "difference " + keyed.artefact)
    columns = keyed.assign(method=method)[["study", *KEY]]
    return columns.itertuples(index=False, name=None)


def _ours(row: tuple, measured: dict) -> tuple:
    study, *key = row
    return measured.get(study, {}).get(tuple(key), (np.nan, np.nan, 0))
