"""Study 1: the published draws, its cells, and the datasets and settings that follow."""

import pytest

from invariance.studies.invariance_vs_factors import Study
from invariance.studies.vs_factors.models import Model
from transforms2d.errors import UserError
from transforms2d.names import ALL, CORRUPTION, GEOMETRIC, PHOTOMETRIC

# Seed: target transformations, other transformations, first target objects, first other objects,
# CIFAR-10 target and other classes, as published.
PUBLISHED = {
    0: ("translate invert pixelate", "rotate posterize erasing", [52, 60, 56, 20, 34, 6], [23, 38, 4, 59, 5, 30], [6, 5, 8, 4, 3], [1, 2, 9, 7, 0]),
    1: ("translate invert pixelate", "scale hue elastic", [25, 20, 40, 12, 52, 4], [49, 37, 36, 48, 0, 38], [1, 4, 5, 7, 8], [0, 3, 2, 9, 6]),
    2: ("scale brightness contrast", "translate posterize noise", [44, 38, 11, 42, 55, 25], [19, 31, 9, 0, 52, 33], [8, 1, 2, 5, 9], [7, 6, 4, 0, 3]),
    3: ("h_flip invert blur", "v_flip hue pixelate", [6, 22, 0, 48, 31, 33], [24, 18, 20, 52, 43, 2], [2, 3, 8, 0, 7], [6, 5, 1, 9, 4]),
    4: ("v_flip invert contrast", "h_flip hue blur", [24, 34, 22, 41, 49, 27], [9, 14, 10, 1, 60, 37], [8, 0, 2, 7, 1], [4, 9, 3, 6, 5]),
    5: ("v_flip invert elastic", "shear brightness pixelate", [42, 14, 19, 54, 27, 18], [58, 55, 15, 1, 7, 8], [4, 1, 5, 7, 6], [9, 2, 8, 3, 0]),
    6: ("h_flip posterize noise", "translate hue erasing", [59, 56, 55, 20, 34, 4], [15, 1, 19, 11, 36, 31], [1, 4, 9, 0, 8], [6, 2, 7, 5, 3]),
    7: ("h_flip grayscale erasing", "shear sharpen noise", [53, 23, 20, 19, 27, 21], [2, 50, 41, 57, 30, 47], [8, 5, 0, 1, 9], [7, 3, 4, 2, 6]),
    8: ("translate posterize pixelate", "shear sharpen noise", [45, 19, 44, 33, 23, 10], [38, 9, 51, 31, 56, 41], [8, 1, 0, 5, 3], [4, 2, 7, 6, 9]),
    9: ("translate invert elastic", "scale sharpen contrast", [9, 2, 37, 48, 49, 22], [53, 0, 7, 33, 47, 54], [7, 8, 4, 6, 0], [2, 3, 5, 1, 9]),
}  # fmt: skip


@pytest.fixture
def study(config):
    return Study(config)


@pytest.mark.parametrize("seed", PUBLISHED)
def test_seeds_0_to_9_study_what_was_published(config, seed):
    config["protocol"]["preset"] = "released_code"
    study = Study(config)
    draw, natural = study.draw("t2d", seed), study.draw("cifar10", seed)
    found = (
        " ".join(draw.target_transforms),
        " ".join(draw.other_transforms),
        list(draw.target_classes[:6]),
        list(draw.other_classes[:6]),
        list(natural.target_classes),
        list(natural.other_classes),
    )
    assert found == PUBLISHED[seed]


def test_the_paper_preset_keeps_the_objects_and_draws_sets_over_all_18(study):
    seen = set()
    for seed, (*_, target, other, _, _) in PUBLISHED.items():
        draw = study.draw("t2d", seed)
        assert list(draw.target_classes[:6]) == target
        assert list(draw.other_classes[:6]) == other
        names = draw.target_transforms + draw.other_transforms
        assert len(set(names)) == 6
        seen |= set(names)
    assert seen <= set(ALL)
    assert all(seen & set(category) for category in (GEOMETRIC, PHOTOMETRIC, CORRUPTION))


def test_seeds_after_the_published_ones_are_derived(config):
    config["studies"]["invariance_vs_factors"]["seeds"] = 30
    study = Study(config)
    draws = [study.draw("t2d", seed) for seed in range(30)]
    assert len({draw.sampling_seed for draw in draws}) == 30
    assert draws[29] == Study(config).draw("t2d", 29)


def test_every_cell_is_trained_once(study):
    models = study.models("t2d")
    # 4 class relationships + 5 architectures + 5 sizes share one default cell; two series each.
    assert len(models) == 2 * (4 + 5 + 5 - 2)
    assert len({model.name for model in models}) == len(models)
    assert Model.parse(models[0].name) == models[0]
    assert "same/disjoint/n50000/resnet-18" in {model.name for model in models}


def test_class_relationships(study):
    draw = study.draw("t2d", 0)
    classes = {r: study.classes("t2d", 0, r) for r in ("subset", "disjoint", "same", "superset")}
    assert {name: len(c) for name, c in classes.items()} == {
        "subset": 10,
        "disjoint": 30,
        "same": 30,
        "superset": 60,
    }
    assert set(classes["subset"]) < set(draw.target_classes)
    assert not set(classes["disjoint"]) & set(draw.target_classes)
    assert set(classes["superset"]) == set(classes["same"]) | set(classes["disjoint"])


