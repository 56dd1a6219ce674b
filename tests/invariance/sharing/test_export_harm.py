"""Names that are markup, links and formulas, in what is shared: they show as names."""

import copy
import csv
import io
import re

import pandas as pd
import pytest
import torch
import yaml
from huggingface_hub import DatasetCard
from support.small_images import small_base

from invariance.figures import style
from invariance.report.links import PAGES, Links
from invariance.report.template import render
from invariance.sharing.model_card import model_card
from transforms2d.spec import DatasetSpec
from transforms2d.storage.dataset_card import describe, literal
from transforms2d.storage.export import export_image_folder, export_parquet
from transforms2d.storage.shards import make_shard

HARM = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))"),
    *("![x](http://h/x.png)", "a | b | c", "`code` ``x``", "**bold** _it_ __b__ ~~no~~", "# title"),
    *("=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(1)", "- item", "1. item", "> quote", "$x^2$"),
    *("<javascript:alert(1)>", "<http://h/>", "&lt;b&gt; &#60;", "\\", "\\[a](b)", "{{ 7 * 7 }}"),
    *("[a]: javascript:alert(1)", "a]b[c", "***", "---", "```", "~~~", "|", "<!-- ", "<a b='"),
    *("{0.__class__}", "%s", "http://h/?a=1", "www.h.org", "a@h.org", "é ü 日本"),
]
BREAKS = ["a\n---\nlicense: mine", "a\r\n# b", "a\n\n|x|y|", "a\u2028b", "a\tb", "a\x1b[2Jb"]


def page(text: str) -> str:
    """The HTML of a text in Markdown, as the hubs that show cards make it; unsafe on purpose."""
    markdown_it = pytest.importorskip("markdown_it")
    reader = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table")
    return reader.enable("strikethrough").render(text)


