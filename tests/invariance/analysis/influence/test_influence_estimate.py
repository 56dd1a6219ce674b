"""From files of a design's models to its record: a planted leak ranks first, orders are right."""

import json

import numpy as np
import pytest
import torch
from support.influence_designs import (
    CLASSES,
    HELPS,
    IMAGES,
    MODELS,
    OWN,
    TARGETS,
    cell,
    settings,
    weights,
    write_design,
)

from invariance.analysis.influence import estimate
from invariance.analysis.influence.predictors import leaks, leaks_first
from invariance.records.record_checks import check_record
from invariance.records.results import tidy
from transforms2d.errors import UserError
from transforms2d.files.signed import read_tensors, write_tensors


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    """Inputs, the written file, and the result."""
    folder = tmp_path_factory.mktemp("design")
    inputs = write_design(folder)
    return inputs, folder / "influence.safetensors", estimated(inputs, folder)


def estimated(inputs, folder, identities=None, **changed):
    outputs = {"influence": folder / "influence.safetensors"}
    return estimate.run(inputs, outputs, settings(**changed), identities)


def scores(result, **key):
    """Scores by source class of the evaluations with this method and target."""
    wanted = {"method": None, "target": "all", **key}
    return {
        one["change"]: one["scores"]
        for one in result["evaluations"]
        if all(one.get(name) == value for name, value in wanted.items())
    }


def table(result):
    return tidy([{"method": "influence", "cell": cell(0, "bernoulli"), **result}])


def test_a_planted_leak_ranks_first_on_its_own_object(design):
    *_, result = design
    found = leaks(table(result), "bernoulli")
    influence = found[found.quantity == "influence"]
    assert [*influence.source] == ["leak 1", "leak 2"]
    assert (influence["rank"] == 1).all()
    assert influence.lead.to_numpy() == pytest.approx([OWN + 0.2] * 2, abs=0.3)
    assert (leaks_first(table(result), "bernoulli").share <= 1).all()


def test_influences_are_the_weights_within_their_intervals(design):
    *_, result = design
    for target, true in zip(("all", *TARGETS), [weights().mean(1), *weights().T], strict=True):
        found = scores(result, target=target)
        assert [*found] == [*CLASSES]
        z = [
            (found[name]["influence"] - one) / found[name]["standard_error"]
            for name, one in zip(CLASSES, true, strict=True)
        ]
        assert np.abs(z).max() < 4 and np.std(z) > 0.2
        assert ("low" in found["leak 1"]) == (target == "all")
    whole = scores(result)
    assert all(one["low"] < one["influence"] < one["high"] for one in whole.values())


def test_influences_on_images_are_written_and_their_means_are_told(design):
    _, path, result = design
    tensors, metadata = read_tensors(path)
    assert {name: str(one.dtype) for name, one in tensors.items()} == {
        "least_squares": "torch.float32",
        "difference_of_means": "torch.float32",
    }
    assert metadata["classes"] == [*CLASSES] and "of" not in metadata
    for name, quantity in (("least_squares", "influence"), ("difference_of_means",) * 2):
        found = tensors[name].numpy()
        assert found.shape == (len(CLASSES), IMAGES)
        recorded = [one[quantity] for one in scores(result).values()]
        np.testing.assert_allclose(found.mean(axis=1), recorded, atol=1e-6)
        of_class = [one[quantity] for one in scores(result, target="class 2").values()]
        np.testing.assert_allclose(found[:, 1::3].mean(axis=1), of_class, atol=1e-6)


def test_baselines_are_means_over_full_models(design):
    *_, result = design
    whole, own = (
        scores(result, method="influence_baselines", target=target) for target in ("all", "class 1")
    )
    assert whole["leak 1"]["mapping"] == pytest.approx(HELPS["leak"] + OWN / 3)
    assert own["leak 1"] == pytest.approx({"mapping": 1.3, "similarity": 0.65})
    assert [one["overlap"] for one in whole.values()] == [1, 1, 1, 1, 0.5, 0.5, 0, 0]
    assert whole["neutral 1"]["source_accuracy"] == 0.5


def test_orders_remove_what_their_arm_says_first(design):
    *_, result = design
    orders, influence = result["details"]["orders"], scores(result)
    values = np.array([influence[name]["influence"] for name in CLASSES])
    assert (np.diff(values[orders["bottom"]]) >= 0).all()
    assert orders["top"] == orders["bottom"][::-1]
    assert {*orders["planted"][:2]} == {6, 7} and {*orders["planted"][-2:]} == {0, 1}
    assert {*orders["planted"][2:4]} == {4, 5}
    assert {*orders["mapping"][:2]} == {6, 7}
    wrong = scores(result, method="influence_wrong")
    by_harm = sorted(range(8), key=lambda at: wrong[CLASSES[at]]["influence"])
    assert orders["wrong"] == by_harm
    assert all(sorted(order) == [*range(8)] for order in orders.values())


def test_wrong_images_are_those_of_most_full_models(design):
    inputs, path, result = design
    correct = read_tensors(inputs["full"])[0]["val/correct"].numpy()
    images = result["details"]["wrong_images"]
    assert images == [*np.flatnonzero(correct.mean(axis=0) < 0.5)] and 0 < len(images) < IMAGES
    found = read_tensors(path)[0]["least_squares"].numpy()[:, images].mean(axis=1)
    recorded = [one["influence"] for one in scores(result, method="influence_wrong").values()]
    np.testing.assert_allclose(found, recorded, atol=1e-6)


