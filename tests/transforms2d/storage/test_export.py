"""Exports: read back by ``datasets`` and torchvision, with every image, label and latent."""

import io
from dataclasses import replace

import pytest
import torch
import yaml
from PIL import Image
from support.small_images import small_base
from torchvision.datasets import ImageFolder
from torchvision.transforms.v2.functional import pil_to_tensor

from transforms2d.__main__ import main
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec
from transforms2d.storage.export import export_image_folder, export_parquet
from transforms2d.storage.shards import make_shard, write_shard

BASE = small_base()
SPECS = [
    DatasetSpec(split, samples, 3, classes=(4, 1), transforms=("rotate", "h_flip"))
    for split, samples in (("train", 25), ("val", 9))
]
ABOUT = {"name": "Small things", "license": "apache-2.0"}


@pytest.fixture(scope="module")
def shards():
    return [make_shard(spec, BASE) for spec in SPECS]


def card(folder):
    _, front, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def test_parquet_is_read_by_datasets(shards, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "things"
    export_parquet(folder, shards, **ABOUT)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 25, "validation": 9}
    assert loaded["train"].features["label"].names == ["thing 4", "thing 1"]
    for at, row in enumerate(loaded["train"]):
        assert torch.equal(pil_to_tensor(row["image"]), shards[0].images[at])
        assert row["label"] == int(shards[0].labels[at])
        for name, column in shards[0].latents.items():
            assert row[name] == column[at].item()


