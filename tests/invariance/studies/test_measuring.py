"""What the models of a study are measured on, if it is requested, and settings that are refused."""

import copy

import pytest

from invariance.artefacts import on_request
from invariance.config.schema_check import check
from invariance.config.selection import select
from invariance.measures import represent
from invariance.measures.of_rendered import INVARIANCE_ALONE
from invariance.studies import load_studies
from invariance.studies.measured import settings as measuring
from invariance.studies.stages import ON_REQUEST, STAGES
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec

SCHEMA = "workflow/schemas/config.schema.yaml"
MEASURED = (
    "invariance_vs_factors",
    "invariance_transfer",
    "invariance_mismatch",
    "irrelevant_features",
)


@pytest.fixture
def studies(config) -> dict:
    return load_studies(config)


def test_models_of_the_paper_are_measured_and_those_of_its_siblings_are_not(studies):
    assert {one.name for one in measuring.measured(studies.values())} == {*MEASURED}
    for study in studies.values():
        models = study.units(study.domains[0], "measures")
        assert bool(models) == (study.name in MEASURED)
        assert models == (study.units(study.domains[0], "pretrain") if models else ())


def test_what_is_made_on_request_is_in_no_table_of_a_study(studies):
    for study in studies.values():
        assert not [path for path in study.records() if "/measures/" in path]
        assert not {stage for *_, stage, _ in study.results()} & {*ON_REQUEST}
    study = studies["invariance_mismatch"]
    paths = study.records(measuring.STAGES)
    assert len(paths) == len(study.models("t2d")) * len(study.seeds)
    assert paths[0] == "t2d/seed0/measures/nested1/resnet-18/record.json"


def test_a_study_has_no_models_of_stages_of_another(studies):
    """Or a path with the folder of such a stage would be taken for a file that can be made."""
    for name in MEASURED:
        for stage in ("contrastive", "represent", "fusion", "views", "subsets"):
            assert studies[name].units(studies[name].domains[0], stage) == ()
            assert studies[name].pattern(stage) == ""
    assert studies["invariance_transfer"].units("t2d", "linear_probe") == ()


@pytest.mark.parametrize("name", MEASURED)
def test_all_models_see_the_same_images_that_none_was_trained_on(studies, name):
    study = studies[name]
    for domain in study.domains:
        shown = {}
        for model in study.models(domain):
            found = study.measures(domain, 1, model.name)
            shown.setdefault(found["data"], []).append(found)
        kinds = {"invariance_transfer": {"image/none", "random/none"}}
        assert set(shown) == kinds.get(name, set(shown)) and len(shown) <= 2
        for data, several in shown.items():
            assert all(one == several[0] for one in several)
            spec = DatasetSpec.from_dict(several[0]["spec"])
            assert spec.split == "test" and not spec.transforms
            own = study.dataset(domain, 1, data, "test")
            assert (spec.classes, spec.natural_classes) == (own.classes, own.natural_classes)
            assert (spec.seed, spec.foreground, spec.background) == (
                *(own.seed, own.foreground, own.background),
            )
            assert spec.samples == several[0]["fit"] + several[0]["images"] == 5000
        other = study.measures(domain, 2, model.name)
        assert other["seed"] != found["seed"] and other["spec"] != found["spec"]


def test_objects_are_on_the_images_of_study_2(studies):
    study = studies["irrelevant_features"]
    for model in study.models("cifar10_corner"):
        found = study.measures("cifar10_corner", 0, model.name)
        assert (found["data"], found["natural"]) == ("target/CO_C", "cifar10")
        assert found["spec"]["foreground"] == "objects"


def test_settings_are_those_of_the_measures(studies):
    found = studies["invariance_mismatch"].measures("t2d", 0, "nested3/vit")
    shown = {key: found.pop(key) for key in ("data", "spec", "natural")}
    assert shown["natural"] is None
    assert {*found, *INVARIANCE_ALONE, "device"} == {*represent.SETTINGS}
    assert not {*found} & {*INVARIANCE_ALONE}
    assert list(found) == sorted(found)


