"""``python -m invariance explain`` says what Snakemake would run, at every state of a run."""

import re

import pytest
import yaml
from support.project import Project, only
from support.tiny_config import TINY

from invariance.__main__ import main
from invariance.cli.explain import NOTHING
from invariance.cli.job_time import PASSES_PER_SECOND, estimate, work
from invariance.cli.snakemake_plan import HEAD, Cell, job_cell, read_summary
from invariance.records.results import write_record
from invariance.studies import load_studies
from transforms2d.errors import UserError

NAME = "invariance_mismatch"
SEED = f"results/tiny/{NAME}/t2d/seed0"
MODEL = "nested1/resnet-18"
# One model, one target: every rule that figure 4 needs has as few jobs as there can be.
ONE = {
    **TINY,
    "studies": {**only(NAME), NAME: {**TINY["studies"][NAME], "sizes": [1]}},
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A project that is run on from test to test."""
    folder = tmp_path_factory.mktemp("explain") / "project"
    folder.mkdir()
    project = Project(folder)
    project.overlay(ONE)
    return project


@pytest.fixture(scope="module")
def made(walked):
    """The project with figure 4 made."""
    run(walked, "fig4")
    return walked


@pytest.fixture
def ask(walked, monkeypatch, capsys):
    """Status, output and errors of ``python -m invariance explain`` in the project."""
    monkeypatch.chdir(walked.folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(walked.folder / "cache"))

    def asked(name, overlay="config/overlay.yaml"):
        status = main(["explain", name, "--configfile", overlay])
        return status, *capsys.readouterr()

    return asked


def run(project, *arguments):
    done = project.run(*arguments, "--cores", "2", "--configfile", "config/overlay.yaml")
    assert done.returncode == 0, done.stdout
    return done.stdout


def planned(project, target, overlay="config/overlay.yaml") -> dict:
    """Jobs of each rule in Snakemake's dry run, but for targets that make no file."""
    plan = project.run(target, "-n", "--quiet", "rules", "--configfile", overlay)
    assert plan.returncode == 0, plan.stdout
    _, _, stats = plan.stdout.rpartition("Job stats:")
    rows = (line.split() for line in stats.splitlines())
    found = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    return {rule: count for rule, count in found.items() if rule not in (target, "total")}


def told(page) -> dict:
    """(done, to do) of each rule on a page."""
    rows = re.findall(r"^  (\w+) +(\d+) +(\d+)$", page, re.MULTILINE)
    return {rule: (int(done), int(to_do)) for rule, done, to_do in rows}


def to_do(page) -> dict:
    return {rule: left for rule, (_, left) in told(page).items() if left and rule != "total"}


def test_before_anything_is_made(walked, ask):
    status, page, _ = ask("fig4")
    assert status == 0
    assert to_do(page) == planned(walked, "fig4")
    assert told(page)["total"] == (0, sum(to_do(page).values()))
    assert f"study: {NAME}. Study 4 (sec. 5.2)" in page
    assert f"{NAME}, t2d: 1 model x 1 seed = 1 pretraining" in page
    assert "architecture: resnet-18" in page
    # 80, 20 and 40 images, of what is pretrained on and of the target.
    assert "datasets: 1 to pretrain on, 1 target; 280 images" in page
    assert "base images: procedural, 12 objects, 8 backgrounds" in page
    assert "cifar" not in page
    assert "fig4.png (missing)" in page and "GPU-hours at 10,000 images/s" in page
    assert page.rstrip().endswith("snakemake fig4 --cores 2 --configfile config/overlay.yaml")
    assert "\x1b" not in page and max(map(len, page.splitlines())) <= 100


def test_half_made(walked, ask):
    run(walked, f"{SEED}/pretrain/{MODEL}/record.json")
    _, page, _ = ask("fig4")
    assert to_do(page) == planned(walked, "fig4")
    assert told(page)["pretrain"] == (1, 0)
    assert told(page)["linear_probe"] == (0, 1)
    assert re.search(r"time left \(estimate\): (about|less than) \S+ CPU-hours", page)
    assert "computed from 1 record made on cpu" in page


def test_all_made(made, ask):
    _, page, _ = ask("fig4")
    assert NOTHING in page and "fig4.png (exists)" in page
    assert not told(page) and "run it" not in page
    _, page, _ = ask(f"{SEED}/probe/{MODEL}/record.json")
    assert "linear probes of the model nested1/resnet-18, seed 0, t2d" in page
    assert NOTHING in page


def test_a_changed_setting_is_to_do_again(made, ask):
    changed = {**ONE, "linear_probe": {**ONE["linear_probe"], "epochs": 4}}
    overlay = made.folder / "config" / "changed.yaml"
    overlay.write_text(yaml.safe_dump(changed), encoding="utf-8")
    _, page, _ = ask("fig4", "config/changed.yaml")
    assert to_do(page) == planned(made, "fig4", "config/changed.yaml")
    assert "linear_probe" in to_do(page) and "pretrain" not in to_do(page)
    # The features were deleted, so they are no file that is there.
    assert "although their files exist: params changed (3)" in " ".join(page.split())


def test_a_deleted_record(made, ask):
    record = made.folder / SEED / "probe" / MODEL / "record.json"
    record.unlink()
    _, page, _ = ask("fig4")
    assert planned(made, "fig4") == {}
    assert NOTHING not in page and "nothing to run" in page
    assert "done, deleted later, and not needed: linear_probe (1)" in page
    (made.folder / "results/tiny" / NAME / "results.csv").unlink()
    (made.folder / "results/tiny/figures/fig4.png").unlink()
    _, page, _ = ask(NAME)
    assert to_do(page) == planned(made, NAME)
    assert {"extract_features", "linear_probe", "collect_results"} <= set(to_do(page))
    assert told(page)["pretrain"] == (1, 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fig99", r"fig99: unknown name; valid here: .*fig4, .*scorecard"),
        ("fig2", r"fig2: not made from this configuration"),  # its study is left out
        ("results/other/x.csv", r"results/other/x.csv: not in results/tiny"),
        ("results/tiny/x.csv", r"results/tiny/x.csv: no rule makes this file"),
        (f"{SEED}9/probe/{MODEL}/record.json", r"unknown 'seed09'; valid here: seed0$"),
    ],
)
def test_wrong_names_are_one_line(ask, name, words):
    status, page, errors = ask(name)
    assert status == 1 and page == ""
    assert re.match(r"error: [^\n]+\n$", errors) and re.search(words, errors.rstrip())


