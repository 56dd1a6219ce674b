"""A wrong configuration is one line that names the key; the committed ones are right."""

import copy

import pytest
import yaml
from conftest import only

from invariance.config import value_checks
from invariance.config.schema_check import check
from invariance.measures import similarity
from invariance.models import vit
from invariance.studies import checks, load_studies
from invariance.studies.image_folders import check_folders
from invariance.studies.protocol import CHOICES, resolve
from transforms2d.base_images.procedural.objects import NAMES
from transforms2d.errors import UserError

STUDY = ("studies", "invariance_vs_factors")
TRANSFER = ("studies", "invariance_transfer")
MISMATCH = ("studies", "invariance_mismatch")
IRRELEVANT = ("studies", "irrelevant_features")
SMALL_CIFAR = {"source": "procedural", "seed": 0, "train_per_class": 50, "test_per_class": 20}
FEW_CIFAR = {**SMALL_CIFAR, "train_per_class": 4}  # none is left for validation
DRAWN = {"source": "procedural", "seed": 0, "backgrounds": 8, "prototypes": 1}
SIZES = (*STUDY, "sizes")
SWEEPS = (*IRRELEVANT, "sweeps")
NAN, INFINITY = float("nan"), float("inf")
NO_VALUES = {
    "target_classes": 4,
    "subset_classes": 2,
    "default_samples": 100,
    "pretraining_samples": [],
    "fine_tuning_samples": [20],
    "target_samples": [],
}
NO_MODELS = {
    "seeds": 1,
    "published_seeds": [],
    "domains": ["t2d"],
    "transformations": 3,
    "target_samples": {"train": 600, "val": 100, "test": 100},
    "defaults": {"class_relationship": "same", "architecture": "resnet-18"},
    "factors": {"class_relationship": [], "architecture": []},
    "sizes": dict.fromkeys(("t2d", "cifar10", "cifar100"), NO_VALUES),
}
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
    (("device",), "gpu", "device: 'gpu' is not one of auto, cpu, cuda, mps"),
    (("results",), "; touch pwned", "results: '; touch pwned'"),
    (("results",), "workflow/lib", "results: 'workflow/lib' is in a folder of the project"),
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
    (("base_images", "revision"), "main\n", "base_images.revision: 'main\\n' has unprintable"),
    (("results",), "results/demo\n", "results: 'results/demo\\n' has unprintable"),
    (("resources", "pretraining", "mem"), 16, "resources.pretraining.mem: 16"),
    (("resources", "pretraining", "runtime"), "4", "resources.pretraining.runtime: '4'"),
    (("resources", "rendering", "mem"), "0GB", "resources.rendering.mem: '0GB'"),
    (("resources", "rendering", "threads"), 10**30, "resources.rendering.threads: 1000000"),
    # More images than there are.
    (
        (*SIZES, "cifar100", "pretraining_samples"),
        [10, 50, 100, 250, 500],
        "sizes.cifar100.pretraining_samples: 500 is more than 450",
    ),
    (
        (*SIZES, "cifar10", "pretraining_samples"),
        [10, 4501],
        "sizes.cifar10.pretraining_samples: 4501 is more than 4500",
    ),
    ((*SIZES, "cifar10", "pretraining_samples"), [10**9], "pretraining_samples.0: 1000000000"),
    ((*SIZES, "cifar100", "default_samples"), 451, "cifar100.default_samples: 451 is more than"),
    (
        (*SIZES, "cifar10", "fine_tuning_samples"),
        [22501],
        "cifar10.fine_tuning_samples: 22501 is more than the training images of the target, 22500",
    ),
    ((*SIZES, "cifar100", "target_samples"), [22501], "cifar100.target_samples: 22501 is more"),
    (
        (*SIZES, "cifar10", "fine_tuning_samples"),
        [10**9],
        "1000000000 is not of type integer, at least 1, at most 100000000 or number, more than 0",
    ),
    (("natural_images", "cifar10"), FEW_CIFAR, "images per class of cifar10 in split val"),
    # Whole numbers that are no integers, and numbers that are none.
    ((*STUDY, "seeds"), 1.0, "invariance_vs_factors.seeds: 1.0 is not of type integer"),
    ((*STUDY, "published_seeds"), [[1.0, 2]], "published_seeds.0.0: 1.0 is not of type integer"),
    (("base_images", "objects"), 61.0, "base_images.objects: 61.0 is not of type integer"),
    (("image_size",), 32.0, "image_size: 32.0 is not of type integer"),
    (("pretraining", "epochs"), 2.0, "epochs: 2.0 is not of type integer, at least 1, at most"),
    (("pretraining", "width"), 64.0, "pretraining.width: 64.0 is not of type integer or null"),
    ((*SIZES, "t2d", "pretraining_samples"), [60.0], "pretraining_samples.0: 60.0 is not of type"),
    ((*SIZES, "t2d", "target_samples"), [2.0], "t2d.target_samples.0: 2.0"),
    (("protocol", "fine_tuning_decay_epochs"), 5.0, "decay_epochs: 5.0 is not one of 50 or 5"),
    (("pretraining", "learning_rate"), NAN, "pretraining.learning_rate: nan is not a finite"),
    (("fine_tuning", "learning_rate"), INFINITY, "fine_tuning.learning_rate: inf"),
    ((*IRRELEVANT, "object_scale"), NAN, "irrelevant_features.object_scale: nan is not a finite"),
    ((*SWEEPS, "cifar10_corner", "correlation"), [0, NAN], "correlation.1: nan is not a finite"),
    ((*SIZES, "cifar10", "fine_tuning_samples"), [NAN], "fine_tuning_samples.0: nan is not a fin"),
    # Numbers too large for a job, or for the plan.
    ((*STUDY, "published_seeds"), [[2**64, 1]], "published_seeds.0.0: 18446744073709551616"),
    ((*TRANSFER, "published_seeds"), [[1, 10**30]], "published_seeds.0.1: 1000000"),
    (("base_images", "seed"), 2**31, "base_images.seed: 2147483648"),
    ((*STUDY, "seeds"), 10**30, "invariance_vs_factors.seeds: 1000000"),
    ((*STUDY, "seeds"), 1001, "invariance_vs_factors.seeds: 1001"),
    (("pretraining", "epochs"), 10**30, "pretraining.epochs: 1000000"),
    (("pretraining", "batch_size"), 10**30, "pretraining.batch_size: 1000000"),
    (("base_images",), {**DRAWN, "objects": 610}, "base_images.objects: 610 is more than the 61"),
    # What a ViT does not divide.
    (("image_size",), 20, "image_size: 20 is not a multiple of 8, as the vit of studies."),
    (("image_size",), 9, "image_size: 9 is not a multiple of 8"),
    (("pretraining", "width"), 4, "pretraining.width: 4 is not a multiple of 8"),
    # Texts.
    (("base_images", "repository"), "../..", "base_images.repository: '../..'"),
    (("base_images", "repository"), "-a/--b", "base_images.repository: '-a/--b'"),
    (("base_images", "revision"), "../main", "base_images.revision: '../main'"),
    (("results",), "results/" + "a" * 300, "results: 'results/aaa"),
    (
        ("natural_images", "cifar10", "base_url"),
        "http://[",
        "cifar10.base_url: 'http://[' is not an address; write one such as https://",
    ),
    (("natural_images", "cifar10", "base_url"), "https:///x", "cifar10.base_url: 'https:///x' is"),
    (
        ("natural_images", "cifar10", "base_url"),
        "http://x:y/",
        "cifar10.base_url: 'http://x:y/' is",
    ),
    # Values that leave nothing, count twice, share a name, mean two things or are not looked at.
    (STUDY, NO_MODELS, "sizes.t2d.pretraining_samples: empty, like target_samples and all of"),
    (
        (*STUDY, "published_seeds"),
        [[1, 2], [1, 2]],
        "published_seeds: [[1, 2], [1, 2]] has non-uni",
    ),
    (
        (*SWEEPS, "cifar10_corner", "correlation"),
        [0.1234561, 0.1234562],
        "cifar10_corner.correlation: 0.1234561 has more than the six digits",
    ),
    (
        (*SIZES, "cifar10", "target_samples"),
        [0.01, 0.5, 1],
        "cifar10.target_samples: [0.01, 0.5, 1] mixes numbers of images (1) and shares of",
    ),
    # Twins too few for what is scored.
    (("sensitivity", "batch_size"), 1, "sensitivity.batch_size: 1"),
    (("sensitivity", "pairs"), 2, "sensitivity.pairs: 2 is less than the 4 that linear_cka needs"),
    (("sensitivity", "batch_size"), 3, "sensitivity.batch_size: 3 is less than the 4"),
    ((*TRANSFER, "samples", "test"), 3, "samples.test: 3 is less than the 4 that sensitivity.met"),
    ((*IRRELEVANT, "samples", "natural", "test"), 1, "samples.natural.test: 1 is less than the 4"),
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


