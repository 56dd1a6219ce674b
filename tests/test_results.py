"""Records become one tidy table, in whatever order they are read."""

import random
import subprocess

import pytest

from invariance.results import collect, read_results, write_record, write_results
from transforms2d.errors import UserError
from transforms2d.io import write_signed_json

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
    with pytest.raises(UserError, match=r"r\.json: no record of ours"):
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
    with pytest.raises(UserError, match="missing; ask the workflow"):
        read_results(path)
