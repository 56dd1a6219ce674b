"""Which training images have new draws in every epoch, and how many of them a transfer sees."""

import pytest

from invariance.jobs import resources
from invariance.studies import load_studies
from invariance.studies.protocol import resolve
from transforms2d.errors import UserError

FACTORS, FEATURES = "invariance_vs_factors", "irrelevant_features"
MODEL = "same/disjoint/n50000/resnet-18", "different/disjoint/n4500/resnet-18"


def studies(config, **switches):
    config["protocol"] = {**config["protocol"], **switches}
    return load_studies(config)


@pytest.mark.parametrize(
    ("draws", "t2d", "natural"),
    [
        ("fresh_on_natural", "fixed", "fresh"),
        ("fresh", "fresh", "fresh"),
        ("fixed", "fixed", "fixed"),
    ],
)
def test_draws_follow_the_kind_of_image(config, draws, t2d, natural):
    found = studies(config, draws=draws, transfer_draws=3)
    study = found[FACTORS]
    for domain, expected in {"t2d": t2d, "cifar10": natural, "cifar100": natural}.items():
        model = MODEL[domain != "t2d"]
        assert study.pretraining(domain, 0, model)["draws"] == expected
        seen = 3 if expected == "fresh" else 1
        assert study.features(domain, 0, model)["draws"] == seen
        assert {tuning["draws"] for tuning in study.fine_tuning(domain, 0, model)} == {seen}
    for name in ("invariance_mismatch", "invariance_transfer"):
        model = found[name].models("t2d")[0].name
        assert found[name].pretraining("t2d", 0, model)["draws"] == t2d


def test_presets():
    paper, released = (resolve({"preset": name}) for name in ("paper", "released_code"))
    assert (paper["draws"], released["draws"]) == ("fresh_on_natural", "fresh")
    assert min(paper["transfer_draws"], released["transfer_draws"]) > 1


@pytest.mark.parametrize("value", [0, -1, 2.0, "4", True, None])
def test_a_number_of_draws_is_a_whole_number_above_zero(value):
    with pytest.raises(UserError, match=r"protocol\.transfer_draws: .* is not a whole number >= 1"):
        resolve({"preset": "paper", "transfer_draws": value})


def test_places_of_pasted_objects_have_draws_and_the_corner_has_none(config):
    study = studies(config)[FEATURES]
    kinds = {
        (domain, task): study.draws(domain, 0, f"target/{task}")
        for domain in ("cifar10_random", "cifar10_corner")
        for task in ("C_C", "CO_C", "CO_O", "O_O")
    }
    fresh = {("cifar10_random", task) for task in ("CO_C", "CO_O", "O_O")}
    assert {key for key, kind in kinds.items() if kind == "fresh"} == fresh
    draws = study.switches["transfer_draws"]
    assert study.features("cifar10_random", 0, "C_C/resnet-18")["draws"] == draws
    assert study.features("cifar10_corner", 0, "C_C/resnet-18")["draws"] == 1


def test_the_augmentation_of_the_released_code_has_draws(config):
    study = studies(config, preset="released_code")[FEATURES]
    for domain in ("cifar10_random", "cifar10_corner"):
        assert study.draws(domain, 0, "C_C") == study.draws(domain, 0, "CO_C") == "fresh"
    assert study.draws("cifar10_corner", 0, "O_O") == "fixed"


def test_no_transfer_takes_more_draws_than_it_has_epochs(config):
    config["linear_probe"]["epochs"], config["fine_tuning"]["epochs"] = 5, 2
    study = studies(config, transfer_draws=100)[FACTORS]
    assert study.features("cifar10", 0, MODEL[1])["draws"] == 5
    assert {tuning["draws"] for tuning in study.fine_tuning("cifar10", 0, MODEL[1])} == {2}


def test_jobs_ask_for_the_features_of_each_draw(config):
    config["linear_probe"]["epochs"] = 200
    one, many = (studies(config, transfer_draws=draws)[FACTORS] for draws in (1, 5))
    place = "cifar10", 0, MODEL[1]
    train = 45_000 // 2  # five of ten classes
    more = resources.feature_rows(many, *place) - resources.feature_rows(one, *place)
    assert more == 4 * train
    assert resources.features(many, *place).images - resources.features(one, *place).images == more
    assert resources.features(many, *place).passes > 4 * resources.features(one, *place).passes
    probes = [resources.linear_probe(study, *place) for study in (one, many)]
    assert probes[1].images > probes[0].images and probes[1].passes == probes[0].passes


@pytest.mark.parametrize(
    ("preset", "kept"), [("paper", "best_validation"), ("released_code", "last_epoch")]
)
def test_the_head_that_a_probe_keeps_follows_the_protocol(config, preset, kept):
    for study in studies(config, preset=preset).values():
        for domain in study.domains:
            for model in study.units(domain, "linear_probe")[:1]:
                assert study.linear_probe(domain, 0, model)["model_selection"] == kept
