"""Study 2: accuracies and sensitivities by pretraining data, and by the value of a sweep."""

import pandas as pd

from invariance.studies.irrelevant_features import SWEEPS

SENSITIVITIES = {"background": "sens_C", "object": "sens_O"}


def cells(results, accuracies, study):
    """Yield the entries of table 1 and the lines of figure 14, see ``cells.measured_cells``."""
    scored = results[(results.method == "sensitivity") & (results.quantity == "l2")]
    scored = scored.assign(x=scored.change.map(SENSITIVITIES), quantity="sensitivity")
    probed = accuracies[accuracies.method == "linear_probe"]
    probed = probed.assign(x=probed.target.str.removeprefix("target/"), quantity="accuracy")
    both = pd.concat([probed, scored])
    both = both.assign(arch=both.architecture, factor="", series=both.data)
    yield both
    for domain in study.domains:
        for factor in SWEEPS:
            value = {data: x for x, data in study.sweep(factor, domain).items()}
            part = both[(both.domain == domain) & both.data.isin(value)]
            yield part.assign(series=part.x, x=part.data.map(value), factor=factor)
