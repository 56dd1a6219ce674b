"""Base images from a folder: the real photographs, and everything that can be wrong with files."""

import json
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
import torch
from PIL import Image
from support.image_files import fetch, file_bytes, make_folder, noise, prepare, refused, write

from transforms2d import base_images
from transforms2d.base_images import BaseImages
from transforms2d.base_images.folder import list_files
from transforms2d.errors import UserError


@pytest.fixture
def root(tmp_path):
    return make_folder(tmp_path / "images")


# -- what is right ------------------------------------------------------------------------------


def test_rendering_is_the_published_one(root):
    made = prepare(root)
    image = Image.open(root / "foregrounds/bagel/a.png")
    small = image.resize((32, 32), Image.Resampling.BILINEAR).resize((22, 22))
    expected = np.zeros((32, 32, 4), dtype=np.uint8)
    expected[5:27, 5:27] = np.asarray(small)
    assert (made.objects[0].permute(1, 2, 0).numpy() == expected).all()
    background = Image.open(root / "backgrounds/one.jpg").convert("RGB")
    background = background.crop((0, 0, 40, 40)).resize((32, 32), Image.Resampling.BILINEAR)
    assert (made.backgrounds[0].permute(1, 2, 0).numpy() == np.asarray(background)).all()


def test_first_file_of_a_class_or_all(root):
    assert [entry["path"] for entry in fetch(root)["objects"]] == [
        "foregrounds/bagel/a.png",
        "foregrounds/zebra/a.png",
    ]
    every = prepare(root, prototypes=0)
    assert every.object_class.tolist() == [0, 1, 1]
    assert every.class_names == ["bagel", "zebra"]


def test_saving_and_loading(root, tmp_path):
    made = prepare(root)
    for name in ("a", "b"):
        made.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    read = BaseImages.load(tmp_path / "a")
    assert torch.equal(read.objects, made.objects)
    assert (read.class_names, read.origin) == (made.class_names, made.origin)


def test_index_is_plain_and_the_prepared_file_knows_no_paths(root, tmp_path):
    index = fetch(root)
    assert json.loads(json.dumps(index)) == index
    made = base_images.prepare(index)
    moved = root.rename(root.with_name("elsewhere"))
    again = prepare(moved)
    assert again.origin == made.origin


