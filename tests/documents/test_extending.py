"""What docs/extending.md says is done to a copy of the project, and the result is run."""

import contextlib
import re
import zlib
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.project import Project, only
from support.tiny_config import TINY

from invariance.records.results import read_record

LARGEST = {"sizes": [8, 9]}  # sets of study 4: all transformations without the new one, and with it
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
    folder = tmp_path_factory.mktemp("extended") / "project"
    folder.mkdir()
    project = Project(folder)
    extend(folder, (repository / "docs/extending.md").read_text(encoding="utf-8"))
    return project


def run(project, *arguments, **studies):
    """Run with the tiny configuration, settings of studies over it; None leaves a study out."""
    config = yaml.safe_load(yaml.safe_dump(TINY))
    for name, settings in studies.items():
        before = config["studies"].get(name) or {}
        config["studies"][name] = None if settings is None else {**before, **settings}
    overlay = project.overlay(config)
    done = project.run(*arguments, "--cores", "2", "--configfile", overlay, timeout=800)
    assert done.returncode == 0, done.stdout


def test_a_new_transformation_is_drawn_and_scored(extended):
    sheet = ("-m", "transforms2d", "sheet", "--transform", "solarize", "--out", "sheet.png")
    done = extended.python(*sheet)
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
    assert study["sizes"][-2:] == LARGEST["sizes"]
    run(extended, "fig4", invariance_mismatch=LARGEST)
    folder = extended.folder / "results/tiny"
    assert pd.read_csv(folder / "figures/fig4.csv").pretraining.unique().tolist() == [8, 9]
    path = folder / "invariance_mismatch/t2d/seed0/pretrain/nested9/resnet-18/record.json"
    specs = read_record(path)["stages"]["dataset"]["settings"]["nested9"]
    assert specs["train"]["transforms"][-1] == "solarize"


def written(path: Path) -> list[str]:
    """The texts that a figure shows, from its PDF."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", path.read_bytes(), re.DOTALL)
    found = []
    for stream in streams:
        with contextlib.suppress(zlib.error):  # a picture or a font of another packing
            for shown in re.findall(rb"\[([^\[]*?)\]\s*TJ", zlib.decompress(stream), re.DOTALL):
                parts = re.findall(rb"\((.*?)(?<!\\)\)", shown, re.DOTALL)
                found.append(b"".join(parts).replace(b"\0", b"").decode("latin-1"))
    return found


def test_a_new_architecture_is_in_figures_beside_the_others(extended):
    asked = yaml.safe_load((extended.folder / "config/convnet.yaml").read_text())["studies"]
    architectures = asked["invariance_vs_factors"]["factors"]["architecture"]
    assert {"convnet", *asked["invariance_mismatch"]["architectures"]} <= set(architectures)
    factors = {"class_relationship": ["disjoint"], "architecture": ["resnet-18", "convnet"]}
    sizes = {**TINY["studies"]["invariance_vs_factors"]["sizes"]["t2d"], "target_samples": []}
    run(
        extended,
        "fig2",
        "fig18",
        invariance_vs_factors={"factors": factors, "sizes": {"t2d": sizes}},
        invariance_mismatch={"architectures": ["convnet"], "sizes": [1]},
    )
    folder = extended.folder / "results/tiny"
    for name, others in (("fig2", ["ResNet-18"]), ("fig18", [])):
        texts = written(folder / f"figures/{name}.pdf")
        assert {"ConvNet", *others} <= set(texts), texts
    table = pd.read_csv(folder / "figures/fig2.csv")
    shown = table[(table.value == "convnet") & (table.task == "transfer")]
    assert set(shown.transforms) == {"same", "different"} and shown.accuracy.between(0, 1).all()
    assert set(pd.read_csv(folder / "figures/fig18.csv").architecture) == {"convnet"}
    note = (folder / "made_from/figures/fig18.png.json").read_text(encoding="utf-8")
    assert '"networks": "ConvNet"' in note, "the parameters of its caption"


def test_a_new_study_gives_its_table(extended):
    partial = yaml.safe_load((extended.folder / "config/partial.yaml").read_text())
    tiny = {"seeds": 1, "classes": 4, "samples": {"train": 60, "val": 20, "test": 20}}
    settings = {**partial["studies"]["partial_invariance"], **tiny}
    run(extended, "partial_invariance", partial_invariance=settings)
    table = pd.read_csv(extended.folder / "results/tiny/partial_invariance/results.csv")
    assert sorted(table.share.unique()) == [0.0, 0.5, 1.0]
    assert set(table.method) == {"pretraining", "linear_probe"}
    run(extended, "results/tiny/partial_invariance/measures.csv", partial_invariance=settings)
    measures = pd.read_csv(extended.folder / "results/tiny/partial_invariance/measures.csv")
    assert sorted(measures.share.unique()) == [0.0, 0.5, 1.0]
    assert set(measures.target) == {"target"} and "centred_cosine" in set(measures.quantity)
    # Beside one study that has claims, and whose models figure 4 left here.
    beside = {**only("invariance_mismatch"), "invariance_mismatch": LARGEST}
    asked = ("scorecard", "results/tiny/overview.html")
    run(extended, *asked, partial_invariance=settings, **beside)
    folder = extended.folder / "results/tiny"
    assert "An invariance learned on a share" in (folder / "overview.html").read_text()
    claims = pd.read_csv(folder / "scorecard/claims.csv")
    assert "partial_invariance" not in set(claims.study), "nothing is published about it"
