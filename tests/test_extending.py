"""What docs/extending.md says is done to a copy of the project, and the result is run."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from test_end_to_end import TINY

from invariance.records.results import read_record

BLOCK = re.compile(
    r"```\w+\n# (\S+): (at the end|new|instead of|after|before)(?: ([^\n]*))?\n(.*?)```", re.DOTALL
)


def extend(folder: Path, page: str) -> None:
    """Make every edit that the page names."""
    blocks = BLOCK.findall(page)
    assert len(blocks) == page.count("```") // 2, "a block does not say where it belongs"
    for name, how, line, text in blocks:
        path = folder / name
        if how == "new":
            assert not path.exists()
            path.write_text(text, encoding="utf-8")
            continue
        before = path.read_text(encoding="utf-8")
        if how == "at the end":
            path.write_text(before + text, encoding="utf-8")
            continue
        assert before.count(f"{line}\n") == 1 or how == "instead of", f"{name}: not one {line!r}"
        assert line in before, f"{name}: no {line!r}"
        after = {"after": f"{line}\n{text}", "before": f"{text}{line}\n"}
        changed = (
            before.replace(line, text.rstrip("\n"))
            if how == "instead of"
            else before.replace(f"{line}\n", after[how])
        )
        path.write_text(changed, encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory, repository):
    from conftest import Project

    folder = tmp_path_factory.mktemp("extended") / "project"
    folder.mkdir()
    project = Project(folder)
    extend(folder, (repository / "docs/extending.md").read_text(encoding="utf-8"))
    return project


def run(project, *arguments, **studies):
    """Run with the tiny configuration, the given settings of studies over it."""
    config = yaml.safe_load(yaml.safe_dump(TINY))
    for name, settings in studies.items():
        config["studies"].setdefault(name, {}).update(settings)
    done = project.run(*arguments, "--cores", "2", "--configfile", project.overlay(config))
    assert done.returncode == 0, done.stdout


def test_a_new_transformation_is_drawn_and_scored(extended):
    command = [sys.executable, "-m", "transforms2d", "sheet", "--transform", "solarize"]
    done = subprocess.run(
        [*command, "--out", "sheet.png"],
        cwd=extended.folder,
        env={**extended.environment(), "PYTHONPATH": "workflow/lib"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = yaml.safe_load((extended.folder / "config/solarize.yaml").read_text())
    chosen = names["studies"]["invariance_transfer"]
    record = "invariance_transfer/t2d/seed0/sensitivity/image/solarize/resnet-18/record.json"
    run(extended, f"results/tiny/{record}", invariance_transfer=chosen)
    text = (extended.folder / "results/tiny" / record).read_text()
    assert '"change": "solarize"' in text


def test_figure_4_has_one_more_transformation(extended):
    larger = yaml.safe_load((extended.folder / "config/larger_sets.yaml").read_text())
    (study,) = larger["studies"].values()
    assert study["sizes"][-1] == 9
    run(extended, "fig4", invariance_mismatch={"sizes": study["sizes"][-2:]})
    folder = extended.folder / "results/tiny"
    assert pd.read_csv(folder / "figures/fig4.csv").pretraining.unique().tolist() == [8, 9]
    path = folder / "invariance_mismatch/t2d/seed0/pretrain/nested9/resnet-18/record.json"
    specs = read_record(path)["stages"]["dataset"]["settings"]["nested9"]
    assert specs["train"]["transforms"][-1] == "solarize"


def test_a_new_architecture_is_trained(extended):
    weights = (
        "invariance_vs_factors/t2d/seed0/pretrain/same/disjoint/n100/convnet/model.safetensors"
    )
    factors = {**TINY["studies"]["invariance_vs_factors"]["factors"], "architecture": ["convnet"]}
    run(extended, f"results/tiny/{weights}", invariance_vs_factors={"factors": factors})
    assert (extended.folder / "results/tiny" / weights).stat().st_size


def test_a_new_study_gives_its_table(extended):
    partial = yaml.safe_load((extended.folder / "config/partial.yaml").read_text())
    tiny = {"seeds": 1, "classes": 4, "samples": {"train": 60, "val": 20, "test": 20}}
    settings = {**partial["studies"]["partial_invariance"], **tiny}
    run(extended, "partial_invariance", partial_invariance=settings)
    table = pd.read_csv(extended.folder / "results/tiny/partial_invariance/results.csv")
    assert sorted(table.share.unique()) == [0.0, 0.5, 1.0]
    assert set(table.method) == {"pretraining", "linear_probe"}
