"""A wrong configuration is one line that names the key; the committed ones are right."""

import copy

import pytest
import yaml
from conftest import only

from invariance.config import check
from invariance.protocol import CHOICES, resolve
from invariance.studies import load_studies
from transforms2d.errors import UserError

STUDY = ("studies", "invariance_vs_factors")
TRANSFER = ("studies", "invariance_transfer")
MISMATCH = ("studies", "invariance_mismatch")
IRRELEVANT = ("studies", "irrelevant_features")
SMALL_CIFAR = {"source": "procedural", "seed": 0, "train_per_class": 50, "test_per_class": 20}
WRONG = [
    (("pretraining", "epoch"), 3, "pretraining.epoch: unknown key; did you mean 'epochs'?"),
    (("pretraining", "epochs"), 0, "pretraining.epochs: 0"),
    (("pretraining", "epochs"), "many", "pretraining.epochs: 'many'"),
    (("pretraining", "epochs"), True, "pretraining.epochs: True"),
    (("pretraining", "learning_rate"), 0, "pretraining.learning_rate: 0"),
    (("pretraining", "learning_rate"), -0.1, "pretraining.learning_rate: -0.1"),
    (
        ("pretraining", "precision"),
        "fp16",
        "pretraining.precision: 'fp16' is not one of fp32, bf16",
    ),
    (("pretraining", "width"), 0, "pretraining.width: 0"),
    (("linear_probe", "batch_size"), 10**6, "linear_probe.batch_size: 1000000 is more than"),
    (("linear_probe", "batch_size"), 1.5, "linear_probe.batch_size: 1.5"),
    (("sensitivity", "metrics"), [], "sensitivity.metrics"),
    (("sensitivity", "metrics"), ["l3"], "'l3' is not one of l2"),
    (("sensitivity", "pairs"), 1, "sensitivity.pairs: 1"),
    (
        ("protocol", "preset"),
        "papre",
        "protocol.preset: 'papre' is not one of paper, released_code",
    ),
    (("protocol", "pixelate"), 0.4, "protocol.pixelate: 0.4"),
    (("protocol", "pixelated"), 0.5, "protocol.pixelated: unknown key; did you mean 'pixelate'?"),
    (("base_images", "source"), "hub", "base_images.source: 'hub' is not one of huggingface"),
    (("base_images", "source"), "folder", "base_images.folder: missing"),
    (("base_images", "source"), "procedural", "base_images.seed: missing"),
    (("base_images", "objects"), 20, "sizes.t2d.target_classes: 30"),
    (("base_images", "repository"), "x; touch pwned", "base_images.repository"),
    (("natural_images", "cifar10"), {"source": "folder"}, "natural_images.cifar10.folder: missing"),
    (("natural_images", "svhn"), {}, "natural_images.svhn: unknown key"),
    (("image_size",), 7, "image_size: 7"),
    (("device",), "gpu", "device: 'gpu' is not one of auto, cpu, cuda"),
    (("results",), "; touch pwned", "results: '; touch pwned'"),
    (("results",), "/etc", "results: '/etc'"),
    (("results",), "results/../..", "results: 'results/../..'"),
    (("studies",), {}, "studies"),
    (("studies",), {"invariance_transfer": None}, "studies: every one is null; keep one"),
    (("studies", "unknown"), {}, "studies.unknown: unknown key"),
    ((*STUDY, "seeds"), 0, "studies.invariance_vs_factors.seeds: 0"),
    ((*STUDY, "seeds"), 2.5, "studies.invariance_vs_factors.seeds: 2.5"),
    ((*STUDY, "published_seeds"), [[1]], "published_seeds.0"),
    ((*STUDY, "domains"), ["imagenet"], "domains.0: 'imagenet' is not one of t2d"),
    ((*STUDY, "domains"), [], "domains"),
    ((*STUDY, "transformations"), 10, "transformations: 10"),
    ((*STUDY, "factors", "architecture"), ["restnet-18"], "'restnet-18' is not one of resnet-18"),
    ((*STUDY, "factors", "class_relationship"), ["subset", "subset"], "class_relationship"),
    ((*STUDY, "sizes", "t2d", "target_classes"), 40, "need 80, but there are 61"),
    ((*STUDY, "sizes", "cifar10", "target_classes"), 6, "need 12, but there are 10"),
    ((*STUDY, "sizes", "t2d", "subset_classes"), 31, "subset_classes: 31 is more than"),
    ((*STUDY, "sizes", "t2d", "fine_tuning_samples"), [1.5], "fine_tuning_samples.0: 1.5"),
    ((*STUDY, "sizes", "t2d", "fine_tuning_samples"), [0], "fine_tuning_samples.0: 0"),
    ((*TRANSFER, "transformations"), ["rotat"], "transformations: 'rotat' is not one of scale"),
    ((*TRANSFER, "transformations"), ["hue", "hue"], "invariance_transfer.transformations"),
    ((*TRANSFER, "transformations"), [3], "transformations.0: 3 is not of type string"),
    ((*TRANSFER, "classes"), 31, "invariance_transfer.classes: needs 62 objects, but there are 61"),
    ((*TRANSFER, "classes"), 1, "invariance_transfer.classes: 1"),
    ((*TRANSFER, "architectures"), [], "invariance_transfer.architectures"),
    ((*TRANSFER, "seeds"), 0, "invariance_transfer.seeds: 0"),
    ((*TRANSFER, "samples", "test"), 0, "invariance_transfer.samples.test: 0"),
    ((*TRANSFER, "sample"), {}, "unknown key; did you mean 'samples'?"),
    ((*MISMATCH, "sizes"), [0], "invariance_mismatch.sizes.0: 0"),
    ((*MISMATCH, "sizes"), [19], "invariance_mismatch.sizes: 19 is more than the 18"),
    ((*MISMATCH, "sizes"), [1, 1], "invariance_mismatch.sizes"),
    ((*MISMATCH, "sizes"), "all", "invariance_mismatch.sizes: 'all' is not of type array"),
    ((*MISMATCH, "classes"), 62, "invariance_mismatch.classes: needs 62 objects"),
    ((*MISMATCH, "samples", "train"), 300, "linear_probe.batch_size: 512 is more than"),
    ((*MISMATCH, "architectures"), ["resnet18"], "'resnet18' is not one of resnet-18"),
    ((*IRRELEVANT, "domains"), ["cifar10"], "domains.0: 'cifar10' is not one of cifar10_random"),
    ((*IRRELEVANT, "object_scale"), 0, "irrelevant_features.object_scale: 0"),
    ((*IRRELEVANT, "object_scale"), 1.5, "irrelevant_features.object_scale: 1.5"),
    ((*IRRELEVANT, "sweeps", "cifar10_corner", "correlation"), [1.2], "correlation.0: 1.2"),
    ((*IRRELEVANT, "sweeps", "cifar10_random", "availability"), [-0.1], "availability.0: -0.1"),
    ((*IRRELEVANT, "pretraining", "epochs"), 0, "irrelevant_features.pretraining.epochs: 0"),
    ((*IRRELEVANT, "samples", "natural", "train"), 45001, "samples.natural.train: needs 4500.1"),
    (
        (*IRRELEVANT, "samples", "natural", "val"),
        5001,
        "of cifar10 in split val, but there are 500",
    ),
    ((*IRRELEVANT, "samples", "natural", "test"), 10**6, "samples.natural.test: needs 100000"),
    (("natural_images", "cifar10"), SMALL_CIFAR, "sizes.cifar10.pretraining_samples: needs"),
    (("base_images", "revision"), "main\n", "base_images.revision: 'main\\n' has signs"),
    (("results",), "results/demo\n", "results: 'results/demo\\n' has signs"),
    (("resources", "pretraining", "mem"), 16, "resources.pretraining.mem: 16"),
    (("resources", "pretraining", "runtime"), "4", "resources.pretraining.runtime: '4'"),
]