def test_image_folder_is_read_by_torchvision_and_datasets(shards, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "things"
    export_image_folder(folder, shards, **ABOUT)
    plain = ImageFolder(folder / "train")
    assert plain.classes == ["000_thing_4", "001_thing_1"]
    assert sorted(label for _, label in plain) == sorted(shards[0].labels.tolist())
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    row = loaded["validation"][4]
    at = [r for r in range(9) if torch.equal(shards[1].images[r], pil_to_tensor(row["image"]))]
    assert len(at) == 1 and row["label"] == int(shards[1].labels[at[0]])
    assert row["rotate.angle_deg"] == pytest.approx(shards[1].latents["rotate.angle_deg"][at[0]])


def test_card_says_what_the_data_are(shards, tmp_path):
    export_parquet(tmp_path / "things", shards, **ABOUT)
    front, body = card(tmp_path / "things")
    assert front["license"] == "apache-2.0" and front["size_categories"] == ["n<1K"]
    assert front["configs"][0]["data_files"][1] == {
        "split": "validation",
        "path": "data/validation.parquet",
    }
    for name in shards[0].latents:
        assert f"`{name}`" in body
    assert "counter-clockwise, degrees" in body and '"seed": 3' in body


def test_same_shards_same_bytes(shards, tmp_path):
    for name in ("a", "b"):
        export_parquet(tmp_path / name, shards, **ABOUT)
    for path in ("README.md", "data/train.parquet"):
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_nothing_is_left_behind_or_overwritten(shards, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UserError, match="full: exists already"):
        export_parquet(tmp_path / "full", shards, **ABOUT)

    def fail(*arguments, **options):
        raise OSError("no space left")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        export_image_folder(tmp_path / "new", shards, **ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


@pytest.mark.parametrize("chosen, message", [([], "no shard"), ([0, 0], "same split")])
def test_shards_that_make_no_dataset_are_refused(shards, tmp_path, chosen, message):
    with pytest.raises(UserError, match=message):
        export_parquet(tmp_path / "out", [shards[at] for at in chosen], **ABOUT)


def test_splits_with_different_latents(shards, tmp_path):
    datasets = pytest.importorskip("datasets")
    other = make_shard(DatasetSpec("test", 7, 3, classes=(4, 1), transforms=("hue",)), BASE)
    with pytest.raises(UserError, match=r"only one of train and test has the latent h_flip\.appl"):
        export_image_folder(tmp_path / "folder", [shards[0], other], **ABOUT)
    export_parquet(tmp_path / "rows", [shards[0], other], **ABOUT)
    loaded = datasets.load_dataset(str(tmp_path / "rows"), cache_dir=str(tmp_path / "cache"))
    for split, shard in (("train", shards[0]), ("test", other)):
        for name in shards[0].latents.keys() | other.latents.keys():
            column = shard.latents[name].tolist() if name in shard.latents else [None] * len(shard)
            assert list(loaded[split][name]) == column


def test_folders_of_many_classes_sort_by_label(tmp_path):
    spec = DatasetSpec(
        "train", 1300, 3, foreground="patterns", background="uniform", classes=range(1200)
    )
    shard = make_shard(spec, None)
    shard = replace(shard, labels=torch.arange(1300) % 1200)
    export_image_folder(tmp_path / "out", [shard], **ABOUT)
    loaded = ImageFolder(tmp_path / "out" / "train")
    assert sorted(label for _, label in loaded.samples) == sorted(shard.labels.tolist())


@pytest.mark.parametrize("letter", ["x", "é", "鶴", "𠮷"])
def test_folders_of_long_names_fit_on_a_disk(shards, tmp_path, letter):
    """A folder of its own may be called by 255 bytes, to which the label comes."""
    shard = replace(shards[0], class_names=[letter * 255, f"{letter * 255} too"])
    export_image_folder(tmp_path / "out", [shard], **ABOUT)
    found = ImageFolder(tmp_path / "out" / "train").samples
    assert [label for _, label in sorted(found, key=lambda each: each[0][-10:])] == (
        shard.labels.tolist()
    )


@pytest.mark.parametrize("absent", [0, 1])
def test_a_split_without_a_class_is_no_folder_of_images(shards, tmp_path, absent):
    """Readers number the folders in which they find images: labels would be shifted."""
    datasets = pytest.importorskip("datasets")
    labels = torch.full_like(shards[1].labels, 1 - absent)
    odd = [shards[0], replace(shards[1], labels=labels)]
    with pytest.raises(UserError, match=r"export: val has no image of class 'thing .'.*parquet"):
        export_image_folder(tmp_path / "folder", odd, **ABOUT)
    assert not (tmp_path / "folder").exists()
    export_parquet(tmp_path / "rows", odd, **ABOUT)
    loaded = datasets.load_dataset(str(tmp_path / "rows"), cache_dir=str(tmp_path / "cache"))
    assert loaded["validation"]["label"] == labels.tolist()


def test_a_folder_of_images_copied_file_by_file_has_the_same_labels(shards, tmp_path):
    """As git, archives and uploads copy it."""
    export_image_folder(tmp_path / "out", shards, **ABOUT)
    for file in (tmp_path / "out").rglob("*.png"):
        to = tmp_path / "copy" / file.relative_to(tmp_path / "out")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(file.read_bytes())
    for split, shard in (("train", shards[0]), ("validation", shards[1])):
        found = ImageFolder(tmp_path / "copy" / split).samples
        assert {int(path[-10:-4]): label for path, label in found} == dict(
            enumerate(shard.labels.tolist())
        )


@pytest.mark.parametrize("given", ["a shard", ["train.safetensors"]])
def test_what_is_no_list_of_shards_is_refused(shards, tmp_path, given):
    given = shards[0] if given == "a shard" else given
    with pytest.raises(UserError, match="export: shards is not a list"):
        export_parquet(tmp_path / "out", given, **ABOUT)


def test_command_line(tmp_path, capsys):
    paths = [str(tmp_path / f"{spec.split}.safetensors") for spec in SPECS]
    for path, spec in zip(paths, SPECS, strict=True):
        write_shard(path, spec, BASE)
    out = tmp_path / "out"
    assert main(["export", *paths, "--out", str(out), "--license", "mit"]) == 0
    assert card(out)[0]["pretty_name"] == "out"
    assert main(["export", *paths, "--out", str(out)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_images_are_kept_exactly(shards, tmp_path):
    export_image_folder(tmp_path / "out", shards[:1], **ABOUT)
    lines = (tmp_path / "out" / "train" / "metadata.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("file_name,label,background,h_flip.applied")
    for at, line in enumerate(lines[1:]):
        data = (tmp_path / "out" / "train" / line.split(",")[0]).read_bytes()
        assert torch.equal(pil_to_tensor(Image.open(io.BytesIO(data))), shards[0].images[at])
