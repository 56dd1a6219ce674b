"""Models and data load elsewhere as documentation and cards say, and the cards say what is so."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import torch
import yaml
from support.small_images import small_base
from support.small_training import SETTINGS

from invariance import models
from invariance.config.requested_files import check_targets
from invariance.records.results import write_record
from invariance.sharing.export import export_model, image_license
from invariance.studies import load_studies
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec
from transforms2d.storage.export import export_parquet
from transforms2d.storage.shards import read_shard, write_shard

OURS = ("invariance", "transforms2d")
MODEL = SETTINGS | {"image_size": 32, "num_classes": 2, "mean": [0.4, 0.5, 0.6]}
SPEC = DatasetSpec("test", 12, 3, classes=(4, 1), transforms=("rotate", "hue"))
COUNTS = {
    "train": {"correct": [30, 20], "total": [40, 60]},
    "val": {"correct": [3, 6], "total": [5, 7]},
    "test": {"correct": [4, 3], "total": [5, 5]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Elsewhere: a model, a shard, and the folders they are exported to."""
    folder = tmp_path_factory.mktemp("elsewhere")
    network = models.from_settings(MODEL)
    models.save(folder / "model.safetensors", network, MODEL)
    write_record(
        folder / "record.json",
        method="pretraining",
        cell={
            "study": "invariance_vs_factors",
            "domain": "t2d",
            "seed": 3,
            "model": "same/disjoint/n100/resnet-18",
            "transforms": "same",
            "architecture": "resnet-18",
        },
        evaluations=[{"counts": COUNTS}],
        details={
            "settings": MODEL,
            "parameters": models.parameter_count(network),
            "kept_epoch": 2,
            "epochs_run": 3,
        },
        provenance={"device": "cpu (x86_64)", "versions": {"torch": "2.0"}},
    )
    write_shard(folder / "test.safetensors", SPEC, small_base())
    shard = read_shard(folder / "test.safetensors")
    export_model(folder / "model", folder / "model.safetensors", folder / "record.json", shard)
    export_parquet(folder / "target", [shard], name="Target", license="apache-2.0")
    return folder


@pytest.fixture(scope="module")
def card(folder):
    text = (folder / "model" / "README.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run_elsewhere(code, repository, folder, *asserts):
    """Run ``code`` in a process of its own; our libraries are at hand only if it asks for them."""
    ours = any(f"{name} import" in code for name in OURS)
    check = "" if ours else f"import sys; assert not set({OURS}) & set(sys.modules)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"HF_HOME": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    if ours:
        environment["PYTHONPATH"] = str(repository / "workflow/lib")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([code, *asserts, check])],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{code}\n{done.stderr}"


EXPECTED = {
    "safe_open(": "assert settings['mean'] == [0.4, 0.5, 0.6] and len(weights['head.bias']) == 2",
    "load_file(": "assert images.shape == (12, 3, 32, 32) and 'latents/hue.hue_turns' in latents",
    "read_shard(": "assert features.shape == (12, model.representation_dim)",
    "load_dataset(": "assert image.size == (32, 32) and name in ('thing 4', 'thing 1')",
    "read_table(": "assert angles.shape == (12,) and 0 <= angles.min() < angles.max() <= 360",
}


@pytest.mark.parametrize("call", EXPECTED)
def test_documented_lines_run_from_outside(repository, folder, call):
    page = (repository / "docs/take-away.md").read_text(encoding="utf-8")
    (block,) = [block for block in blocks(page) if call in block]
    assert sum(bool(line.strip()) for line in block.splitlines()) <= 5
    run_elsewhere(block, repository, folder, EXPECTED[call])


def test_every_documented_block_is_run(repository):
    page = (repository / "docs/take-away.md").read_text(encoding="utf-8")
    assert len(blocks(page)) == len(EXPECTED)


def test_lines_of_the_model_card_run_in_its_folder(repository, folder, card):
    weights, network = blocks(card[1])
    run_elsewhere(weights, repository, folder / "model", EXPECTED["safe_open("])
    images = "import torch; images = torch.zeros((2, 3, 32, 32), dtype=torch.uint8)\n"
    check = "assert logits.shape == (2, 2) and len(representation) == 2"
    run_elsewhere(images + network, repository, folder / "model", check)


