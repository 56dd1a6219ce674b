"""Means of many cells over all seeds, and over all seeds but one."""

import pandas as pd

from invariance.analysis.cells import KEY
from invariance.analysis.seed_statistics import leave_one_out


class Means:
    """Means of cells over seeds: arrays (1 + seeds,) as ``seed_statistics`` takes them.

    Attributes
    ----------
    seeds : int
        Seeds in which every cell was measured.
    """

    def __init__(self, cells: pd.DataFrame):
        wide = cells.pivot(index=KEY, columns="seed", values="value").dropna(axis=1)
        self.seeds = wide.shape[1]
        values = leave_one_out(self.seeds) @ wide.to_numpy().T if self.seeds else None
        self.cells = dict(zip(wide.index, values.T, strict=True)) if self.seeds else {}
        self._lines: dict = {}
        for (domain, method, factor, x, series, arch, _), array in self.cells.items():
            self._lines.setdefault((domain, method, factor, series, arch), {})[x] = array

    def line(self, domain: str, method: str, factor: str, series: str, arch: str = "") -> dict:
        """Arrays of a series by x, numbers in ascending order; empty if it was not measured."""
        arrays = self._lines.get((domain, method, factor, series, arch), {})
        return {x: arrays[x] for x in sorted(arrays, key=_order)}

    def architectures(self, factor: str = "") -> list[str]:
        """Architectures with a line of this factor."""
        return list(dict.fromkeys(arch for _, _, name, _, arch in self._lines if name == factor))


def _order(x: str):
    try:
        return (0, float(x), "")
    except ValueError:
        return (1, 0.0, "")
