"""The workflow as its users call it: dry runs, single targets, wrong requests."""

import sys
import tempfile
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the program below

from support.project import Project, only

JOBS = Path(__file__).with_name("jobs.yaml")

MODEL = "invariance_vs_factors/t2d/seed{}/pretrain/same/{}/n50000/{}/model.safetensors"


def jobs_of(project) -> dict:
    """Jobs of each rule that the full paper takes from scratch."""
    return counted(project.run("-n", "--quiet", "rules"))


def counted(plan) -> dict:
    """Jobs of each rule that a plan names."""
    assert plan.returncode == 0, plan.stdout
    _, _, stats = plan.stdout.rpartition("Job stats:")
    rows = (line.split() for line in stats.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def test_the_full_paper_plans_the_jobs_of_the_committed_table(project):
    """Nothing is trained twice for two figures. ``python tests/workflow/test_plans.py`` records."""
    committed, planned = yaml.safe_load(JOBS.read_text(encoding="utf-8")), jobs_of(project)
    changed = {
        rule: f"{committed.get(rule, 0)} -> {planned.get(rule, 0)}"
        for rule in sorted({*committed, *planned})
        if committed.get(rule) != planned.get(rule)
    }
    assert not changed, f"jobs of each rule, committed -> planned: {changed}"


def test_a_study_plans_every_job_once(project):
    alone = project.overlay({"studies": only("invariance_vs_factors")})
    plan = project.run("-n", "--configfile", alone)
    assert plan.returncode == 0, plan.stdout
    counts = {
        parts[0]: int(parts[1])
        for line in plan.stdout.splitlines()
        if len(parts := line.split()) == 2 and parts[1].isdigit()
    }
    # 24 cells in each of 3 domains and 10 seeds; each with data of its own but for the
    # architectures, which share theirs, and one target.
    assert counts["pretrain"] == counts["linear_probe"] == counts["fine_tune"] == 24 * 3 * 10
    assert counts["render_dataset"] == (16 + 1) * 3 * 10
    assert counts["prepare_base_images"] == 1


def test_a_single_file_needs_only_what_leads_to_it(project):
    plan = project.run(f"results/{MODEL.format(3, 'disjoint', 'resnet-18')}", "-n")
    assert plan.returncode == 0, plan.stdout
    assert "render_dataset" in plan.stdout
    assert "linear_probe" not in plan.stdout
    assert plan.stdout.rstrip().count("rule pretrain:") == 1


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (MODEL.format(99, "disjoint", "resnet-18"), "unknown 'seed99'; valid here: seed0, seed1"),
        (MODEL.format(0, "disjoint", "restnet-18"), "unknown 'restnet-18'; valid here: resnet-18"),
        (MODEL.format(0, "disjunct", "resnet-18"), "unknown 'disjunct'; valid here: subset"),
        ("invariance_vs_factors/t3d/seed0/x", "unknown 't3d'; valid here: t2d, cifar10, cifar100"),
        ("invariance_vs_factors/t2d/seed0/train/x", "unknown 'train'; valid here: data, pretrain"),
    ],
)
def test_a_wrong_request_is_one_line_with_the_valid_values(project, target, message):
    asked = project.run(f"results/{target}", "-n")
    assert asked.returncode != 0
    lines = [line for line in asked.stdout.splitlines() if not line.startswith("Using ")]
    assert len(lines) == 1
    assert lines[0].startswith(f"error: results/{target}: {message}")


def test_a_wrong_key_is_one_line_and_no_job_runs(project):
    path = project.overlay({"pretraining": {"epoch": 3}})
    asked = project.refused("--cores", "1", "--configfile", path)
    assert asked.returncode != 0
    assert "error: pretraining.epoch: unknown key; did you mean 'epochs'?" in asked.stdout
    assert "Traceback" not in asked.stdout
    assert not (project.folder / "results").exists()


def test_the_presets_plan_the_same_jobs(project):
    path = project.overlay({"protocol": {"preset": "released_code"}})
    plan = project.run("-n", "--quiet", "rules", "--configfile", path)
    assert counted(plan) == yaml.safe_load(JOBS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        JOBS.write_text(yaml.safe_dump(jobs_of(Project(Path(folder)))), encoding="utf-8")
