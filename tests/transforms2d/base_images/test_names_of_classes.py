"""Names that look the same are the same, however their letters are composed."""

import io
import unicodedata
import zipfile

import pytest
from support.hub_layouts import image_bytes, table
from support.image_files import file_bytes, make_folder, noise, prepare, refused, write

from transforms2d import natural_images
from transforms2d.base_images import layouts
from transforms2d.base_images.hub import hub_card
from transforms2d.base_images.index import build
from transforms2d.errors import UserError
from transforms2d.natural_images.listing import listing
from transforms2d.storage.export import _plain

FORMS = ("NFC", "NFD")
NAMES = ("möwe", "café", "Ångström", "두루미", "ガラス")


def form(name, kind):
    return unicodedata.normalize(kind, name)


@pytest.mark.parametrize("kind", FORMS)
def test_classes_of_base_images_have_one_spelling(tmp_path, kind):
    root = make_folder(tmp_path)
    for name in NAMES:
        write(root, f"foregrounds/{form(name, kind)}/a.png")
    made = prepare(root)
    assert made.class_names == sorted(["bagel", "zebra", *(form(name, "NFC") for name in NAMES)])


def test_the_same_folder_of_two_systems_gives_the_same_images(tmp_path):
    """Also the first image of each class, which is the first by name."""
    found = []
    for kind in FORMS:
        root = make_folder(tmp_path / kind)
        for at, name in enumerate(["é", "f", "ñ", "o"]):
            data = file_bytes(noise((20, 20), at))
            write(root, f"foregrounds/{form('Bär', kind)}/{form(name, kind)}.png", data)
            write(root, f"foregrounds/{form(name, kind)}x/a.png", data)
        found.append(prepare(root))
    assert found[0].digest() == found[1].digest()


@pytest.mark.parametrize("name", NAMES[:3])
def test_two_folders_of_one_name_are_refused(tmp_path, name):
    root = make_folder(tmp_path / "base")
    for kind in FORMS:
        write(root, f"foregrounds/{form(name, kind)}/a.png")
        write(tmp_path / "natural", f"train/{form(name, kind)}/a.png")
    refused(root, "differ only in case or encoding; rename or merge them")
    with pytest.raises(UserError, match="differ only in case or encoding"):
        listing(tmp_path / "natural", "train")


@pytest.mark.parametrize(("train", "test"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_a_class_is_the_same_in_training_and_test(tmp_path, train, test):
    names = [*NAMES, "a", "b", "c", "f", "z"]
    for split, kind in (("train", train), ("test", test)):
        for at, name in enumerate(names):
            data = file_bytes(noise((16, 16), at).convert("RGB"))
            write(tmp_path, f"{split}/{form(name, kind)}/a.png", data)
    settings = {"source": "folder", "folder": str(tmp_path)}
    made = [natural_images.prepare("cifar10", settings, split) for split in ("train", "test")]
    assert made[0].class_names == made[1].class_names == sorted(form(one, "NFC") for one in names)
    assert (made[0].images == made[1].images).all()


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_class_that_a_part_lacks_is_named(tmp_path, split):
    for part in ("train", "test"):
        for name in NAMES if part == split else NAMES[1:]:
            write(tmp_path, f"{part}/{name}/a.png")
    with pytest.raises(UserError, match=f"class '{NAMES[0]}' is in only one of train and test"):
        natural_images.fetch("cifar10", {"source": "folder", "folder": str(tmp_path)})


def entries(root, files, labelled=True):
    for name, data in files.items():
        write(root, name, data)
    return list(layouts.items(root, sorted(files), None, labelled=labelled))


@pytest.mark.parametrize("kind", FORMS)
def test_a_list_of_labels_names_files_in_another_spelling(tmp_path, kind):
    other = FORMS[1 - FORMS.index(kind)]
    lines = f"file_name,label\n{form('Möwe.png', other)},gull\n".encode()
    files = {f"fg/all/{form('Möwe.png', kind)}": image_bytes(1), "fg/all/metadata.csv": lines}
    assert [label for label, _ in entries(tmp_path, files)] == ["gull"]


@pytest.mark.parametrize("kind", FORMS)
def test_a_card_names_folders_in_another_spelling(kind):
    other = FORMS[1 - FORMS.index(kind)]
    blocks = [{"config_name": "foregrounds", "data_files": form("bilder/möwe/**", other)}]
    files = [form("bilder/möwe/1.png", kind), "bilder/x.png"]
    assert hub_card.files_of({"configs": blocks}, "foregrounds", files, "x") == files[:1]


def test_labels_of_tables_and_archives_have_one_spelling(tmp_path):
    names = [form("möwe", "NFD"), "zebra"]
    rows = table([(name, image_bytes(at)) for at, name in enumerate(names)], names)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{names[0]}/1.png", image_bytes(3))
    used = {"source": "huggingface", "objects": None, "backgrounds": None, "prototypes": 0}
    found = entries(tmp_path, {"t.parquet": rows}) + entries(tmp_path, {"z.zip": file.getvalue()})
    made = build(used, found, [{"path": "b"}], root=None, origin={})
    assert made["class_names"] == [form("möwe", "NFC"), "zebra"]
    assert [entry["class"] for entry in made["objects"]] == [0, 0, 1]


def test_labels_that_differ_in_spelling_alone_are_refused():
    used = {"source": "huggingface", "objects": None, "backgrounds": None, "prototypes": 0}
    found = [(form("möwe", kind), {"path": kind}) for kind in FORMS]
    with pytest.raises(UserError, match="differ only in case or encoding"):
        build(used, found, [{"path": "b"}], root=None, origin={})


def test_folders_of_an_export_have_one_spelling():
    assert {_plain(form("Café №1", kind)) for kind in FORMS} == {"Café__1"}
    assert {_plain(form("möwe", kind)) for kind in FORMS} == {"möwe"}
