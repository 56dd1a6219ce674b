"""Means over seeds of many cells at once, as they are and under resampling of the seeds.

Whatever is computed from the means (a difference, the range of a line) is computed for all
resamples in the same way, so that intervals respect that cells of one seed belong together.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import KEY

DRAWS = 4000


def plain(seeds: int) -> np.ndarray:
    """Weights, (1, seeds), of the mean itself."""
    return np.full((1, seeds), 1 / seeds)


def bootstrap(seeds: int) -> np.ndarray:
    """Weights, (1 + draws, seeds), of the mean and of bootstrap resamples; always the same."""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=DRAWS) / seeds
    return np.concatenate([plain(seeds), drawn])


def jackknife(seeds: int) -> np.ndarray:
    """Weights, (1 + seeds, seeds), of the mean and of the means that leave one seed out."""
    if seeds == 1:
        return plain(1)
    left = (1 - np.eye(seeds)) / (seeds - 1)
    return np.concatenate([plain(seeds), left])


class Means:
    """Means of cells over seeds; the first row of every array is the mean itself.

    Attributes
    ----------
    seeds : int
        Seeds in which every cell was measured.
    """

    def __init__(self, cells: pd.DataFrame, weigh):
        wide = cells.pivot(index=KEY, columns="seed", values="value").dropna(axis=1)
        self.seeds = wide.shape[1]
        values = weigh(self.seeds) @ wide.to_numpy().T if self.seeds else None
        self.cells = dict(zip(wide.index, values.T, strict=True)) if self.seeds else {}
        self._lines: dict = {}
        for (domain, method, factor, x, series, arch, _), array in self.cells.items():
            self._lines.setdefault((domain, method, factor, series, arch), {})[x] = array

    def line(self, domain: str, method: str, factor: str, series: str, arch: str = "") -> dict:
        """Arrays of a series by x, numbers in ascending order; empty if it was not measured."""
        found = self._lines.get((domain, method, factor, series, arch), {})
        return {x: found[x] for x in sorted(found, key=_order)}

    def architectures(self, factor: str = "") -> list[str]:
        """Architectures with a line of this factor."""
        return list(dict.fromkeys(arch for _, _, of, _, arch in self._lines if of == factor))


def interval(array: np.ndarray) -> tuple:
    """Bounds of the 95 % percentile interval of bootstrap resamples, for each column if several."""
    low, high = np.quantile(array[1:], [0.025, 0.975], axis=0)
    return low, high


def spread(array: np.ndarray) -> float:
    """Standard deviation over seeds, from an array of leave-one-out means.

    The square root of the number of seeds times the jackknife's standard error: for a mean that is
    the standard deviation over seeds itself, and for what is computed from several means (the
    range of a line) it is what stands in its place. NaN for one seed.
    """
    left = array[1:]
    return (
        float(np.sqrt((len(left) - 1) * np.sum((left - left.mean()) ** 2))) if len(left) else np.nan
    )


def _order(x: str):
    try:
        return (0, float(x), "")
    except ValueError:
        return (1, 0.0, "")
