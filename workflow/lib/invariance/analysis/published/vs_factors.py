"""Study 1: accuracies by the value of a factor, on the target and on the model's own task."""

import pandas as pd

from invariance.analysis.cells import AMOUNT, plain
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES

SERIES = {"same": "same", "different": "disjoint"}
# The published 500 images per class of CIFAR-100 include the validation split; without it, 450.
WHOLE_CIFAR100 = ("cifar100", "pretraining_samples", 450, 500)


def cells(results, accuracies, study):
    """Yield the lines of every panel, see ``cells.measured_cells``."""
    own = accuracies[accuracies.method == "pretraining"]
    probed = accuracies[accuracies.method == "linear_probe"]
    tuned = accuracies[accuracies.method == "fine_tuning"]
    few = accuracies[accuracies.target_samples.notna()]
    for domain in study.domains:
        stages = {"linear_probe": probed[probed.target_samples.isna()]}
        amounts = study.settings["sizes"][domain]["fine_tuning_samples"]
        for name, samples in zip(("low", "high"), amounts, strict=False):
            stages[f"fine_tuning_{name}"] = tuned[tuned.target_samples == samples]
        for factor in FACTORS:
            for method, rows in stages.items():
                for part, suffix in ((rows, ""), (own, "_training")):
                    part = _panel(part, study, domain, factor)
                    part = part[part[factor].isin(study.values(factor, domain))]
                    yield _lines(part, method, factor, _published(part, domain, factor), suffix)
        for samples in study.values(TARGET_SAMPLES, domain):
            whole = study.all_of_target(domain, samples)
            for method, rows in (
                (
                    "linear_probe",
                    stages["linear_probe"] if whole else few[few.method == "linear_probe"],
                ),
                ("fine_tuning", few[few.method == ("fine_tuning" if whole else "fine_tuning_few")]),
            ):
                part = _panel(rows, study, domain, TARGET_SAMPLES)
                if not (whole and method == "linear_probe"):
                    part = part[part.target_samples == samples]
                yield _lines(part, method, AMOUNT, str(samples), "")
                part = _panel(own, study, domain, TARGET_SAMPLES)
                yield _lines(part, method, AMOUNT, str(samples), "_training")


def published_value(domain: str, factor: str, value) -> str:
    """A configured value of a factor, as the published values write it."""
    *whole, there = WHOLE_CIFAR100
    return plain(there if [domain, factor, value] == whole else value)


def _panel(rows, study, domain, factor):
    fixed = study.panel_defaults(factor, domain)
    part = rows[rows.domain == domain]
    return part[(part[list(fixed)] == pd.Series(fixed)).all(axis=1)]


def _published(part, domain, factor):
    values = part[factor]
    return values.replace(*WHOLE_CIFAR100[2:]) if (domain, factor) == WHOLE_CIFAR100[:2] else values


def _lines(rows, method, factor, x, suffix):
    series = rows.transforms.map(SERIES) + suffix
    constants = {"method": method, "factor": factor, "arch": "", "quantity": "accuracy"}
    return rows.assign(x=x, series=series, **constants)
