"""A job of many networks: from files to files, killed and continued, on one core or two."""

import json
import time

import numpy as np
import pytest
import torch
from support.small_images import small_base
from support.small_subsets import MASKS, SEEDS, settings

from invariance.records.results import read_record, tidy
from invariance.subsets import outputs as results
from invariance.subsets import run as job
from invariance.training import resume
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import read_tensors
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

STACKS_OF_3 = {"models": 3, "steps": 4, "image_size": 32}
LINEAGE = {
    "cell": {"study": "influence", "domain": "t2d", "seed": 0, "model": "bernoulli/0"},
    "seeds": {"run": 0},
    "stages": {},
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Shards of a source of four classes and a target of three, as files."""
    folder, base = tmp_path_factory.mktemp("shards"), small_base(7, 1, 5)
    paths = {}
    for name, classes in {"source": (0, 1, 2, 3), "target": (4, 5, 6)}.items():
        for number, split in enumerate(("train", "val", "test")):
            spec = DatasetSpec(split=split, samples=24 + number, seed=1, classes=classes)
            paths[f"{name}_{split}"] = folder / f"{name}_{split}.safetensors"
            write_shard(paths[f"{name}_{split}"], spec, base)
    return paths


def run(inputs, folder, *, masks=MASKS, seeds=SEEDS, threads=1, keep=True, **change):
    extra = {key: change.pop(key) for key in ("evaluations", "run_started") if key in change}
    files = {"record": folder / "record.json"}
    job.run(
        inputs,
        files | ({"outputs": folder / "outputs.safetensors"} if keep else {}),
        settings(**STACKS_OF_3 | change),
        **{"masks": masks, "seeds": seeds, "config": None, "identities": IDENTITIES},
        **{"lineage": LINEAGE, "threads": threads, "provenance": dict, "recipe": 1},
        **{"run_started": time.time() + 100, **extra},
    )
    return folder / "outputs.safetensors"


IDENTITIES = {"subsets": {"cell": LINEAGE["cell"]}}


def test_a_job_writes_its_results_and_a_record(inputs, tmp_path):
    tensors = results.read(run(inputs, tmp_path), IDENTITIES["subsets"])
    shapes = {name: (str(one.dtype)[6:], *one.shape) for name, one in tensors.items()}
    judged = {"margin": "float32", "softmax": "float32", "correct": "uint8", "prediction": "uint8"}
    assert shapes == {
        "masks": ("uint8", 8, 4),
        "seeds": ("int64", 8),
        "source_accuracy": ("float32", 8, 4),
        **{f"val/{name}": (dtype, 8, 25) for name, dtype in judged.items()},
        **{f"test/{name}": (dtype, 8, 26) for name, dtype in judged.items()},
    }
    assert np.array_equal(tensors["masks"], MASKS) and np.array_equal(tensors["seeds"], SEEDS)
    record = read_record(tmp_path / "record.json")
    (evaluation,) = record["evaluations"]
    seen, accuracy = MASKS.astype(bool), tensors["source_accuracy"].numpy()
    source = np.mean([a[m].mean() for a, m in zip(accuracy, seen, strict=True)])
    assert evaluation == {
        "target": "target",
        "scores": {
            "val_accuracy": pytest.approx(tensors["val/correct"].float().mean()),
            "test_accuracy": pytest.approx(tensors["test/correct"].float().mean()),
            "source_accuracy": pytest.approx(source),
        },
    }
    details = record["details"]
    assert (details["networks"], details["steps"]) == (8, 32)
    assert details["settings"] == json.loads(json.dumps(settings(**STACKS_OF_3)))
    assert details["images_per_second"] > 0 and details["parameters"] > 1000
    assert set(tidy([record])["quantity"]) == {"val_accuracy", "test_accuracy", "source_accuracy"}
    assert not (tmp_path / "resume").exists()


def test_full_networks_have_baselines_and_others_have_none(inputs, tmp_path):
    full = np.ones((2, 4), dtype=np.uint8)
    tensors = results.read(run(inputs, tmp_path, masks=full, seeds=np.array([1, 2])))
    assert tensors["mapping"].shape == tensors["similarity"].shape == (2, 4, 3)
    torch.testing.assert_close(tensors["mapping"].sum(1), torch.ones(2, 3))
    assert -1 <= tensors["similarity"].min() <= tensors["similarity"].max() <= 1 + 1e-6


@pytest.mark.parametrize(
    ("backend", "precision", "architecture"),
    [
        ("groups", "bf16", "small-cnn"),
        ("loop", "fp32", "resnet-18"),
        ("vmap", "fp32", "small-cnn"),
    ],
)
def test_threads_change_no_byte(inputs, tmp_path, backend, precision, architecture):
    how = {"backend": backend, "precision": precision, "architecture": architecture}
    how |= {"channels_last": precision == "bf16", "blocks_per_stage": 1}
    one, two, again = (
        run(inputs, tmp_path / name, threads=threads, **how)
        for name, threads in (("one", 1), ("two", 2), ("again", 2))
    )
    assert one.read_bytes() == two.read_bytes() == again.read_bytes()


class Killed(BaseException):
    """Stands for the end of the process."""


def stop_after(monkeypatch, stacks):
    """Let a job train some stacks and end in the next."""
    started, train = [], job.train

    def stopped(*arguments):
        started.append(1)
        if len(started) > stacks:
            raise Killed
        return train(*arguments)

    monkeypatch.setattr(job, "train", stopped)
    return started


@pytest.mark.parametrize("stacks", [1, 2])
def test_a_killed_job_trains_only_what_is_left(inputs, tmp_path, stacks):
    whole = run(inputs, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        stop_after(patch, stacks)
        run(inputs, tmp_path / "killed")
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == ["resume"]
    with pytest.MonkeyPatch.context() as patch:
        started = stop_after(patch, 99)
        again = run(inputs, tmp_path / "killed")
    assert len(started) == 3 - stacks
    assert again.read_bytes() == whole.read_bytes()
    first, second = (read_record(path.with_name("record.json")) for path in (whole, again))
    assert first["evaluations"] == second["evaluations"]
    assert not (tmp_path / "killed" / "resume").exists()


def test_a_damaged_stack_is_trained_again(inputs, tmp_path, caplog):
    whole = run(inputs, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        stop_after(patch, 2)
        run(inputs, tmp_path / "killed")
    kept = tmp_path / "killed/resume/stack1" / resume.FILE
    kept.write_bytes(kept.read_bytes()[:-10])
    assert run(inputs, tmp_path / "killed").read_bytes() == whole.read_bytes()
    assert "stack1/state.safetensors: the saved state is damaged" in caplog.text


@pytest.mark.parametrize(
    ("change", "key"),
    [({"steps": 5}, "steps"), ({"seeds": SEEDS + 1}, "data"), ({"masks": MASKS[::-1]}, "data")],
)
def test_stacks_of_another_job_are_refused(inputs, tmp_path, change, key):
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        stop_after(patch, 1)
        run(inputs, tmp_path)
    with pytest.raises(UserError, match=f"another {key} .*delete the folder") as refused:
        run(inputs, tmp_path, **change)
    assert "\n" not in str(refused.value)


def test_an_error_in_one_stack_ends_the_job_without_the_others(inputs, tmp_path, monkeypatch):
    started = stop_after(monkeypatch, 0)
    with pytest.raises(Killed):
        run(inputs, tmp_path, models=1)
    assert len(started) <= 2


def test_a_job_that_this_run_finished_is_not_done_again(inputs, tmp_path, monkeypatch):
    before = run(inputs, tmp_path).stat().st_mtime_ns
    started = stop_after(monkeypatch, 0)
    run(inputs, tmp_path, run_started=0)
    assert not started and (tmp_path / "outputs.safetensors").stat().st_mtime_ns == before
    with pytest.raises(Killed):
        run(inputs, tmp_path, run_started=0, steps=5)


def test_more_rows_leave_the_first_as_they_are(inputs, tmp_path):
    """A unit of another file is the same to the bit: a shard of more rows is another file."""
    first = results.read(run(inputs, tmp_path / "first", masks=MASKS[:3], seeds=SEEDS[:3]))
    both = results.read(run(inputs, tmp_path / "both", masks=MASKS[:6], seeds=SEEDS[:6]))
    for name in ("val/margin", "test/prediction", "source_accuracy"):
        assert torch.equal(both[name][:3], first[name])


def test_counterfactuals_keep_a_record_alone_with_evaluations_of_their_own(inputs, tmp_path):
    def evaluations(tensors):
        assert tensors["test/correct"].shape == (2, 26)
        accuracy = tensors["test/correct"].double().mean(dim=1).tolist()
        return [
            {"target": arm, "change": "2 removed", "scores": {"test_accuracy": value}}
            for arm, value in zip(("bottom", "top"), accuracy, strict=True)
        ]

    how = {"masks": MASKS[:2], "seeds": SEEDS[:2], "evaluations": evaluations, "keep": False}
    path = run(inputs, tmp_path, **how)
    assert not path.exists()
    assert [one["target"] for one in read_record(tmp_path / "record.json")["evaluations"]] == [
        "bottom",
        "top",
    ]


def test_files_that_are_others_or_damaged_are_refused(inputs, tmp_path):
    path = run(inputs, tmp_path)
    with pytest.raises(UserError, match=r"made for something else: cell.seed is 0, not 1"):
        results.read(path, {"cell": {**LINEAGE["cell"], "seed": 1}})
    with pytest.raises(DamagedFileError, match="holds no networks on subsets"):
        results.read(inputs["source_train"])
    assert read_tensors(path)[1]["settings"] == settings(**STACKS_OF_3)


def test_shards_of_another_dataset_are_refused(inputs, tmp_path):
    spec = DatasetSpec(split="test", samples=26, seed=2, classes=(4, 5, 6)).to_dict()
    known = {"dataset": {"target": {"test": spec}}}
    with pytest.raises(UserError, match=r"target_test.safetensors: made for something else: seed"):
        from invariance.subsets import data

        data.read(inputs, None, known, torch.device("cpu"))
