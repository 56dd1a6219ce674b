"""The Slurm profile without a Slurm: its settings, what it says of which rules, its plans."""

import re

import pytest
import yaml
import yte

GPU_RULES = {"pretrain", "extract_features", "linear_probe", "fine_tune", "score_sensitivity"}


@pytest.fixture
def text(repository):
    return (repository / "profiles/slurm/config.yaml").read_text(encoding="utf-8")


def profile(text, **settings):
    """The profile as Snakemake reads it, with these settings changed."""
    for name, value in settings.items():
        text, count = re.subn(rf"^  {name}: \S+", f"  {name}: {value}", text, flags=re.MULTILINE)
        assert count == 1
    return yte.process_yaml(text, require_use_yte=True)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {}),
        ({"gpu_type": "a100"}, {"gpu_model": "a100"}),
        ({"gpu_request": "gres"}, {"gpu": 0, "gres": "gpu:1"}),
        ({"gpu_request": "gres", "gpu_type": "a100"}, {"gpu": 0, "gres": "gpu:a100:1"}),
        ({"constraint": "big"}, {"constraint": "big"}),
        ({"gpu_partition": "fast"}, {"slurm_partition": "fast"}),
    ],
)
def test_every_gpu_rule_asks_as_the_settings_say(text, settings, asked):
    rules = profile(text, **settings)["set-resources"]
    for rule in GPU_RULES:
        assert rules[rule] == {"slurm_partition": "gpu", "one_at_a_time": 1, **asked}


def test_settings_of_all_jobs(text):
    assert profile(text)["default-resources"] == {
        "slurm_partition": "cpu",
        "mem": "4GB",
        "runtime": "1h",
    }
    given = profile(text, account="me", cpu_partition="short", scratch="/local")
    assert given["default-resources"] == {
        "slurm_partition": "short",
        "mem": "4GB",
        "runtime": "1h",
        "slurm_account": "me",
        "tmpdir": "/local",
    }


def test_one_number_packs_every_group(text):
    made = profile(text, models_per_job=7)
    assert set(made["group-components"].values()) == {7}
    assert set(made["groups"].values()) == set(made["group-components"])
    # Whatever is in a group runs in turn, or an allocation would need several GPUs.
    assert all(made["set-resources"][rule]["one_at_a_time"] == 1 for rule in made["groups"])


def test_within_an_allocation_the_same_limit_holds(repository, text):
    within = yaml.safe_load((repository / "profiles/default/config.yaml").read_text())
    made = profile(text)
    for key in ("resources", "set-resource-scopes"):
        assert within[key] == made[key]


def test_the_rules_that_use_a_gpu_are_those_of_the_profile(repository):
    parts = [
        part
        for path in repository.glob("workflow/rules/*.smk")
        for part in re.split(r"^rule ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    ]
    assert {part.split(":")[0] for part in parts if re.search(r"\bgpu=1\b", part)} == GPU_RULES


def test_rules_know_nothing_of_the_cluster(repository):
    for path in repository.glob("workflow/rules/*.smk"):
        assert not re.search(r"slurm|partition|\bgres\b|account", path.read_text(encoding="utf-8"))


def test_every_key_has_a_comment(text):
    settings, _, rest = text.partition("\nexecutor:")
    keys = re.findall(r"^(?:  )?[a-z_]+:.*", settings, re.MULTILINE)
    keys += re.findall(r"^[a-z-]+:.*", f"executor:{rest}", re.MULTILINE)
    assert len(keys) > 20
    assert [key for key in keys if "  # " not in key and not key.startswith("__")] == []


@pytest.mark.parametrize("how", [("--profile", "slurm"), ("--workflow-profile", "profiles/slurm")])
def test_it_plans_without_slurm(project, how):
    plan = project.run(*how, "-n", "--configfile", "config/demo.yaml")
    assert plan.returncode == 0, plan.stdout
    assert re.search(r"rule pretrain:.*?slurm_partition=gpu.*?gpu=1", plan.stdout, re.DOTALL)
    assert re.search(r"rule render_dataset:.*?slurm_partition=cpu", plan.stdout, re.DOTALL)
