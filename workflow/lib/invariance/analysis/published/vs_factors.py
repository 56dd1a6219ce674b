"""Study 1: accuracies by the value of a factor, on the target and on the model's own task."""

import pandas as pd

from invariance.analysis.cells import AMOUNT, METHODS, plain
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES

SERIES = {"same": "same", "different": "disjoint"}
# The published 500 images per class of CIFAR-100 include the validation split; without it, 450.
WHOLE_CIFAR100 = ("cifar100", "pretraining_samples", 450, 500)
# The published amounts of target data of full fine-tuning: images, or a share of each class.
AMOUNTS = {
    "full_finetune_200": 200,
    "full_finetune_1pct": 0.01,
    "full_finetune_2000": 2000,
    "full_finetune_10pct": 0.1,
}


def cells(results, accuracies, study):
    """Yield the lines of every panel, see ``cells.measured_cells``."""
    own = accuracies[accuracies.method == "pretraining"]
    probed = accuracies[accuracies.method == "linear_probe"]
    tuned = accuracies[accuracies.method == "fine_tuning"]
    few = accuracies[accuracies.target_samples.notna()]
    for domain in study.domains:
        stages = {"linear_probe": probed[probed.target_samples.isna()]}
        for name, samples in _amounts(study, domain).items():
            stages[name] = tuned[tuned.target_samples == samples]
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


def of_published_amounts(table: pd.DataFrame, study) -> pd.DataFrame:
    """Cells without those after full fine-tuning on another amount of data than was published."""
    other = [
        (domain, name)
        for domain in study.domains
        for name, samples in _amounts(study, domain).items()
        if samples not in [AMOUNTS[method] for method in _methods(domain, name)]
    ]
    places = pd.Series(list(zip(table.domain, table.method, strict=True)), index=table.index)
    return table[~places.isin(other)]


def _amounts(study, domain: str) -> dict[str, int | float]:
    """The first and the last amount of target data of a domain, by the method of its cells."""
    amounts = study.settings["sizes"][domain]["fine_tuning_samples"]
    ends = amounts[:1] if len(amounts) == 1 else [amounts[0], amounts[-1]]
    return dict(zip(("fine_tuning_low", "fine_tuning_high"), ends, strict=False))


def _methods(domain: str, name: str) -> list[str]:
    """Published names of a method of cells in a domain: numbers of images, or shares."""
    kind = int if domain == "t2d" else float
    return [m for m, samples in AMOUNTS.items() if METHODS[m] == name and type(samples) is kind]


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
