"""Rendering of the templates in this folder."""

from pathlib import Path

import jinja2


def render(template: str, **facts) -> str:
    """Render a template of this folder; texts are escaped in HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=template.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**facts)
