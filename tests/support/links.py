"""Pages as a browser reads them: where their links lead, and whether what they lead to is there."""

import html.parser
from pathlib import Path
from urllib.parse import unquote


class Parsed(html.parser.HTMLParser):
    """Links, anchors, pictures and the head of one page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.anchors, self.alternatives, self.tags = [], set(), [], []
        self.head: dict[str, str] = {}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.anchors |= {given["id"]} if "id" in given else set()
        if tag == "img":
            self.alternatives.append(given.get("alt"))
        if tag == "html":
            self.head["lang"] = given.get("lang")
        if tag == "meta" and given.get("name") == "viewport":
            self.head["viewport"] = given.get("content")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "title" and "title" not in self.head:
            self.head["title"] = data


def followed(folder: Path) -> tuple[int, list[str]]:
    """Number of links of all pages below a folder, and those that lead nowhere, by page."""
    pages = {path.resolve(): Parsed(path) for path in sorted(folder.rglob("*.html"))}
    count, dead = 0, []
    for path, page in pages.items():
        for link in page.links:
            count += 1
            place, _, anchor = link.partition("#")
            target = (path.parent / unquote(place)).resolve() if place else path
            there = target.is_relative_to(folder.resolve()) and target.is_file()
            if not there or (anchor and anchor not in pages[target].anchors):
                dead.append(f"{path.name}: {link}")
    return count, dead