@pytest.mark.parametrize(
    "name",
    ["config/config.yaml", "config/demo.yaml", "config/pilot.yaml", "docs/evidence/config.yaml"],
)
def test_committed_configurations_are_right(repository, config, schema, name):
    overlay = yaml.safe_load((repository / name).read_text(encoding="utf-8"))
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
    _, *more = str(error.value).splitlines()
    assert all(line.startswith("error: ") for line in more)


def test_transformations_are_counted_where_one_is_drawn_of_each_category(config, schema):
    config["protocol"]["transform_sets"] = "one_per_category"
    check(config, schema)
    config["studies"]["invariance_vs_factors"]["transformations"] = 4
    with pytest.raises(UserError, match=r"transformations: 4, but .* takes 3; set 3, or uniform"):
        check(config, schema)


@pytest.mark.parametrize("value", [[4500], [22500], [1], [0.5, 1.0]])
def test_amounts_of_natural_images_that_there_are_pass(config, schema, value):
    sizes = config["studies"]["invariance_vs_factors"]["sizes"]["cifar10"]
    sizes["target_samples"] = value
    check(config, schema)


def test_a_vit_that_no_study_trains_minds_no_size(config, schema):
    config["studies"] |= only("irrelevant_features")
    config["image_size"], config["pretraining"]["width"] = 20, 4
    check(config, schema)


