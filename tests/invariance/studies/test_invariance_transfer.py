"""Study 3: the published draws, its models, and what its sets of twins differ in."""

import pytest
import torch
from support.small_images import small_base, small_natural

from invariance.measures import sensitivity
from invariance.studies.base import NORMALISATION
from invariance.studies.invariance_transfer import Study, rendered_sets
from transforms2d.errors import UserError
from transforms2d.names import ALL
from transforms2d.rendering.renderer import Renderer
from transforms2d.rendering.twins import render_twins
from transforms2d.spec import DatasetSpec

# Configuration seed, sampling seed, seeds of the primary and secondary random patterns.
PUBLISHED = {
    0: (58390, 2940, 58983, 58635),
    1: (9614, 2007, 10207, 9859),
    2: (393654, 350, 394247, 393899),
    3: (6086, 82, 6679, 6331),
    4: (79170, 83927, 79763, 79415),
    5: (20233, 153, 20826, 20478),
    6: (5456, 682, 6049, 5701),
    7: (2418, 8429, 3011, 2663),
    8: (8037, 9204, 8630, 8282),
    9: (8510, 178, 9103, 8755),
}
# First objects of both halves of numpy's default_rng(configuration seed).choice(61, 60, False).
OBJECTS = {
    0: ([9, 21, 43, 53, 32, 46], [42, 27, 29, 3, 2, 1]),
    1: ([20, 0, 31, 46, 7, 58], [25, 36, 45, 9, 41, 19]),
    2: ([54, 44, 42, 43, 21, 1], [45, 34, 26, 17, 49, 56]),
}
NATURAL = ["cifar10", "cifar100"]
IMAGE, RANDOM = "image/rotate/resnet-18", "random/rotate/resnet-18"


@pytest.fixture
def study(config):
    return Study(config)


def differing(first: dict, second: dict) -> set:
    return {key for key in first if first[key] != second[key]}


def spec_of(study, model, name, seed=0) -> dict:
    return study.sensitivity_sets("t2d", seed, model)[name]["spec"]


def test_38_models_a_seed_and_architecture(study):
    models = study.models("t2d")
    assert len(models) == len({model.name for model in models}) == 38 * 4
    for architecture in ("resnet-18", "vgg-11", "densenet-121", "vit"):
        names = {model.name for model in models if model.architecture == architecture}
        assert names == {
            f"{kind}/{name}/{architecture}"
            for kind in ("image", "random")
            for name in (*ALL, "none")
        }
    assert len({model.data for model in models}) == 38
    # A record of pretraining and one of sensitivity a model and seed.
    assert len(study.records()) == 2 * 38 * 4 * 10


@pytest.mark.parametrize("seed", PUBLISHED)
def test_seeds_are_the_published_ones(study, seed):
    configuration, sampling, primary, secondary = PUBLISHED[seed]
    assert study.seed_pair(seed) == (configuration, sampling)
    assert study.pretraining("t2d", seed, IMAGE)["init_seed"] == configuration + 394
    assert study.dataset("t2d", seed, "image/none", "train").seed == sampling
    assert spec_of(study, RANDOM, "in_distribution", seed)["pattern_seed"] == primary
    assert spec_of(study, RANDOM, "mild_ood", seed)["pattern_seed"] == secondary


@pytest.mark.parametrize("seed", range(12))
def test_primary_and_secondary_objects_share_none(study, seed):
    drawn = study.objects(seed)
    primary, secondary = set(drawn["primary"]), set(drawn["secondary"])
    assert len(primary) == len(secondary) == 30
    assert not primary & secondary
    assert max(primary | secondary) <= 60
    if seed in OBJECTS:
        assert (list(drawn["primary"][:6]), list(drawn["secondary"][:6])) == OBJECTS[seed]


