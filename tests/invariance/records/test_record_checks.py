"""A record whose numbers cannot be, or are not all there, is one line with its path."""

import copy
import math

import pytest

from invariance.provenance.lineage import expected_records
from invariance.records.cost import ledger
from invariance.records.results import collect, read_results, write_record, write_results
from invariance.studies import STUDIES
from transforms2d.errors import UserError

COUNTS = {split: {"correct": [1, 2], "total": [2, 3]} for split in ("train", "val", "test")}
CELL = {"study": "s", "domain": "t2d", "seed": 0, "model": "m"}


def refused(path, record, expected=None) -> str:
    record = copy.deepcopy(record)
    write_signed(path, record)
    with pytest.raises(UserError) as error:
        collect([path], expected and [expected])
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)
    assert "run the workflow again" in str(error.value)
    return str(error.value)


def write_signed(path, record):
    """As a person would who signs a record by hand: NaN is in it as Python writes it."""
    import hashlib
    import json

    plain = json.loads(json.dumps(record))
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**plain, "sha256": digest}))


def counted(change):
    counts = copy.deepcopy(COUNTS)
    change(counts)
    return {"method": "linear_probe", "cell": CELL, "evaluations": [{"counts": counts}]}


def put(split, name, value):
    return lambda counts: counts[split].__setitem__(name, value)


