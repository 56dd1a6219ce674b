"""What nothing makes is answered in one line: what is near, what is valid, where one reads on."""

import pytest
from support.project import only
from support.tiny_config import TINY

from invariance.__main__ import main
from invariance.config.unknown_names import unknown_name, unknown_path

VALID = ("fig1", "fig2", "fig16", "tab1", "tab2", "invariance_transfer", "scorecard", "ledger")
KNOWN = (*VALID, "fig7", "tab5", "irrelevant_features")
FILES = (
    "results/my/figures/fig2.png",
    "results/my/figures/fig2.csv",
    "results/my/tables/tab1.html",
    "results/my/invariance_transfer/results.csv",
    "results/my/scorecard/scorecard.html",
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *[(name, "tab1") for name in ("table1", "Table 1", "table_1", "tab 1", "TAB1", "tab01")],
        *[(name, "fig2") for name in ("figure2", "Figure 2", "fig 2", "Fig2", "fig-2", "fig2.png")],
        *[(name, "fig16") for name in ("figs16", "Fig. 16", "fig16.pdf", "f16")],
        ("invariance-transfer", "invariance_transfer"),
        ("invarance_transfer", "invariance_transfer"),
        ("score_card", "scorecard"),
        ("leger", "ledger"),
    ],
)
def test_what_was_meant_is_said(name, meant):
    said = str(unknown_name(name, VALID, KNOWN))
    assert said.startswith(f"{name}: unknown name; did you mean {meant}? valid here: {meant}, ")
    assert all(one in said for one in VALID) and "\n" not in said


@pytest.mark.parametrize(
    ("name", "first"), [("fig99", "fig1"), ("tab9", "tab1"), ("table 77", "tab1")]
)
def test_of_a_number_that_there_is_not_no_other_was_meant(name, first):
    said = str(unknown_name(name, VALID, KNOWN))
    assert said.startswith(f"{name}: unknown name; valid here: {first}, ")


@pytest.mark.parametrize(
    ("name", "known"),
    [("fig7", "fig7"), ("Figure 7", "fig7"), ("table5", "tab5"), ("irelevant_features",) * 2],
)
def test_what_another_configuration_makes_is_told(name, known):
    known = "irrelevant_features" if known.startswith("ir") else known
    said = str(unknown_name(name, VALID, KNOWN))
    what = "" if name == known else f"{known} is "
    assert said.startswith(f"{name}: {what}not made from this configuration, ")


def test_nothing_at_all_has_a_name():
    assert str(unknown_name("", VALID)).startswith("'': unknown name; valid here: ")
    assert "did you mean" not in str(unknown_name("qqq", VALID))


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("results/figures/fig2.png", "results/my/figures/fig2.png"),
        ("results/my/fig2.csv", "results/my/figures/fig2.csv"),
        ("results/my/figures/Figure2.png", "results/my/figures/fig2.png"),
        ("/home/me/p/results/my/figures/fig2.png", "results/my/figures/fig2.png"),
        ("results/my/table/tab1.html", "results/my/tables/tab1.html"),
        ("results/my/invariance_transfer/result.csv", FILES[3]),
        ("results/my/scorecard.html", "results/my/scorecard/scorecard.html"),
    ],
)
def test_where_a_file_is_perhaps(path, meant):
    said = str(unknown_path(path, FILES, "results/my"))
    assert said.startswith(f"{path}: no rule makes this file; did you mean {meant}")
    assert ("are in results/my" in said) != path.startswith("results/my/")
    assert said.endswith("results/README.md lists all files")


def refusal(project, *arguments) -> str:
    asked = project.run(*arguments, "-n")
    assert asked.returncode != 0
    lines = [line for line in asked.stdout.splitlines() if not line.startswith("Using ")]
    assert len([line for line in lines if line.startswith("error: ")]) == 1, asked.stdout
    assert "Exception" not in asked.stdout and "Traceback" not in asked.stdout
    return lines[-1]


def test_snakemake_is_asked_for_what_there_is_not(project):
    for arguments, said in (
        (("fig2", "fig77"), "fig77: unknown name; valid here: fig1, fig2"),
        (("table3",), "table3: unknown name; did you mean tab3? valid here: tab3, "),
        (
            ("pretrain",),
            "pretrain: makes many files; request one of them by its path below results",
        ),
        (("results/figures/fig2.jpg",), "results/figures/fig2.jpg: no rule makes this file; did"),
        (("results/figures",), "results/figures: no rule makes this file;"),
        (("all", "--until", "pretain"), "pretain: unknown name; did you mean pretrain"),
        (
            ("fig2", "-R", "linear_prob"),
            "linear_prob: unknown name; did you mean linear_probe",
        ),
    ):
        (project.folder / "results/figures").mkdir(parents=True, exist_ok=True)
        assert refusal(project, *arguments).startswith(f"error: {said}"), arguments


def test_what_there_is_is_still_planned(project):
    overlay = project.overlay({"studies": only("invariance_mismatch")})
    for arguments in (
        ("./results/figures//fig5.png",),
        ("results/export/invariance_mismatch/t2d/seed0/models/nested1/resnet-18",),
        ("write_config", "-R", "prepare_base_images", "--until", "pretrain"),
    ):
        plan = project.run(*arguments, "-n", "--quiet", "rules", "--configfile", overlay)
        assert plan.returncode == 0, plan.stdout
    other = refusal(project, "fig16", "--configfile", overlay)
    assert "error: fig16: not made from this configuration" in other


def test_the_commands_say_the_same(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    for command in ("explain", "table"):
        assert main([command, "table1", "--configfile", "config/demo.yaml"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("error: table1: unknown name; did you mean tab1? valid here: tab1, ")
        assert said.count("\n") == 1


def test_what_snakemake_does_with_paths_runs_or_says_why(project):
    """Each of its commands that looks at files, in a project without results."""
    few = {**TINY["studies"]["invariance_mismatch"], "sizes": [1]}
    studies = {**only("invariance_mismatch"), "invariance_mismatch": few}
    overlay = project.overlay({**TINY, "studies": studies})
    for arguments, found in (
        (("--list-rules",), "pretrain"),
        (("--list-target-rules",), "fig4"),
        (("fig4", "--detailed-summary"), "prepare_base_images"),
        (("fig4", "--delete-all-output", "-n"), "Building DAG"),
        (("fig4", "--filegraph"), "results/tiny/figures/fig4.png"),
        (("--unlock",), "Unlocked"),
    ):
        done = project.run(*arguments, "--configfile", overlay)
        assert done.returncode == 0 and found in done.stdout, (arguments, done.stdout)
        # A project may be moved: no file of it is named by where it lies.
        named = [line for line in done.stdout.splitlines() if "WARNING" not in line]
        assert not [line for line in named if str(project.folder) in line], (arguments, named)
    asked = project.run("fig4", "--generate-unit-tests", "--configfile", overlay)
    assert asked.returncode != 0 and "Traceback" not in asked.stdout
    assert "error: --generate-unit-tests: " in asked.stdout and "make test" in asked.stdout
    assert not (project.folder / ".tests").exists()
