"""Networks on every dataset of a study, from files: alone, and side by side."""

import numpy as np
import pytest
import torch
from support.small_images import small_base
from support.small_training import NETWORK

from invariance import models
from invariance.measures import of_datasets, represent
from invariance.measures.readouts.fusion import fuse
from invariance.measures.readouts.of_shard import read_out
from invariance.measures.view_groups.groups import write_views
from invariance.measures.view_groups.rendered import render_views
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard, write_shard

BASE = small_base(backgrounds=20)
COMMON = {"classes": range(4), "placement": "random", "object_scale": 0.6}
SPECS = {
    "source": DatasetSpec("test", 110, 3, **COMMON),
    "latents": DatasetSpec("train", 110, 4, transforms=("rotate",), **COMMON),
}
SPLITS = {name: spec.split for name, spec in SPECS.items()}
SETTINGS = {
    "transformations": ["rotate"],
    "images": 40,
    "fit": 70,
    "grid": 2,
    "draws": 1,
    "twins": False,
    "shrinkages": [0.01],
    "readout_train": 0,
    "readout_test": 0,
    "latents": False,
    "penalties": 0,
    "folds": 2,
    "identity": False,
    "own_pairs": False,
    "normaliser": "independent_pairs",
    "batch_size": 50,
    "seed": 1,
    "precision": "fp32",
    "device": "cpu",
}
READ = {"readout_train": 70, "readout_test": 40, "latents": True, "penalties": 2}
BY_DATASET = {
    "source": SETTINGS,
    "latents": {**SETTINGS, **READ, "grid": 0, "draws": 0, "twins": True},
}
VIEWS = {"places": render_views(SPECS["source"], BASE, None, "places", groups=5, views=2)}


def network(seed: int):
    settings = {**NETWORK, "image_size": 32, "init_seed": seed}
    model = models.from_settings(settings)
    with torch.no_grad():
        model((make_shard(SPECS["source"], BASE).images.float() / 255 - 0.5) / 0.5)
    return model.eval(), settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    BASE.save(folder / "base.safetensors")
    write_views(folder / "views.safetensors", VIEWS, {"made": "here"})
    inputs = {"views_stand_ins": folder / "views.safetensors"}
    for name, spec in SPECS.items():
        write_shard(folder / f"{name}.safetensors", spec, BASE, identity={"of": name})
        inputs[f"{name}_shard"] = folder / f"{name}.safetensors"
        inputs[f"{name}_base"] = folder / "base.safetensors"
    for seed in (1, 2):
        models.save(folder / f"model{seed}.safetensors", *network(seed), {"number": seed})
    return {**inputs, "model": folder / "model1.safetensors"}


def identities() -> dict:
    return {
        "contrastive": {"number": 1},
        "views": {"stand_ins": {"made": "here"}},
        "dataset": {name: {spec.split: spec.to_dict()} for name, spec in SPECS.items()},
        "shards": {name: {"of": name} for name in SPECS},
    }


def measure(files, **changed):
    return of_datasets.measure_all(
        files,
        BY_DATASET,
        splits=SPLITS,
        views_with="source",
        identities={**identities(), **changed},
        config=None,
    )


def fused(files, numbers):
    paths = [files["model"].with_name(f"model{number}.safetensors") for number in numbers]
    return of_datasets.fuse_all(
        {**files, "models": paths},
        {"latents": BY_DATASET["latents"]},
        splits=SPLITS,
        networks=[{"number": number} for number in numbers],
        identities=identities(),
        config=None,
    )


def names(found) -> list[tuple]:
    return [(one["method"], one["target"], one.get("change")) for one in found["evaluations"]]


@pytest.fixture(scope="module")
def measured(files):
    return measure(files)


def test_every_measure_names_its_dataset(measured):
    assert names(measured) == [
        ("spectrum", "source", None),
        ("invariance", "source", "rotate"),
        ("invariance_draws", "source", "rotate"),
        ("views", "stand_ins", "places"),
        ("spectrum", "latents", None),
        ("sensitivity", "latents", "rotate"),
        ("regression", "latents", "place"),
        ("regression", "latents", "rotate"),
        ("regression", "latents", "background"),
        ("downstream", "latents", "classes"),
        ("downstream", "latents", "place"),
    ]
    assert measured["settings"] == BY_DATASET


def test_values_are_those_of_each_dataset_alone(measured):
    alone = [
        one["scores"]
        for name, groups in (("source", {"stand_ins": VIEWS}), ("latents", {}))
        for one in represent.measure(
            network(1), make_shard(SPECS[name], BASE), BASE, BY_DATASET[name], groups=groups
        ).evaluations
    ]
    assert [one["scores"] for one in measured["evaluations"]] == alone


def test_a_fusion_reads_standardised_features_of_all_its_networks(files, measured):
    found = fused(files, (1, 2))
    assert names(found) == names(measured)[-5:]
    shard, settings = make_shard(SPECS["latents"], BASE), BY_DATASET["latents"]
    each = [represent.measure(network(seed), shard, BASE, settings) for seed in (1, 2)]
    rows, parts = each[0].rows, {"train": slice(70), "test": slice(70, 110)}
    features = [[one.features.numpy()[part] for one in each] for part in parts.values()]
    expected = read_out(
        dict(zip(parts, fuse(*features), strict=True)),
        {split: rows[part] for split, part in parts.items()},
        shard,
        BASE,
        seed=1,
        folds=2,
        penalties=2,
    )
    for one, other in zip(found["evaluations"], expected, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-6)
    values = [[one["scores"] for one in of["evaluations"][-5:]] for of in (found, measured)]
    assert values[0] != values[1]


def test_rows_are_the_same_for_all_networks_of_a_dataset():
    shard, settings = make_shard(SPECS["latents"], BASE), BY_DATASET["latents"]
    first, other = (represent.used_rows(shard, {**settings, "seed": seed}) for seed in (1, 2))
    assert np.array_equal(first, represent.used_rows(shard, {**settings, "grid": 9}))
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("key", "value", "file"),
    [
        ("contrastive", {"number": 2}, "model1"),
        ("views", {"stand_ins": {"made": "there"}}, "views"),
        ("shards", {"source": {"of": "latents"}, "latents": {"of": "latents"}}, "source"),
    ],
)
def test_files_of_something_else_are_refused(files, key, value, file):
    with pytest.raises(UserError, match=rf"{file}\.safetensors: made for something else"):
        measure(files, **{key: value})


def test_networks_of_something_else_are_refused(files):
    with pytest.raises(UserError, match=r"model2\.safetensors: made for something else"):
        of_datasets.fuse_all(
            {**files, "models": [files["model"], files["model"].with_name("model2.safetensors")]},
            {"latents": BY_DATASET["latents"]},
            splits=SPLITS,
            networks=[{"number": 1}, {"number": 1}],
            identities=identities(),
            config=None,
        )
