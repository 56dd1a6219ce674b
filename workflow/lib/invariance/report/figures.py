"""All figures of a run on one page, with their captions, to lie beside them."""

from pathlib import Path
from types import SimpleNamespace

import jinja2
from docutils.core import publish_parts
from PIL import Image

from invariance.artefacts import ARTEFACTS
from invariance.config.results_folder import public_name
from invariance.report.links import PAGES, Links
from invariance.report.template import render


def figures_page(figures: list[dict], config: dict) -> str:
    """The page in HTML; pictures are linked to by name, everything else is within it.

    Parameters
    ----------
    figures : list of dict
        ``picture`` (path of its PNG, named as the figure), ``caption`` (path of its caption as the
        report has it, reStructuredText with Jinja) and ``params`` (what the caption is told of).
    config : dict
        The merged configuration.
    """
    shown = []
    for figure in figures:
        path = Path(figure["picture"])
        with Image.open(path) as image:
            width, height = image.size
        text = caption(figure["caption"], path.stem, figure["params"], config)
        artefact = ARTEFACTS[path.stem]
        short = artefact.number.removeprefix("Figure ")
        about = {"name": path.stem, "short": short, "title": artefact.title, "caption": text}
        shown.append({**about, "width": width, "height": height})
    links = Links(PAGES["Figures"], ())
    return render("figures.html", links=links, run=public_name(config["results"]), figures=shown)


def caption(path, figure: str, params: dict, config: dict) -> str:
    """A caption of the report in HTML, filled in as Snakemake does."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    told = SimpleNamespace(
        wildcards=SimpleNamespace(figure=figure), params=SimpleNamespace(**params), config=config
    )
    text = environment.from_string(Path(path).read_text(encoding="utf-8")).render(snakemake=told)
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
