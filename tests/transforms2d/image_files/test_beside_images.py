"""What programs leave beside images, and files that people put at the wrong place."""

import io
import zipfile

import pytest
from support.hub_layouts import folder_layout, image_bytes
from support.image_files import file_bytes, make_folder, noise, prepare, refused, write

from invariance.studies.image_folders import check_folders
from transforms2d import natural_images
from transforms2d.base_images import layouts
from transforms2d.base_images.hub import hub_card
from transforms2d.errors import UserError
from transforms2d.image_files.beside import is_left_out

FILES = (
    *("desktop.ini", "Desktop.ini", "Thumbs.db", "thumbs.db", "ehthumbs.db", ".DS_Store"),
    *("._a.png", "Icon\r", ".picasa.ini", "Picasa.ini", ".nomedia", ".gitkeep", "README.txt"),
    *("labels.csv", "LICENSE.md", "notes.JSON", ".hidden.png"),
)
FOLDERS = (
    *("@eaDir", "__MACOSX", ".ipynb_checkpoints", ".AppleDouble", "#recycle", "$RECYCLE.BIN"),
    *("System Volume Information", "__pycache__", ".git", "lost+found", "@__thumb"),
    *("Network Trash Folder", "Temporary Items", "Thumbs.db:encryptable"),
)


@pytest.fixture
def natural(tmp_path):
    root = tmp_path / "natural"
    for split in ("train", "test"):
        for label in range(10):
            data = file_bytes(noise((16, 16), label).convert("RGB"))
            write(root, f"{split}/class {label}/a.png", data)
    return root


def litter(folder):
    for name in FILES:
        write(folder, name, b"left by a program")
    for name in FOLDERS:
        write(folder, f"{name}/a.png", b"a preview of a.png")
        write(folder, f"{name}/deeper/b.png")


def test_it_is_left_out_of_base_images_at_every_level(tmp_path):
    root = make_folder(tmp_path)
    before = prepare(root, prototypes=0)
    for place in ("", "foregrounds", "foregrounds/zebra", "backgrounds"):
        litter(root / place)
    after = prepare(root, prototypes=0)
    assert after.digest() == before.digest()


def test_it_is_left_out_of_natural_images_at_every_level(natural):
    settings = {"source": "folder", "folder": str(natural)}
    before = natural_images.prepare("cifar10", settings, "train")
    for place in ("", "train", "test", "train/class 3", "test/class 9"):
        litter(natural / place)
    assert natural_images.prepare("cifar10", settings, "train").digest() == before.digest()
    base = {"source": "procedural"}
    check_folders({"base_images": base, "natural_images": {"cifar10": settings}})


def test_it_is_left_out_of_data_sets_and_archives(tmp_path):
    files = dict(folder_layout())
    for place in ("data/fg", "data/fg/bagel", "data/bg"):
        files |= {f"{place}/{name}/a.png": image_bytes(77) for name in FOLDERS}
        files |= {f"{place}/._x.png": b"", f"{place}/Thumbs.db": b""}
    for name, data in files.items():
        write(tmp_path, name, data)
    head = hub_card.read(tmp_path / "README.md")
    for config, count in (("foregrounds", 6), ("backgrounds", 4)):
        chosen = hub_card.files_of(head, config, sorted(files), "x")
        assert len(list(layouts.items(tmp_path, chosen, None, labelled=False))) == count
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a/1.png", "__MACOSX/a/._1.png", "a/@eaDir/1.png/T.png", "a/._1.png"):
            archive.writestr(name, image_bytes(5))
    write(tmp_path, "some.zip", file.getvalue())
    assert len(list(layouts.items(tmp_path, ["some.zip"], None, labelled=True))) == 1


@pytest.mark.parametrize("name", ["README", "labels.xlsx", "crop.py", "all.zip", "x.gif", "a.png~"])
def test_other_files_are_named_with_what_to_do(tmp_path, natural, name):
    root = make_folder(tmp_path / "base")
    for part in (root / "foregrounds", natural / "train"):
        stray = write(part, name, b"something")
        wanted = f"{name}: not an image, among the class folders; remove it"
        if part.name == "train":
            with pytest.raises(UserError, match=wanted):
                natural_images.fetch("cifar10", {"source": "folder", "folder": str(natural)})
        else:
            refused(root, wanted)
        stray.unlink()
    write(root, f"foregrounds/bagel/{name}", b"something")
    refused(root, f"{name}: not one of .jpeg, .jpg, .png, .webp; convert or remove it")


def test_an_image_among_the_classes_is_to_be_moved(tmp_path):
    root = make_folder(tmp_path)
    write(root, "foregrounds/loose.JPG")
    refused(root, "loose.JPG: not in a class folder; move it into one")


def test_a_class_may_be_called_like_a_note(tmp_path):
    """A folder is no note, whatever its name ends in."""
    root = make_folder(tmp_path)
    write(root, "foregrounds/node.json/a.png")
    assert prepare(root).class_names == ["bagel", "node.json", "zebra"]


def test_names_that_only_look_alike_are_images():
    for name in ("desktop.ini.png", "thumbs.png", "icon", "eaDir", "macosx"):
        assert not is_left_out(name)
