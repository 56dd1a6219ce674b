"""Records of measured networks: every measure is there, once; some may be undefined."""

from collections import Counter

import pandas as pd
import pytest

from invariance.provenance.lineage import expected_records
from invariance.records.record_checks import check_complete
from invariance.records.tidy_checks import check_tidy
from invariance.studies import STUDIES
from transforms2d.errors import UserError


@pytest.fixture
def measured(config):
    """A record of a measured network of the paper with what it must have, and no more."""
    from invariance.records.required_results import required_results

    study = STUDIES["contrastive"](config)
    records = zip(study.results(), expected_records(config, "contrastive"), strict=True)
    wanted = next(one for (*_, stage, _), one in records if stage == "represent")
    evaluations = [
        {
            **{"method": method, "target": target, **({"change": change} if change else {})},
            "scores": dict.fromkeys(scores, 0.5),
        }
        for (method, target, change, _), scores in required_results(wanted)
    ]
    return wanted, {**wanted, "evaluations": evaluations}


def test_every_measure_of_a_network_is_required_once(measured):
    wanted, record = measured
    check_complete("record.json", record, wanted)
    # Ten transformations: on grids and in draws of two datasets, as twins of two; seven latents.
    counts = Counter(one["method"] for one in record["evaluations"])
    assert counts == {
        **{"spectrum": 4, "invariance": 20, "invariance_draws": 20, "sensitivity": 20},
        **{"views": 2, "regression": 7, "downstream": 3},
    }
    for number, one in enumerate(record["evaluations"]):
        rest = [other for other in record["evaluations"] if other is not one]
        with pytest.raises(UserError, match=f"has no result of .*{one['target']}"):
            check_complete("record.json", {**record, "evaluations": rest}, wanted)
        for score in one["scores"]:
            left = {key: value for key, value in one["scores"].items() if key != score}
            changed = [*rest[:number], {**one, "scores": left}, *rest[number:]]
            with pytest.raises(UserError, match=f"evaluations.{number} lacks {score}"):
                check_complete("record.json", {**record, "evaluations": changed}, wanted)
    twice = [*record["evaluations"], record["evaluations"][0]]
    with pytest.raises(UserError, match="more results than requested"):
        check_complete("record.json", {**record, "evaluations": twice}, wanted)


def test_crops_and_saturation_are_required_over_a_grid_alone(config):
    from invariance.records.required_results import required_results

    more = ["crop_flip", "saturation"]
    config["studies"]["contrastive"]["invariance"]["transformations"] += more
    study = STUDIES["contrastive"](config)
    records = zip(study.results(), expected_records(config, "contrastive"), strict=True)
    wanted = next(one for (*_, stage, _), one in records if stage == "represent")
    found = [name[:3] for name, _ in required_results(wanted) if name[2] in more]
    assert found == [("invariance", data, name) for data in ("source", "cifar10") for name in more]


def test_required_latents_are_those_that_a_dataset_has(measured):
    from invariance.measures.readouts.latent_targets import PLAIN, TURNS
    from invariance.records.required_measures import LATENTS

    assert {name for names in LATENTS.values() for name in names} == {*PLAIN, *TURNS}
    _, record = measured
    found = [one["change"] for one in record["evaluations"] if one["method"] == "regression"]
    names = ["scale", "rotate", "hue", "brightness", "contrast"]
    assert found == ["place", *names, "background"]


def test_only_what_may_be_undefined_may_be_missing_in_a_seed():
    cell = {"study": "contrastive", "domain": "t2d", "model": "moco/ventral/resnet-18"}
    rows = [
        {**cell, "seed": seed, "method": "invariance", "target": "source", "change": "hue", **one}
        for seed in (0, 1)
        for one in (
            {"quantity": "whitened_cosine@0", "value": 0.5},
            {"quantity": "whitened_cosine@0.01", "value": 0.5},
        )
    ]
    check_tidy(pd.DataFrame(rows[1:]), "results.csv")
    with pytest.raises(UserError) as error:
        check_tidy(pd.DataFrame([rows[0], *rows[2:]]), "results.csv")
    place = "contrastive/t2d/seed0/represent/moco/ventral/resnet-18/record.json"
    message = str(error.value)
    assert "lacks whitened_cosine@0.01, target source, change hue" in message and place in message
