"""The study of influence: designs, units, and settings that it refuses."""

import copy
import itertools
import re

import numpy as np
import pytest

from invariance.studies.influence import design as designs
from invariance.studies.influence.masks import draw
from invariance.studies.influence.study import Study
from transforms2d.errors import UserError
from transforms2d.names import ALL
from transforms2d.rendering.draws import has_draws

SEEDS = range(5)


@pytest.fixture
def settings(config) -> dict:
    return config["studies"]["influence"]


@pytest.fixture
def study(config) -> Study:
    return Study(config)


def by_kind(study, seed) -> dict[str, list[tuple[int, tuple]]]:
    """Object and list of each source class, by kind."""
    design, found = study.design(seed), {}
    rows = zip(study.source_classes("t2d"), design.objects, design.lists, strict=True)
    for name, thing, names in rows:
        found.setdefault(name.split()[0], []).append((thing, names))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_source_classes_are_what_their_kind_says(study, settings, seed):
    design, found = study.design(seed), by_kind(study, seed)
    wanted = set(design.target_list)
    assert {kind: len(classes) for kind, classes in found.items()} == {
        kind: settings["classes"][key] for kind, key in designs.KINDS.items()
    }
    leaks = tuple(thing for thing, _ in found["leak"])
    assert leaks == design.target_objects[: len(leaks)]
    assert {names for kind in ("leak", "carrier") for _, names in found[kind]} == {
        design.target_list
    }
    assert all(len(wanted & set(names)) == 1 for _, names in found["partial"])
    assert all(not wanted & set(names) for _, names in found["neutral"])
    sizes = {len(names) for kind in ("partial", "neutral") for _, names in found[kind]}
    assert sizes == {settings["list_size"]}


@pytest.mark.parametrize("seed", SEEDS)
def test_only_leaks_show_an_object_of_the_target(study, config, seed):
    design, found = study.design(seed), by_kind(study, seed)
    others = [thing for kind, rows in found.items() if kind != "leak" for thing, _ in rows]
    assert not set(others) & set(design.target_objects)
    assert len(set(design.objects)) == len(design.objects)
    assert len(set(design.target_objects)) == len(design.target_objects)
    assert max(design.objects + design.target_objects) < config["base_images"]["objects"]


def test_designs_differ_and_are_the_same_every_time(study, config):
    first = [study.design(seed) for seed in SEEDS]
    assert first == [Study(copy.deepcopy(config)).design(seed) for seed in SEEDS]
    for one, other in itertools.combinations(first, 2):
        assert one.target_objects != other.target_objects and one.lists != other.lists
    lists = {design.target_list for design in first}
    assert len(lists) > 1 and all(set(names) <= set(ALL) for names in lists)


def test_more_neutral_classes_leave_the_others_as_they_are(study, settings, config):
    """Each class is drawn for itself: so designs of different sizes can be compared."""
    before = by_kind(study, 1)
    settings["classes"]["neutral"] -= 2
    after = by_kind(Study(config), 1)
    assert all(before[kind] == after[kind] for kind in ("leak", "carrier", "partial"))
    assert before["neutral"][:-2] == after["neutral"]


def test_shared_names_are_drawn_among_all_of_the_target_and_at_all_places(settings):
    """Over many classes, partial lists share each of the target's names about as often."""
    settings = {**settings, "classes": {"leaks": 0, "carriers": 0, "partial": 600, "neutral": 0}}
    design = designs.draw(settings, 1000, 3)
    shared = [(set(design.target_list) & set(names)).pop() for names in design.lists]
    places = [names.index(one) for names, one in zip(design.lists, shared, strict=True)]
    for values in (shared, places):
        counts = np.unique(values, return_counts=True)[1]
        assert len(counts) == 3 and counts.min() > 150  # of 200 on average, deviation 12


def test_names_of_a_given_list_are_the_target_s(settings, config):
    settings["target"]["transformations"] = ["rotate", "hue"]
    study = Study(config)
    assert {study.design(seed).target_list for seed in SEEDS} == {("rotate", "hue")}


