"""Tidy tables of all studies as their jobs would write them, with values that a test decides."""

import itertools
from collections.abc import Callable

import pandas as pd
from support import contrastive_tables

from invariance.provenance.lineage import lineage
from invariance.records.required_results import required_results
from invariance.studies import load_studies
from invariance.studies.stages import STAGES

QUANTITIES = ("test_accuracy", "pooled_macro_accuracy", "val_accuracy")


def tidy_tables(config: dict, value: Callable[[dict], float]) -> dict[str, pd.DataFrame]:
    """The table of every configured study; ``value`` gives a row's value from its other columns."""
    return {
        name: pd.DataFrame([{**row, "value": value(row)} for row in _rows(study)])
        for name, study in load_studies(config).items()
    }


def _rows(study):
    rows = {"influence": _of_influence, "contrastive": contrastive_tables.rows}
    yield from rows.get(study.name, _of_models)(study)


def _of_influence(study):
    """Everything that its records hold, as ``records/required_results.py`` asks for it."""
    for domain, seed, unit, stage, _ in study.results():
        wildcards = {"study": study, "domain": domain, "seed": seed, "unit": unit}
        method = STAGES[stage].method
        expected = {"method": method, **lineage(study.config, wildcards, method)}
        for (own, target, change, _), quantities in required_results(expected):
            row = {"method": own or method, "target": target, "change": change}
            for quantity in quantities:
                yield {**study.cell(domain, seed, unit), **row, "quantity": quantity}


def _of_models(study):
    for domain, seed in itertools.product(study.domains, study.seeds):
        for model in study.models(domain):
            cell = study.cell(domain, seed, model.name)
            for quantity in QUANTITIES:
                yield {**cell, "method": "pretraining", "quantity": quantity}
            for target, quantity in itertools.product(study.targets, QUANTITIES):
                row = {**cell, "target": target, "quantity": quantity}
                yield {**row, "method": "linear_probe"}
                for samples in study.linear_probe(domain, seed, model.name).get("samples", ()):
                    yield {**row, "method": "linear_probe", "target_samples": samples}
                if "fine_tune" in study.stages:
                    for settings in study.fine_tuning(domain, seed, model.name):
                        few = "head_samples" in settings
                        method = "fine_tuning_few" if few else "fine_tuning"
                        yield {**row, "method": method, "target_samples": settings["samples"]}
            if "sensitivity" in study.stages:
                sets = study.sensitivity_sets(domain, seed, model.name)
                for name, one in sets.items():
                    for change in one["changes"]:
                        row = {"target": name, "change": change, "quantity": "l2"}
                        yield {**cell, **row, "method": "sensitivity"}