def test_a_model_sees_its_kind_of_data_under_its_transformation(study):
    specs = {
        name: study.dataset("t2d", 0, name, "train")
        for name in ("image/hue", "image/none", "random/hue")
    }
    assert specs["image/hue"].transforms == ("hue",)
    assert specs["image/none"].transforms == ()
    assert specs["image/hue"].classes == study.objects(0)["primary"]
    assert (specs["random/hue"].foreground, specs["random/hue"].background) == ("patterns",) * 2
    assert differing(specs["image/hue"].to_dict(), specs["image/none"].to_dict()) == {"transforms"}
    assert [study.dataset("t2d", 0, "image/hue", s).samples for s in ("train", "val", "test")] == [
        50000,
        10000,
        10000,
    ]


def test_sets_differ_in_what_they_should(study):
    tables = ("in_distribution", "mild_ood", "strong_ood", *NATURAL)
    image = {name: spec_of(study, IMAGE, name) for name in tables}
    other = {name: spec_of(study, RANDOM, name) for name in tables}
    kind = {"foreground", "background"}
    assert differing(image["in_distribution"], image["mild_ood"]) == {"classes"}
    assert differing(other["in_distribution"], other["mild_ood"]) == {"pattern_seed"}
    # Strongly different for one kind of model is mildly different for the other.
    assert image["strong_ood"] == other["mild_ood"]
    assert other["strong_ood"] == image["mild_ood"]
    assert differing(image["mild_ood"], image["strong_ood"]) == {*kind, "classes", "pattern_seed"}
    assert differing(image["cifar10"], image["cifar100"]) == {"natural_classes"}
    assert image["cifar100"] == other["cifar100"]
    assert image["cifar10"]["samples"] == 0  # the whole test set
    assert (image["cifar10"]["foreground"], image["cifar10"]["background"]) == ("none", "natural")
    # The set in distribution shows the test split of the model's data; only draws are its own.
    data = study.dataset("t2d", 0, "image/none", "test").to_dict()
    assert differing(data, image["in_distribution"]) == {"transforms_seed"}


def test_all_sets_are_scored_under_all_transformations(study):
    for name in (IMAGE, RANDOM, "image/none/vit"):
        sets = study.sensitivity_sets("t2d", 0, name)
        further = list(rendered_sets(name.split("/")[0], further=True))[3:]
        assert list(sets) == ["in_distribution", "mild_ood", "strong_ood", *further, *NATURAL]
        assert all(one["changes"] == list(ALL) for one in sets.values())
        assert [one["natural"] for one in sets.values()] == [None] * 8 + NATURAL
    assert len(sensitivity.expand(sets)) == 180


def test_further_sets_are_every_other_combination(config, study):
    image, random = (study.sensitivity_sets("t2d", 0, name) for name in (IMAGE, RANDOM))
    further = {name: one["spec"] for name, one in image.items() if "_on_" in name}
    assert list(further) == [
        "primary_objects_on_patterns",
        "primary_patterns_on_images",
        "primary_patterns_on_patterns",
        "secondary_objects_on_patterns",
        "secondary_patterns_on_images",
    ]
    for name, spec in further.items():
        role, shown, _, background = name.split("_")
        assert (spec["foreground"], spec["background"]) == (shown, background)
        models = {"objects": IMAGE, "patterns": RANDOM}
        same_classes = {"primary": "in_distribution", "secondary": "mild_ood"}[role]
        own = spec_of(study, models[shown], same_classes)
        assert differing(own, spec) <= {"background"}
    # A set of both kinds of models is the same set.
    shared = set(image) & set(random) - {"in_distribution", "mild_ood", "strong_ood"}
    assert len(shared) == 6
    assert all(image[name] == random[name] for name in shared)
    own = random["in_distribution"]["spec"]
    assert further["primary_patterns_on_patterns"] == own
    config["studies"]["invariance_transfer"]["further_sets"] = False
    tables = Study(config).sensitivity_sets("t2d", 0, IMAGE)
    assert tables == {name: one for name, one in image.items() if "_on_" not in name}


def test_twins_of_further_sets_differ_in_the_object_alone(study):
    base = small_base()
    for name, one in study.sensitivity_sets("t2d", 0, IMAGE).items():
        if "_on_" not in name:
            continue
        spec = {**one["spec"], "classes": [0, 1, 2], "transforms": ["rotate"], "samples": 20}
        first, second = render_twins(DatasetSpec.from_dict(spec), range(20), base)
        assert all((first.images != second.images).flatten(1).any(dim=1)), name
        # A turned object never reaches the corners, which show the background.
        assert torch.equal(first.images[:, :, :2, :2], second.images[:, :, :2, :2]), name


