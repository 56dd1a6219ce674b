"""A record says what it was made of: seeds, recipes and settings of every stage before it."""

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
            for stage in ("pretrain", *study.stages):
                yield study, domain, STAGES[stage].method


def first(config, study, domain, method):
    model = study.models(domain)[0].name
    where = {"study": study.name, "domain": domain, "seed": "0", "model": model}
    return lineage(config, where, method)


@pytest.mark.parametrize("name", STUDIES)
def test_every_stage_is_there_with_its_recipe(config, name):
    for study, domain, method in cases(config):
        if study.name != name:
            continue
        found = first(config, study, domain, method)
        assert found["cell"] == study.cell(domain, 0, study.models(domain)[0].name)
        assert json.loads(json.dumps(found)) == json.loads(json.dumps(found, sort_keys=True))
        stages = found["stages"]
        assert set(stages) - {"base_images", "natural_images"} == {
            one.name for one in up_to(BY_METHOD[method].name)
        }
        assert {stage: entry["recipe"] for stage, entry in stages.items()} == {
            stage: RECIPES[stage] for stage in stages
        }
        assert all(entry["settings"] for entry in stages.values())


@pytest.mark.parametrize("name", STUDIES)
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
