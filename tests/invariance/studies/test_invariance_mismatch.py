"""Study 4: the published draws, nested sets, and the settings under either protocol."""

import itertools

import pytest

from invariance.studies.invariance_mismatch import Study
from transforms2d import names
from transforms2d.errors import UserError

# The eight transformations of each seed in their order, as published.
PUBLISHED = {
    0: "grayscale sharpen hue v_flip posterize noise h_flip translate",
    1: "brightness sharpen noise pixelate scale rotate h_flip erasing",
    2: "sharpen brightness contrast translate blur noise shear h_flip",
    3: "hue grayscale brightness shear invert erasing sharpen posterize",
    4: "translate hue erasing v_flip h_flip shear rotate noise",
    5: "v_flip blur erasing pixelate posterize noise sharpen brightness",
    6: "noise scale brightness hue h_flip elastic pixelate rotate",
    7: "posterize v_flip scale contrast erasing brightness sharpen pixelate",
    8: "pixelate rotate erasing hue translate shear v_flip invert",
    9: "blur noise v_flip elastic pixelate hue grayscale h_flip",
}
SIZES = range(1, 9)


@pytest.fixture
def study(config):
    return Study(config)


@pytest.mark.parametrize("seed", PUBLISHED)
@pytest.mark.parametrize("preset", ["paper", "released_code"])
def test_seeds_0_to_9_study_what_was_published(config, preset, seed):
    config["protocol"]["preset"] = preset
    draw = Study(config).draw(seed)
    assert " ".join(draw.transforms[:8]) == PUBLISHED[seed]
    assert sorted(draw.transforms) == sorted(names.ALL)
    assert len(set(draw.objects)) == 30 and max(draw.objects) < 61


def test_fewer_sizes_are_of_the_same_order(config):
    config["studies"]["invariance_mismatch"]["sizes"] = [2, 5]
    study = Study(config)
    assert study.targets == ("target/nested2", "target/nested5")
    spec = study.dataset("t2d", 0, "nested5", "train")
    assert " ".join(spec.transforms) == "grayscale sharpen hue v_flip posterize"


def test_larger_sets_go_on_with_transformations_of_ones_own(config, monkeypatch):
    before = Study(config).draw(6).transforms
    monkeypatch.setattr(names, "NEW", ("solarize",))
    transforms = Study(config).draw(6).transforms
    assert transforms == (*before[:8], "solarize", *before[8:])


def test_a_model_for_each_set_and_architecture_and_a_target_for_each_set(study):
    names = [model.name for model in study.models("t2d")]
    assert len(names) == len(set(names)) == 8 * 4
    assert study.model("nested3/vit").transformations == 3
    assert study.data("nested3/vit") == "nested3"
    assert study.targets == tuple(f"target/nested{n}" for n in SIZES)
    # One record of pretraining and one of all probes for each model.
    assert len(study.records()) == 2 * 10 * len(names)


def test_sets_are_nested_and_all_else_is_the_same(study):
    for role in ("", "target/"):
        specs = [study.dataset("t2d", 3, f"{role}nested{n}", "val").to_dict() for n in SIZES]
        for smaller, larger in itertools.pairwise(specs):
            assert larger["transforms"][:-1] == smaller["transforms"]
            assert {k for k in larger if larger[k] != smaller[k]} == {"transforms"}


@pytest.mark.parametrize("objects", ["disjoint", "same"])
def test_source_and_target_share_no_stream_and_objects_as_asked(config, objects):
    config["protocol"]["mismatch_objects"] = objects
    study = Study(config)
    source = study.dataset("t2d", 1, "nested4", "train")
    target = study.dataset("t2d", 1, "target/nested4", "train")
    assert source.transforms == target.transforms
    assert source.classes == study.draw(1).objects
    shared = set(source.classes) & set(target.classes)
    assert shared == (set() if objects == "disjoint" else set(source.classes))
    assert len(set(target.classes)) == 30 and max(target.classes) < 61
    assert (source.samples, target.samples) == (50000, 50000)
    assert source.seed != target.seed


def test_the_released_code_shares_streams_between_source_and_target_not_splits(config):
    config["protocol"]["preset"] = "released_code"
    study = Study(config)
    source = study.dataset("t2d", 1, "nested4", "test")
    assert source == study.dataset("t2d", 1, "target/nested4", "test")
    assert source.seed == 348779
    assert source.protocol.transform_seeds == "independent"
    assert source.protocol.pixelate == 0.3


@pytest.mark.parametrize(
    ("preset", "pretraining", "probe"),
    [("paper", (50, 512), (200, 512)), ("released_code", (100, 256), (200, 256))],
)
def test_epochs_and_batches_follow_the_protocol(config, preset, pretraining, probe):
    config["protocol"]["preset"] = preset
    study = Study(config)
    trained = study.pretraining("t2d", 0, "nested1/resnet-18")
    probed = study.linear_probe("t2d", 0, "nested1/resnet-18")
    assert (trained["epochs"], trained["batch_size"]) == pretraining
    assert (probed["epochs"], probed["batch_size"]) == probe
    assert trained["init_seed"] == 9825 + 53
    assert trained["num_classes"] == 30


def test_a_small_run_stays_small_under_the_released_protocol(config):
    config["protocol"] = {"preset": "paper", "mismatch_training": "double_epochs_half_batch"}
    config["pretraining"] |= {"epochs": 3, "batch_size": 1}
    settings = Study(config).pretraining("t2d", 0, "nested1/resnet-18")
    assert (settings["epochs"], settings["batch_size"]) == (6, 1)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "sizes",
            [2, 19],
            "invariance_mismatch.sizes: 19 is more than the 18 known transformations",
        ),
        ("classes", 62, "invariance_mismatch.classes: needs 124 objects, but there are 61"),
        ("samples", {"train": 500, "val": 1, "test": 1}, "invariance_mismatch.samples.train, 500"),
    ],
)
def test_what_cannot_be_met_is_refused(config, key, value, message):
    config["studies"]["invariance_mismatch"][key] = value
    with pytest.raises(UserError, match=message):
        Study(config).check()


def test_names_that_are_not_in_the_study_are_refused(study):
    study.check_name("t2d", ["nested8", "resnet-18"])
    with pytest.raises(UserError, match="unknown 'nested9'; valid here: nested1, nested2"):
        study.check_name("t2d", ["nested9", "resnet-18"])