def test_datasets_of_both_series_differ_in_their_transformations_alone(study):
    same = study.dataset("t2d", 3, "same/disjoint/n1000", "train").to_dict()
    other = study.dataset("t2d", 3, "different/disjoint/n1000", "train").to_dict()
    assert {key for key in same if same[key] != other[key]} == {"transforms"}
    assert same["samples"] == 1000
    assert study.dataset("t2d", 3, "same/disjoint/n1000", "val").samples == 10000


def test_target_and_pretraining_share_no_stream(study):
    target = study.dataset("t2d", 0, "target", "train")
    pretraining = study.dataset("t2d", 0, "same/same/n50000", "train")
    assert target.transforms == pretraining.transforms
    assert target.classes == pretraining.classes
    assert target.seed != pretraining.seed


def test_natural_domains_take_images_per_class(study):
    spec = study.dataset("cifar10", 0, "same/superset/n50", "train")
    assert (spec.samples, spec.num_classes, spec.background) == (500, 10, "natural")
    assert study.dataset("cifar10", 0, "target", "test").samples == 0
    assert study.dataset("cifar10", 0, "same/same/n4500", "train").samples == 0


def test_as_many_natural_images_as_the_split_leaves_are_all(config):
    """By number, a split that is not stratified would not have them in every choice of classes."""
    source = {"source": "procedural", "seed": 0, "train_per_class": 50, "test_per_class": 20}
    config["natural_images"]["cifar10"] = source
    study = Study(config)
    assert study.dataset("cifar10", 0, "same/same/n45", "train").samples == 0
    assert study.dataset("cifar10", 0, "same/same/n44", "train").samples == 5 * 44


def test_settings_follow_the_architecture(study):
    cnn = study.pretraining("t2d", 0, "same/disjoint/n50000/resnet-18")
    vit = study.pretraining("t2d", 0, "same/disjoint/n50000/vit")
    assert (cnn["schedule"], cnn["weight_decay"]) == ("constant", 0.0)
    assert (vit["schedule"], vit["weight_decay"]) == ("vit_paper", 1e-5)
    assert cnn["init_seed"] == 59832 + 583
    assert study.pretraining("t2d", 0, "same/superset/n50000/resnet-18")["num_classes"] == 60


@pytest.mark.parametrize(
    ("domain", "samples", "few", "whole"),
    [
        ("t2d", 50000, [50, 200, 500, 2000, 5000], []),
        ("cifar10", 4500, [0.01, 0.05, 0.1, 0.5], [1.0]),
        ("cifar100", 450, [0.01, 0.05, 0.1, 0.5], [1.0]),
    ],
)
def test_the_panel_of_target_samples_is_of_models_of_the_target_classes(
    study, domain, samples, few, whole
):
    low_and_high = study.settings["sizes"][domain]["fine_tuning_samples"]
    for model in study.models(domain):
        probe = study.linear_probe(domain, 0, model.name)
        tuned = study.fine_tuning(domain, 0, model.name)
        kinds = [(settings["samples"], settings.get("head_samples")) for settings in tuned]
        assert len(set(kinds)) == len(kinds)
        if model.name.endswith(f"/same/n{samples}/resnet-18"):
            # The probe on all of the target is trained anyway.
            assert probe["samples"] == few
            assert probe["samples_seed"] == tuned[0]["seed"]
            assert kinds == [*((n, None) for n in [*low_and_high, *whole]), *((n, n) for n in few)]
        else:
            assert "samples" not in probe
            assert kinds == [(n, None) for n in low_and_high]


def test_the_panel_needs_no_model_beside_the_others(config, study):
    sizes = config["studies"]["invariance_vs_factors"]["sizes"]["t2d"]
    names = {model.name for model in study.models("t2d")}
    sizes["target_samples"] = []
    assert {model.name for model in Study(config).models("t2d")} == names
    config["studies"]["invariance_vs_factors"]["factors"]["class_relationship"] = ["disjoint"]
    assert not [m for m in Study(config).models("t2d") if m.class_relationship == "same"]
    sizes["target_samples"] = [50]
    found = [m.name for m in Study(config).models("t2d") if m.class_relationship == "same"]
    assert found == ["same/same/n50000/resnet-18", "different/same/n50000/resnet-18"]


def test_more_images_than_the_target_has_are_refused(config):
    sizes = config["studies"]["invariance_vs_factors"]["sizes"]["t2d"]
    sizes["target_samples"] = [50, 60000]
    with pytest.raises(UserError, match=r"t2d\.target_samples: 60000 is more than .* 50000"):
        Study(config).check()


@pytest.mark.parametrize(
    ("preset", "kept"), [("paper", "best_validation"), ("released_code", "last_epoch")]
)
def test_the_model_that_fine_tuning_keeps_follows_the_protocol(config, preset, kept):
    config["protocol"]["preset"] = preset
    for settings in Study(config).fine_tuning("t2d", 0, "same/disjoint/n50000/resnet-18"):
        assert settings["model_selection"] == kept


def test_names_that_are_not_in_the_study_are_refused(study):
    study.check_name("t2d", ["same", "disjoint", "n50000", "resnet-18"])
    with pytest.raises(UserError, match="unknown 'restnet-18'; valid here: resnet-18, resnet-50"):
        study.check_name("t2d", ["same", "disjoint", "n50000", "restnet-18"])
    with pytest.raises(UserError, match="unknown 'n7'; valid here: n50000"):
        study.check_name("t2d", ["same", "disjoint", "n7"])