def test_wrong_configurations_are_one_line(ask, walked):
    status, _, errors = ask("fig4", "nowhere.yaml")
    assert status == 1 and errors.startswith("error: nowhere.yaml: no such file")
    (walked.folder / "config/wrong.yaml").write_text("image_size: 3", encoding="utf-8")
    status, _, errors = ask("fig4", "config/wrong.yaml")
    assert status == 1 and re.match(r"error: image_size: [^\n]+\n$", errors)


def test_elsewhere_than_in_the_root_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "fig4"]) == 1
    assert "run this in the repository's root" in capsys.readouterr().err


def summary(*rows):
    return "\n".join("\t".join(row) for row in (HEAD, *rows))


def row(path, rule, status, plan):
    return (f"results/{path}", "-", rule, "-", status, plan)


def test_files_of_one_job_are_one_job():
    pending, done = "update pending", "no update"
    jobs = read_summary(
        summary(
            *(row(f"figures/fig2.{s}", "draw_factors", "ok", done) for s in ("png", "pdf", "csv")),
            row("figures/fig7.png", "draw_factors", "ok", pending),
            row("s/t2d/seed0/pretrain/a/b/model.safetensors", "pretrain", "ok", pending),
            row("s/t2d/seed0/pretrain/a/b/record.json", "pretrain", "missing", pending),
            row("s/t2d/seed0/pretrain/a/c/record.json", "pretrain", "ok", done),
            row("s/t2d/seed0/finetune/a/b/one.json", "fine_tune", "ok", done),
            row("s/t2d/seed0/finetune/a/b/two.json", "fine_tune", "ok", done),
            row("export/s/t2d/seed0/models/a/b", "export_model", "missing", pending),
            row("export/s/t2d/seed0/models/a/c", "export_model", "missing", pending),
        ),
        "results",
    )
    assert [(job.rule, len(job.files), job.to_do, job.status) for job in jobs] == [
        ("draw_factors", 3, False, "ok"),
        ("draw_factors", 1, True, "ok"),
        ("pretrain", 2, True, "missing"),
        ("pretrain", 1, False, "ok"),
        ("fine_tune", 1, False, "ok"),
        ("fine_tune", 1, False, "ok"),
        ("export_model", 1, True, "missing"),
        ("export_model", 1, True, "missing"),
    ]