def test_numbers_known_without_slow_modules_are_those_of_the_modules():
    assert len(NAMES) == value_checks.DRAWINGS
    assert checks.CKA_IMAGES == similarity.LEAST_IMAGES
    assert (checks.VIT_PATCHES, checks.VIT_HEADS) == (vit.GRID, vit.HEADS)


def test_folders_of_natural_images_are_looked_for_before_any_job(project, config):
    folder = project.folder / "images"
    config["natural_images"]["cifar10"] = {"source": "folder", "folder": str(folder)}
    key = "natural_images.cifar10.folder"
    with pytest.raises(
        UserError, match=f"^{key}: .*/train is not a folder; images must be in train/"
    ):
        check_folders(config)
    overlay = project.overlay({"natural_images": config["natural_images"]})
    refused = project.run("write_config", "--cores", "1", "--configfile", overlay)
    assert refused.returncode != 0 and not (project.folder / "results").exists()
    errors = [line for line in refused.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2 and all(error.startswith(f"error: {key}: ") for error in errors)
    for split in ("train", "test"):
        for kind in range(10):
            (folder / split / str(kind)).mkdir(parents=True)
            (folder / split / str(kind) / "one.png").touch()
    check_folders(config)
    (folder / "test" / "9" / "one.png").unlink()
    with pytest.raises(UserError, match=f"^{key}: .*/test has no image of '9'; add some"):
        check_folders(config)
    (folder / "test" / "9").rmdir()
    with pytest.raises(UserError, match=f"^{key}: .*/test has 9 classes, not 10"):
        check_folders(config)
    config["natural_images"]["cifar10"]["folder"] = "a" * 300
    with pytest.raises(UserError, match=f"^{key}: a*/train is not a folder"):
        check_folders(config)


@pytest.mark.parametrize("folder", ["nothing", "a" * 300])
def test_a_folder_of_base_images_that_is_none_is_named_by_its_key(config, folder):
    config["base_images"] |= {"source": "folder", "folder": folder}
    message = (
        r"^base_images\.folder: .*/foregrounds is not a folder; images must be in foregrounds/"
    )
    with pytest.raises(UserError, match=message):
        check_folders(config)


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
            own = {key: value for key, value in target.items() if key != "$ref"}
            target = {**root["$defs"][target["$ref"].removeprefix("#/$defs/")], **own}
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
