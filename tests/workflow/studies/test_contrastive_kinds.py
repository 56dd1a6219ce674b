"""What the tiny configuration of the study of views leaves out: networks, views, switches."""

import copy
import csv
import json

import pytest
from safetensors import safe_open
from support.image_cases import objects, pictures, to_pil
from support.project import only
from support.tiny_config import TINY

pytestmark = pytest.mark.timeout(900)

FOLDER = "results/tiny/contrastive/cifar100/seed0"
WIDE, PLAIN = "moco/default/resnet-18-w3", "moco/default/resnet-18"
SUPERVISED, FUSED = "supervised/default/resnet-18", "default-geometric-appearance"
CHANGES = {
    "seeds": 3,
    "domains": ["cifar100"],
    "conditions": {
        "moco": ["default", "geometric", "appearance"],
        "supervised": ["default"],
        "wide": ["default"],
    },
    "fusions": [["default", "geometric", "appearance"]],
    "groups": {
        "backgrounds": None,
        "places": None,
        "photos": {"vary": "photos", "groups": 6, "views": 3},
        "own": {"csv": "pictures/views.csv"},
    },
    "faithful": {"identity": True, "own_pairs": True},
}
# Of 32 features, and of 96 of the wide network.
FEWER, MORE = {"fit": 20, "scored": 20}, {"fit": 120, "scored": 30}


def settings() -> dict:
    config = copy.deepcopy(TINY)
    config["studies"] = {**only("contrastive"), "contrastive": config["studies"]["contrastive"]}
    config["base_images"] = {
        **{"source": "folder", "folder": "pictures/things"},
        **{"objects": 6, "backgrounds": 5, "prototypes": 0},
    }
    study = config["studies"]["contrastive"]
    study |= CHANGES
    study["measured"] |= {"source": FEWER, "cifar10": MORE}
    study["invariance"] = {
        **{"datasets": ["source", "cifar10"], "transformations": ["h_flip", "hue"]},
        **{"grid": 2, "draws": 1, "shrinkages": [0, 0.01]},
    }
    return config


def write_pictures(folder):
    """Six things with two pictures each, backgrounds, and a table of views of other things."""
    for number, image in enumerate(objects(12)):
        path = folder / f"things/foregrounds/thing {number % 6}/{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        to_pil(image).save(path)
    (folder / "things/backgrounds").mkdir()
    for number, image in enumerate(pictures(5)):
        to_pil(image).save(folder / f"things/backgrounds/{number}.jpg")
    rows = [("group", "path", "factor")]
    for number, image in enumerate(pictures(9, 40, seed=1)):
        to_pil(image).save(folder / f"{number}.jpg")
        factors = ("light",) if number % 3 else ("light", "pose")
        rows += [(f"thing {number // 3}", f"{number}.jpg", factor) for factor in factors]
        rows += [(f"thing {number // 3}", f"{number}.jpg", "pose")] * (number % 3 == 1)
    with (folder / "views.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The records of two networks and of a fusion, by name, and the folder of their seed."""
    from support.project import Project

    folder = tmp_path_factory.mktemp("kinds") / "project"
    folder.mkdir()
    project = Project(folder)
    write_pictures(folder / "pictures")
    paths = {name: f"{FOLDER}/represent/{name}/record.json" for name in (WIDE, SUPERVISED)}
    paths[FUSED] = f"{FOLDER}/fusion/{FUSED}/record.json"
    options = ("--cores", "2", "--configfile", project.overlay(settings()))
    done = project.run(*paths.values(), *options, timeout=800)
    assert done.returncode == 0, done.stdout
    records = {name: json.loads((folder / path).read_text()) for name, path in paths.items()}
    return records, folder / FOLDER


def found(record, method: str, target: str) -> dict:
    """The evaluations of a method and target by what changes."""
    return {
        one["change"]: one
        for one in record["evaluations"]
        if (one["method"], one["target"]) == (method, target)
    }


def test_networks_are_three_times_as_wide(made):
    widths = []
    for name in (PLAIN, WIDE):
        with safe_open(made[1] / f"encoders/{name}/model.safetensors", "pt") as file:
            weights = [file.get_slice(key).get_shape() for key in sorted(file.keys())]
            widths.append(max(shape[0] for shape in weights if len(shape) == 4))
    assert widths == [32, 96]


@pytest.mark.parametrize("name", [WIDE, SUPERVISED])
def test_without_shrinkage_fewer_images_than_features_leave_whitening_out(made, name):
    of_source, of_cifar10 = (
        set(found(made[0][name], "invariance", target)["hue"]["scores"])
        for target in ("source", "cifar10")
    )
    whitened = ("whitened_cosine", "mahalanobis", "whitened_sensitivity")
    assert of_source == {"centred_cosine", "sensitivity", *(f"{one}@0.01" for one in whitened)}
    assert of_cifar10 == of_source | {f"{one}@0" for one in whitened}


@pytest.mark.parametrize("name", [WIDE, SUPERVISED])
def test_views_are_of_several_pictures_and_of_a_table(made, name):
    groups = {
        change: (one["groups"], one["views"])
        for target in ("photos", "own")
        for change, one in found(made[0][name], "views", target).items()
    }
    assert groups == {"photos": (6, 18), "light": (3, 9), "pose": (3, 6)}


def test_published_switches_score_what_changes_nothing(made):
    flips = found(made[0][WIDE], "invariance", "source")["h_flip"]
    assert flips["parameters"] == 2 and flips["pairs"] == 2 * FEWER["scored"]
    assert flips["scores"]["centred_cosine"] > 0


def test_three_networks_are_fused(made):
    record = made[0][FUSED]
    trained = record["stages"]["contrastive"]["settings"]
    assert sorted(one["views"]["group"] for one in trained.values()) == sorted(FUSED.split("-"))
    assert set(found(record, "regression", "latents")) == {
        *("place", "rotate", "brightness", "background"),
    }
    scores = found(record, "downstream", "objects") | found(record, "downstream", "cifar10")
    assert 0 <= scores["classes"]["scores"]["accuracy"] <= 1 and "place" in scores