def test_model_card_says_what_the_model_is(card):
    front, body = card
    assert front["license"] == "apache-2.0" and front["pipeline_tag"] == "image-classification"
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "accuracy", "value": 0.7}]
    for row in (
        "| study | invariance_vs_factors |",
        "| domain | t2d |",
        "| seed | 3 |",
        "| transformations | rotate, hue |",
        "| classes | 2 |",
        "| training images | 100 |",
        "| training accuracy | 0.5000 |",
        "| validation accuracy | 0.7500 |",
        "| test accuracy | 0.7000 (top-1, 10 images) |",
        "| kept epoch | 2 of 3 |",
    ):
        assert row in body.splitlines()
    assert "2 classes (thing 4, thing 1), with rotate, hue" in body
    assert json.dumps(MODEL, sort_keys=True) in body


def test_the_hub_client_reads_the_cards(folder):
    from huggingface_hub import DatasetCard, ModelCard

    model = ModelCard.load(folder / "model" / "README.md").data
    assert model.eval_results[0].metric_value == 0.7
    assert DatasetCard.load(folder / "target" / "README.md").data.license == "apache-2.0"


def test_exported_weights_are_those_of_the_model(folder):
    same = (folder / "model" / "model.safetensors").read_bytes()
    assert same == (folder / "model.safetensors").read_bytes()
    config = json.loads((folder / "model" / "config.json").read_text(encoding="utf-8"))
    assert config["class_names"] == ["thing 4", "thing 1"]
    assert DatasetSpec.from_dict(config["data"]) == SPEC
    rebuilt = models.from_settings(config["settings"])
    assert torch.equal(
        rebuilt.head.weight, models.load(folder / "model.safetensors")[0].head.weight
    )


def test_damaged_weights_and_foreign_data_are_refused(folder, tmp_path):
    shard = read_shard(folder / "test.safetensors")
    broken = tmp_path / "model.safetensors"
    shutil.copy(folder / "model.safetensors", broken)
    with broken.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x7f")
    with pytest.raises(UserError, match="damaged"):
        export_model(tmp_path / "out", broken, folder / "record.json", shard)
    write_shard(
        tmp_path / "other.safetensors", DatasetSpec("val", 4, 0, classes=(0,)), small_base()
    )
    other = read_shard(tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="has 2 classes and the data 1"):
        export_model(tmp_path / "out", folder / "model.safetensors", folder / "record.json", other)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("family", "sources", "license"),
    [
        ({}, {}, "apache-2.0"),
        ({}, {"base": "procedural"}, "apache-2.0"),
        ({}, {"base": "folder"}, "unknown"),
        ({"foreground": "patterns", "background": "patterns"}, {"base": "folder"}, "apache-2.0"),
        ({"background": "natural", "natural": "cifar10"}, {}, "unknown"),
        ({"background": "natural", "natural": "cifar10"}, {"natural": "procedural"}, "apache-2.0"),
    ],
)
def test_images_carry_the_licence_of_their_sources(config, family, sources, license):
    config["base_images"]["source"] = sources.get("base", "huggingface")
    config["natural_images"]["cifar10"]["source"] = sources.get("natural", "torchvision")
    spec = {"foreground": "objects", "background": "images", **family}
    assert image_license(spec, family.get("natural"), config) == license


def test_export_plans_the_default_models_and_their_target(project):
    plan = project.run("export", "-n", "--quiet", "rules", "--configfile", "config/demo.yaml")
    assert plan.returncode == 0, plan.stdout
    counts = {
        row[0]: int(row[1])
        for line in plan.stdout.splitlines()
        if len(row := line.split()) == 2 and row[1].isdigit()
    }
    assert (counts["export_model"], counts["export_dataset"], counts["pretrain"]) == (6, 3, 6)
    assert "linear_probe" not in counts


SEED = "results/export/invariance_vs_factors/t2d/seed0"


@pytest.mark.parametrize(
    "path",
    [
        f"{SEED}/models/same/superset/n50000/vit",
        f"{SEED}/datasets/target/",
        "results/export/invariance_mismatch/t2d/seed1/datasets/target/nested1",
    ],
)
def test_what_exists_can_be_asked_for(config, path):
    check_targets([path], "results", load_studies(config))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{SEED}/model/same", "unknown 'model'; valid here: datasets, models"),
        (f"{SEED}/models/same/subst/n50000/vit", "unknown 'subst'; valid here: subset, disjoint"),
        (f"{SEED}/models/target", "unknown 'target'; valid here: same, different"),
        (f"{SEED[:-1]}99/models", "unknown 'seed99'; valid here: seed0"),
    ],
)
def test_what_does_not_is_refused_with_the_right_names(config, path, message):
    with pytest.raises(UserError, match=f"^{path}: {message}"):
        check_targets([path], "results", load_studies(config))
