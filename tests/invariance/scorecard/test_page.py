"""The scorecard's files: they say what the run is, escape what they show, and need nothing else."""

import html.parser
import re

import pandas as pd
import pytest
import yaml
from support.project import one_seed
from support.tidy_tables import tidy_tables

from invariance.config.run_description import describe
from invariance.provenance import notes
from invariance.provenance.source_digests import artefact_digests
from invariance.records.made_with import made_with
from invariance.records.results import write_results
from invariance.report.links import anchor
from invariance.report.scorecard_page import MARKS, interval, page, summary, write
from invariance.scorecard.card import scorecard
from invariance.scorecard.comparisons import comparisons
from invariance.studies import load_studies

FILES = ("scorecard.csv", "claims.csv", "conditions.csv", "scorecard.html", "summary.txt")
SHOWN = ("fig4", "fig14", "tab1")
SEEDS = 3
FURTHER = 8 + 7  # claims of studies without published values, five on a line


def value(row):
    """The target's transformations help, later seeds are better, own twins are closest."""
    if row["quantity"] == "l2":
        return 0.2 if row.get("transformation") == row["change"] else 0.4 + 0.01 * row["seed"]
    return (0.9 if row.get("transforms") == "same" else 0.75) + 0.01 * row["seed"]


@pytest.fixture(scope="module")
def run(repository):
    """Makes the scorecard of a run: values, claims, conditions and what it says of itself."""

    def load(name):
        return yaml.safe_load((repository / "config" / name).read_text(encoding="utf-8"))

    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)

    def made(reduced, studies=("irrelevant_features", "invariance_transfer"), seeds=SEEDS):
        config, paper = load("config.yaml"), load("paper_scale.yaml")
        config["studies"] = {name: config["studies"][name] for name in studies}
        for study in config["studies"].values():
            study["seeds"] = seeds
        config["results"] = "results/tried"
        # As if the paper had as many seeds.
        paper |= {f"studies.{name}.seeds": seeds + reduced for name in studies}
        description = describe(config, paper)
        tables = tidy_tables(config, value)
        return *scorecard(published, tables, load_studies(config), description), description

    return made


@pytest.fixture(scope="module")
def reduced(run):
    return run(True)


