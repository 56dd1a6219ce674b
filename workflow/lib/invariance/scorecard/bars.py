"""The bars of figures 3, 12 and 13, ours and the published ones over the same values of the factor.

A bar is a range, or a difference of averages, over values of a factor. With other values it is
another quantity. The published bar of a run is therefore the printed one only if the run has all
published values. If it has some of them, the bar is computed from the published curves over exactly
these values. A run with a value that has no published curve has bars that cannot be compared, and
so has a run with fewer than two values.
"""

from dataclasses import dataclass

import numpy as np

from invariance.analysis.factor_differences import METHODS, bars, ends, lines, pair
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import spread
from invariance.studies.vs_factors.models import FACTORS


@dataclass(frozen=True)
class Panel:
    """The bars of a factor in one figure and domain.

    Attributes
    ----------
    values : tuple of str
        The values of the factor that both series have.
    bars : dict of str to ndarray
        By series, and by series and ``min``, ``max`` or ``mean`` for the ends and the average of a
        range: (1 + seeds,). Empty for fewer than two values.
    """

    values: tuple[str, ...]
    bars: dict[str, np.ndarray]


def panels(means: Means, only: dict | None = None) -> dict[tuple, Panel]:
    """The panels of the cells of study 1, by domain, artefact and factor.

    ``only`` gives the values to restrict a panel to, by the same keys; without it all are used.
    """
    result = {}
    for domain in dict.fromkeys(key[0] for key in means.cells):
        for artefact, method in METHODS.items():
            for factor in FACTORS:
                values = tuple(pair(means, domain, method, factor))
                if only is not None:
                    chosen = only.get((domain, artefact, factor), ())
                    values = tuple(x for x in values if x in chosen)
                if values:
                    both = lines(means, domain, method, factor, values)
                    computed = (
                        {name: bar.rows for name, bar in bars(*both).items()} | ends(*both)
                        if both
                        else {}
                    )
                    result[domain, artefact, factor] = Panel(values, computed)
    return result


def measured(means: Means) -> dict[tuple, tuple]:
    """Value, spread and seeds of our bars, by key of ``values.ours``."""
    result = {}
    for (domain, artefact, factor), panel in panels(means).items():
        for name, array in panel.bars.items():
            series, _, x = name.partition(" ")
            quantity = "accuracy" if x else "accuracy_difference"
            key = (domain, f"difference {artefact}", factor, x, series, "", quantity)
            result[key] = (float(array[0]), float(spread(array)), means.seeds)
    return result


def references(keyed, ours: Means, published: Means) -> list[tuple[str, float]]:
    """What our bars are over, and the published bars over the same values.

    Parameters
    ----------
    keyed : DataFrame
        Published bars, with the columns of ``cells.published_keys``.
    ours, published : Means
        Cells of study 1.

    Returns
    -------
    For each row the values, joined, and the published bar; empty and NaN for a factor that was not
    run, NaN for a bar that cannot be compared.
    """
    run, printed = panels(ours), panels(published)
    over = {place: panel.values for place, panel in run.items()}
    recomputed = panels(published, over)
    result = []
    for row in keyed.itertuples():
        place = (row.domain, row.artefact, row.factor)
        values = over.get(place, ())
        theirs = printed[place].values
        if set(values) == set(theirs):
            reference = row.value
        elif len(values) > 1 and set(values) <= set(theirs):
            name = f"{row.series} {row.x}".rstrip()
            reference = float(recomputed[place].bars[name][0])
        else:
            reference = np.nan
        result.append((", ".join(values), reference))
    return result
