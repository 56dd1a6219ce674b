"""Whether the order of a value among its peers is the published one.

Peers are the values of other series at the same place of the same artefact: models of table 1 on
one target; Same, Other and None on one set; models with the same or disjoint transformations at one
value of a factor. Peers that were published closer than the tolerance decide nothing. For the bar
``same_vs_disjoint`` zero is a peer. The direction is the published one if ours are in the published
order for every peer that decides, and not known if there is none.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import KEY
from invariance.scorecard.comparisons import group

PLACE = ["artefact", "study", *(key for key in KEY if key != "series"), "group"]


def directions(keyed: pd.DataFrame, values: pd.DataFrame) -> pd.Series:
    """``published`` or ``other`` for every value whose order among its peers can be told."""
    rows = keyed.assign(
        group=keyed.series.map(group),
        published=values.compared_with,
        ours=values.ours,
        tolerance=values.tolerance,
    )
    result = pd.Series("", index=keyed.index)
    for _, peers in rows.groupby(PLACE, sort=False):
        theirs, mine = peers.published.to_numpy(), peers.ours.to_numpy()
        for i, (index, row) in enumerate(peers.iterrows()):
            pairs = [
                (theirs[i] - theirs[j], mine[i] - mine[j]) for j in range(len(peers)) if j != i
            ]
            if row.series == "same_vs_disjoint":
                pairs.append((row.published, row.ours))
            signs = [
                np.sign(here) == np.sign(there)
                for there, here in pairs
                if abs(there) > row.tolerance and not np.isnan(here)
            ]
            if signs:
                result[index] = "published" if all(signs) else "other"
    return result
