"""All pages of a run as its jobs write them, from tables made up and pictures that are empty."""

from pathlib import Path

import pandas as pd
import yaml
from PIL import Image
from tidy_case import tidy_tables

from invariance.about import describe
from invariance.figures.catalogue import FIGURES
from invariance.ledger import TOTAL, artefacts
from invariance.pages.figures import figures_page
from invariance.pages.ledger import ledger_page
from invariance.pages.overview import overview
from invariance.scorecard.card import scorecard, write
from invariance.studies import load_studies
from invariance.tables.layout import FORMATS
from invariance.tables.numbers import numbers
from invariance.titles import artefacts as shown_of

SCORECARD = ("scorecard.csv", "claims.csv", "conditions.csv", "scorecard.html", "summary.txt")
COSTS = {"models": 4, "jobs": 12, "gpu_hours": 0.0, "peak_memory_mb": 976, "peak_gpu_memory_mb": 0}


def write_pages(folder: Path, config: dict, repository: Path) -> None:
    """Write every page of a run with this configuration, and what they link to, into ``folder``."""
    studies, told = load_studies(config), {"seeds": 1, "accuracy": "test"}
    paper = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    about, shown = describe(config, paper), shown_of(studies)
    tables = tidy_tables(config, lambda row: 0.5)
    for place in ("figures", "tables", "scorecard"):
        (folder / place).mkdir(parents=True)
    pictures = []
    for name in [name for name in shown if name.startswith("fig")]:
        Image.new("RGB", (60, 40)).save(folder / f"figures/{name}.png")
        for suffix in ("pdf", "csv"):
            (folder / f"figures/{name}.{suffix}").touch()
        module = FIGURES[name].module if name in FIGURES else {"fig1": "examples"}.get(name, name)
        rst = repository / f"workflow/report/{module}.rst"
        pictures.append({"picture": folder / f"figures/{name}.png", "caption": rst, "params": told})
    for name in [name for name in shown if name.startswith("tab")]:
        study = "irrelevant_features" if name == "tab1" else "invariance_transfer"
        found = numbers(tables[study], name, about["accuracy"])
        found.to_csv(folder / f"tables/{name}.csv", index=False)
        for suffix, form in FORMATS.items():
            (folder / f"tables/{name}{suffix}").write_text(form(name, found, about), "utf-8")
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    found = scorecard(published, tables, studies, about)
    write([folder / "scorecard" / name for name in SCORECARD], *found, about, shown)
    of = {one.name: one.study for one in artefacts(studies)}
    hours = {f"{kind}hours": 0.25 for kind in ("", "pretraining_", "linear_probe_")}
    hours |= {f"{kind}_hours": 0.0 for kind in ("fine_tuning", "sensitivity")}
    made = {"torch": "2.14.1", "devices": "cpu (x86_64)", "commits": ""}
    rows = [
        {"name": name, "study": study, **COSTS, **hours, **made}
        for name, study in {TOTAL: "", **{name: name for name in studies}, **of}.items()
    ]
    ledger = pd.DataFrame(rows)
    ledger.to_csv(folder / "ledger.csv", index=False)
    pages = {"ledger.html": ledger_page(ledger, about["run"], shown), "config.yaml": ""}
    pages["figures/index.html"] = figures_page(pictures, config)
    texts = overview(found[1], ledger, studies, about, "<svg></svg>")
    pages |= {f"overview{suffix}": text for suffix, text in texts.items()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
