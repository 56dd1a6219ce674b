"""Views as a whole: shapes, batches, threads, devices, errors, and their contact sheets."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from support import image_cases
from support.small_images import small_base

from transforms2d import UserError, Views
from transforms2d.__main__ import main
from transforms2d.transformations import chunks
from transforms2d.views import GROUPS, apply_view, used_settings
from transforms2d.views.sheet import COLOURS, views_sheet

N = 200
IMAGES = image_cases.pictures(N)


@pytest.mark.parametrize("group", GROUPS)
def test_a_view_is_the_same_in_any_batch_order_and_container(group):
    views, before = Views(group, 0), IMAGES.clone()
    whole = views(IMAGES, torch.arange(N), 4)
    assert whole.shape == IMAGES.shape and whole.dtype == torch.uint8 and whole.is_contiguous()
    assert torch.equal(IMAGES, before)
    order = torch.tensor([41, 0, 41, 199, 7])
    for indices in (order, order.tolist(), order.numpy()):
        again = pickle.loads(pickle.dumps(views))  # noqa: S301  # as a worker gets it
        assert torch.equal(again(IMAGES[order], indices, 4), whole[order])


@pytest.mark.parametrize("group", GROUPS)
def test_draws_seeds_and_indices_give_other_views(group):
    whole = Views(group, 0)(IMAGES, range(N), 0)
    others = [
        IMAGES,
        Views(group, 0)(IMAGES, range(N), 1),
        Views(group, 1)(IMAGES, range(N), 0),
        Views(group, 0)(IMAGES, range(N, 2 * N), 0),
    ]
    for other in others:
        same = (whole == other).flatten(1).all(1)
        assert same.double().mean() < 0.2  # dorsal views are unchanged in 8 % of the cases


@pytest.mark.parametrize("group", GROUPS)
def test_bits_do_not_depend_on_chunks_or_threads(group, monkeypatch):
    views = Views(group, 2)
    whole = views(IMAGES, range(N), 0)
    threads = torch.get_num_threads()
    for piece, count in ((1, 1), (37, 2), (N, 4)):
        monkeypatch.setitem(chunks._CHUNK_PIXELS, "cpu", piece * 32 * 32)
        torch.set_num_threads(count)
        try:
            assert torch.equal(views(IMAGES, range(N), 0), whole)
        finally:
            torch.set_num_threads(threads)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("sides", [(8, 8), (16, 40), (72, 100)], ids="{0[0]}x{0[1]}".format)
def test_images_of_any_size_and_number(group, sides):
    images = image_cases.rectangles(image_cases.pictures, 6, *sides)
    views = Views(group, 1)
    found = views(images, range(6), 0)
    assert found.shape == images.shape and not torch.equal(found, images)
    assert torch.equal(views(images[3:4], [3], 0), found[3:4])
    assert views(images[:0], [], 0).shape == (0, 3, *sides)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("group", GROUPS)
def test_a_gpu_gives_nearly_the_same_bytes_from_the_same_parameters(group):
    views = Views(group, 0)
    found = views(IMAGES.cuda(), torch.arange(N, device="cuda"), 0)
    assert found.device.type == "cuda"
    apart = found.cpu().int() - views(IMAGES, range(N), 0).int()
    assert float((apart != 0).float().mean()) < 1e-3


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"crop": 1}, "views.crop: unknown; valid are crop_area, jitter, jitter_share"),
        ({"crop_area": 0.2}, "views.crop_area: 0.2 is not two numbers"),
        ({"crop_area": [0, 1]}, r"views.crop_area: \[0, 1\] is not two numbers"),
        ({"crop_area": [0.5, 0.4]}, "views.crop_area: .* is not two numbers"),
        ({"crop_area": [0.5, 1.1]}, "views.crop_area: .* is not two numbers"),
        ({"crop_area": ["a", 1]}, "views.crop_area: .* is not two numbers"),
        ({"jitter": [0.4, 0.4, 0.4]}, "views.jitter: .* is not four numbers from 0 on"),
        ({"jitter": [0.4, 0.4, -0.4, 0]}, "views.jitter: .* is not four numbers from 0 on"),
        ({"jitter": [0, 0, 0, 0.6]}, "views.jitter: .* is not four numbers"),
        ({"jitter": [0, 0, float("nan"), 0.1]}, "views.jitter: .* is not four numbers"),
        ({"gray_share": 1.5}, "views.gray_share: 1.5 is not a number from 0 to 1"),
        ({"blur_share": True}, "views.blur_share: True is not a number from 0 to 1"),
        ({"jitter_share": "all"}, "views.jitter_share: 'all' is not a number from 0 to 1"),
        ("default", "views: 'default' is not a mapping of settings"),
    ],
)
def test_wrong_settings_are_named(settings, line):
    with pytest.raises(UserError, match=line):
        Views("default", 0, settings)


def test_all_wrong_settings_are_named_at_once_and_missing_ones_are_the_defaults():
    with pytest.raises(UserError) as caught:
        used_settings({"gray": 1, "gray_share": 2, "jitter": None})
    assert len(str(caught.value).splitlines()) == 3
    used = used_settings({"jitter": [0, 0, 0, 0]})
    assert used == used_settings() | {"jitter": (0, 0, 0, 0)}
    assert used["crop_area"] == (0.2, 1.0) and used["jitter_share"] == 0.8


CROP = Views("ventral", 0).sample([0], 0)["crop_flip"]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: Views("both", 0), "views.group: 'both' is not one of default, ventral, dorsal"),
        (lambda: Views("default", -1), "views.seed: -1 is not a whole number >= 0"),
        (lambda: Views("default", 0)(IMAGES, range(3), 0), "views: 3 indices for 200 images; "),
        (lambda: Views("default", 0)(IMAGES, range(N), -1), "views.draw: -1 is not a whole number"),
        (lambda: Views("default", 0)(IMAGES[:1], [-1], 0), "index -1 is below 0"),
        (lambda: Views("default", 0)(IMAGES[:1], [0.5], 0), "indices are not a list of whole numb"),
        (lambda: Views("default", 0)(IMAGES.float(), range(N), 0), "images: torch.float32 instead"),
        (lambda: Views("default", 0).sample([0], 0, 7), "image_size: 7 px is too small"),
        (lambda: apply_view(IMAGES, {"crop_flip": CROP}), r"crop_flip: parameter 'top' has shape"),
        (lambda: apply_view(IMAGES, {"twist": {}}), "transformation 'twist': unknown"),
        (
            lambda: apply_view(IMAGES[:1], {"crop_flip": {**CROP, "flipped": "yes"}}),
            "crop_flip: parameter 'flipped': str instead of a tensor",
        ),
        (lambda: views_sheet("both", small_base()), "sheet.views: 'both' is not one of all, defau"),
        (lambda: views_sheet("all", small_base(), columns=0), "sheet.columns: 0 is not a whole"),
    ],
)
def test_bad_input_is_named_in_one_line(call, line):
    with pytest.raises(UserError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_sheets_show_every_group(tmp_path):
    small_base().save(tmp_path / "base.safetensors")
    common = ["sheet", "--base", str(tmp_path / "base.safetensors"), "--columns", "3"]
    for group in ("all", *GROUPS):
        out = tmp_path / f"{group}.png"
        assert main([*common, "--views", group, "--rows", "2", "--out", str(out)]) == 0
        with Image.open(out) as sheet:
            pixels = np.asarray(sheet.convert("RGB"))
        rows = len(GROUPS) if group == "all" else 2
        crops = group in ("all", "default", "ventral")
        assert pixels.shape[0] > rows * 96 and pixels.shape[1] > (5 if crops else 4) * 96
        shown = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in pixels.reshape(-1, 3).tolist()}
        assert (set(COLOURS[:3]) <= shown) == crops


def test_a_sheet_is_of_a_transformation_or_of_views(tmp_path, capsys):
    for asked in ([], ["--views", "all", "--transform", "hue"]):
        with pytest.raises(SystemExit):
            main(["sheet", *asked, "--out", str(tmp_path / "x.png")])
    assert "--views" in capsys.readouterr().err
