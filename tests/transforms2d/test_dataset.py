"""The dataset as PyTorch sees it, the batched iterator, the command line and the documentation."""

import copy
import re

import pytest
import torch
from PIL import Image
from support.small_images import small_base, small_natural
from torch.utils.data import DataLoader

from transforms2d.__main__ import main
from transforms2d.contact_sheet import transformation_sheet
from transforms2d.dataset import TransformsDataset, batches, normalise
from transforms2d.errors import UserError
from transforms2d.names import ALL
from transforms2d.protocol import preset
from transforms2d.rendering.renderer import render
from transforms2d.spec import DatasetSpec

BASE, NATURAL = small_base(), small_natural()
SPEC = DatasetSpec("train", 130, 3, classes=(4, 1, 0), transforms=("rotate", "hue", "noise"))


def test_items_are_the_rows_of_render():
    data = TransformsDataset(SPEC, BASE)
    whole = render(SPEC, range(130), BASE)
    assert len(data) == 130 and data.class_names == ["thing 4", "thing 1", "thing 0"]
    image, label = data[7]
    assert torch.equal(image, whole.images[7]) and label == int(whole.labels[7])
    assert torch.equal(data[-1][0], whole.images[129])
    assert len(list(data)) == 130  # iteration stops at the end
    with pytest.raises(IndexError, match="sample 130 of 130"):
        data[130]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_gives_the_same_images_whatever_its_workers(workers):
    loader = DataLoader(TransformsDataset(SPEC, BASE), batch_size=50, num_workers=workers)
    images, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    whole = render(SPEC, range(130), BASE)
    assert torch.equal(images, whole.images) and torch.equal(labels, whole.labels)


def test_transform_and_draw():
    data = TransformsDataset(SPEC, BASE, transform=lambda image: image.float() / 255)
    first = data[3][0]
    assert first.dtype == torch.float32 and float(first.max()) <= 1
    data.draw = 1
    assert not torch.equal(data[3][0], first)


@pytest.mark.parametrize("copied", [False, True])
def test_persistent_workers_see_another_draw(copied):
    data = TransformsDataset(SPEC, BASE)
    data = copy.deepcopy(data) if copied else data
    loader = DataLoader(data, batch_size=65, num_workers=1, persistent_workers=True)
    for draw in (0, 2):
        data.draw = draw
        images = torch.cat([images for images, _ in loader])
        assert torch.equal(images, render(SPEC, range(130), BASE, draw=draw).images)
    with pytest.raises(UserError, match="draw: -1 is not"):
        data.draw = -1


@pytest.mark.parametrize(
    "spec, base, message",
    [
        (SPEC, None, "needs base images"),
        (DatasetSpec("train", 5, 3, classes=(9,)), BASE, "object 9 is beyond the 5 classes"),
    ],
)
def test_images_that_do_not_fit_are_refused(spec, base, message):
    with pytest.raises(UserError, match=message):
        TransformsDataset(spec, base)


def test_batches_cover_every_sample_once_in_a_seeded_order():
    whole = render(SPEC, range(130), BASE)
    in_order = list(batches(SPEC, BASE, batch_size=50))
    assert [len(batch.images) for batch in in_order] == [50, 50, 30]
    assert torch.equal(torch.cat([batch.images for batch in in_order]), whole.images)

    def shuffled(epoch):
        parts = batches(SPEC, BASE, batch_size=50, shuffle_seed=1, epoch=epoch)
        return torch.cat([batch.images for batch in parts])

    def sums(images):
        return sorted(images.sum((1, 2, 3)).tolist())

    assert torch.equal(shuffled(0), shuffled(0)) and not torch.equal(shuffled(0), shuffled(1))
    assert sums(shuffled(1)) == sums(whole.images)
    fresh = next(batches(SPEC, BASE, batch_size=130, epoch=2, fresh=True))
    assert torch.equal(fresh.images, render(SPEC, range(130), BASE, draw=2).images)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 0}, "batches.batch_size: 0"),
        ({"batch_size": "a"}, "batches.batch_size: 'a'"),
        ({"shuffle_seed": -1}, "batches.shuffle_seed: -1"),
        ({"epoch": None, "fresh": True}, "batches.epoch: None"),
    ],
)
def test_options_of_batches_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        next(batches(SPEC, BASE, **{"batch_size": 5, **options}))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_batches_on_cuda_equal_those_on_the_cpu():
    batch = next(batches(SPEC, BASE, batch_size=130, device="cuda"))
    assert batch.images.is_cuda and batch.labels.is_cuda
    difference = batch.images.cpu().int() - render(SPEC, range(130), BASE).images
    assert float((difference != 0).float().mean()) < 1e-3


def test_normalise_maps_bytes_to_minus_one_to_one():
    images = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1)
    assert normalise(images).flatten().tolist() == pytest.approx([-1, 1, -0.6])


def test_sheets(tmp_path, capsys):
    BASE.save(tmp_path / "base.safetensors")
    common = ["sheet", "--base", str(tmp_path / "base.safetensors"), "--columns", "2"]
    for name in ("rotate", "noise", "none", "all"):
        out = tmp_path / f"{name}.png"
        assert main([*common, "--transform", name, "--out", str(out)]) == 0
        with Image.open(out) as sheet:
            rows = len(ALL) if name == "all" else 4
            assert sheet.width > 3 * 96 and sheet.height > rows * 96
    assert main([*common, "--transform", "hue", "--out", str(tmp_path / "x.txt")]) == 1
    assert "not a .png file" in capsys.readouterr().err
    with pytest.raises(UserError, match="unknown 'twirl'"):
        transformation_sheet("twirl", BASE)
    with pytest.raises(UserError, match=r"sheet.rows: .a."):
        transformation_sheet("hue", BASE, rows="a")
    transformation_sheet("elastic", BASE, rows=1, columns=1, protocol=preset("released_code"))


def test_the_examples_of_the_documentation_run(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (repository / "docs" / "transforms2d.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 4
    names = {"__name__": "documentation"}
    for block in blocks:
        exec(compile(block, "docs/transforms2d.md", "exec"), names)