@pytest.fixture
def schema(repository):
    return repository / "workflow/schemas/config.schema.yaml"


def _merge(base: dict, over: dict) -> dict:
    both = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            both[key] = _merge(base[key], over[key])
    return both


@pytest.mark.parametrize("name", ["config.yaml", "demo.yaml"])
def test_committed_configurations_are_right(repository, config, schema, name):
    overlay = yaml.safe_load((repository / "config" / name).read_text(encoding="utf-8"))
    merged = _merge(config, overlay)
    check(merged, schema)
    assert load_studies(merged)


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_wrong_values_are_one_line_with_the_key(config, schema, path, value, message):
    broken = copy.deepcopy(config)
    inner = broken
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(UserError) as error:
        check(broken, schema)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["results", "protocol", "pretraining", "studies"])
def test_missing_keys_are_named(config, schema, key):
    del config[key]
    with pytest.raises(UserError, match=f"^{key}: missing"):
        check(config, schema)


def _undescribed(node: dict, path: str, root: dict) -> list[str]:
    found = []
    for name, child in node.get("properties", {}).items():
        target = child
        while "$ref" in target:
            target = root["$defs"][target["$ref"].removeprefix("#/$defs/")]
        if path != "" and "description" not in target and "properties" not in target:
            found.append(f"{path}.{name}")
        closed = target.get("additionalProperties", True) is False
        if "object" in target.get("type", ()) and not closed:
            found.append(f"{path}.{name} lets unknown keys pass")
        found += _undescribed(target, f"{path}.{name}", root)
    return found


def test_every_key_is_described_and_none_unknown_passes(schema):
    root = yaml.safe_load(schema.read_text(encoding="utf-8"))
    assert root["additionalProperties"] is False
    assert _undescribed(root, "config", root) == []


def test_a_study_that_is_null_is_left_out(config, schema):
    config["studies"] |= only("invariance_transfer")
    check(config, schema)
    assert list(load_studies(config)) == ["invariance_transfer"]


def test_presets_and_schema_know_the_same_switches(schema):
    root = yaml.safe_load(schema.read_text(encoding="utf-8"))
    properties = root["properties"]["protocol"]["properties"]
    described = {name: node["enum"] for name, node in properties.items() if name != "preset"}
    assert described == {name: list(choices) for name, choices in CHOICES.items()}


def test_presets_take_the_first_and_the_second_choice():
    assert resolve({"preset": "paper"}) == {name: c[0] for name, c in CHOICES.items()}
    assert resolve({"preset": "released_code"}) == {name: c[1] for name, c in CHOICES.items()}
    assert resolve({"preset": "paper", "pixelate": 0.3})["pixelate"] == 0.3
    with pytest.raises(UserError, match=r"protocol\.pixel: unknown"):
        resolve({"preset": "paper", "pixel": 0.3})