def seen(html: str) -> list[str]:
    """The texts of every element of a page."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.texts, self.tags = [], set()

        def handle_starttag(self, tag, attributes):
            self.tags.add(tag)

        def handle_data(self, data):
            self.texts.append(data)

        def handle_comment(self, data):
            self.tags.add("comment")

    reader = Reader()
    reader.feed(html)
    return reader.tags, "".join(reader.texts)


@pytest.mark.parametrize("name", HARM + BREAKS)
def test_a_name_shows_as_it_is(name):
    """In a sentence, as a title, and in a cell of a table."""
    shown = " ".join(name.replace("\x1b", " ").split())
    tags, text = seen(page(f"Classes ({literal(name)}), all."))
    assert tags == {"p"}
    assert text.strip() == f"Classes ({shown}), all."
    tags, text = seen(page(f"| a | b |\n|---|---|\n| {literal(name)} | c |\n"))
    assert tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert text.split("\n\n")[-1].split() == [*shown.split(), "c"] or shown in text


def shard(names, latents=()):
    made = copy.deepcopy(
        make_shard(DatasetSpec("train", 6, 3, classes=tuple(range(5))), small_base())
    )
    made.class_names[:] = names
    made.labels[:] = torch.arange(6) % 5  # every class has an image
    made.latents.update(dict.fromkeys(latents, torch.zeros(6)))
    return made


@pytest.mark.parametrize("export", [export_image_folder, export_parquet])
@pytest.mark.parametrize("start", range(0, len(HARM + BREAKS) - 4, 5))
def test_exported_cards(tmp_path, export, start):
    names = (HARM + BREAKS)[start : start + 5]
    out = tmp_path / "out"
    export(out, [shard(names)], name=f"{names[0]}\n---\nx: y", license=f"{names[1]}\n---\n")
    text = (out / "README.md").read_text(encoding="utf-8")
    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    front = yaml.safe_load(front)
    assert set(front) == {
        *("pretty_name", "license", "task_categories", "size_categories", "tags", "configs"),
    }
    assert DatasetCard.load(out / "README.md").data.pretty_name == front["pretty_name"]
    tags, shown = seen(page(body))
    assert tags <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
                    "ul", "li", "em"}  # fmt: skip
    for name in names:
        assert " ".join(name.replace("\x1b", " ").split()) in " ".join(shown.split())
    if export is export_image_folder:
        with (out / "train" / "metadata.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row)


def test_columns_of_a_stranger_s_shard(tmp_path):
    export_parquet(
        tmp_path / "out",
        [shard([f"n{k}" for k in range(5)], ["<b>|`x`", "=a"])],
        name="x",
        license="x",
    )
    body = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
    tags, shown = seen(page(body))
    assert "b" not in tags
    assert "<b>|`x`" in shown


@pytest.mark.parametrize("start", range(0, len(HARM) - 4, 5))
def test_the_card_of_a_model(start):
    names = HARM[start : start + 5]
    spec = DatasetSpec("train", 6, 3, classes=tuple(range(5)))
    cell = dict.fromkeys(("study", "domain", "model", "transforms", "architecture"), names[0])
    counts = {"correct": [1] * 5, "total": [2] * 5}
    record = {
        "cell": {**cell, "seed": 3},
        "details": {"settings": {}, "parameters": 1, "kept_epoch": 1, "epochs_run": 1},
        "evaluations": [{"counts": dict.fromkeys(("train", "val", "test"), counts)}],
        "provenance": {"versions": {"torch": names[1]}, "device": names[2]},
    }
    card = model_card(record, spec, names, 8)
    front, body = card.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(front)["license"] == "apache-2.0"
    tags, shown = seen(page(body))
    assert not tags & {"script", "img", "b", "strong", "del", "comment", "blockquote", "ol"}
    assert not [link for link in re.findall('href="([^"]*)"', page(body)) if "arxiv" not in link]
    for name in names:
        assert " ".join(name.split()) in " ".join(shown.split())


def test_usual_names_are_left_as_they_are():
    for name in ("thing 4", "resnet-18", "invariance_vs_factors", "t-shirt (red)", "Straße, 2.5"):
        assert literal(name) == name
    spec = DatasetSpec("train", 6, 3, classes=(0, 1))
    assert "2 classes (a_b, c-d)" in describe(spec, ["a_b", "c-d"])


# -- tables that a spreadsheet opens --------------------------------------------------------------


def test_no_table_of_a_figure_begins_a_formula(tmp_path):
    import matplotlib.pyplot as plt

    names = [*HARM, "\tx", "\r=1", "-", "-5", "-x", "plain"]
    table = pd.DataFrame({"class": names, "value": [-1.5] * len(names)})
    table["mixed"] = [-1, "=1", None] * (len(names) // 3) + [0] * (len(names) % 3)
    style.save(plt.figure(), [tmp_path / "t.csv"], table.convert_dtypes())
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, name in zip(rows, names, strict=True):
        begins = name.startswith(("=", "+", "@", "\t", "\r")) or name in ("-2+3", "- item", "-x")
        begins |= name == "---"
        assert row["class"] == ("'" + name if begins else name).replace("\r", " ")
        assert row["value"] == "-1.5"
        assert row["mixed"] in ("-1", "'=1", "", "0")


def test_tables_without_formulas_are_written_as_they_were():
    table = pd.DataFrame({"a": ["x", "-5", "-0.5"], "b": [-1, 2, 3], "c": [True, None, False]})
    before, after = io.StringIO(), io.StringIO()
    table.to_csv(before)
    style.plain_cells(table).to_csv(after)
    assert before.getvalue() == after.getvalue()


@pytest.mark.parametrize("name", HARM)
def test_pages_escape_every_text(name):
    links = Links(PAGES["Figures"], ())
    plain, _ = seen(render("figures.html", links=links, run="plain", figures=[]))
    tags, shown = seen(render("figures.html", links=links, run=name, figures=[]))
    assert tags == plain and not tags & {"img", "b", "comment"}
    assert f"Figures of {name}" in shown