def test_the_record_is_plain_and_complete(design, tmp_path):
    *_, result = design
    record = {"method": "influence", "cell": cell(0, "bernoulli"), **result}
    check_record("record.json", json.loads(json.dumps(record)))
    reliability = [
        one for one in result["evaluations"] if one.get("method") == "influence_reliability"
    ]
    assert [one["change"] for one in reliability] == ["16 models", "32 models", "64 models"]
    assert all("ceiling" in one["scores"] for one in reliability)


def test_the_same_files_give_the_same_bytes_however_they_are_split(design, tmp_path):
    inputs, path, result = design
    again = estimated(write_design(tmp_path), tmp_path)
    assert again == result and (tmp_path / path.name).read_bytes() == path.read_bytes()
    parts = [read_tensors(one)[0] for one in inputs["subsets"]]
    assert [len(part["masks"]) for part in parts] == [MODELS // 2] * 2
    whole = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    write_tensors(tmp_path / "whole.safetensors", whole)
    one = estimated({**inputs, "subsets": tmp_path / "whole.safetensors"}, tmp_path)
    assert one == result and (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_orders_can_be_those_of_the_published_study(design, tmp_path):
    """By differences of means, and on the images that the orders are then scored on."""
    inputs, _, result = design
    means = estimated(inputs, tmp_path, estimator="difference_of_means")
    values = [one["difference_of_means"] for one in scores(result).values()]
    assert means["details"]["orders"]["bottom"] == [*np.argsort(values)]
    assert means["evaluations"] == result["evaluations"]
    on_test = estimated(inputs, tmp_path, order_from="test")
    assert on_test["evaluations"] == result["evaluations"]
    assert on_test["details"]["orders"]["bottom"] != result["details"]["orders"]["bottom"]


def test_a_domain_without_lists_has_no_planted_order(design, tmp_path):
    found = estimated(design[0], tmp_path, lists=None, target_list=None)
    assert set(found["details"]["orders"]) == {"bottom", "top", "mapping", "wrong"}
    assert "overlap" not in scores(found, method="influence_baselines")["leak 1"]


def test_a_design_without_repeated_masks_has_no_ceiling(design, tmp_path):
    inputs = {name: path for name, path in design[0].items() if name != "repeated"}
    found = estimated(inputs, tmp_path)
    assert "ceiling" not in scores(found, method="influence_reliability")["64 models"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda masks: masks[:15], "15 models for 8 source classes.*needs 16"),
        (lambda masks: masks | (np.arange(8) == 4), "masks: partial 1 is in all 64 models"),
        (lambda masks: masks * (np.arange(8) != 4), "masks: partial 1 is in no model"),
        (lambda masks: masks[:, :7], "masks of 7 source classes, not 8"),
    ],
)
def test_masks_that_decide_nothing_are_refused(tmp_path, change, words):
    inputs = write_design(tmp_path)
    tensors, _ = read_tensors(inputs["subsets"][0])
    more, _ = read_tensors(inputs["subsets"][1])
    masks = change(np.concatenate([tensors["masks"].numpy(), more["masks"].numpy()]))
    if masks.shape[1] == 8:
        inputs = write_design(tmp_path, masks)
    else:
        inputs["subsets"] = [write_narrow(tmp_path, masks)]
    with pytest.raises(UserError, match=words) as error:
        estimated(inputs, tmp_path)
    assert "\n" not in str(error.value)


def write_narrow(folder, masks):
    margin = torch.zeros(len(masks), IMAGES)
    tensors = {
        "masks": torch.from_numpy(masks.copy()),
        "val/margin": margin,
        "test/margin": margin + 1,
    }
    write_tensors(folder / "narrow.safetensors", tensors)
    return folder / "narrow.safetensors"


def test_files_of_other_jobs_are_refused(design, tmp_path):
    inputs, *_ = design
    fits = {"subsets": [{"file": "subsets0"}, {"file": "subsets1"}], "full": [{"file": "full"}]}
    fits |= {"shards": {"target": {"a": 1}}, "influence": {"file": "mine"}}
    estimated(inputs, tmp_path, fits)
    assert read_tensors(tmp_path / "influence.safetensors")[1]["of"] == {"file": "mine"}
    for key, other in (("full", [{"file": "x"}]), ("shards", {"target": {"a": 2}})):
        with pytest.raises(UserError, match="made for something else"):
            estimated(inputs, tmp_path, {**fits, key: other})
    with pytest.raises(UserError, match="masks are not the first 6 of the subsets"):
        estimated({**inputs, "subsets": inputs["subsets"][::-1]}, tmp_path)
    with pytest.raises(UserError, match="holds no dataset shard"):
        estimated({**inputs, "val": inputs["full"]}, tmp_path)
    with pytest.raises(UserError, match=r"has no mapping"):
        estimated({**inputs, "full": inputs["repeated"]}, tmp_path)


def test_margins_that_are_not_finite_are_refused(tmp_path):
    inputs = write_design(tmp_path, noise=np.nan)
    with pytest.raises(UserError, match=r"val/margin is not finite; lower training\.learning_rate"):
        estimated(inputs, tmp_path)
