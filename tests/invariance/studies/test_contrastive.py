"""The study of views: networks, datasets, fusions, groups of views, and settings it refuses."""

import copy

import pytest

from invariance.artefacts import ARTEFACTS
from invariance.jobs.setting_rules import check
from invariance.measures.represent import SETTINGS as MEASURES
from invariance.studies.contrastive import fusions
from invariance.studies.contrastive.study import Study
from invariance.training.contrastive.settings import checked
from transforms2d.errors import UserError
from transforms2d.rendering.draws import has_draws


@pytest.fixture
def settings(config) -> dict:
    return config["studies"]["contrastive"]


@pytest.fixture
def study(config) -> Study:
    return Study(config)


def test_networks_are_those_of_the_conditions_and_an_untrained_one(study, settings):
    names = [model.name for model in study.models("t2d")]
    kinds = ("default", "ventral", "dorsal", "geometric", "appearance")
    assert names == [
        *(f"moco/{kind}/resnet-18" for kind in kinds),
        "moco/default/resnet-18-w3",
        *(f"supervised/{kind}/resnet-18" for kind in kinds[:3]),
        "none/random/resnet-18",
    ]
    assert study.units("t2d", "represent") == study.units("t2d", "contrastive") == tuple(names)
    trained = [name for name in names if study.networks("t2d", "contrastive", name)]
    assert trained == names[:-1]
    assert study.units("t2d", "pretrain") == () == study.units("t2d", "features")


def test_every_network_has_the_settings_of_its_objective(study, settings):
    """Those that its training takes, and no others."""
    for domain in study.domains:
        for model in study.models(domain):
            found = study.pretraining(domain, 1, model.name)
            assert {**checked({**found, "device": "cpu"})}.keys() - {"device"} == found.keys()
            assert found["num_classes"] == {"t2d": 61, "cifar100": 100}[domain]
    of = {model.name: study.pretraining("t2d", 1, model.name) for model in study.models("t2d")}
    wide, plain = of["moco/default/resnet-18-w3"], of["moco/default/resnet-18"]
    assert wide["dimension"] == 3 * plain["dimension"] == 384
    assert plain["views"] == {
        **settings["views"],
        "group": "default",
        "seed": plain["views"]["seed"],
    }
    # Networks of a seed begin alike, and see views of the same seed.
    assert len({one["init_seed"] for one in of.values()}) == 1
    assert len({one["views"]["seed"] for one in of.values() if "views" in one}) == 1
    assert study.pretraining("t2d", 2, "moco/default/resnet-18")["init_seed"] != plain["init_seed"]


def test_measures_have_all_settings_but_the_device(study):
    for name, found in study.represent("t2d", 0, "none/random/resnet-18").items():
        assert found.keys() == MEASURES.keys() - {"device"}, name
        assert check({**found, "device": "cpu"}, MEASURES, name)


def test_what_is_measured_on_which_dataset(study):
    measured = study.represent("cifar100", 0, "none/random/resnet-18")
    assert list(measured) == ["source", "objects", "latents", "cifar10"]
    has = {
        key: [name for name, one in measured.items() if one[key]]
        for key in ("grid", "draws", "twins", "latents", "penalties", "readout_test")
    }
    assert has == {
        "grid": ["source", "cifar10"],
        "draws": ["source", "cifar10"],
        "twins": ["objects", "cifar10"],
        "latents": ["latents"],
        "penalties": ["objects", "cifar10"],
        "readout_test": ["objects", "latents", "cifar10"],
    }
    assert study.fusion("t2d", 0, "ventral-dorsal").keys() == {"objects", "latents", "cifar10"}


