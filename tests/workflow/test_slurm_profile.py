"""The Slurm profile without a Slurm: its settings, what it says of which rules, its plans."""

import re

import pytest
import yaml
import yte
from snakemake.resources import Resource

# Texts are quoted once more: Snakemake evaluates what is not.
GPU_RULES = {
    *("pretrain", "extract_features", "linear_probe", "fine_tune", "score_sensitivity"),
    *("measure_model", "train_subsets", "train_counterfactuals"),
    *("pretrain_contrastive", "represent", "fuse"),
}


@pytest.fixture
def text(repository):
    return (repository / "profiles/slurm/config.yaml").read_text(encoding="utf-8")


def profile(text, **settings):
    """The profile as Snakemake reads it, with these settings changed."""
    for name, value in settings.items():
        text, count = re.subn(
            rf"^  {name}: \S+", lambda _, n=name, v=value: f"  {n}: {v}", text, flags=re.MULTILINE
        )
        assert count == 1
    return yte.process_yaml(text, require_use_yte=True)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {}),
        ({"gpu_type": "a100"}, {"gpu_model": "'a100'"}),
        ({"gpu_request": "gres"}, {"gpu": 0, "gres": "'gpu:1'"}),
        ({"gpu_request": "gres", "gpu_type": "a100"}, {"gpu": 0, "gres": "'gpu:a100:1'"}),
        ({"constraint": "big"}, {"constraint": "'big'"}),
        ({"gpu_partition": "fast"}, {"slurm_partition": "'fast'"}),
    ],
)
def test_every_gpu_rule_asks_as_the_settings_say(text, settings, asked):
    rules = profile(text, **settings)["set-resources"]
    for rule in GPU_RULES:
        assert rules[rule] == {"slurm_partition": "'gpu'", "one_at_a_time": 1, **asked}


def test_settings_of_all_jobs(text):
    assert profile(text)["default-resources"] == {
        "slurm_partition": "'cpu'",
        "mem": "4GB",
        "runtime": "1h",
    }
    given = profile(text, account="me", cpu_partition="short", scratch="/local")
    assert given["default-resources"] == {
        "slurm_partition": "'short'",
        "mem": "4GB",
        "runtime": "1h",
        "slurm_account": "'me'",
        "tmpdir": "'/local'",
    }


def test_one_number_packs_every_group(text):
    made = profile(text, models_per_job=7)
    assert set(made["group-components"].values()) == {7}
    assert set(made["groups"].values()) == set(made["group-components"])
    # Whatever is in a group runs in turn, or an allocation would need several GPUs.
    assert all(made["set-resources"][rule]["one_at_a_time"] == 1 for rule in made["groups"])


def test_a_model_a_job_is_no_group(text):
    """What Snakemake drops of a group's errors is kept of a job's."""
    made = profile(text, models_per_job=1)
    assert "groups" not in made and "group-components" not in made


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("models_per_job", "ten", "'ten' is not valid; valid are whole numbers from 1 on"),
        ("models_per_job", "0", "0 is not valid"),
        ("models_per_job", "1.5", "1.5 is not valid"),
        ("models_per_job", "-1", "-1 is not valid"),
        ("models_per_job", "true", "True is not valid"),
        ("models_per_job", "[2]", "[2] is not valid"),
        ("models_per_job", "", "None is not valid"),
        ("models_per_job", ".inf", "inf is not valid"),
        ("gpu_request", "gpus", "'gpus' is not valid; valid are gpu, gres"),
        ("gpu_request", "gpu:1", "'gpu:1' is not valid"),
        ("gpu_request", "1", "1 is not text; put it between quotes"),
        ("account", "my project", "'my project' is not valid"),
        ("account", "a,b", "'a,b' is not valid"),
        ("account", "0123", "83 is not text; put it between quotes"),
        ("account", "", 'is empty; write ""'),
        ("cpu_partition", "no", 'is empty; write ""'),
        ("gpu_partition", "{a: b}", "{'a': 'b'} is not text"),
        ("gpu_type", "a100:2", "'a100:2' is not valid"),
        ("constraint", "[a100|h100]", "['a100|h100'] is not text; put it between quotes"),
        ("constraint", "a b", "'a b' is not valid"),
        ("scratch", "local", "'local' is not valid; valid are folders that begin with /"),
    ],
)
def test_a_setting_of_another_kind_is_refused_in_a_line(text, setting, value, said):
    with pytest.raises(SystemExit) as refused:
        profile(text, **{setting: value})
    line = refused.value.code
    assert line.startswith(f"error: profiles/slurm/config.yaml: {setting}: {said}"), line
    assert "\n" not in line


def test_settings_that_are_unknown_or_missing_are_refused(text):
    with pytest.raises(SystemExit, match="gpu_kind: there is no such setting; valid are account"):
        profile(text.replace("  gpu_type:", "  gpu_kind: a100\n  gpu_type:"))
    with pytest.raises(SystemExit, match="constraint: is missing"):
        profile(re.sub(r"^  constraint: .*\n", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["all", "input", "2023-45", "0b1", "max", "1e3", "wildcards.seed"])
def test_names_are_not_evaluated(text, name):
    """Snakemake takes the value of a resource for Python where it can be."""
    quoted = f'"{name}"'
    made = profile(text, account=quoted, cpu_partition=quoted, gpu_partition=quoted)
    for value in (
        made["default-resources"]["slurm_account"],
        made["default-resources"]["slurm_partition"],
        made["set-resources"]["pretrain"]["slurm_partition"],
    ):
        evaluated = Resource.cli_evaluator(
            "any", value, wildcards=None, input=[], attempt=1, async_run=None
        )
        assert evaluated == name


def test_a_wrong_setting_stops_snakemake_before_anything_else(project):
    path = project.folder / "profiles/slurm/config.yaml"
    path.write_text(path.read_text().replace("models_per_job: 1 ", "models_per_job: a "))
    refused = project.run("--profile", "slurm", "-n")
    assert refused.returncode == 1
    assert refused.stdout.splitlines()[-1] == (
        "error: profiles/slurm/config.yaml: models_per_job: 'a' is not valid; "
        "valid are whole numbers from 1 on"
    )
    assert len(refused.stdout.splitlines()) == 2, "but for what Snakemake says of its profiles"


def test_within_an_allocation_the_same_limit_holds(repository, text):
    within = yaml.safe_load((repository / "profiles/default/config.yaml").read_text())
    made = profile(text, models_per_job=2)
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
        if path.name == "failures.smk":  # what the executor says of a job
            continue
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
