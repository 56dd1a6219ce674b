"""Tables 1 to 5: the right numbers in the right cells, in four formats that say what they are."""

import html.parser
import re

import pandas as pd
import pytest
import yaml
from support.tidy_tables import tidy_tables

from invariance.analysis.sensitivity_relations import SETS, relations
from invariance.artefacts import ARTEFACTS, tables
from invariance.config.run_description import describe
from invariance.studies import load_studies
from invariance.tables import layout
from invariance.tables.numbers import numbers
from transforms2d.errors import UserError

CHANGES = ("rotate", "hue", "blur")
NAMES = tuple(name for name, one in ARTEFACTS.items() if one.module == "paper")


def value(row):
    """Sensitivities 0.1 (same), 0.4 + seed / 10 (other), 0.7 (none); accuracies from the seed."""
    if row["method"] != "sensitivity":
        return {"test_accuracy": 0.5, "pooled_macro_accuracy": 0.8}.get(
            row["quantity"], 0
        ) + 0.1 * row["seed"] * (row.get("data") == "CO_C")
    if row["study"] == "irrelevant_features":
        return {"background": 0.9, "object": 0.3}[row["change"]]
    if row["transformation"] in (row["change"], "none"):
        return 0.1 if row["transformation"] == row["change"] else 0.7
    return 0.4 + 0.1 * row["seed"] + 0.05 * (row["change"] == "blur")


@pytest.fixture
def small(config):
    for study in config["studies"].values():
        study["seeds"] = 2
    config["studies"]["invariance_transfer"]["transformations"] = list(CHANGES)
    for name in ("invariance_vs_factors", "invariance_mismatch", "influence", "contrastive"):
        config["studies"].pop(name)
    return config


@pytest.fixture
def description(small, repository):
    paper = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    return describe(small, paper)


@pytest.fixture
def results(small):
    return tidy_tables(small, value)


@pytest.fixture
def made(results):
    return {name: numbers(results[ARTEFACTS[name].study], name, "test") for name in NAMES}


def cell(table, block, row, column):
    found = table[(table.block == block) & (table.row == row) & (table.column == column)]
    return found.squeeze(axis=0)


def test_relations_part_models_by_the_transformation_scored(results):
    found = relations(results["invariance_transfer"])
    assert len(found) == 4 * 2 * 3 * 10 * 2 * 3
    mean = found.groupby(["relation", "seed"]).value.mean()
    assert mean["same"].tolist() == pytest.approx([0.1, 0.1])
    assert mean["none"].tolist() == pytest.approx([0.7, 0.7])
    assert mean["other"].tolist() == pytest.approx([0.4 + 0.05 / 3, 0.5 + 0.05 / 3])


def test_further_sets_are_not_in_the_tables(small, made):
    small["studies"]["invariance_transfer"]["further_sets"] = False
    without = tidy_tables(small, value)["invariance_transfer"]
    for name in NAMES[1:]:
        assert set(made[name].column) == {*SETS}
        pd.testing.assert_frame_equal(made[name], numbers(without, name, "test"))


def test_spreads_over_seeds_and_over_cells(made):
    found = cell(made["tab3"], "random", "other", "mild_ood")
    cells = pd.Series([0.4, 0.4, 0.45, 0.5, 0.5, 0.55])
    assert found["mean"] == pytest.approx(cells.mean())
    assert found.std_seeds == pytest.approx(0.1 / 2**0.5)
    assert found.std_cells == pytest.approx(cells.std())
    assert (found.n_seeds, found.n_cells) == (2, 6)


def test_table_1_has_accuracies_and_sensitivities(made):
    table = made["tab1"]
    assert len(table) == 4 * 6
    own = cell(table, "accuracy", "CO_C", "CO_O")
    assert (own["mean"], own.std_seeds) == (pytest.approx(0.55), pytest.approx(0.1 / 2**0.5))
    assert cell(table, "accuracy", "O_O", "C_C")["mean"] == pytest.approx(0.5)
    assert cell(table, "sensitivity", "C_C", "sens_C")["mean"] == pytest.approx(0.9)
    assert cell(table, "sensitivity", "C_C", "sens_O")["mean"] == pytest.approx(0.3)


def test_the_protocol_chooses_the_accuracy(results):
    table = numbers(results["irrelevant_features"], "tab1", "pooled_macro")
    assert cell(table, "accuracy", "O_O", "C_C")["mean"] == pytest.approx(0.8)


def test_sweeps_and_the_corner_are_not_in_table_1(results, made):
    rows = results["irrelevant_features"]
    changed = rows.assign(value=rows.value.where(rows.domain == "cifar10_random", 99.0))
    assert numbers(changed, "tab1", "test").equals(made["tab1"])


