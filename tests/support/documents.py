"""The Markdown documents of the project, their blocks of code and the commands that they name."""

import re
import shlex
from dataclasses import dataclass

from support.project import REPOSITORY

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
HIDDEN = (".venv", ".snakemake", ".pytest_cache", ".git", "results")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``named`` is the last file in backticks before it: what to call it."""

    page: str
    language: str
    text: str
    named: str | None


def pages() -> dict[str, str]:
    """The text of every document by its path in the repository."""
    found = [
        path
        for path in REPOSITORY.rglob("*.md")
        if path.relative_to(REPOSITORY).parts[0] not in HIDDEN
    ]
    found.append(REPOSITORY / "results/README.md")
    return {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(found)
    }


def blocks() -> list[Block]:
    """All fenced blocks of all documents, in order."""
    found = []
    for page, text in pages().items():
        for match in FENCED.finditer(text):
            before = re.findall(r"`([\w/]+\.yaml)`", text[: match.start()])
            found.append(Block(page, *match.groups(), before[-1] if before else None))
    return found


def commands(block: Block) -> list[list[str]]:
    """The commands of a block of shell, in words; what tmux is to run is a command."""
    found = []
    for line in block.text.splitlines():
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            if words[:2] == ["tmux", "new"]:
                words = shlex.split(words[2])
            if words:
                found.append(words)
    return found


def inline_commands(program: str) -> list[tuple[str, list[str]]]:
    """Commands of a program in running text, with the page that names them."""
    return [
        (page, shlex.split(code))
        for page, text in pages().items()
        for code in INLINE.findall(FENCED.sub("", text))
        if code.startswith(f"{program} ")
    ]