def test_datasets_show_objects_anywhere_and_natural_images(study, config):
    source = study.dataset("t2d", 1, "source", "train")
    assert (source.samples, source.placement, source.object_scale) == (50000, "random", 0.75)
    assert source.classes == tuple(range(61)) and source.transforms == ()
    assert study.dataset("t2d", 1, "source", "test").samples == 9000
    latents = study.dataset("cifar100", 1, "latents", "train")
    assert latents.transforms == ("scale", "rotate", "hue", "brightness", "contrast")
    objects = [study.dataset("t2d", seed, "objects", "train").classes for seed in (0, 1)]
    assert objects[0] != objects[1] and {len(set(one)) for one in objects} == {30}
    natural = study.dataset("cifar100", 1, "source", "train")
    assert natural.samples == 0 and len(natural.natural_classes) == 100  # all there are
    assert natural.foreground == "none" and not has_draws(natural)
    assert study.dataset("t2d", 1, "cifar10", "train").samples == 12000
    names = {domain: study.natural(domain, "source") for domain in study.domains}
    assert names == {"t2d": None, "cifar100": "cifar100"}
    assert study.natural("t2d", "cifar10") == "cifar10" and study.natural("t2d", "objects") is None
    seeds = {study.dataset("t2d", 1, name, "train").seed for name in ("source", *study.targets)}
    assert len(seeds) == 4


def test_a_fusion_is_compared_with_ensembles_of_the_same_size(study):
    assert list(study.fusions)[:3] == ["default-ventral", "default-default", "ventral-ventral"]
    three = "default-ventral-dorsal"
    assert study.controls(three) == (
        "default-default-default",
        "ventral-ventral-ventral",
        "dorsal-dorsal-dorsal",
    )
    assert set(study.controls(three)) <= set(study.units("t2d", "fusion"))
    name = "moco/{}/resnet-18".format
    assert study.parts(4, "ventral-dorsal") == ((4, name("ventral")), (4, name("dorsal")))
    assert study.parts(4, "ventral-ventral") == ((4, name("ventral")), (0, name("ventral")))
    assert fusions.parts(("a", "b", "a"), 1, 2) == (("a", 1), ("b", 1), ("a", 0))
    assert study.factors("ventral-dorsal") == {"objective": "fusion", "condition": "ventral-dorsal"}
    assert study.factors("ventral-ventral")["objective"] == "ensemble"
    assert study.cell("t2d", 0, "ventral-dorsal")["architecture"] == "resnet-18"


def test_places_before_a_fusion_name_networks_of_other_seeds(study):
    def places(unit):
        return study.places_before("t2d", 4, "fusion", unit, "contrastive")

    assert list(places("dorsal-dorsal").values()) == [
        ("t2d", 4, "moco/dorsal/resnet-18"),
        ("t2d", 0, "moco/dorsal/resnet-18"),
    ]
    assert len(places("default-default-default")) == 3  # each has a name of its own


def test_groups_of_views_are_rendered_or_read(study, settings, config, tmp_path):
    found = study.view_groups("cifar100", 1, "backgrounds")
    assert found["vary"] == "backgrounds" and found["spec"]["samples"] == found["groups"] == 200
    assert found["spec"]["foreground"] == "objects"
    others = [study.view_groups("t2d", seed, "backgrounds")["spec"]["seed"] for seed in (1, 2)]
    assert len({*others, study.view_groups("t2d", 1, "places")["spec"]["seed"]}) == 3
    own = tmp_path / "own.csv"
    for name in "ab":
        (tmp_path / name).write_bytes(b"")
    own.write_text("group,path,factor\n1,a,light\n1,b,light\n1,a,pose\n1,b,pose\n")
    settings["groups"] = {"backgrounds": None, "own": {"csv": str(own)}}
    changed = Study(config)
    assert changed.units("t2d", "views") == ("own",)
    assert changed.view_groups("t2d", 0, "own") == {"csv": str(own), "factors": ["light", "pose"]}


def test_records_are_complete_and_told_once(study):
    records = study.records()
    # Ten networks, twice, four fusions and the ensembles of three kinds, of two and of three.
    assert len(records) == len(set(records)) == 2 * 5 * (2 * 10 + 4 + 3 + 3)
    assert "cifar100/seed4/encoders/moco/default/resnet-18-w3/record.json" in records
    assert "t2d/seed0/fusion/default-ventral-dorsal/record.json" in records