class Page(html.parser.HTMLParser):
    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not {"src", "onclick"} & {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data


def test_a_reduced_run_is_called_that_and_has_no_match(reduced):
    values, claims, conditions, description = reduced
    assert not {"match", "mismatch"} & set(values.verdict)
    assert "same direction" in set(values.verdict)
    parsed = Page(page(values, claims, conditions, description, SHOWN))
    assert "no value below is called a match" in parsed.text
    assert "studies.invariance_transfer.seeds 3, not 4" in parsed.text
    text = summary(values, claims, description)
    assert "reduced scale, not the paper's (2 settings differ); no value is called a match" in text
    assert not re.search(r"\d match", text)


def test_a_run_at_the_papers_scale_is_not_called_reduced(run):
    values, claims, conditions, description = run(False)
    text = page(values, claims, conditions, description, SHOWN)
    assert "the paper's scale" in Page(text).text and "no value below" not in text
    assert "mismatch" in set(values.verdict)


def test_every_file_says_protocol_seeds_and_scale(reduced, tmp_path):
    write([tmp_path / name for name in FILES], *reduced, SHOWN)
    for name in ("scorecard.csv", "claims.csv"):
        table = pd.read_csv(tmp_path / name)
        ran = table[table.verdict != "not run"]
        assert set(ran.protocol) == {"paper"} and set(ran.scale) == {"reduced"}
        assert set(ran["n" if name == "scorecard.csv" else "seeds"]) == {SEEDS}
        assert set(table.run) == {"results/tried"}
    for name in ("scorecard.html", "summary.txt"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        for part in ("results/tried", "protocol paper", f"{SEEDS} seeds", "reduced scale"):
            assert part in text
    assert len(pd.read_csv(tmp_path / "scorecard.csv")) == 1181
    assert len(pd.read_csv(tmp_path / "claims.csv")) == 26 + FURTHER


def test_files_are_the_same_each_time(run, reduced, tmp_path):
    for folder, found in (("a", reduced), ("b", run(True))):
        write([tmp_path / folder / name for name in FILES], *found, SHOWN)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_text_is_escaped_and_tags_are_closed(reduced):
    values, claims, conditions, description = reduced
    evil = '<script>alert("x")</script>'
    description = {**description, "run": evil, "differences": [evil]}
    values = values.assign(series=evil)
    claims = claims.assign(says=evil, effect_of=evil)
    conditions = conditions.assign(condition=evil)
    parsed = Page(page(values, claims, conditions, description, SHOWN))
    assert parsed.tags.count("script") == 1 and evil in parsed.text
    assert set(parsed.open) <= {"html"}


@pytest.mark.parametrize("seeds", [2, 4, 5])
def test_a_page_of_few_seeds_says_that_it_gives_no_verdict(run, seeds):
    values, claims, conditions, description = run(True, ("irrelevant_features",), seeds)
    text = Page(page(values, claims, conditions, description, SHOWN)).text
    assert ("Below 5 seeds no verdict on a claim is given, below 3 no interval." in text) == (
        seeds < 5
    )
    decided = {"holds", "fails"} & set(claims.verdict) or {"holds", "fails"} & set(
        conditions.verdict
    )
    assert bool(decided) == (seeds >= 5)
    assert conditions.low.isna().all() == (seeds < 3)


def test_a_number_is_shown_as_precisely_as_its_interval_is_narrow():
    assert interval(0.51234, 0.49234, 0.53234) == "0.512 [0.492, 0.532]"
    assert interval(0.51234, 0.31234, 0.71234) == "0.51 [0.31, 0.71]"
    assert interval(0.51234, 0.51134, 0.51334) == "0.5123 [0.5113, 0.5133]"
    assert interval(0.51234, float("nan"), float("nan")) == "0.512"


def test_verdicts_are_words_and_signs_beside_colours(reduced):
    values, claims, conditions, description = reduced
    text = Page(page(values, claims, conditions, description, SHOWN)).text
    for verdict in set(values.verdict) | set(claims.verdict):
        assert f"{MARKS[verdict]} {verdict}" in text
    assert len({MARKS[name] for name in ("holds", "fails", "undecided", "not run")}) == 4


def test_the_page_shows_each_claim_and_value_once(reduced):
    values, claims, conditions, description = reduced
    text = page(values, claims, conditions, description, SHOWN)
    assert text.count('data-name="Published"') == len(values) == 1181
    assert text.count('data-name="Claim"') == len(claims) == 26 + FURTHER
    assert Page(text).text.count("not run") >= (values.verdict == "not run").sum()


def test_verdicts_are_counted_by_comparison_and_values_are_counted_beside(reduced):
    values, claims, conditions, description = reduced
    judged = comparisons(values)
    assert judged["values"].sum() == len(values) == 1181 and len(judged) < 500
    text = Page(page(values, claims, conditions, description, SHOWN)).text
    counted = f"{len(judged)} comparisons of 1,181 published values"
    assert counted in text and counted in summary(values, claims, description)
    same = (judged.verdict == "same direction").sum()
    assert f"{same} ↑ same direction" in summary(values, claims, description)
    assert same < (values.verdict == "same direction").sum()


def test_claims_on_pooled_accuracy_say_so_and_all_are_warned_of_it(run):
    values, claims, conditions, description = run(True, ("irrelevant_features",))
    text = Page(page(values, claims, conditions, description, SHOWN)).text
    assert text.count("(pooled accuracy)") == (claims.accuracy == "pooled_macro").sum() > 0
    assert "mostly training accuracy" in text
    assert set(claims.accuracy) == {"test", "pooled_macro", "own task", ""}


def test_the_page_links_to_the_figures_and_tables_that_there_are(reduced):
    values, claims, conditions, description = reduced
    text = page(values, claims, conditions, description, SHOWN)
    shown = set(re.findall(r'data-shows="((?:figures/fig|tables/)[^"]*)"', text))
    assert shown == {"figures/fig4.png", "figures/fig14.png", "tables/tab1.html"}
    assert "Figure 4</a>" in text and "Figure 18</span>" in text
    for name in claims.claim:
        assert text.count(f'<tr id="{anchor(name)}">') == 1


def test_summary_fits_one_screen_and_names_each_claim(run, reduced):
    for values, claims, _, description in (reduced, run(True, ("invariance_mismatch",), seeds=1)):
        lines = summary(values, claims, description).splitlines()
        assert sum(len(re.findall(r" [CI]\d ", line)) for line in lines[-3:]) == FURTHER
        assert len(lines) <= 25 and max(map(len, lines)) <= 80
        for name in claims.claim:
            assert sum(f" {name} " in f"{line} " for line in lines) == 1, name


def test_one_study_and_one_seed_will_do(run):
    values, claims, conditions, description = run(True, ("invariance_mismatch",), seeds=1)
    assert set(claims[claims.verdict != "not run"].claim) == {"F4", "F18"}
    assert set(claims.verdict) == {"undecided", "not run"}
    parsed = Page(page(values, claims, conditions, description, SHOWN))
    assert "1 seed;" in parsed.text and "nan" not in parsed.text


def test_workflow_makes_tables_and_scorecard_from_tables_of_studies(project, config):
    """From tidy tables alone: nothing is trained, and a second run has nothing to do."""
    for name, changes in one_seed().items():
        config["studies"][name] |= changes
    path = project.overlay({"results": "results/tried", "studies": one_seed()})
    for name, table in tidy_tables(config, value).items():
        folder = project.folder / "results/tried" / name
        folder.mkdir(parents=True)
        write_results(folder / "results.csv", table)
        of = {"of": artefact_digests(name, config, load_studies(config))}
        made = [folder / "results.csv", folder / "results.csv.sha256"]
        notes.write(folder.parent, made, of, provenance=made_with([]))
    command = ("tab1", "tab5", "scorecard", "--configfile", path, "--cores", "1")
    command += ("--allowed-rules", "tab1", "tab5", "write_table", "scorecard")
    done = project.run(*command)
    assert done.returncode == 0, done.stdout
    folder = project.folder / "results/tried"
    assert {file.suffix for file in folder.glob("tables/tab5.*")} == {
        ".csv",
        ".md",
        ".tex",
        ".html",
    }
    assert {file.name for file in (folder / "scorecard").iterdir()} == set(FILES)
    summary = (folder / "scorecard/summary.txt").read_text(encoding="utf-8")
    assert "1 seed" in summary and "reduced scale" in summary
    again = project.run(*command)
    assert "Nothing to be done" in again.stdout