def test_rows_and_columns_stand_in_the_papers_order(made, description):
    text = layout.markdown("tab2", made["tab2"], description)
    lines = [line.split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert [line[1] for line in lines[2:]] == ["Same", "Other", "None"] * 2
    assert [line[0] for line in lines[2:]] == ["| Image"] * 3 + ["| Random"] * 3
    heads = ["In-distribution", "Mild OOD", "Strong OOD", "CIFAR-10", "CIFAR-100 |"]
    assert lines[0][2:] == heads


def test_the_lowest_of_each_block_is_bold(made, description):
    for name in NAMES[1:]:
        text = layout.markdown(name, made[name], description)
        rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
        assert [line.count("**") // 2 for line in rows] == [5, 0, 0] * 2
        assert layout.latex(name, made[name], description).count(r"\textbf{0.10 $\pm$ 0.00}") == 10
        page = layout.html(name, made[name], description)
        (bold,) = re.findall(r"([^{}]*)\{\s*font-weight: bold;", page.split("</style>")[1])
        cells = {tuple(map(int, cell)) for cell in re.findall(r"row(\d)_col(\d)", bold)}
        assert cells == {(row, column) for row in (0, 3) for column in range(5)}
    assert "**" not in layout.markdown("tab1", made["tab1"], description)


def test_the_switch_chooses_the_spread(made, description):
    other = made["tab2"].query("block == 'image' and row == 'other'").iloc[0]
    for switch, column in (("seeds", "std_seeds"), ("cells", "std_cells")):
        text = layout.markdown("tab2", made["tab2"], {**description, "table_spread": switch})
        assert f"| Image | Other | {other['mean']:.2f} ± {other[column]:.2f} |" in text
    assert "all 6 cells of seed and transformation, 2 seeds" in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spread", ["seeds", "cells"])
def test_one_seed_has_no_deviation_over_seeds(results, description, name, spread):
    rows = results[ARTEFACTS[name].study]
    table = numbers(rows[rows.seed == 0], name, "test")
    assert table.std_seeds.isna().all() and table.n_seeds.eq(1).all()
    over_cells = spread == "cells" and name != "tab1"
    for form in (layout.markdown, layout.latex, layout.html):
        text = form(name, table, {**description, "table_spread": spread})
        assert ("±" in text or r"\pm" in text) == over_cells
        assert ("standard deviation over all 3 cells" in text) == over_cells
        assert ("One seed, which has no standard deviation" in text) == (not over_cells)
        assert "nan" not in text.lower() and "1 seed" not in text
    assert (
        "| Image | None | 0.70 |" in layout.markdown("tab2", table, description) or name != "tab2"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_the_key_of_its_words(name, made, description):
    words = ("C+O: ", "O: ") if name == "tab1" else ("OOD, out of", "Same: ", "Other: ", "None: ")
    for form in (layout.markdown, layout.latex, layout.html):
        assert all(word in form(name, made[name], description) for word in words)


@pytest.mark.parametrize("name", NAMES)
def test_the_caption_of_latex_says_seeds_scale_and_protocol(name, made, description):
    switches = {"transform_sets": "one_per_category"}
    said = {**description, "switches": switches, "run": "a_folder of 50 % & #1 ~ ^ {x} \\ $"}
    text = layout.latex(name, made[name], said)
    caption = re.search(r"\\caption\{(.*)\}\n", text)[1]
    for part in ("2 seeds", "reduced scale", r"with transform\_sets=one\_per\_category"):
        assert part in caption
    run = r"a\_folder of 50 \% \& \#1 \textasciitilde{} \textasciicircum{} \{x\} "
    assert run + r"\textbackslash{} \$" in caption


@pytest.mark.parametrize("name", NAMES)
def test_latex_is_balanced(name, made, description):
    text = layout.latex(name, made[name], description)
    assert text.count("{") == text.count("}")
    begins = re.findall(r"\\begin\{(\w+)\}", text)
    assert begins[::-1] == re.findall(r"\\end\{(\w+)\}", text) == ["tabular", "table"]
    for rule in ("toprule", "bottomrule"):
        assert text.count(f"\\{rule}") == 1
    assert text.count(r"\midrule") == (1 if name == "tab1" else 2)
    columns = len(re.search(r"\\begin\{tabular\}\{(l+)\}", text)[1])
    for line in text.splitlines():
        if line.endswith(r"\\"):
            wide = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d)", line))
            assert line.count("&") + 1 + wide == columns, line
    assert not re.search(r"(?<!\\)[_#%]", text)


class Texts(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert "src" not in {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_html_is_one_page_with_an_escaped_caption(made, description):
    parser = Texts()
    parser.feed(layout.html("tab2", made["tab2"], {**description, "run": "<script>x</script>"}))
    assert parser.tags.count("script") == 1 and "<script>x</script>" in parser.text
    assert parser.tags.count("tr") == 2 + 6 and parser.tags.count("td") == 6 * 5


@pytest.mark.parametrize("name", NAMES)
def test_every_format_says_preset_seeds_and_scale(name, made, description):
    for form in (layout.markdown, layout.latex, layout.html):
        text = form(name, made[name], description)
        for part in ("2 seeds", "protocol paper", "reduced scale", "results"):
            assert part in text


def test_no_results_is_an_error_with_the_table(results):
    with pytest.raises(UserError, match="tab4: no results"):
        rows = results["invariance_transfer"]
        numbers(rows[rows.architecture == "vit"], "tab4", "test")


def test_tables_follow_the_configured_studies(small):
    assert list(tables(load_studies(small))) == list(NAMES)
    small["studies"]["invariance_transfer"]["architectures"] = ["vit"]
    small["studies"]["irrelevant_features"]["domains"] = ["cifar10_corner"]
    assert list(tables(load_studies(small))) == ["tab5"]
