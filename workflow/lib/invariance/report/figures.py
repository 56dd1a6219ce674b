"""A page with all figures of a run and their captions; it is written beside the figures."""

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
    """The page in HTML; it links to the pictures and contains everything else.

    Parameters
    ----------
    figures : list of dict
        ``picture`` (path of its PNG, with the figure's name), ``caption`` (path of its caption in
        the report, reStructuredText with Jinja) and ``params`` (the parameters of the caption).
    config : dict
        The merged configuration.
    """
    entries = []
    for figure in figures:
        path = Path(figure["picture"])
        with Image.open(path) as image:
            width, height = image.size
        text = caption(figure["caption"], path.stem, figure["params"], config)
        artefact = ARTEFACTS[path.stem]
        short = artefact.label.removeprefix("Figure ")
        words = {"name": path.stem, "short": short, "title": artefact.title, "caption": text}
        entries.append({**words, "width": width, "height": height})
    links = Links(PAGES["Figures"], ())
    return render("figures.html", links=links, run=public_name(config["results"]), figures=entries)


def caption(path, figure: str, params: dict, config: dict) -> str:
    """A caption of the report in HTML, rendered in the same way as in Snakemake."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    job = SimpleNamespace(
        wildcards=SimpleNamespace(figure=figure), params=SimpleNamespace(**params), config=config
    )
    text = environment.from_string(Path(path).read_text(encoding="utf-8")).render(snakemake=job)
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