REFUSED = [
    (("views", "crop_area"), [0.9, 0.2], "views.crop_area"),
    (("moco", "queue"), 512, "moco.queue: a batch of 512 would replace all of its 512 keys"),
    (("moco", "norm_splits"), 300, "moco.norm_splits: 300 parts of a batch of 512"),
    (("samples", "val"), 1, "samples.val: 1 image has no other"),
    (("architecture",), "vgg-11", "conditions.wide: there is no vgg-11-w3"),
    (("latents",), ["rotat"], "latents: 'rotat' is not one of"),
    (("invariance", "transformations"), ["gray"], "invariance.transformations: 'gray' is not one"),
    (("latents",), ["saturation"], "latents: 'saturation' is not one of"),
    (
        ("invariance",),
        {"transformations": ["crop_flip"], "grid": 0, "shrinkages": [0.01]},
        "invariance.grid: crop_flip is measured over a grid alone; give 2 or more, or leave it out",
    ),
    (("invariance", "grid"), 1, "invariance.grid: one parameter is no grid; give 2 or more, or 0"),
    (
        ("invariance",),
        {"transformations": ["hue", "noise"], "grid": 4, "draws": 0, "shrinkages": [0.01]},
        "invariance.draws: noise has no grid; give 1 or more draws, or leave it out of",
    ),
    (("downstream", "classes"), 62, "downstream.classes: needs 62 objects, but there are 61"),
    (("measured", "objects", "fit"), 749, "measured.objects.fit: 749 images of 30 classes are too"),
    (("measured", "latents", "fit"), 4, "measured.latents.fit: 4 images are too few for 5 folds"),
    (("measured", "source", "scored"), 1, "measured.source: give 2 or more images"),
    (("invariance", "shrinkages"), [0, 0.1], "invariance.shrinkages: 0.01 is not among 0, 0.1"),
    (("fusions",), [["ventral", "wide"]], "fusions: wide is not one of conditions.moco"),
    (
        ("fusions",),
        [["default", "ventral"], ["ventral", "default"]],
        "fusions: ventral, default are fused twice; give each fusion once",
    ),
    (("groups", "backgrounds"), {"csv": "none.csv"}, "groups.backgrounds.csv: none.csv: no such"),
    (("seeds",), 2, "fusions: default, ventral, dorsal are 3 networks, and the ensembles"),
    (("groups", "backgrounds"), {"vary": "places"}, "groups.backgrounds: vary; give csv alone"),
    (
        ("groups", "places"),
        {"vary": "photos", "groups": 5, "views": 2},
        "groups.places: photos of an object differ only with several of them",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_impossible_settings_are_refused_with_their_key(config, settings, path, value, message):
    inner = settings
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(UserError) as error:
        Study(config).check()
    lines = str(error.value).splitlines()
    assert any(line.startswith(f"studies.contrastive.{message}") for line in lines), lines


def test_crops_and_saturation_are_measured_over_a_grid(config, settings):
    settings["invariance"]["transformations"] = ["crop_flip", "saturation"]
    study = Study(config)
    study.check()
    measured = study.represent("t2d", 0, "none/random/resnet-18").values()
    assert all(one["transformations"] == ["crop_flip", "saturation"] for one in measured)
    assert all(study.has_results_for(one) for one in ARTEFACTS.values() if one.study == study.name)


def test_too_few_natural_images_are_refused(config):
    few = {"source": "procedural", "seed": 0, "train_per_class": 40, "test_per_class": 20}
    config["natural_images"]["cifar10"] = few
    message = r"contrastive\.measured\.cifar10: needs 1200 images per class of cifar10"
    with pytest.raises(UserError, match=message):
        Study(config).check()


def test_a_table_of_views_that_is_missing_is_refused(config, settings, tmp_path):
    settings["groups"]["own"] = {"csv": str(tmp_path / "none.csv")}
    with pytest.raises(UserError, match=r"none\.csv: no such file"):
        Study(config).check()


def test_the_configurations_that_come_with_it_pass(config, repository):
    import yaml

    Study(config).check()
    for name in ("demo", "pilot"):
        changed = copy.deepcopy(config)
        overlay = yaml.safe_load((repository / f"config/{name}.yaml").read_text(encoding="utf-8"))
        _merge(changed, overlay)
        Study(changed).check()


def _merge(config: dict, changes: dict) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(config[key], value)
        else:
            config[key] = value
