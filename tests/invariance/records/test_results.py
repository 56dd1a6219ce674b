"""Records become one tidy table, in whatever order they are read."""

import random
import shutil
import subprocess

import pytest

from invariance.provenance.lineage import expected_records, lineage
from invariance.records.results import collect, read_results, write_record, write_results
from invariance.studies import STUDIES
from invariance.studies.stages import STAGES
from transforms2d.errors import UserError
from transforms2d.files.signed import write_signed_json

COUNTS = {
    "train": {"correct": [8, 2], "total": [10, 10]},
    "val": {"correct": [1, 0], "total": [2, 2]},
    "test": {"correct": [3, 1], "total": [4, 6]},
}


def _cell(seed):
    return {"study": "s", "domain": "t2d", "seed": seed, "model": "a/b", "transforms": "same"}


@pytest.fixture
def records(tmp_path):
    paths = []
    for seed in (1, 0):
        evaluations = [{"target": "target", "counts": COUNTS}]
        paths.append(tmp_path / f"probe{seed}.json")
        write_record(paths[-1], method="linear_probe", cell=_cell(seed), evaluations=evaluations)
        evaluations = [{"target": "twins", "scores": {"l2": 0.25}}]
        paths.append(tmp_path / f"sensitivity{seed}.json")
        write_record(paths[-1], method="sensitivity", cell=_cell(seed), evaluations=evaluations)
    return paths


def test_accuracies_are_readable_in_every_way(records):
    table = collect(records)
    rows = table[(table.seed == 0) & (table.method == "linear_probe")]
    found = dict(zip(rows.quantity, rows.value, strict=True))
    assert found == {
        "test_accuracy": 4 / 10,
        "val_accuracy": 1 / 4,
        "train_accuracy": 10 / 20,
        "pooled_accuracy": 15 / 34,
        "pooled_macro_accuracy": pytest.approx((12 / 16 + 3 / 18) / 2),
    }
    assert table[table.quantity == "l2"].value.tolist() == [0.25, 0.25]


def test_order_changes_nothing(records):
    assert collect(records).equals(collect(records[::-1]))


def test_two_splits_give_no_pooled_accuracy(tmp_path):
    counts = {split: COUNTS[split] for split in ("train", "val")}
    path = tmp_path / "r.json"
    write_record(path, method="pretraining", cell=_cell(0), evaluations=[{"counts": counts}])
    assert set(collect([path]).quantity) == {"train_accuracy", "val_accuracy"}


def test_a_foreign_file_is_named(tmp_path):
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(UserError, match=r"r\.json: damaged"):
        collect([tmp_path / "r.json"])
    write_signed_json(tmp_path / "r.json", {"method": "linear_probe"})
    with pytest.raises(UserError, match=r"r\.json: not a valid record"):
        collect([tmp_path / "r.json"])


def test_a_changed_number_is_noticed(records):
    text = records[0].read_text()
    records[0].write_text(text.replace("4,", "5,", 1))
    assert records[0].read_text() != text
    with pytest.raises(UserError, match=r"probe1\.json: damaged: .* delete it and run"):
        collect(records)


def test_a_table_is_read_as_it_was_written_or_not_at_all(records, tmp_path):
    path = tmp_path / "results.csv"
    write_results(path, collect(records))
    assert read_results(path).equals(collect(records))
    listed = subprocess.run(
        ["sha256sum", "--check", "results.csv.sha256"], cwd=tmp_path, check=False
    )
    assert listed.returncode == 0
    whole, draw = path.read_bytes(), random.Random(0)
    for _ in range(200):
        bit = draw.randrange(len(whole) * 8)
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        with pytest.raises(UserError, match=r"results\.csv: damaged: .* delete it and run"):
            read_results(path)
    path.write_bytes(whole)
    (tmp_path / "results.csv.sha256").write_bytes(b"")
    with pytest.raises(UserError, match="damaged"):
        read_results(path)
    path.unlink()
    with pytest.raises(UserError, match="missing; make it with the workflow"):
        read_results(path)


@pytest.fixture
def study_of_records(tmp_path, config):
    """All records of a small study in their places, and what each must say."""
    settings = config["studies"]["invariance_mismatch"]
    settings |= {"seeds": 2, "sizes": [1, 2], "architectures": ["resnet-18"]}
    study = STUDIES["invariance_mismatch"](config)
    paths = [tmp_path / path for path in study.records()]
    for path, (domain, seed, model, stage, _) in zip(paths, study.results(), strict=True):
        where = {"study": study.name, "domain": domain, "seed": seed, "model": model}
        method = STAGES[stage].method
        content = lineage(config, where, method)
        targets = study.targets if method == "linear_probe" else (None,)
        told = [{"counts": COUNTS, **({"target": t} if t else {})} for t in targets]
        write_record(path, method=method, evaluations=told, **content)
    return paths, expected_records(config, study.name)


def test_records_in_their_places_are_collected(study_of_records):
    paths, expected = study_of_records
    assert len(paths) == len(expected) == 2 * 2 * 2
    table = collect(paths, expected)
    assert table.equals(collect(paths))
    assert not table.duplicated(["seed", "model", "method", "target", "quantity"]).any()


def test_a_record_in_the_place_of_any_other_is_refused(study_of_records):
    paths, expected = study_of_records
    for place in paths:
        whole = place.read_bytes()
        for other in paths:
            if other == place:
                continue
            shutil.copy(other, place)
            with pytest.raises(UserError) as error:
                collect(paths, expected)
            message = str(error.value)
            assert message.startswith(f"{place}: made for something else: ")
            assert "delete it and run the workflow again" in message and "\n" not in message
        place.write_bytes(whole)
    collect(paths, expected)


def test_a_record_of_the_same_cell_of_another_configuration_is_refused(study_of_records, config):
    paths, _ = study_of_records
    config["linear_probe"]["epochs"] += 1
    with pytest.raises(UserError, match=r"stages\.linear_probe\.settings\.epochs is 200, not 201"):
        collect(paths, expected_records(config, "invariance_mismatch"))


def test_a_record_of_fine_tuning_on_another_target_is_refused(tmp_path, config):
    study = STUDIES["invariance_vs_factors"](config)
    wanted = next(one for one in expected_records(config, study.name) if one["target"])
    where = {key: wanted["cell"][key] for key in ("study", "domain", "seed", "model")}
    content, path = lineage(config, where, "fine_tuning"), tmp_path / "target.json"
    for target, refused in ((wanted["target"], False), ("other", True), (None, True)):
        of = {"target": target} if target else {}
        amounts = [one["samples"] for one in content["stages"]["fine_tune"]["settings"]]
        told = [{"counts": COUNTS, "target_samples": amount, **of} for amount in amounts]
        write_record(path, method="fine_tuning", evaluations=told, **content)
        if refused:
            with pytest.raises(UserError, match=r"target\.json: made for something else: target"):
                collect([path], [wanted])
        else:
            collect([path], [wanted])
