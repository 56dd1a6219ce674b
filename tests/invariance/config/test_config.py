"""A wrong configuration is one line that names the key; the committed ones are right."""

import copy

import pytest
import yaml
from support.project import only
from support.wrong_settings import WRONG

from invariance.config import value_checks
from invariance.config.schema_check import check
from invariance.measures import similarity
from invariance.models import vit
from invariance.studies import checks, load_studies
from invariance.studies.image_folders import check_folders
from invariance.studies.protocol import CHOICES, NUMBERS, SWITCHES, resolve
from transforms2d.base_images.procedural.objects import NAMES
from transforms2d.errors import UserError


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
    refused = project.refused("write_config", "--cores", "1", "--configfile", overlay)
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
    others = node.get("additionalProperties")  # of names that a person gives
    own_names = {"<name>": others} if isinstance(others, dict) else {}
    for name, child in {**node.get("properties", {}), **own_names}.items():
        target = child
        while "$ref" in target:
            own = {key: value for key, value in target.items() if key != "$ref"}
            target = {**root["$defs"][target["$ref"].removeprefix("#/$defs/")], **own}
        if path != "" and "description" not in target and "properties" not in target:
            found.append(f"{path}.{name}")
        closed = target.get("additionalProperties", True) is not True
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
    described = {name: node["enum"] for name, node in properties.items() if "enum" in node}
    del described["preset"]
    assert described == {name: list(choices) for name, choices in CHOICES.items()}
    numbers = {name for name, node in properties.items() if node.get("type") == "integer"}
    assert numbers == set(NUMBERS) and set(properties) == {"preset", *SWITCHES}


def test_presets_take_the_first_and_the_second_choice():
    assert resolve({"preset": "paper"}) == {name: c[0] for name, c in SWITCHES.items()}
    assert resolve({"preset": "released_code"}) == {name: c[1] for name, c in SWITCHES.items()}
    assert resolve({"preset": "paper", "pixelate": 0.3})["pixelate"] == 0.3
    with pytest.raises(UserError, match=r"protocol\.pixel: unknown"):
        resolve({"preset": "paper", "pixel": 0.3})
