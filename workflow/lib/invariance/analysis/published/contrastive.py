"""Study ``contrastive``: one value per seed for each quantity of its claims; none is published."""

import pandas as pd

from invariance.analysis.contrastive import agreement, from_table
from invariance.analysis.contrastive.conditions import DORSAL, UNTRAINED, VENTRAL
from invariance.analysis.contrastive.from_table import CENTRED, SENSITIVITY, WHITENED
from invariance.analysis.contrastive.gains import gains

WHOLE, CARRIED, LATENTS = "whole images", "carried over", "latents"
FUSION, AGREEMENT = "fusion", "agreement"
CLAIMED = (UNTRAINED, VENTRAL, DORSAL)


def cells(results, accuracies, study):
    """Yield one cell per quantity, see ``cells.measured_cells``.

    ``factor`` is the measure, the set of twins, or what a fusion is compared with; ``series`` a
    condition, a measure, or task and fusion; ``x`` an axis, a latent, or what it is compared with.
    """
    for part in _parts(results):
        if len(part):
            yield part.assign(arch="", quantity="value")


def _parts(results: pd.DataFrame):
    axes = from_table.on_axes(from_table.invariances(results))
    axes = axes[axes.quantity.isin([SENSITIVITY, WHITENED])]
    yield _claimed(axes.rename(columns={"quantity": "factor", "axis": "x"}), WHOLE)
    carried = from_table.on_axes(from_table.carried(results)).drop(columns="quantity")
    # To networks trained on CIFAR-10, its images are no other ones.
    carried = carried[carried.target != carried.domain]
    yield _claimed(carried.rename(columns={"target": "factor", "axis": "x"}), CARRIED)
    latents = from_table.latents(results).rename(columns={"change": "x"})
    yield _claimed(latents.assign(factor=""), LATENTS)
    gained = gains(results)
    gained = gained.assign(series=gained.task + ", " + gained.fusion, method=FUSION)
    yield gained.rename(columns={"kind": "factor", "against": "x"})
    agreed = agreement.by_seed(results)
    agreed = agreed[agreed.measure.isin([WHITENED, CENTRED])]
    agreed = agreed.assign(method=AGREEMENT, factor="", x=SENSITIVITY)
    yield agreed.rename(columns={"measure": "series"})


def _claimed(rows: pd.DataFrame, method: str) -> pd.DataFrame:
    """The rows of the conditions that claims are about."""
    rows = rows[rows.condition.isin(CLAIMED)].rename(columns={"condition": "series"})
    return rows.assign(method=method)