def test_datasets_show_the_design(study, settings):
    design = study.design(2)
    for split, per_class in {"train": 500, "val": 1, "test": 100}.items():
        spec = study.dataset("t2d", 2, "source", split)
        assert spec.classes == design.objects and spec.samples == per_class * 46
        assert spec.transforms == dict(enumerate(design.lists))
    for split in ("train", "val", "test"):
        spec = study.dataset("t2d", 2, "target", split)
        assert spec.classes == design.target_objects and spec.samples == 100 * 16
        assert spec.transforms == design.target_list
    seeds = {study.dataset("t2d", 2, name, "test").seed for name in ("source", "target")}
    assert len(seeds) == 2


def test_cifar_takes_at_most_the_images_there_are(study):
    source = study.dataset("cifar", 0, "source", "train")
    assert source.samples == 0 and len(source.natural_classes) == 100  # all 450 of a class
    assert study.dataset("cifar", 0, "source", "test").samples == 0
    target = study.dataset("cifar", 0, "target", "val")
    assert target.samples == 1000 and len(target.natural_classes) == 10
    assert not has_draws(target)
    assert study.natural("cifar", "source") == "cifar100"
    assert study.natural("cifar", "target") == "cifar10"
    assert study.influence("cifar", 0, "bernoulli")["lists"] is None
    assert "planted" not in study.arms("cifar") and "planted" in study.arms("t2d")


def test_units_are_parts_of_the_masks(study):
    parts = [f"{kind}/{part}" for kind in ("bernoulli", "half") for part in range(12)]
    assert study.units("t2d", "masks") == (*parts, "repeated/0", "repeated/1", "full/0")
    assert study.units("t2d", "subsets") == study.units("cifar", "subsets")
    assert study.units("t2d", "influence") == ("bernoulli", "half")
    assert study.units("t2d", "counterfactuals") == tuple(f"repeat{n}" for n in range(5))
    assert study.units("t2d", "pretrain") == () and study.models("t2d") == ()
    rows = [study.masks("t2d", 0, unit)["rows"] for unit in ("repeated/1", "full/0", "half/11")]
    assert rows == [[50, 60], [0, 5], [550, 600]]
    assert study.units_by_role("half") == {"subsets": parts[12:], "full": ["full/0"]}
    assert study.units_by_role("bernoulli")["repeated"] == ["repeated/0", "repeated/1"]


def test_repeated_masks_are_the_first_ones_with_other_seeds(study):
    first, again = (study.masks("t2d", 1, unit) for unit in ("bernoulli/0", "repeated/0"))
    assert {key for key in first if first[key] != again[key]} == {"network_seed"}


def test_networks_are_counted(study):
    assert study.networks("t2d", "subsets", "repeated/1") == 10
    assert study.networks("t2d", "counterfactuals", "repeat0") == 5 * 9 + 2
    assert study.networks("cifar", "counterfactuals", "repeat0") == 4 * 9 + 2
    assert study.networks("t2d", "influence", "half") == 0


@pytest.mark.parametrize(
    ("models", "numbers"),
    [(600, [150, 300, 600]), (64, [16, 32, 64]), (99, [24, 50, 98]), (19, [4, 10, 18]), (5, [4])],
)
def test_reliability_is_told_for_numbers_of_models_that_there_are(
    config, settings, models, numbers
):
    settings["masks"]["models"] = models
    assert Study(config).influence("t2d", 0, "bernoulli")["reliability"] == numbers


def test_records_are_complete_and_told_once(study):
    records = study.records()
    assert len(records) == len(set(records)) == 2 * 5 * (27 + 2 + 5)
    assert "t2d/seed3/subsets/half/11/record.json" in records
    assert "cifar/seed0/counterfactuals/repeat4/record.json" in records


def test_a_wrong_unit_is_named(study):
    study.check_name("t2d", ["bernoulli", "11"], "subsets")
    with pytest.raises(UserError, match="unknown 'bernouli'; valid here: bernoulli, half, rep"):
        study.check_name("t2d", ["bernouli", "0"], "subsets")


