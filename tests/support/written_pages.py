"""All pages of a run as its jobs write them, from tables made up and pictures that are empty."""

from pathlib import Path

import pandas as pd
import yaml
from PIL import Image
from support.tidy_tables import tidy_tables

from invariance.artefacts import available
from invariance.config.run_description import describe
from invariance.figures import captions
from invariance.records.cost import TOTAL
from invariance.report.figures import figures_page
from invariance.report.ledger import ledger_page
from invariance.report.overview import overview
from invariance.report.scorecard_page import write
from invariance.scorecard.card import scorecard
from invariance.studies import load_studies
from invariance.studies.stages import BY_METHOD
from invariance.tables.layout import FORMATS, module_of

SCORECARD = ("scorecard.csv", "claims.csv", "conditions.csv", "scorecard.html", "summary.txt")
COSTS = {"models": 4, "jobs": 12, "gpu_hours": 0.0, "peak_memory_mb": 976, "peak_gpu_memory_mb": 0}


def write_pages(folder: Path, config: dict, repository: Path) -> None:
    """Write every page of a run with this configuration, and what they link to, into ``folder``."""
    studies = load_studies(config)
    paper = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    description, shown = describe(config, paper), available(studies)
    tables = tidy_tables(config, lambda row: 0.5)
    for place in ("figures", "tables", "scorecard"):
        (folder / place).mkdir(parents=True)
    pictures = []
    for name in [name for name, one in shown.items() if one.kind == "figures"]:
        Image.new("RGB", (60, 40)).save(folder / f"figures/{name}.png")
        for suffix in ("pdf", "csv"):
            (folder / f"figures/{name}.{suffix}").touch()
        rst = repository / f"workflow/report/{shown[name].caption}.rst"
        one = shown[name]
        said = (
            captions.picture_parameters(one, description)
            if one.is_picture
            else captions.caption_parameters(one, studies[one.study], description)
        )
        pictures.append({"picture": folder / f"figures/{name}.png", "caption": rst, "params": said})
    for name in [name for name, one in shown.items() if one.kind == "tables"]:
        results = tables[shown[name].study]
        found = module_of(name).numbers(results, name, description["accuracy"])
        found.to_csv(folder / f"tables/{name}.csv", index=False)
        for suffix, form in FORMATS.items():
            (folder / f"tables/{name}{suffix}").write_text(form(name, found, description), "utf-8")
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    found = scorecard(published, tables, studies, description)
    write([folder / "scorecard" / name for name in SCORECARD], *found, description, shown)
    of = {name: one.study for name, one in shown.items() if not one.is_picture}
    hours = {f"{method}_hours": 0.0 for method in BY_METHOD}
    hours |= {f"{kind}hours": 0.25 for kind in ("", "pretraining_", "linear_probe_")}
    made = {"torch": "2.14.1", "devices": "cpu (x86_64)", "commits": ""}
    rows = [
        {"name": name, "study": study, **COSTS, **hours, **made}
        for name, study in {TOTAL: "", **{name: name for name in studies}, **of}.items()
    ]
    ledger = pd.DataFrame(rows)
    ledger.to_csv(folder / "ledger.csv", index=False)
    pages = {"ledger.html": ledger_page(ledger, description["run"], shown), "config.yaml": ""}
    pages["figures/index.html"] = figures_page(pictures, config)
    texts = overview(*found[:2], ledger, studies, description)
    pages |= {f"overview{suffix}": text for suffix, text in texts.items()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
