"""The picture of the stages agrees with the rules and can be read."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from small_run import new_project

from invariance.rulegraph import BOX, LEFT_OUT, MERGED, POINT, read_dot, rows, stages, svg, threaded

PICTURE = "docs/images/rulegraph.svg"
DIAMOND = {"all": {"d"}, "a": set(), "b": {"a"}, "c": {"a"}, "d": {"a", "b", "c"}}
SVG = "{http://www.w3.org/2000/svg}"


def boxes(picture: str) -> dict[str, tuple]:
    """Edges of every box, left, top, right, bottom, by its text."""
    root = ElementTree.fromstring(picture)
    rects = [r for r in root.findall(f"{SVG}rect") if "class" not in r.attrib]
    found = {}
    for rect, text in zip(rects, root.findall(f"{SVG}text"), strict=True):
        left, top, width = (float(rect.attrib[key]) for key in ("x", "y", "width"))
        found[text.text] = (left, top, left + width, top + BOX)
    return found


def arrows(picture: str) -> set[tuple[str, str]]:
    return set(re.findall(r'data-from="([^"]*)" data-to="([^"]*)"', picture))


def drawn(graph) -> set[tuple[str, str]]:
    return {(needed, name) for name, needs in graph.items() for needed in needs}


@pytest.mark.parametrize("overlay", ["config/demo.yaml", None], ids=["demo", "paper"])
def test_the_committed_picture_is_of_these_rules(project, repository, overlay):
    """``make docs`` draws it."""
    options = ["--configfile", overlay] if overlay else []
    asked = project.run("--rulegraph", "dot", "all", *options)
    assert asked.returncode == 0, asked.stdout
    graph = stages(read_dot(asked.stdout))
    picture = (repository / PICTURE).read_text(encoding="utf-8")
    assert arrows(picture) == drawn(graph)
    assert set(boxes(picture)) == {name.replace("_", " ") for name in graph}


def test_every_rule_is_in_one_box():
    rules = {"download": set(), "draw_factors": {"download"}, "draw_fig5": {"new"}, "new": set()}
    assert stages(rules) == {
        "download": set(),
        "figures": {"download", "new"},
        "new": set(),
    }
    assert not [name for name in LEFT_OUT if name.startswith(tuple(start for start, _ in MERGED))]


def test_arrows_that_follow_from_others_are_left_out():
    assert stages(DIAMOND) == {"a": set(), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}}


def test_what_is_needed_stands_above_and_arrows_pass_beside_boxes():
    graph = {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"a", "c"}, "e": set(), "f": {"e", "d"}}
    links = threaded(graph)
    level = {name: y for y, row in enumerate(rows(links)) for name in row}
    assert all(level[name] == level[needed] + 1 for needed, name in drawn(links))
    assert {name for name in links if POINT not in name} == set(graph)


def test_boxes_do_not_touch_and_lie_within_the_page(repository):
    for picture in (svg(stages(DIAMOND)), (repository / PICTURE).read_text(encoding="utf-8")):
        root = ElementTree.fromstring(picture)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        assert width < 800, "readable at a page's width"
        found = sorted(boxes(picture).values(), key=lambda box: (box[1], box[0]))
        for left, right in pairwise(found):
            assert left[1] < right[1] or left[2] + 8 < right[0]
        assert all(b[0] >= 0 and b[2] <= width and b[3] <= height for b in found)


def test_a_text_without_rules_is_refused():
    with pytest.raises(ValueError, match="no rule in the graph"):
        read_dot("digraph snakemake_dag {}")


def test_the_rule_draws_its_own_configuration(tmp_path):
    """Also where studies are left out, which the merged configuration has to say."""
    project = new_project(tmp_path)
    asked = project.run("rulegraph", "--cores", "1", "--configfile", "config/overlay.yaml")
    assert asked.returncode == 0, asked.stdout
    picture = (project.folder / "results/small/rulegraph.svg").read_text(encoding="utf-8")
    again = project.run("--rulegraph", "dot", "all", "--configfile", "config/overlay.yaml")
    graph = stages(read_dot(again.stdout))
    assert arrows(picture) == drawn(graph)
    assert "tables" not in graph or "tables" in boxes(picture)
