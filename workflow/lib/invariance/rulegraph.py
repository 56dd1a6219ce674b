"""The stages of the workflow as a picture: ``snakemake --rulegraph dot`` in, SVG out.

Rules that a loop makes, one for each kind of figure, are one box; so is every other rule. An arrow
that follows from others is left out. Boxes stand in rows, each one row above the highest box that
needs it.
"""

import re
import sys
from html import escape
from pathlib import Path

MERGED = (("draw_", "figures"), ("render_fig", "render_examples"), ("write_table", "tables"))
# Not results: the target of everything, and files about the run that need none of its stages.
LEFT_OUT = {"all", "write_config", "rulegraph"}
BOX, GAP, ROW, MARGIN, LETTER = 30, 24, 62, 8, 7.4
POINT = ">"  # in no name of a rule
STYLE = """
text { font: 13px system-ui, Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1a1a1a }
rect { fill: #eaf2f8; stroke: #0072b2; stroke-width: 1.2 }
path { fill: none; stroke: #777; stroke-width: 1.3 }
.ground { fill: #fff; stroke: none }
"""

Graph = dict[str, set[str]]


def read_dot(text: str) -> Graph:
    """What every rule of Snakemake's graph needs directly.

    Raises
    ------
    ValueError
        If there is no rule in it.
    """
    names = dict(re.findall(r'(\d+)\[label = "([^"\\]+)', text))
    if not names:
        raise ValueError("no rule in the graph; expected the output of snakemake --rulegraph dot")
    graph = {name: set() for name in names.values()}
    for needed, name in re.findall(r"(\d+) -> (\d+)", text):
        graph[names[name]].add(names[needed])
    return graph


def stages(rules: Graph) -> Graph:
    """The graph of boxes: rules merged by ``MERGED``, what follows from other arrows left out."""

    def box(rule):
        return next((merged for start, merged in MERGED if rule.startswith(start)), rule)

    graph: Graph = {box(rule): set() for rule in rules if rule not in LEFT_OUT}
    for rule, needs in rules.items():
        if rule not in LEFT_OUT:
            graph[box(rule)] |= {box(n) for n in needs if n not in LEFT_OUT} - {box(rule)}
    above = {name: _ancestors(graph, name) for name in graph}
    return {
        name: {n for n in needs if not any(n in above[other] for other in needs)}
        for name, needs in graph.items()
    }


def rows(graph: Graph) -> list[list[str]]:
    """Boxes by row, from what needs nothing to what nothing needs; neighbours stand near."""
    height = {}

    def below(name):
        if name not in height:
            users = [user for user, needs in graph.items() if name in needs]
            height[name] = 1 + max(map(below, users), default=-1)
        return height[name]

    deepest = max(map(below, graph))
    found = [sorted(n for n in graph if height[n] == h) for h in range(deepest, -1, -1)]
    for _ in range(4):
        for order, linked in ((found, _needs), (found[::-1], _users)):
            place = {}
            for row in order:
                ranked = [
                    (_mean([place[n] for n in linked(graph, name) if n in place], 0.5), name)
                    for name in row
                ]
                row[:] = [name for _, name in sorted(ranked)]
                place |= {name: (i + 1) / (len(row) + 1) for i, name in enumerate(row)}
    return found


def threaded(graph: Graph) -> Graph:
    """The graph with a point in every row that an arrow passes, so that it passes beside boxes."""
    level = {name: y for y, row in enumerate(rows(graph)) for name in row}
    found: Graph = {name: set() for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            last = needed
            for y in range(level[needed] + 1, level[name]):
                point = f"{needed}{POINT}{name}{POINT}{y}"
                found[point] = {last}
                last = point
            found[name].add(last)
    return found


def svg(graph: Graph) -> str:
    """The picture, with a title for screen readers; as wide as its widest row."""
    links = threaded(graph)
    order = rows(links)
    size = {n: 4 if POINT in n else LETTER * len(n) + 22 for row in order for n in row}
    width = max(sum(size[n] + GAP for n in row) + GAP for row in order) + 2 * MARGIN
    place = {}
    for y, row in enumerate(order):
        free = (width - 2 * MARGIN - sum(size[n] for n in row)) / (len(row) + 1)
        left = MARGIN
        for name in row:
            left += free
            place[name] = (left + size[name] / 2, MARGIN + y * ROW)
            left += size[name]
    height = MARGIN * 2 + ROW * (len(order) - 1) + BOX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">',
        "<title>Stages of the workflow, from base images to results</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8"/></marker></defs>',
        f'<rect class="ground" width="{width:.0f}" height="{height}"/>',
    ]
    for name in sorted(graph):
        for last in sorted(links[name]):
            parts.append(_arrow(links, place, last, name))
    for name in sorted(graph, key=place.get):
        x, y = place[name]
        parts.append(
            f'<rect x="{x - size[name] / 2:.0f}" y="{y}" width="{size[name]:.0f}" height="{BOX}"'
            f' rx="6"/><text x="{x:.0f}" y="{y + 19.5}">{escape(name.replace("_", " "))}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _arrow(links: Graph, place: dict, last: str, name: str) -> str:
    """From the box that is needed, through its points, to the box that needs it."""
    chain = [name, last]
    while POINT in chain[-1]:
        chain += links[chain[-1]]
    chain.reverse()
    x, y = place[chain[0]]
    line = f"M{x:.0f} {y + BOX}"
    for after in chain[1:]:
        bend = (ROW - BOX) * 0.55
        (to, down), start = place[after], y + BOX
        line += f"C{x:.0f} {start + bend:.0f} {to:.0f} {down - bend:.0f} {to:.0f} {down}"
        line += f"V{down + BOX}" if POINT in after else ""
        x, y = to, down
    ends = f'data-from="{escape(chain[0])}" data-to="{escape(name)}"'
    return f'<path {ends} marker-end="url(#head)" d="{line}"/>'


def _ancestors(graph: Graph, name: str) -> set[str]:
    found: set[str] = set()
    for needed in graph[name]:
        found |= {needed, *_ancestors(graph, needed)}
    return found


def _needs(graph: Graph, name: str) -> set[str]:
    return graph[name]


def _users(graph: Graph, name: str) -> set[str]:
    return {user for user, needs in graph.items() if name in needs}


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


if __name__ == "__main__":
    from transforms2d.files.signed import atomic_path

    picture = svg(stages(read_dot(sys.stdin.read())))
    with atomic_path(Path(sys.argv[1])) as temporary:
        temporary.write_text(picture, encoding="utf-8")