def test_listing_needs_neither_torch_nor_pillow(root, repository):
    code = (
        "import sys; from transforms2d.base_images.folder import list_files; "
        "from transforms2d.base_images import used_settings; "
        f"print(len(list_files({str(root)!r}))); "
        "assert not {'torch', 'PIL', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(repository / "workflow" / "lib")},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "5\n", done.stderr


def test_names_with_spaces_and_other_alphabets(root):
    write(root, "foregrounds/grüner Apfel/ein Bild.png")
    write(root, "foregrounds/犬/一.png")
    write(root, "foregrounds/.hidden/x.png", b"")
    write(root, "foregrounds/readme.txt", b"notes")
    assert prepare(root).class_names == ["bagel", "grüner Apfel", "zebra", "犬"]


def test_links_inside_are_followed(root):
    (root / "foregrounds/bagel/z.png").symlink_to("a.png")
    assert len(prepare(root, prototypes=0).objects) == 4


@pytest.mark.parametrize("size", [8, 33, 64])
def test_other_working_sizes(root, size):
    made = base_images.prepare(fetch(root), image_size=size)
    assert made.objects.shape == (2, 4, size, size)
    alpha = made.objects[0, 3] > 0
    assert int(alpha.any(0).sum()) == round(0.7 * size)


def test_photographs(shared_data):
    made = prepare(shared_data / "photo_base", objects=61, backgrounds=867)
    assert made.objects.shape == (61, 4, 32, 32)
    assert made.backgrounds.shape == (867, 3, 32, 32)
    assert made.class_names == sorted(made.class_names)


def test_samples_of_the_real_set(shared_data):
    made = prepare(shared_data / "si_score_samples", objects=9, backgrounds=8)
    assert made.class_names[0] == "bagel"
    inside = made.objects[:, 3, 5:27, 5:27].float().mean() / 255
    assert 0.3 < inside < 0.9
    assert not made.objects[:, :, :5].any()


# -- folders that are refused --------------------------------------------------------------------


def test_missing_folders(root, tmp_path):
    refused(tmp_path / "nothing", "no such folder")
    refused(tmp_path, "foregrounds: no such folder")


def test_class_without_images(root):
    (root / "foregrounds/empty").mkdir()
    refused(root, "foregrounds/empty: a class without images")


def test_no_class_and_no_background(root, tmp_path):
    (tmp_path / "bare/foregrounds").mkdir(parents=True)
    (tmp_path / "bare/backgrounds").mkdir()
    refused(tmp_path / "bare", "no object classes found")


def test_things_in_the_wrong_place(root):
    loose = write(root, "foregrounds/loose.png")
    refused(root, "loose.png: not in a class folder")
    loose.unlink()
    strange = write(root, "foregrounds/bagel/x.gif")
    refused(root, "x.gif: not one of .jpeg")
    strange.unlink()
    write(root, "foregrounds/bagel/deeper/x.png")
    refused(root, "deeper: a folder among images")


@pytest.mark.parametrize("twin", ["Bagel", "BAGEL", "\uff42agel"])
def test_names_that_differ_by_case_or_form_alone(root, twin):
    write(root, f"foregrounds/{twin}/a.png")
    refused(root, "differ only in case or encoding")


def test_names_that_differ_by_unicode_normalisation_alone(root):
    for form in ("NFC", "NFD"):
        write(root, f"foregrounds/{unicodedata.normalize(form, 'café')}/a.png")
    refused(root, "differ only in case")


@pytest.mark.parametrize(
    "name", ["line\nbreak", "bell\a", " blank", b"\xff".decode("utf-8", "surrogateescape")]
)
def test_names_that_cannot_be_read(root, name):
    write(root, f"foregrounds/{name}/a.png")
    refused(root, "rename it")


def test_links_that_lead_out(root, tmp_path):
    write(tmp_path, "secret.png")
    link = root / "foregrounds/bagel/b.png"
    link.symlink_to(tmp_path / "secret.png")
    refused(root, "b.png: a link that leads out of")
    link.unlink()
    link.symlink_to("nothing.png")
    refused(root, "b.png: a broken link")
    link.unlink()
    (root / "foregrounds/outside").symlink_to(tmp_path)
    refused(root, "outside: a link that leads out of")


def test_paths_in_an_index_cannot_lead_out(root, tmp_path):
    write(tmp_path, "secret.png")
    for path in ("../secret.png", str(tmp_path / "secret.png"), "a\\..\\b", "C:/x.png", ""):
        index = fetch(root)
        index["objects"][0]["path"] = path
        with pytest.raises(UserError, match="leads out of the dataset"):
            base_images.prepare(index)


def test_file_changed_or_gone_after_it_was_listed(root):
    index = fetch(root)
    write(root, "foregrounds/bagel/a.png", file_bytes(noise((20, 20), 9)))
    with pytest.raises(UserError, match=r"bagel/a.png: changed since it was listed"):
        base_images.prepare(index)
    (root / "foregrounds/bagel/a.png").unlink()
    with pytest.raises(UserError, match=r"bagel/a.png: no such file"):
        base_images.prepare(index)


# -- settings that are refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objects": 61}, "2 object classes found, but base_images.objects is 61"),
        ({"backgrounds": 867}, "2 backgrounds found, but base_images.backgrounds is 867"),
        ({"objects": 0}, "base_images.objects: 0 is not a whole number >= 1"),
        ({"prototypes": -1}, "base_images.prototypes: -1 is not"),
        ({"prototypes": True}, "base_images.prototypes: True is not"),
        ({"folder": 3}, "base_images.folder: 3 is not text"),
        ({"source": "ftp"}, "base_images.source: 'ftp' is not one of huggingface, folder"),
        ({"colour": 1}, "base_images.colour: unknown; valid are backgrounds,"),
        ({"source": "procedural"}, "base_images.seed: missing"),
        ({"source": "huggingface"}, "base_images.repository: missing"),
    ],
)
def test_settings(root, changes, message):
    with pytest.raises(UserError) as caught:
        fetch(root, **changes)
    assert message in str(caught.value)


@pytest.mark.parametrize("size", [7, "32", 32.5, None])
def test_image_sizes_that_are_refused(root, size):
    with pytest.raises(UserError, match=f"image_size: {size!r} is not a whole number >= 8"):
        base_images.prepare(fetch(root), image_size=size)


def test_used_settings_leave_out_the_other_sources():
    plain = {"source": "folder", "folder": "x", "seed": 3, "revision": "main", "repository": "a/b"}
    used = base_images.used_settings(plain | {"objects": 61, "backgrounds": 8, "prototypes": 1})
    assert list(used) == ["backgrounds", "folder", "objects", "prototypes", "source"]


def test_list_files_is_in_order(root):
    names = [path.relative_to(root).as_posix() for path in list_files(root)]
    assert names == [
        "foregrounds/bagel/a.png",
        "foregrounds/zebra/a.png",
        "foregrounds/zebra/b.png",
        "backgrounds/one.jpg",
        "backgrounds/two.jpeg",
    ]