def test_work_grows_with_what_is_scored(config):
    def passes(**changes):
        changed = copy.deepcopy(config)
        changed["measures"] |= changes
        study = load_studies(changed)["invariance_mismatch"]
        return STAGES["measures"].work(study, "t2d", 0, "nested1/resnet-18").passes

    assert passes(grid=32) > 1.5 * passes(grid=16)
    assert passes(draws=16) == passes(grid=32)
    assert passes(transformations=["hue"]) < passes() / 4
    assert passes(rendered={"fit": 4000, "scored": 3000}) > 2 * passes()


PROCEDURAL = {"source": "procedural", "seed": 0, "train_per_class": 50, "test_per_class": 20}
WRONG = {
    "measures.transformations: 'spin' is not one of": {"transformations": ["hue", "spin"]},
    "measures: grid and draws are both 0": {"grid": 0},
    "measures.grid: 1 parameter is no grid; give 2 or more, or 0": {"grid": 1},
    "measures.rendered: give 2 or more images": {"rendered": {"fit": 9, "scored": 1}},
    "measures.natural: fit and scored are 101 images, but the classes of studies."
    "invariance_vs_factors have 100 test images of cifar10; lower them": {
        "natural": {"fit": 71, "scored": 30}
    },
}


def refused(config, target: str) -> str:
    try:
        check(config, SCHEMA, lambda: select([target], config), folders=True)
    except UserError as error:
        return str(error)
    return ""


@pytest.fixture
def small(config, repository, monkeypatch) -> dict:
    monkeypatch.chdir(repository)
    config["natural_images"] = {"cifar10": PROCEDURAL, "cifar100": PROCEDURAL}
    config["studies"] |= dict.fromkeys((*MEASURED[1:], "influence", "contrastive"))
    small = config["studies"]["invariance_vs_factors"]
    small["domains"] = ["cifar10"]
    small["sizes"]["cifar10"] |= {"default_samples": 45, "pretraining_samples": [45]}
    config["linear_probe"]["batch_size"] = 50
    config["measures"]["natural"] = {"fit": 70, "scored": 30}
    return config


@pytest.mark.parametrize("message", WRONG)
def test_wrong_settings_are_one_line_that_names_the_key(small, message):
    small["measures"] |= WRONG[message]
    for target in ("measures", "model_invariance", "model_agreement"):
        said = refused(small, target)
        assert said.startswith(message) and "\n" not in said


@pytest.mark.parametrize(
    "target",
    [
        "results/invariance_vs_factors/measures.csv",
        "results/invariance_vs_factors/cifar10/seed0/measures/same/same/n45/resnet-18/record.json",
        "results/tables/model_invariance.csv",
    ],
)
def test_they_are_refused_for_every_file_that_needs_them(small, target):
    small["measures"]["natural"] = {"fit": 71000, "scored": 30}
    assert refused(small, target).startswith("measures.natural: ")


@pytest.mark.parametrize("target", ["all", "fig7", "invariance_vs_factors"])
def test_what_nobody_requests_is_not_refused(small, target):
    assert refused(small, "measures") == ""
    small["measures"]["natural"] = {"fit": 71000, "scored": 30}
    assert refused(small, target) == ""
    small["measures"]["grid"] = 1
    assert refused(small, target).startswith("measures.grid: 1"), "whatever is requested"


def test_agreement_needs_three_models_on_the_same_images(config):
    """Models of images and of random patterns are measured on images of their own kind."""
    transfer = config["studies"]["invariance_transfer"]
    transfer |= {"transformations": ["rotate"], "architectures": ["resnet-18"]}
    config["studies"] = {"invariance_transfer": transfer}
    studies = load_studies(config)
    assert len(studies["invariance_transfer"].models("t2d")) == 4  # two kinds, with and without
    assert list(on_request(studies)) == ["model_invariance"]
    transfer["transformations"] = ["rotate", "hue"]
    assert list(on_request(load_studies(config))) == ["model_invariance", "model_agreement"]
