"""Groups of views from a table: what it reads, what it refuses, and real photographs."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from invariance.measures.pair_measures import PairMeasures, score_groups
from invariance.measures.view_groups.groups import read_views, write_views
from invariance.measures.view_groups.table import list_views, views_of_table
from invariance.measures.whitening import statistics
from transforms2d.errors import UserError


def save(path: Path, colour=(10, 20, 30), size=(40, 30), mode="RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


def table(folder: Path, text: str) -> Path:
    path = folder / "views.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def pictures(tmp_path):
    for number, name in enumerate(("a0", "a1", "b0", "b1")):
        save(tmp_path / "pictures" / f"{name}.png", (40 * number, 7, 9))
    return tmp_path


GOOD = """group,path,factor
cup,pictures/a0.png,pose
cup,pictures/a1.png,pose
jar,pictures/b0.png,pose
jar,pictures/b1.png,pose
cup,pictures/a1.png,light
cup,pictures/b0.png,light
"""


def test_reads_groups_by_factor(pictures):
    views, digest = views_of_table(table(pictures, GOOD), 16)
    assert set(views) == {"pose", "light"}
    pose = views["pose"]
    assert pose.names == ["cup", "jar"]
    assert pose.group.tolist() == [0, 0, 1, 1]
    assert pose.images.shape == (4, 3, 16, 16) and pose.images.dtype == torch.uint8
    assert pose.images[:, 0].flatten(1).unique(dim=1)[:, 0].tolist() == [0, 40, 80, 120]
    assert views["light"].group.tolist() == [0, 0]
    assert digest == views_of_table(table(pictures, GOOD), 32)[1]


def test_the_digest_is_of_the_content_wherever_it_lies(pictures, tmp_path):
    first = views_of_table(table(pictures, GOOD), 16)[1]
    moved = pictures.rename(tmp_path.parent / f"{tmp_path.name}-moved")
    assert views_of_table(moved / "views.csv", 16)[1] == first
    save(moved / "pictures/a0.png", (1, 1, 1))
    assert views_of_table(moved / "views.csv", 16)[1] != first


def test_a_table_without_factors_has_one(pictures):
    text = "path,group\npictures/a0.png,x\n\npictures/a1.png,x\n"
    assert list(views_of_table(table(pictures, text), 8)[0]) == ["all"]


def test_a_table_from_a_spreadsheet(pictures):
    text = '\ufeffgroup,path\r\n"one, two",pictures/a0.png\r\n"one, two", pictures/a1.png \r\n'
    path = pictures / "views.csv"
    path.write_bytes(text.encode())
    assert {row.group for row in list_views(path)} == {"one, two"}


def test_absolute_paths_and_paths_beside_the_folder(pictures):
    text = f"group,path\nx,{pictures}/pictures/a0.png\nx,../pictures/a1.png\n"
    inner = pictures / "inner"
    inner.mkdir()
    assert len(list_views(table(inner, text))) == 2


def test_the_middle_of_a_picture_is_shown(pictures):
    image = np.zeros((20, 60, 3), np.uint8)
    image[:, 20:40] = 200
    Image.fromarray(image).save(pictures / "pictures/a0.png")
    views, _ = views_of_table(table(pictures, GOOD), 20)
    assert (views["pose"].images[0] == 200).all()


HEAD = "group,path\n"
PAIR = "x,pictures/a0.png\nx,pictures/a1.png\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'group'"),
        ("group,file\n", "no column 'path'"),
        ("group,path,colour\n", "column 'colour' is unknown"),
        ("group,path,path\n", "column 'path' is named twice"),
        (HEAD, "no rows"),
        (HEAD + "x,pictures/a0.png\n", "group 'x' has a single view"),
        (HEAD + PAIR + "x,pictures/a0.png\n", r"names .*a0.png' 2 times"),
        (HEAD + PAIR + "x,pictures/../pictures/a0.png\n", r"names .*a0.png' 2 times"),
        (HEAD + PAIR + "x,pictures/none.png\n", "line 4: no such picture: .*none.png"),
        (HEAD + PAIR + "x,pictures\n", "line 4: no such picture"),
        (HEAD + PAIR + 'x,"two\nlines"\n', r"line 5: no such picture: .*two\\nlines"),
        (HEAD + PAIR + f"x,{'long' * 9000}\n", "line 4: no such picture"),
        (HEAD + PAIR + ",pictures/b0.png\n", "line 4: no group"),
        (HEAD + PAIR + "x, \n", "line 4: no path"),
        (HEAD + PAIR + "x\n", "line 4: not 2 values"),
        (HEAD + PAIR + "x,a,b\n", "line 4: not 2 values"),
        (HEAD + PAIR + 'x,"pictures/a0.png\n', "not a CSV table"),
        (
            "group,path,factor\nx,pictures/a0.png,pose\nx,pictures/a1.png,light\n",
            "group 'x' of factor 'pose' has a single view",
        ),
    ],
)
def test_refused_in_one_line(pictures, text, words):
    with pytest.raises(UserError, match=words) as error:
        list_views(table(pictures, text))
    assert "\n" not in str(error.value)
    assert str(pictures / "views.csv") in str(error.value)


def test_no_table_and_no_text(pictures):
    with pytest.raises(UserError, match="no such file"):
        list_views(pictures / "none.csv")
    with pytest.raises(UserError, match="not readable"):
        list_views(pictures / "pictures")
    path = pictures / "views.csv"
    path.write_bytes(HEAD.encode() + b"x,\xff\xfe\n")
    with pytest.raises(UserError, match="not UTF-8"):
        list_views(path)


def test_pictures_that_cannot_be_shown(pictures):
    path = table(pictures, HEAD + PAIR)
    save(pictures / "pictures/a1.png", (1, 2, 3, 100), mode="RGBA")
    with pytest.raises(UserError, match=r"a1\.png: partly transparent"):
        views_of_table(path, 16)
    save(pictures / "pictures/a1.png", (1, 2, 3, 255), mode="RGBA")
    assert len(views_of_table(path, 16)[0]["all"].images) == 2
    (pictures / "pictures/a1.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=r"a1\.png: not a PNG, JPEG or WebP"):
        views_of_table(path, 16)


def photographed(shared_data: Path, folder: Path, count: int = 12) -> Path:
    """Real photographs, each as if taken at three exposures and at three distances."""
    lines = ["group,path,factor"]
    originals = sorted((shared_data / "photo_base/backgrounds").glob("*"))[:count]
    assert len(originals) == count
    for source in originals:
        with Image.open(source) as opened:
            photo = opened.convert("RGB").resize((160, 160))
        for stop in (0.5, 1.0, 1.6):
            path = f"{source.stem}-light-{stop}.jpg"
            ImageEnhance.Brightness(photo).enhance(stop).save(folder / path, quality=90)
            lines.append(f"{source.stem},{path},light")
        for margin in (0, 15, 30):
            path = f"{source.stem}-near-{margin}.jpg"
            box = (margin, margin, 160 - margin, 160 - margin)
            photo.crop(box).resize((120, 120)).save(folder / path, quality=85)
            lines.append(f"{source.stem},{path},distance")
    return table(folder, "\n".join(lines) + "\n")


def test_real_photographs(shared_data, tmp_path):
    """A representation of light and one without it, on the same photographs."""
    views, digest = views_of_table(photographed(shared_data, tmp_path), 32)
    assert {name: len(one.group) for name, one in views.items()} == {"light": 36, "distance": 36}
    assert len(digest) == len(hashlib.sha256().hexdigest())

    def level(images):
        return images.double().mean(dim=(1, 2, 3))[:, None]

    def layout(images):
        """Brightness of a grid of 4 x 4 parts, relative to that of the image."""
        parts = torch.nn.functional.avg_pool2d(images.double().mean(dim=1, keepdim=True), 8)
        parts = parts.flatten(1)
        return (parts / parts.mean(dim=1, keepdim=True))[:, :6]

    everything = torch.cat([one.images for one in views.values()])
    found = {}
    for name, represent in (("level", level), ("layout", layout)):
        measures = PairMeasures(statistics(represent(everything), ledoit_wolf=False), [0.0, 0.1])
        for factor, one in views.items():
            scores = score_groups(measures, represent(one.images), one.group)["scores"]
            found[name, factor] = scores
    # Exposure changes the level and hardly the layout; distance is the reverse.
    for quantity, sign in (
        ("whitened_cosine@0", 1),
        ("whitened_cosine@0.1", 1),
        ("sensitivity", -1),
    ):
        values = {key: sign * scores[quantity] for key, scores in found.items()}
        assert values["layout", "light"] > values["level", "light"] + 0.1, quantity
        assert values["level", "distance"] > values["layout", "distance"], quantity
        assert values["level", "distance"] > values["level", "light"] + 0.1, quantity


def test_views_are_kept_in_a_file(pictures):
    views, digest = views_of_table(table(pictures, GOOD), 16)
    path = pictures / "views.safetensors"
    write_views(path, views, {"digest": digest})
    again = read_views(path, {"digest": digest})
    assert list(again) == list(views)
    for factor, one in views.items():
        assert torch.equal(again[factor].images, one.images)
        assert torch.equal(again[factor].group, one.group)
        assert again[factor].names == one.names
    with pytest.raises(UserError, match=r"views\.safetensors"):
        read_views(path, {"digest": "other"})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"views\.safetensors"):
        read_views(path)
    write_views(path, {})
    assert read_views(path) == {}
