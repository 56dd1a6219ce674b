"""Results of several versions, devices or commits in one table are told wherever it is shown."""

import os
import subprocess

import pandas as pd
import pytest
import yaml

from invariance.artefacts import figures
from invariance.config.run_description import describe
from invariance.figures import captions
from invariance.jobs import version
from invariance.provenance import notes
from invariance.records.cost import TOTAL, ledger
from invariance.records.made_with import made_with, sentence
from invariance.records.results import write_record
from invariance.report.figures import caption
from invariance.report.ledger import ledger_page
from invariance.report.overview import overview
from invariance.studies import load_studies
from invariance.tables.paper import caption as table_caption

NAME = "invariance_mismatch"
COMMITS = ("1" * 40, "2" * 40)


def provenance(torch="2.14.1", device="cpu (x86_64)", commit=COMMITS[0], clean=True, **more):
    took = {"wall_seconds": 1.0, "peak_memory_mb": 1, "peak_gpu_memory_mb": 0}
    workflow = {"commit": commit, "clean": clean}
    return {**took, "device": device, "versions": {"torch": torch}, "workflow": workflow, **more}


DIFFERENT = {
    "torch": (provenance(torch="2.11.0"), "by torch 2.11.0 and 2.14.1"),
    "device": (provenance(device="NVIDIA H100"), "on NVIDIA H100 and cpu (x86_64)"),
    "commit": (provenance(commit=COMMITS[1]), "at commits 1111111111 and 2222222222"),
    "clean": (provenance(clean=False), "at commits 1111111111 and 1111111111+changes"),
    "features": (provenance(features=provenance(torch="2.9.0")), "by torch 2.14.1 and 2.9.0"),
}


@pytest.mark.parametrize(("other", "words"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_one_sentence(other, words):
    said = sentence(made_with([{"provenance": provenance()}, {"provenance": other}]))
    assert words in said and said.endswith(".") and said.count(". ") == 0
    if "features" not in other:  # which were made by another version than their probe
        assert sentence(made_with([{"provenance": other}] * 3)) == ""


def test_alike_or_unknown_is_nothing():
    assert sentence(made_with([{"provenance": provenance()}] * 2)) == ""
    unknown = {"workflow": {"commit": None, "clean": None}}
    assert sentence(made_with([{}, {"provenance": unknown}, {"provenance": None}])) == ""
    assert sentence(None) == ""


def recorded(folder, *said):
    paths = []
    for number, one in enumerate(said):
        paths.append(folder / f"{number}.json")
        cell = {"study": NAME, "domain": "t2d", "seed": number, "model": "m", "architecture": "vit"}
        write_record(paths[-1], method="pretraining", cell=cell, evaluations=[], provenance=one)
    return paths


def test_ledger_and_overview_tell_of_it(tmp_path, repository, config):
    config["studies"] = {NAME: config["studies"][NAME]}
    studies = load_studies(config)
    scale = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    description = describe(config, scale)
    names = ["claim", "artefact", "says", "effect_of", "effect", "low", "high"]
    claims = pd.DataFrame(columns=[*names, "conditions", "met", "verdict"])
    values = pd.DataFrame(columns=["comparison", "artefact", "study", "verdict"])
    for other, told in ((provenance(torch="2.11.0"), True), (provenance(), False)):
        table = ledger(recorded(tmp_path, provenance(), other), [])
        row = table[table.name == TOTAL].iloc[0]
        assert row.torch == ("2.11.0, 2.14.1" if told else "2.14.1")
        assert row.commits == "1111111111" and row.devices == "cpu (x86_64)"
        assert row.torch in ledger_page(table, description["run"], ())
        texts = overview(values, claims, table, studies, description)
        for text in (" ".join(text.split()) for text in texts.values()):
            words = "not all made in the same way: by torch 2.11.0 and 2.14.1."
            assert (words in text) == told, text
            assert text.count("not all made in the same way") == told


def test_captions_tell_of_it(repository, config):
    said = sentence(
        made_with([{"provenance": provenance()}, {"provenance": DIFFERENT["torch"][0]}])
    )
    scale = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    description, studies = describe(config, scale), load_studies(config)
    for name, figure in figures(studies).items():
        told = captions.caption_parameters(figure, studies[figure.study], description)
        path = repository / f"workflow/report/{figure.caption}.rst"
        text = caption(path, name, told, {**config, "made_with": {name: said, "other": "no"}})
        assert "not all made in the same way: by torch 2.11.0 and 2.14.1." in " ".join(text.split())
        assert "system-message" not in text
        assert "alike" not in caption(path, name, told, config)
    numbers = pd.DataFrame({"n_seeds": [2], "n_cells": [2], "std_seeds": [0.1]})
    assert said in table_caption("tab2", numbers, {**description, "made_with": said})
    assert "alike" not in table_caption("tab2", numbers, description)


def test_a_note_tells_it_and_what_has_none_tells_nothing(tmp_path):
    table = tmp_path / NAME / "results.csv"
    table.parent.mkdir()
    assert notes.made_with(tmp_path, table) == ""
    table.write_text("a\n1\n")
    both = made_with([{"provenance": provenance()}, {"provenance": DIFFERENT["device"][0]}])
    notes.write(tmp_path, [table], {"of": {}}, provenance=both)
    assert "on NVIDIA H100 and cpu (x86_64)" in notes.made_with(tmp_path, table)


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "fork"
    (folder / "workflow").mkdir(parents=True)
    for name in ("Snakefile", "workflow/a.py", "README.md"):
        (folder / name).write_text(name)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "a")
    return folder


def test_code_that_was_changed_or_added_is_not_clean(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert version.find(checkout) == {"commit": head, "clean": True}
    (checkout / "README.md").write_text("more words")
    (checkout / "results").mkdir()
    (checkout / "results/a").touch()
    assert version.find(checkout)["clean"] is True
    (checkout / "workflow/mine.py").touch()
    assert version.find(checkout) == {"commit": head, "clean": False}
    (checkout / "workflow/mine.py").unlink()
    (checkout / "Snakefile").write_text("changed")
    assert version.find(checkout)["clean"] is False


def test_without_git_or_in_another_repository_it_is_unknown(checkout, tmp_path, monkeypatch):
    inner = checkout / "copy"
    (inner / "workflow").mkdir(parents=True)
    assert version.find(inner) == version.UNKNOWN
    assert version.find(tmp_path / "nowhere") == version.UNKNOWN
    # A hook of another repository sets these.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert version.find(checkout)["clean"] is True
    monkeypatch.setenv("PATH", "")
    assert version.find(checkout) == version.UNKNOWN


def test_jobs_are_told_and_what_was_not_told_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv(version.VARIABLE, "something from outside")
    assert version.from_environment(os.environ) == version.UNKNOWN
    version.to_environment(checkout)
    assert version.from_environment(os.environ) == version.find(checkout)
    assert (
        version.from_environment({})
        == version.from_environment({version.VARIABLE: "[]"})
        == version.UNKNOWN
    )