IMPOSSIBLE = {
    "another length": put("test", "correct", [1]),
    "another length of both": lambda c: c["val"].update(correct=[1], total=[1]),
    "more right than there are": put("val", "correct", [3, 2]),
    "negative": put("test", "correct", [-1, 2]),
    "half an image": put("train", "correct", [0.5, 2]),
    "true": put("train", "correct", [True, 2]),
    "text": put("train", "total", "23"),
    "texts": put("train", "total", ["2", "3"]),
    "none": put("train", "total", None),
    "no total": lambda c: c["test"].pop("total"),
    "no images": lambda c: c["test"].update(correct=[0, 0], total=[0, 0]),
    "no classes": lambda c: c["test"].update(correct=[], total=[]),
    "no split": lambda c: c.clear(),
    "another split": lambda c: c.update(more=COUNTS["test"]),
    "a number": lambda c: c.update(test=3),
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_counts_that_cannot_be(tmp_path, change):
    assert "evaluations.0.counts" in refused(tmp_path / "r.json", counted(change))


@pytest.mark.parametrize(
    "scores", [{}, [], "l2", None, {"l2": "0.5"}, {"l2": math.nan}, {"l2": math.inf}, {"l2": True}]
)
def test_scores_that_are_no_numbers(tmp_path, scores):
    record = {"method": "sensitivity", "cell": CELL, "evaluations": [{"scores": scores}]}
    assert "evaluations.0.scores" in refused(tmp_path / "r.json", record)


def test_an_undefined_score_is_named_with_what_to_do(tmp_path):
    scores = [{"scores": {"l2": 0.5}}, {"scores": {"l2": None}}]
    record = {"method": "sensitivity", "cell": CELL, "evaluations": scores}
    line = refused(tmp_path / "r.json", record)
    assert "evaluations.1.scores.l2 is undefined" in line and "learning_rate" in line


@pytest.mark.parametrize("evaluations", [None, {}, "", [], [3], [None], ["counts"], [[]], [{}], 7])
def test_evaluations_that_are_no_list_of_mappings(tmp_path, evaluations):
    record = {"method": "linear_probe", "cell": CELL, "evaluations": evaluations}
    assert "evaluations" in refused(tmp_path / "r.json", record)


@pytest.mark.parametrize(
    "change",
    [
        *({"cell": None}, {"cell": []}, {"cell": {}}, {"method": 3}, {"method": None}),
        *({"cell": {**CELL, "seed": "0"}}, {"cell": {**CELL, "model": ["m"]}}),
        {"cell": {**CELL, "more": {"a": 1}}},
        {"evaluations": [{"counts": COUNTS, "target": ["t"]}]},
        {"evaluations": [{"counts": COUNTS, "target_samples": "ten"}]},
        {"evaluations": [{"counts": COUNTS, "method": 3}]},
    ],
)
def test_keys_of_another_kind(tmp_path, change):
    whole = {"method": "linear_probe", "cell": CELL, "evaluations": [{"counts": COUNTS}]}
    refused(tmp_path / "r.json", {**whole, **change})


@pytest.fixture
def study(config):
    settings = config["studies"]["invariance_transfer"]
    settings |= {"seeds": 1, "architectures": ["resnet-18"], "transformations": ["rotate", "hue"]}
    return STUDIES["invariance_transfer"](config)


@pytest.fixture
def scored(study):
    """A record of sensitivity as its job writes it, and what it must say."""
    wanted = next(
        one for one in expected_records(study.config, study.name) if one["method"] == "sensitivity"
    )
    settings = wanted["stages"]["sensitivity"]["settings"]
    evaluations = [
        {"target": name, "change": change, "scores": dict.fromkeys(settings["metrics"], 0.5)}
        for name, one in settings["sets"].items()
        for change in one["changes"]
    ]
    content = {key: value for key, value in wanted.items() if key != "target"}
    return {**content, "evaluations": evaluations}, wanted


def test_a_set_or_a_metric_that_is_absent_is_named(tmp_path, scored):
    record, wanted = scored
    path = tmp_path / "record.json"
    write_signed(path, record)
    assert len(wanted["stages"]["sensitivity"]["settings"]["sets"]) == 10
    assert len(collect([path], [wanted])) == 10 * 2 * 4
    lacking = {**record, "evaluations": record["evaluations"][1:]}
    assert "has no result of in_distribution, rotate" in refused(path, lacking, wanted)
    twice = {**record, "evaluations": [*record["evaluations"], record["evaluations"][0]]}
    assert "more results" in refused(path, twice, wanted)
    changed = copy.deepcopy(record)
    del changed["evaluations"][3]["scores"]["l2"]
    assert "evaluations.3 lacks l2" in refused(path, changed, wanted)
    in_place = copy.deepcopy(record)
    in_place["evaluations"][0] = {"target": "in_distribution", "change": "rotate", "counts": COUNTS}
    assert "evaluations.0 lacks" in refused(path, in_place, wanted)


@pytest.mark.parametrize("method", ["pretraining", "linear_probe", "fine_tuning"])
def test_a_split_or_an_amount_that_is_absent_is_named(tmp_path, config, method):
    study = STUDIES["invariance_vs_factors"](config)
    wanted = next(o for o in expected_records(config, study.name) if o["method"] == method)
    from invariance.records.required_results import required_results

    evaluations = [
        {
            "counts": dict(COUNTS),
            **({"target": target} if target else {}),
            **({} if amount is None else {"target_samples": amount}),
        }
        for (_, target, _, amount), _ in required_results(wanted)
    ]
    path = tmp_path / "r.json"
    record = {**{k: v for k, v in wanted.items() if k != "target"}, "evaluations": evaluations}
    write_signed(path, record)
    collect([path], [wanted])
    changed = copy.deepcopy(record)
    del changed["evaluations"][0]["counts"]["test"]
    assert "evaluations.0 lacks test" in refused(path, changed, wanted)
    if method != "pretraining":
        changed["evaluations"][0] = {**record["evaluations"][0], "target_samples": 7}
        assert "has no result of" in refused(path, changed, wanted)


def test_a_table_that_lacks_a_value_is_refused_by_the_record_it_came_from(tmp_path, scored):
    record, _ = scored
    paths = [tmp_path / f"{seed}.json" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        write_signed(path, {**record, "cell": {**record["cell"], "seed": seed}})
    table = collect(paths)
    path = tmp_path / "results.csv"
    write_results(path, table)
    assert len(read_results(path)) == len(table)
    seed, model = "seed1/sensitivity", record["cell"]["model"]
    gone = (table.seed == 1) & (table.change == "hue") & (table.target == "cifar10")
    for harmed in (table.assign(value=table.value.mask(gone)), table[~gone]):
        write_results(path, harmed)
        with pytest.raises(UserError) as error:
            read_results(path)
        assert f"{seed}/{model}/record.json" in str(error.value), error.value
        assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "provenance",
    [
        *(None, 3, {}, {"wall_seconds": "a", "device": "cpu"}, {"wall_seconds": 1.0}),
        {"wall_seconds": 1.0, "device": 3, "peak_memory_mb": 1, "peak_gpu_memory_mb": 0},
        {"wall_seconds": 1.0, "device": "cpu", "peak_memory_mb": -1, "peak_gpu_memory_mb": 0},
    ],
)
def test_a_record_that_does_not_say_what_it_took_is_named(tmp_path, provenance):
    path = tmp_path / "r.json"
    content = {"evaluations": [{"counts": COUNTS}], "provenance": provenance}
    write_record(path, method="pretraining", cell={**CELL, "architecture": "vit"}, **content)
    with pytest.raises(UserError, match=r"r\.json: not a valid record: its provenance"):
        ledger([path], [])


MADE = {"device": "cpu", "wall_seconds": 1.0, "versions": {"torch": "2"}, "workflow": None}


@pytest.mark.parametrize("of_features", [False, True])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("versions", value) for value in (None, "2.1", ["torch"])),
        *(("workflow", value) for value in ("main", 7, ["main"])),
        *(("device", value) for value in (None, 3, ["cpu"])),
        *(("wall_seconds", value) for value in (-1, True, "2", 10**400, math.inf, math.nan)),
        *(("peak_memory_mb", value) for value in (-5, None)),
    ],
)
def test_a_provenance_that_cannot_be(tmp_path, key, value, of_features):
    told = {**MADE, key: value}
    provenance = {**MADE, "features": told} if of_features else told
    content = {"evaluations": [{"counts": COUNTS}], "provenance": provenance}
    said = refused(tmp_path / "r.json", {"method": "pretraining", "cell": CELL, **content})
    where = "provenance.features" if of_features else "provenance"
    assert f"{where}.{key}" in said


def test_a_score_of_hundreds_of_digits_is_refused(tmp_path):
    record = {"method": "sensitivity", "cell": CELL, "evaluations": [{"scores": {"l2": 10**400}}]}
    assert "evaluations.0.scores.l2" in refused(tmp_path / "r.json", record)


def test_records_of_before_leave_out_what_was_not_told_then(tmp_path):
    for number, provenance in enumerate((None, {}, {"device": "cpu", "wall_seconds": 0})):
        path = tmp_path / f"{number}.json"
        content = {"evaluations": [{"counts": COUNTS}], "provenance": provenance}
        write_signed(path, {"method": "pretraining", "cell": CELL, **content})
        assert len(collect([path])) > 0
