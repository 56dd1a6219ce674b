"""The project's page at a package index: README.md, with addresses in place of relative paths.

The index has none of the files that README.md shows and links. Where ``[project.urls]`` of
pyproject.toml has a ``Repository``, they are those of this version there. Without one, a
picture becomes its description, and a link becomes plain text.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

RELATIVE = r"(?!https?://|mailto:|#)([^)\s]+)"
PICTURE = rf"!\[([^\]]*)\]\({RELATIVE}\)"
LINK = rf"(?<!!)\[([^\]]*)\]\({RELATIVE}\)"
DRAWN = rf'<img src="{RELATIVE}"[^>]*?alt="([^"]*)">'.replace(r"[^)\s]", r'[^"\s]')


def page(text: str, version: str, repository: str | None) -> str:
    """README.md as an index can show it."""
    if repository is None:
        text = re.sub(DRAWN, r"(Picture: \2.)", text)
        text = re.sub(PICTURE, r"(Picture: \1.)", text)
        return re.sub(LINK, r"\1", text)
    shown, linked = (f"{repository.rstrip('/')}/{kind}/v{version}" for kind in ("raw", "blob"))
    text = re.sub(DRAWN, lambda found: found[0].replace(found[1], f"{shown}/{found[1]}", 1), text)
    text = re.sub(PICTURE, rf"![\1]({shown}/\2)", text)
    return re.sub(LINK, rf"[\1]({linked}/\2)", text)


project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
setup(
    long_description=page(
        Path("README.md").read_text(encoding="utf-8"),
        project["version"],
        project["urls"].get("Repository"),
    ),
    long_description_content_type="text/markdown",
)
