"""Results may land in any folder, on any disk; the project's own folders and odd paths are refused.

``explain`` says beforehand how much disk they take there.
"""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from support.project import Project, only
from support.tiny_config import TINY

from invariance.__main__ import main
from invariance.cli import disk_use
from invariance.config.results_folder import check_results
from invariance.config.schema_check import check
from invariance.provenance.manifest import manifest, verify
from transforms2d.errors import UserError
from transforms2d.files.signed import write_signed_json

pytestmark = pytest.mark.timeout(900)

NAME = "invariance_mismatch"
ONE = {
    **TINY,
    "studies": {
        **only(NAME),
        NAME: {
            **TINY["studies"][NAME],
            "sizes": [1],
            "samples": {"train": 400, "val": 100, "test": 200},
        },
    },
}
# The study, its figure, scorecard, ledger and configuration.
MADE = (NAME, "overview")
BYTES = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "": 1}


class Elsewhere:
    """A project, and its results on what could be another disk."""

    def __init__(self, folder: Path):
        (folder / "project").mkdir()
        self.project = Project(folder / "project")
        self.results = folder / "big disk" / "of räume_(2)"
        self.overlay = str(folder / "my settings.yaml")
        self.write(str(self.results))
        self.before = None

    def write(self, results: str) -> None:
        text = yaml.safe_dump({**ONE, "results": results}, allow_unicode=True)
        Path(self.overlay).write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        done = self.project.run(*arguments, "--configfile", self.overlay, timeout=800)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def say(self, *arguments: str) -> str:
        """What ``python -m invariance`` prints in the project's root."""
        said = io.StringIO()
        with contextlib.chdir(self.project.folder), contextlib.redirect_stdout(said):
            assert main([*arguments, "--configfile", self.overlay]) == 0
        return said.getvalue()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    made.before = made.say("explain", NAME)
    made.run(*MADE, "--cores", "2")
    write_signed_json(made.results / "manifest.json", manifest(made.results))
    return made


def test_all_lands_there_and_nothing_in_the_checkout(elsewhere):
    assert (elsewhere.results / "figures/fig4.png").stat().st_size
    assert not (elsewhere.project.folder / "results").exists()
    assert "Nothing to be done" in elsewhere.run(*MADE, "--cores", "1")
    assert verify(elsewhere.results / "manifest.json") == []
    merged = yaml.safe_load((elsewhere.results / "config.yaml").read_text(encoding="utf-8"))
    assert merged["results"] == str(elsewhere.results)


def test_files_and_commands_work_as_elsewhere(elsewhere):
    record = f"{elsewhere.results}/{NAME}/t2d/seed0/probe/nested1/resnet-18/record.json"
    again = elsewhere.run(record, "-n", "--force")
    assert "linear_probe" in again
    page = elsewhere.say("explain", record)
    assert "linear probes of the model nested1/resnet-18, seed 0, t2d" in page
    page = " ".join(elsewhere.say("explain", "fig4").split())  # long paths are wrapped
    assert f"{elsewhere.results}/figures/fig4.png (exists)" in page
    assert str(elsewhere.results / "figures/fig4.csv") in elsewhere.say("table", "fig4")
    done = elsewhere.project.run(
        f"{elsewhere.results}/{NAME}/t2d/seed7/x.json", "-n", "--configfile", elsewhere.overlay
    )
    assert "unknown 'seed7'; valid here: seed0" in done.stdout


def test_the_report_is_made_there(elsewhere):
    report = elsewhere.results / "report.html"
    elsewhere.run(*MADE, "--quiet", "all", "--report", str(report))
    assert "reduced scale" in report.read_text(encoding="utf-8")
    for page in ("overview.html", "scorecard/scorecard.html", "scorecard/summary.txt"):
        text = (elsewhere.results / page).read_text(encoding="utf-8")
        assert elsewhere.results.name in text and str(elsewhere.results) not in text, page


def test_a_link_in_the_checkout_leads_there(elsewhere):
    (elsewhere.project.folder / "results").mkdir()
    link = elsewhere.project.folder / "results" / "linked"
    link.symlink_to(elsewhere.results)
    elsewhere.write("results/linked")
    try:
        assert "results/linked/figures/fig4.csv" in elsewhere.say("table", "fig4")
        assert verify(link / "manifest.json") == []
        elsewhere.run("results/linked/figures/fig4.png", "--force", "--cores", "1")
    finally:
        elsewhere.write(str(elsewhere.results))
        shutil.rmtree(elsewhere.project.folder / "results")
    assert (elsewhere.results / "figures/fig4.png").stat().st_size


def test_explain_says_the_disk_that_files_take(elsewhere):
    row = re.compile(r"^  (?!free)(\w.+?) +(\S+?)(?: ([KMG]B))? +(\S+) ([KMG]B)$", re.MULTILINE)
    rows = row.findall(elsewhere.before)
    said = {kind: float(number) * BYTES[unit] for kind, _, _, number, unit in rows}
    seed = elsewhere.results / NAME / "t2d/seed0"
    for kind, files in {
        disk_use.KINDS["dataset"]: "data/**/*.safetensors",
        disk_use.KINDS["pretrain"]: "pretrain/**/*",
    }.items():
        taken = sum(path.stat().st_size for path in seed.glob(files) if path.is_file())
        assert said[kind] == pytest.approx(taken, rel=0.1), kind
    assert said["total"] == pytest.approx(sum(said.values()) - said["total"], rel=0.05)
    assert "in all" not in elsewhere.before  # one study in one domain
    # Nothing is to come once everything is there.
    assert "to come" not in elsewhere.say("explain", NAME)


