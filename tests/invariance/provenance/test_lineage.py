"""A record says what it was made of: seeds, recipes and settings of every stage before it."""

import copy
import json

import pytest

from invariance.provenance.lineage import lineage
from invariance.provenance.recipes import RECIPES
from invariance.studies import STUDIES, load_studies
from invariance.studies.stages import BY_METHOD, STAGES, up_to
from transforms2d.base_images import used_settings


def cases(config):
    for study in load_studies(config).values():
        for domain in study.domains:
            for stage in (*study.recorded, *study.on_request):
                yield study, domain, STAGES[stage].method


def first(config, study, domain, method):
    unit = study.units(domain, BY_METHOD[method].name)[0]
    where = {"study": study.name, "domain": domain, "seed": "0", "model": unit}
    return lineage(config, where, method)


@pytest.mark.parametrize("name", STUDIES)
def test_every_stage_is_there_with_its_recipe(config, name):
    for study, domain, method in cases(config):
        if study.name != name:
            continue
        found = first(config, study, domain, method)
        unit = study.units(domain, BY_METHOD[method].name)[0]
        assert found["cell"] == study.cell(domain, 0, unit)
        assert json.loads(json.dumps(found)) == json.loads(json.dumps(found, sort_keys=True))
        stages = found["stages"]
        assert set(stages) - {"base_images", "natural_images"} == {
            one.name for one in up_to(BY_METHOD[method].name)
        }
        assert {stage: entry["recipe"] for stage, entry in stages.items()} == {
            stage: RECIPES[stage] for stage in stages
        }
        assert all(entry["settings"] for entry in stages.values())


PRETRAINED = [name for name in STUDIES if name not in ("influence", "contrastive")]


@pytest.mark.parametrize("name", PRETRAINED)
def test_settings_are_those_of_the_jobs(config, name):
    study = STUDIES[name](config)
    domain = study.domains[0]
    model = study.models(domain)[-1].name
    method = STAGES[study.stages[0]].method
    stages = lineage(config, study.cell(domain, 3, model), method)["stages"]
    assert stages["pretrain"]["settings"] == study.pretraining(domain, 3, model)
    data = study.data(model)
    assert stages["dataset"]["settings"][data] == study.dataset_specs(domain, 3, data)
    if method == "linear_probe":
        assert stages["linear_probe"]["settings"] == study.linear_probe(domain, 3, model)
        assert set(stages["dataset"]["settings"]) == {data, *study.targets}


def test_seeds_are_those_that_all_others_follow_from(config):
    study = STUDIES["invariance_vs_factors"](config)
    cell = study.cell("t2d", 4, study.models("t2d")[0].name)
    found = lineage(config, cell, "fine_tuning")
    configuration, sampling = study.seed_pair(4)
    assert found["seeds"] == {"run": 4, "configuration": configuration, "sampling": sampling}
    stages = found["stages"]
    assert stages["pretrain"]["settings"]["init_seed"] == configuration + study.init_offset
    assert {"seed"} <= set(stages["linear_probe"]["settings"])
    assert all("seed" in amount for amount in stages["fine_tune"]["settings"])


def test_only_the_images_that_are_shown_are_named(config):
    def images(name, domain, method):
        found = first(config, STUDIES[name](config), domain, method)
        return {s: v["settings"] for s, v in found["stages"].items() if s.endswith("_images")}

    base = used_settings(config["base_images"])
    assert images("invariance_vs_factors", "t2d", "linear_probe") == {"base_images": base}
    assert images("invariance_vs_factors", "cifar100", "pretraining") == {
        "natural_images": {"cifar100": {"source": "torchvision"}}
    }
    found = images("invariance_transfer", "t2d", "sensitivity")
    assert set(found) == {"base_images", "natural_images"}
    assert set(found["natural_images"]) == {"cifar10", "cifar100"}


def test_settings_of_other_units_are_named_by_unit(config):
    """Influences come from all networks of a kind; removals from the influences of the first."""
    study = STUDIES["influence"](config)
    found = lineage(config, study.cell("t2d", 1, "half"), "influence")["stages"]
    units = [f"half/{part}" for part in range(12)] + ["full/0"]
    for stage in ("masks", "subsets"):
        settings = found[stage]["settings"]
        assert list(settings) == units
        assert settings["half/3"] == getattr(study, stage)("t2d", 1, "half/3")
    assert found["influence"]["settings"] == study.influence("t2d", 1, "half")
    of_repeat = lineage(config, study.cell("t2d", 1, "repeat2"), "counterfactuals")["stages"]
    assert of_repeat["counterfactuals"]["settings"] == study.counterfactuals("t2d", 1, "repeat2")
    assert of_repeat["influence"]["settings"] == {
        "bernoulli": study.influence("t2d", 1, "bernoulli")
    }
    assert {unit.split("/")[0] for unit in of_repeat["subsets"]["settings"]} == {
        *("bernoulli", "repeated", "full")
    }


def test_more_networks_change_nothing_of_those_before(config):
    study = STUDIES["influence"](copy.deepcopy(config))
    config["studies"]["influence"]["masks"]["models"] *= 2
    larger = STUDIES["influence"](config)
    units = study.units("t2d", "subsets")
    assert set(units) < set(larger.units("t2d", "subsets"))
    for unit in units:
        if not unit.startswith("repeated/"):  # a share of the masks
            where = {"domain": "t2d", "seed": 2, "unit": unit}
            before, after = (
                lineage(config, {"study": one, **where}, "subsets") for one in (study, larger)
            )
            assert before == after, unit


def test_an_ensemble_names_the_settings_of_networks_of_other_seeds(config):
    study = STUDIES["contrastive"](config)
    found = lineage(config, study.cell("t2d", 4, "dorsal-dorsal"), "fusion")["stages"]
    name = "moco/dorsal/resnet-18"
    assert found["contrastive"]["settings"] == {
        f"seed{seed}/{name}": study.pretraining("t2d", seed, name) for seed in (4, 0)
    }
    assert "views" not in found
    of_network = lineage(config, study.cell("t2d", 4, name), "represent")["stages"]
    assert of_network["contrastive"]["settings"] == study.pretraining("t2d", 4, name)
    assert of_network["views"]["settings"] == {
        group: study.view_groups("t2d", 4, group) for group in ("backgrounds", "places")
    }