REFUSED = [
    (("classes", "leaks"), 17, "classes.leaks: 17, but each shows another object of the target"),
    (("classes", "neutral"), 31, "influence.classes: needs 62 objects, 16 for the target"),
    (("target", "objects"), 19, "influence.classes: needs 62 objects, 19 for the target"),
    (("target", "transformations"), 19, "target.transformations: 19 is more than the 18"),
    (("target", "transformations"), ["rotat"], "target.transformations: 'rotat' is not one of"),
    (("target", "transformations"), 1, "target.transformations: with 1, a partial class has the"),
    (("list_size",), 16, "list_size: 16, but only 15 transformations are not in the target's"),
    (("masks", "models"), 90, "masks.models: 90 on t2d, but least squares of 46 source classes"),
    (("classes", "neutral"), 27, "masks.kinds: half of 45 source classes is no whole number"),
    (("masks", "models"), 601, "masks.models: 601 is odd, but masks of kind half are pairs"),
    (
        ("counterfactuals", "removed"),
        [0.01, 0.5],
        "counterfactuals.removed: 0.01 of 46 source classes on t2d is 0, but at least one",
    ),
    (("masks", "repeated"), 0.003, "masks.repeated: 0.003 of 600 masks is 2, but a rank"),
    (("counterfactuals", "arms"), ["planted"], "arms: cifar has no lists of transformations"),
    (("counterfactuals", "removed"), [0.5, 0.501], "removed: two shares of 46 source classes on"),
    (("network",), {"architecture": "vit", "width": 12}, "network.width: 12 is not a multiple"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_impossible_settings_are_refused_with_their_key(config, settings, path, value, message):
    inner = settings
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(UserError) as error:
        Study(config).check()
    assert any(
        line.startswith("studies.influence.") and message in line
        for line in str(error.value).splitlines()
    ), error.value


@pytest.mark.parametrize("given", [20, ["rotat"]])
def test_a_wrong_list_of_the_target_is_named_once(config, settings, given):
    settings["target"]["transformations"] = given
    with pytest.raises(UserError) as error:
        Study(config).check()
    assert len(str(error.value).splitlines()) == 1


def test_stacks_of_networks_with_fixed_epochs_are_refused(config, settings):
    settings["training"]["fixed"] = "epochs"
    Study(config).check()
    settings["stack"]["models"] = 2
    with pytest.raises(UserError, match=r"influence\.stack\.models: 2, but with training.fixed"):
        Study(config).check()


def test_half_masks_only_need_what_concerns_them(config, settings):
    settings["masks"] |= {"kinds": ["bernoulli"], "models": 601}
    settings["classes"]["neutral"] = 27
    Study(config).check()


def test_a_class_in_all_or_in_no_mask_is_refused_before_any_job(config, settings):
    settings |= {"seeds": 300, "domains": ["t2d"]}
    settings["classes"] = {"leaks": 1, "carriers": 1, "partial": 1, "neutral": 2}
    settings["masks"] |= {"kinds": ["bernoulli"], "models": 10, "repeated": 0}
    settings["counterfactuals"]["removed"] = [0.4]
    with pytest.raises(UserError) as error:
        Study(config).check()
    words = re.fullmatch(
        r"studies\.influence\.masks\.models: (.+) of t2d, seed (\d+), is in (all|none) of the 10 "
        "masks, so its influence cannot be estimated; give more masks",
        str(error.value),
    )
    study, (name, seed, where) = Study(config), words.groups()
    drawn = draw("bernoulli", study.masks("t2d", int(seed), "bernoulli/0")["seed"], range(10), 5)
    column = drawn[:, study.source_classes("t2d").index(name)]
    assert (column == (where == "all")).all()
    settings["masks"]["models"] = 40
    Study(config).check()


def test_natural_images_without_one_for_validation_are_refused(config):
    few = {"source": "procedural", "seed": 0, "train_per_class": 4, "test_per_class": 2}
    config["natural_images"]["cifar100"] = few
    with pytest.raises(
        UserError, match=r"influence\.domains: needs 1 images per class of cifar100"
    ):
        Study(config).check()
    config["studies"]["influence"]["domains"] = ["t2d"]
    Study(config).check()
