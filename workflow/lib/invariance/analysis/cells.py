"""Published values and a run's results under the same keys, one row per cell and seed.

A cell is one point of a line in a figure, or one entry of a table. Its key is ``KEY``, with the
names of ``config/paper_values.csv``, except for four differences. The domain is never empty. Full
fine-tuning is ``fine_tuning_low`` or ``fine_tuning_high`` by its amount of target data (the first
and second of the study's ``fine_tuning_samples``), or ``fine_tuning`` if that amount is the factor.
Numbers are written in one way (``1``, not ``1.0``). The architecture is empty in study 1, where it
is a factor.
"""

import pandas as pd

from invariance.analysis.sensitivity_relations import relations
from invariance.records.tidy_checks import check_tidy
from invariance.studies.irrelevant_features import SWEEPS
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES
from invariance.studies.vs_factors.models import NAME as VS_FACTORS

KEY = ["domain", "method", "factor", "x", "series", "arch", "quantity"]
CELL = [*KEY, "seed", "value"]

# Domains of published keys that name none.
DOMAINS = {
    ("irrelevant_features", "table1"): "cifar10_random",
    ("irrelevant_features", "extra"): "cifar10_corner",
}
METHODS = {
    "full_finetune_200": "fine_tuning_low",
    "full_finetune_1pct": "fine_tuning_low",
    "full_finetune_2000": "fine_tuning_high",
    "full_finetune_10pct": "fine_tuning_high",
    "sensitivity_l2": "sensitivity",
}
# The published 500 images per class of CIFAR-100 include the validation split; without it, 450.
WHOLE_CIFAR100 = ("cifar100", "pretraining_samples", "450", "500")
AMOUNT = "finetuning_samples"  # the factor of target samples, as published
SERIES = {"same": "same", "different": "disjoint"}
SENSITIVITIES = {"background": "sens_C", "object": "sens_O"}

# The factor of figures 16 and 17: a series is a row of the matrix, a training transformation.
MATRIX = "transformation"


def published_keys(published: pd.DataFrame) -> pd.DataFrame:
    """The published values, with the columns of ``KEY`` in the names of this module.

    Parameters
    ----------
    published : DataFrame
        ``config/paper_values.csv`` read with ``keep_default_na=False``.
    """
    keyed = published.copy()
    place = list(zip(published.study, published.artefact, strict=True))
    default = pd.Series([DOMAINS.get(pair, "t2d") for pair in place], index=published.index)
    keyed["domain"] = published.domain.where(published.domain != "", default)
    keyed["method"] = published.method.map(METHODS).fillna(published.method)
    tuned = keyed.method.str.startswith("fine_tuning") & (keyed.factor == AMOUNT)
    keyed.loc[tuned, "method"] = "fine_tuning"
    keyed["x"] = published.x.map(_plain)
    keyed.loc[keyed.study == VS_FACTORS, "arch"] = ""
    return keyed


def published_cells(published: pd.DataFrame, study: str) -> pd.DataFrame:
    """The published cells of a study, as seed 0, without values that are derived from others."""
    keyed = published_keys(published[published.study == study])
    plain = keyed.quantity.isin(["accuracy", "sensitivity"]) & (keyed.method != "difference")
    return keyed[plain].assign(seed=0)[CELL].drop_duplicates(KEY)


def measured_cells(results: pd.DataFrame, study, accuracy: str) -> pd.DataFrame:
    """The cells of a run.

    Parameters
    ----------
    results : DataFrame
        The study's tidy table.
    study : Study
    accuracy : str
        ``test`` or ``pooled_macro``, for target tasks and models' own tasks.

    Returns
    -------
    DataFrame with the columns of ``CELL``; accuracies in 0..1.
    """
    check_tidy(results, f"scorecard: {study.name}")
    if study.name not in MEASURES:  # no published values
        return pd.DataFrame(columns=CELL)
    accuracies = results[results.quantity == f"{accuracy}_accuracy"]
    cells = pd.concat(list(MEASURES[study.name](results, accuracies, study)), ignore_index=True)
    cells["x"] = cells.x.map(_plain)
    domain, factor, here, there = WHOLE_CIFAR100
    whole = (cells.domain == domain) & (cells.factor == factor) & (cells.x == here)
    cells.loc[whole, "x"] = there
    return cells[CELL].drop_duplicates([*KEY, "seed"]).reset_index(drop=True)


def _vs_factors(results, accuracies, study):
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
                    yield _lines(part, method, factor, part[factor], suffix)
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


def _panel(rows, study, domain, factor):
    fixed = study.panel_defaults(factor, domain)
    part = rows[rows.domain == domain]
    return part[(part[list(fixed)] == pd.Series(fixed)).all(axis=1)]


def _lines(rows, method, factor, x, suffix):
    series = rows.transforms.map(SERIES) + suffix
    constants = {"method": method, "factor": factor, "arch": "", "quantity": "accuracy"}
    return rows.assign(x=x, series=series, **constants)


def _features(results, accuracies, study):
    scored = results[(results.method == "sensitivity") & (results.quantity == "l2")]
    scored = scored.assign(x=scored.change.map(SENSITIVITIES), quantity="sensitivity")
    probed = accuracies[accuracies.method == "linear_probe"]
    probed = probed.assign(x=probed.target.str.removeprefix("target/"), quantity="accuracy")
    cells = pd.concat([probed, scored])
    cells = cells.assign(arch=cells.architecture, factor="", series=cells.data)
    yield cells
    for domain in study.domains:
        for factor in SWEEPS:
            value = {data: x for x, data in study.sweep(factor, domain).items()}
            part = cells[(cells.domain == domain) & cells.data.isin(value)]
            yield part.assign(series=part.x, x=part.data.map(value), factor=factor)


def _transfer(results, accuracies, study):
    scores = relations(results)
    constants = {"domain": "t2d", "method": "sensitivity", "quantity": "sensitivity"}
    scores = scores.assign(series=scores.data + "_" + scores.relation, **constants)
    key = ["domain", "method", "quantity", "series", "architecture", "target", "seed"]
    means = scores.groupby(key, as_index=False).value.mean()
    yield means.rename(columns={"target": "x", "architecture": "arch"}).assign(factor="")
    rows = results[(results.method == "sensitivity") & (results.quantity == "l2")]
    rows = rows[rows.target == "in_distribution"]
    series = rows.data + "_" + rows.transformation
    rows = rows.assign(x=rows.change, arch=rows.architecture, series=series, factor=MATRIX)
    yield rows.assign(quantity="sensitivity")


def _mismatch(results, accuracies, study):
    rows = accuracies[accuracies.method == "linear_probe"]
    yield rows.assign(
        x=rows.target.str.removeprefix("target/nested"),
        series="train_" + rows.transformations.astype(str),
        arch=rows.architecture,
        factor="",
        quantity="accuracy",
    )


MEASURES = {
    VS_FACTORS: _vs_factors,
    "irrelevant_features": _features,
    "invariance_transfer": _transfer,
    "invariance_mismatch": _mismatch,
}


def _plain(value) -> str:
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)
