"""What a fusion of networks gains over its parts, and over ensembles of its own size."""

import pandas as pd

from invariance.analysis.contrastive.conditions import ensembles, is_ensemble, is_fusion, parts
from invariance.analysis.contrastive.from_table import scores

PART, ENSEMBLE = "part", "ensemble"


def gains(results: pd.DataFrame) -> pd.DataFrame:
    """Scores of fusions of several conditions minus those of what they are compared with.

    Returns
    -------
    DataFrame with columns domain, seed, task, fusion, against (a condition or an ensemble), kind
    (``part`` or ``ensemble``) and value.
    """
    rows = scores(results)
    wide = rows.pivot(index=["domain", "seed", "task"], columns="condition", values="value")
    found = []
    for fusion in [name for name in wide if is_fusion(name) and not is_ensemble(name)]:
        others = {
            **dict.fromkeys(parts(fusion), PART),
            **dict.fromkeys(ensembles(fusion), ENSEMBLE),
        }
        for other, kind in others.items():
            if other in wide:
                value = (wide[fusion] - wide[other]).dropna().rename("value").reset_index()
                found.append(value.assign(fusion=fusion, against=other, kind=kind))
    columns = ["domain", "seed", "task", "fusion", "against", "kind", "value"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)