def test_what_is_no_summary_is_refused():
    with pytest.raises(UserError, match="no table"):
        read_summary("Building DAG of jobs...\n", "results")


def test_a_job_is_known_by_its_path(config):
    studies, name = load_studies(config), "invariance_vs_factors"
    model = "same/disjoint/n50000/resnet-18"
    job = row(f"{name}/t2d/seed3/finetune/{model}/target.json", "fine_tune", "ok", "no update")
    (found,) = read_summary(summary(job), "results")
    assert job_cell(found, "results", studies) == Cell(name, "t2d", 3, "fine_tune", model, "target")
    job = row(f"{name}/results.csv", "collect_results", "ok", "no update")
    (found,) = read_summary(summary(job), "results")
    assert job_cell(found, "results", studies) is None


def pretraining(folder, study, model, seconds, device="NVIDIA H100"):
    path = folder / f"{model.replace('/', '-')}.json"
    provenance = {"wall_seconds": seconds, "device": device}
    cell = study.cell("t2d", 0, model)
    evaluations = [{"counts": {"val": {"correct": [1], "total": [2]}}}]
    content = {"cell": cell, "evaluations": evaluations, "provenance": provenance}
    write_record(path, method="pretraining", **content)
    return path


def test_time_is_scaled_from_the_same_kind_of_work(config, tmp_path):
    studies = load_studies(config)
    study = studies[NAME]
    small, other = "nested1/resnet-18", "nested1/vgg-11"
    records = [pretraining(tmp_path, study, small, 60), pretraining(tmp_path, study, other, 600)]

    def left(*models, stage="pretrain"):
        cells = [Cell(NAME, "t2d", 1, stage, model) for model in models]
        return estimate(cells, studies, records)

    # As many images of the same size: another nested set takes the same time.
    assert left("nested5/resnet-18").hours * 3600 == pytest.approx(60)
    assert left("nested5/vgg-11", "nested7/resnet-18").hours * 3600 == pytest.approx(660)
    # An architecture of which there is none goes by the stage, a stage by all there is.
    passes = {m: work(Cell(NAME, "t2d", 0, "pretrain", m), studies) for m in (small, other)}
    rate = 660 / sum(passes.values())
    expected = rate * work(Cell(NAME, "t2d", 1, "pretrain", "nested5/vit"), studies)
    assert left("nested5/vit").hours * 3600 == pytest.approx(expected)
    probe = Cell(NAME, "t2d", 1, "linear_probe", small)
    expected = rate * work(probe, studies)
    assert left(small, stage="linear_probe").hours * 3600 == pytest.approx(expected)
    assert (left(small).records, left(small).devices) == (2, ("NVIDIA H100",))
    # Rendering is no work of a GPU.
    assert left("nested1", stage="dataset").jobs == 0


def test_time_without_records_is_that_of_the_passes(config):
    studies = load_studies(config)
    cells = [Cell(NAME, "t2d", 0, "pretrain", "nested1/resnet-18")]
    left = estimate(cells, studies, [])
    # 50 epochs of 50,000 images, and the forward passes of 10,000 to validate.
    assert left.passes == pytest.approx(50 * (50_000 + 10_000 / 3))
    assert left.hours == pytest.approx(left.passes / PASSES_PER_SECOND / 3600)
    assert left.records == 0


def test_a_damaged_record_tells_nothing(config, tmp_path):
    studies = load_studies(config)
    path = pretraining(tmp_path, studies[NAME], "nested1/resnet-18", 60)
    path.write_text(path.read_text().replace("60", "61"))
    cells = [Cell(NAME, "t2d", 0, "pretrain", "nested1/resnet-18")]
    assert estimate(cells, studies, [path]).records == 0
