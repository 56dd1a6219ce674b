"""Study 3: sensitivities by set of twins, mean ranks among models, and rows of the matrices."""

import pandas as pd

from invariance.analysis.mean_ranks import mean_ranks
from invariance.analysis.sensitivity_relations import SETS, relations
from invariance.studies.invariance_transfer import KINDS, rendered_sets

# The factor of figures 16 and 17: a series is a row of the matrix, a training transformation.
MATRIX = "transformation"
FOREGROUNDS = {"objects": "o", "patterns": "r"}
BACKGROUNDS = {"images": "img", "patterns": "rand"}


def short_names(kind: str) -> dict[str, str]:
    """Published short names of the rendered sets, such as ``op-img`` for primary objects on images.

    A set of one kind of model has the same short name for the other kind.
    """
    return {
        name: f"{FOREGROUNDS[foreground]}{role[0]}-{BACKGROUNDS[background]}"
        for name, (role, foreground, background) in rendered_sets(kind, further=True).items()
    }


def cells(results, accuracies, study):
    """Yield the entries of tables 2 to 5, and rows of figures 16 and 17.

    See ``cells.measured_cells``. Sensitivities have the table's name of their set, if it is in the
    tables, and its short name.
    """
    scores = relations(results).rename(columns={"architecture": "arch"})
    scores = scores.assign(series=scores.data + "_" + scores.relation, domain="t2d", factor="")
    scores = scores.assign(method="sensitivity", quantity="sensitivity")
    key = ["domain", "method", "factor", "quantity", "series", "data", "arch", "target", "seed"]
    means = scores.groupby(key, as_index=False).value.mean()
    yield means[means.target.isin(SETS)].rename(columns={"target": "x"})
    yield _placed(means)
    yield mean_ranks(_placed(scores))
    rows = results[(results.method == "sensitivity") & (results.quantity == "l2")]
    rows = rows[rows.target == "in_distribution"]
    series = rows.data + "_" + rows.transformation
    rows = rows.assign(x=rows.change, arch=rows.architecture, series=series, factor=MATRIX)
    yield rows.assign(quantity="sensitivity")


def _placed(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores with the short name of their set as x; natural images keep their name."""
    names = {kind: short_names(kind) for kind in KINDS}
    pairs = zip(scores.data, scores.target, strict=True)
    return scores.assign(x=[names[kind].get(target, target) for kind, target in pairs])