def test_models_of_a_kind_and_seed_share_their_sets(study):
    sets = study.sensitivity_sets("t2d", 3, IMAGE)
    assert study.sensitivity_sets("t2d", 3, "image/none/vit") is sets
    assert study.sensitivity_sets("t2d", 3, RANDOM) is not sets
    assert study.sensitivity_sets("t2d", 4, IMAGE) != sets


@pytest.mark.parametrize("preset", ["paper", "released_code"])
def test_twins_are_drawn_from_streams_that_no_model_trains_with(config, preset):
    config["protocol"]["preset"] = preset
    config["studies"]["invariance_transfer"]["samples"] = {"train": 50, "val": 50, "test": 50}
    study = Study(config)
    base = small_base()
    plain = {**spec_of(study, IMAGE, "in_distribution"), "classes": [0, 1, 2]}
    spec = DatasetSpec.from_dict({**plain, "transforms": ["rotate"]})
    first, second = render_twins(spec, range(50), base)
    latents = [first.latents, second.latents]
    for split in ("train", "val"):
        trained = study.dataset("t2d", 0, "image/rotate", split).to_dict()
        trained = DatasetSpec.from_dict({**trained, "classes": [0, 1, 2]})
        latents.append(Renderer(trained, base).render(range(50)).latents)
    angles = torch.stack([one["rotate.angle_deg"] for one in latents])
    assert angles.unique().numel() == angles.numel()
    for name in ("object", "prototype", "background"):
        assert torch.equal(first.latents[name], second.latents[name])


def test_twins_of_cifar_show_one_image_under_two_draws(config):
    config["studies"]["invariance_transfer"]["samples"]["test"] = 20
    natural = small_natural("test")
    found = spec_of(Study(config), IMAGE, "cifar10")
    kinds = natural.labels.unique().tolist()
    spec = DatasetSpec.from_dict({**found, "natural_classes": kinds, "transforms": ["hue"]})
    first, second = render_twins(spec, range(len(natural.labels)), None, natural)
    assert torch.equal(first.latents["background"], second.latents["background"])
    # The whole test set, each image once.
    assert sorted(first.latents["background"].tolist()) == list(range(len(natural.labels)))
    assert (first.images != second.images).any()


def test_the_protocol_chooses_how_cifar_is_normalised(config, study):
    own = study.sensitivity_sets("t2d", 0, IMAGE)
    assert {one["normalisation"] for one in own.values()} == {None}
    config["protocol"]["cifar_normalisation"] = "cifar"
    theirs = Study(config).sensitivity_sets("t2d", 0, IMAGE)
    for name, one in theirs.items():
        if name.startswith("cifar"):
            mean, std = NORMALISATION[name]
            assert one["normalisation"] == {"mean": list(mean), "std": list(std)}
        else:
            assert one["normalisation"] is None
        assert one["spec"] == own[name]["spec"]


def test_some_transformations_keep_the_published_order(config):
    config["studies"]["invariance_transfer"]["transformations"] = ["blur", "rotate", "hue"]
    study = Study(config)
    assert study.transformations == ("rotate", "hue", "blur")
    assert len(study.models("t2d")) == 4 * 2 * 4
    study.check_name("t2d", ["image", "none", "vit"])
    with pytest.raises(UserError, match="unknown 'scale'; valid here: rotate, hue, blur, none"):
        study.check_name("t2d", ["image", "scale", "vit"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"classes": 31},
            r"studies.invariance_transfer.classes: needs 62 objects, but there are 61",
        ),
        (
            {"transformations": ["rotat"]},
            r"invariance_transfer.transformations: 'rotat' is not one",
        ),
    ],
)
def test_what_cannot_be_is_refused(config, changes, message):
    config["studies"]["invariance_transfer"] |= changes
    with pytest.raises(UserError, match=message):
        Study(config).check()
