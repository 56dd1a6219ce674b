"""Figures of the demo's studies, drawn from records whose values a test decides."""

from importlib import import_module

import pandas as pd
import yaml
from support.project import REPOSITORY
from support.tidy_tables import tidy_tables

from invariance.artefacts import ARTEFACTS, figures
from invariance.config.run_description import describe
from invariance.config.settings_files import lay_over
from invariance.studies import STUDIES, load_studies

# Those that are drawn from tables of studies.
FIGURES = tuple(
    name
    for name, one in ARTEFACTS.items()
    if one.kind == "figures" and not one.own_rule and one.study in STUDIES
)


def load(name: str):
    return yaml.safe_load((REPOSITORY / "config" / name).read_text(encoding="utf-8"))


def demo(seeds: int, **studies: dict) -> dict:
    """The demo's configuration with this many seeds, settings of studies laid over it."""
    config = load("config.yaml")
    lay_over(config, load("demo.yaml"))
    lay_over(config, {"studies": studies})
    for study in config["studies"].values():
        study["seeds"] = seeds
    return config


def description(config: dict) -> dict:
    return describe(config, load("paper_scale.yaml"))


def spread(row: dict) -> float:
    """Accuracies between 0.4 and 0.7 that differ between seeds."""
    return 0.4 + len(str(sorted(row.items()))) % 7 / 70 + row["seed"] % 5 / 25


def draw(config: dict, value=spread, names=FIGURES) -> dict:
    """The figures of these names that a configuration has, drawn from its records, by name."""
    shown = {name: one for name, one in figures(load_studies(config)).items() if name in names}
    needed = {one.study for one in shown.values()}
    config = {**config, "studies": {n: s for n, s in config["studies"].items() if n in needed}}
    studies, tables = load_studies(config), tidy_tables(config, value)
    published = pd.read_csv(REPOSITORY / "config/paper_values.csv")
    found = {}
    for name, one in shown.items():
        module, study = import_module(f"invariance.figures.{one.module}"), studies[one.study]
        table = module.table(tables[one.study], study, name)
        found[name] = module.draw(table, study, name, published[published.study == one.study])
    import matplotlib.pyplot as plt

    plt.close("all")  # the figures stay; pyplot counts those that it holds
    return found