def test_of_the_whole_paper_in_numbers(config):
    from invariance.cli.snakemake_plan import Cell, Job
    from invariance.studies import load_studies

    studies = load_studies(config)
    model = "nested3/resnet-18"
    placed = [
        (Job("x", (f"results/none/{stage}",), True, "missing"), Cell(NAME, "t2d", 1, stage, name))
        for stage, name in (("dataset", "nested3"), ("pretrain", model), ("features", model))
    ]
    lines = disk_use.disk(placed, studies, config)
    # 70,000 images of 3 x 32 x 32 bytes and their latents; 11,184,222 parameters and the running
    # statistics of 4,800 channels, 4 bytes each; 560,000 images of targets times 512 features.
    assert re.search(r"shards .* 219 MB$", lines[1])
    assert re.search(r"weights .* 45 MB$", lines[2])
    assert "up to 1.2 GB of features" in lines[4] and "134 MB of a saved state" in lines[4]
    config["datasets"]["keep"] = "recipe"
    lines = disk_use.disk(placed, studies, config)
    assert re.search(r"shards .* 4\.2 MB$", lines[1])


def test_too_small_a_disk_is_named(config, monkeypatch):
    config["results"] = "results/none"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1000))
    assert disk_use._free("results/none", 999) == "  free on the disk of results/none: 1.0 KB"
    assert "too little; set results:" in disk_use._free("results/none", 1001)


@pytest.mark.parametrize(
    "results",
    [
        "results",
        "results/demo",
        "out",
        "../beside/results",
        "../../results-2",
        "/mnt/disk 2/r",
        "/scratch/me@lab/run=1,2",
        "results/v1.2",
        "/data/Größe/結果",
        "/data/Gro\u0308sse",
    ],
)
def test_folders_that_may_hold_results(config, repository, results):
    config["results"] = results
    check(config, repository / "workflow/schemas/config.schema.yaml")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ("", r"results: .*(short|empty)"),
        ("/", "contains the project itself"),
        (".", "contains the project itself"),
        ("..", "contains the project itself"),
        ("../..", "contains the project itself"),
        ("config", "a folder of the project, config"),
        ("workflow/lib/out", "a folder of the project, workflow"),
        (".git/results", r"a folder of the project, \.git"),
        (".snakemake", r"a folder of the project, \.snakemake"),
        ("results/", "write it as results$"),
        ("./results", "write it as results$"),
        ("/mnt//results", "write it as /mnt/results$"),
        ("//mnt/results", "write it as /mnt/results$"),
        ("results/../..", r"write it as \.\.$"),
        ("results/a/../b", "write it as results/b$"),
        ("~/results", "~ is not expanded here; write the whole path"),
        ("$HOME/results", r"'\$HOME'"),
        ("results/{study}", r"'\{study\}'"),
        ("results/<logs>", "'<logs>'"),
        ("results/a;b", "'a;b'"),
        ("results/a'b", "a'b"),
        ("results/a*", r"'a\*'"),
        ("s3://bucket/results", "'s3:'"),
        ("results/ a", "' a'"),
        ("a\\b", r"a\\\\b"),
        ("README.md/results", "README.md is not a folder"),
        ("/dev/null", "/dev/null is not a folder"),
    ],
)
def test_what_cannot_hold_results_is_one_line(config, repository, monkeypatch, results, words):
    monkeypatch.chdir(repository)
    config["results"] = results
    with pytest.raises(UserError, match=words) as refused:
        check(config, repository / "workflow/schemas/config.schema.yaml")
    assert str(refused.value).startswith("results: ") and "\n" not in str(refused.value)


def test_the_project_is_known_by_another_way_too(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(repository)
    (tmp_path / "way").symlink_to(repository)
    with pytest.raises(UserError, match="a folder of the project, docs"):
        check_results(f"{tmp_path}/way/docs/out", repository)
    with pytest.raises(UserError, match="a folder of the project, tests"):
        check_results(f"{repository}/tests", repository)
    check_results(f"{tmp_path}/way/results/mine", repository)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="dangling is a broken link"):
        check_results(f"{tmp_path}/dangling/out", repository)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(UserError, match="circle is a broken link"):
        check_results(f"{tmp_path}/circle", repository)


def test_a_folder_of_another_project_is_left_alone(repository, tmp_path, config):
    (tmp_path / "config.yaml").write_text("name: my analysis\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"config.yaml does not belong to this workflow"):
        check_results(str(tmp_path), repository)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    check_results(str(tmp_path), repository)


def test_what_to_type_is_quoted(monkeypatch, repository, capsys, tmp_path):
    monkeypatch.chdir(repository)
    overlay = tmp_path / "my settings.yaml"
    overlay.write_text(f"results: {tmp_path}/big disk", encoding="utf-8")
    assert main(["table", "fig4", "--configfile", str(overlay)]) == 1
    said = capsys.readouterr().err
    assert said.endswith(f"run: snakemake fig4 --cores 2 --configfile '{overlay}'\n")
    assert main(["table", "fig4", "--results", f"{tmp_path}/other disk"]) == 1
    assert f"--config 'results={tmp_path}/other disk'" in capsys.readouterr().err


def test_make_verify_takes_any_path(repository, tmp_path):
    folder = tmp_path / "a $(touch pwned) 'b"
    asked = subprocess.run(
        ["make", "-n", "-o", "setup", "verify"],
        cwd=repository,
        env={"PATH": "/usr/bin:/bin", "MANIFEST": f"{folder}/manifest.json"},
        capture_output=True,
        text=True,
        check=True,
    )
    # The shell expands it, once and within quotes, so its content is never read as a command.
    assert str(folder) not in asked.stdout
    assert '"${MANIFEST:-results/demo/manifest.json}"' in asked.stdout
