"""What a data set on a hub may hold that is not as it must be: one line each, never a traceback."""

import io
import tracemalloc
import zipfile

import pytest
from support.hub_layouts import backgrounds, image_bytes
from support.image_files import write

from transforms2d import base_images
from transforms2d.base_images import layouts
from transforms2d.base_images.hub import hub_card
from transforms2d.errors import UserError


def refused(call, *parts):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


# -- zip archives --------------------------------------------------------------------------------


def packed(data, method=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("bagel/a.png", data)
    return file.getvalue()


def listed(root, data):
    write(root, "fg.zip", data)
    return list(layouts.items(root, ["fg.zip"], None, labelled=True))


def refused_zip(root, data, *parts):
    """Refused when it is listed, and when the archive is replaced after that."""
    image = image_bytes(0)
    ((label, entry),) = listed(root, packed(image))
    assert label == "bagel"
    refused(lambda: listed(root, data), str(root / "fg.zip"), *parts)
    index = {"source": "huggingface", "root": str(root), "objects": [{"class": 0, **entry}]}
    index |= {"class_names": ["bagel"], "origin": {}, "backgrounds": []}
    refused(lambda: base_images.prepare(index), str(root / "fg.zip"))


def test_a_stream_that_is_damaged(tmp_path):
    data = bytearray(packed(image_bytes(0)))
    start = 30 + len("bagel/a.png")
    data[start : start + 40] = b"\xff" * 40
    refused_zip(tmp_path, bytes(data), "not readable as a zip archive")


def test_every_damage_of_an_archive_is_one_line(tmp_path):
    good = packed(image_bytes(0))
    for place in range(0, len(good), 7 if len(good) < 4000 else len(good) // 400):
        data = bytearray(good)
        data[place] ^= 0xA5
        try:
            listed(tmp_path, bytes(data))
        except UserError as error:
            assert "\n" not in str(error)


def test_a_large_member_is_refused_by_the_directory(tmp_path):
    large = packed(bytes(100_000_001))
    tracemalloc.start()
    refused_zip(tmp_path, large, "bagel/a.png: 100000001 bytes; an image file has at most 100 MB")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_no_more_is_unpacked_than_the_directory_says(tmp_path):
    large = packed(bytes(60_000_000))
    lies = large.replace((60_000_000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    tracemalloc.start()
    refused_zip(tmp_path, lies, "not readable as a zip archive")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit(tmp_path, method):
    refused_zip(tmp_path, packed(image_bytes(0), method), "packed by method")


# -- metadata beside the images ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", b"file_name,label\na.png,caf\xe9\n"),
        ("metadata.csv", b"file_name,label\na.png," + b"x" * 140_000),
        ("metadata.csv", b"label\nbagel\n"),
        ("metadata.csv", b"label,file_name\nbagel\n"),
        ("metadata.jsonl", b'{"file_name": "\xff", "label": "bagel"}'),
        ("metadata.jsonl", b'{"file_name": 3, "label": "bagel"}'),
        ("metadata.jsonl", b'{"file_name": NaN, "label": "bagel"}'),
        ("metadata.jsonl", b'{"file_name": null, "label": "bagel"}'),
        ("metadata.jsonl", b'{"file_name": ".", "label": "bagel"}'),
        ("metadata.jsonl", b'{"file_name": "a.png", "label": NaN}'),
        ("metadata.jsonl", b"[" * 100_000),
        ("metadata.jsonl", b'{"a":' * 100_000),
        ("metadata.jsonl", b"3\n[]\n"),
        ("metadata.jsonl", b'{"label": ' + b"9" * 5000 + b"}"),
    ],
)
def test_metadata_that_cannot_be_read(tmp_path, name, text):
    write(tmp_path, "fg/a.png")
    write(tmp_path, f"fg/{name}", text)
    files = ["fg/a.png", f"fg/{name}"]
    refused(lambda: list(layouts.items(tmp_path, files, None, labelled=True)), str(tmp_path))


@pytest.mark.parametrize("label", ['"²"', '"٣"', "99", '"99999999999999999999"', '"two"'])
def test_labels_that_are_no_position_are_names(tmp_path, label):
    write(tmp_path, "fg/a.png")
    write(tmp_path, "fg/metadata.jsonl", f'{{"file_name": "a.png", "label": {label}}}'.encode())
    files = ["fg/a.png", "fg/metadata.jsonl"]
    ((name, _),) = layouts.items(tmp_path, files, ["koala", "zebra"], labelled=True)
    assert name not in ("koala", "zebra")


# -- the card ------------------------------------------------------------------------------------


def block(**values):
    return {"configs": [{"config_name": "foregrounds", **values}]}


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (block(data_files=3), "data_files have 3, which is not a path"),
        (block(data_files=[3]), "data_files have 3"),
        (block(data_files=[["a"]]), "data_files have ['a']"),
        (block(data_files={"train": 3}), "data_files have 3"),
        (block(data_files={"train": [None]}), "data_files have None"),
        (block(data_files=[{"split": "train", "path": 3.5}]), "data_files have 3.5"),
        (block(data_files="[z-a]*"), "[z-a]*"),
        (block(data_files="."), "leads out of the dataset"),
        (block(data_files="a\nb"), "line break"),
        ({"configs": 3}, "no configuration 'foregrounds' (it has: none)"),
        ({"configs": [3]}, "no configuration 'foregrounds' (it has: none)"),
    ],
)
def test_cards_whose_files_cannot_be_told(head, part):
    refused(lambda: hub_card.files_of(head, "foregrounds", ["fg/a.png"], "someone/images"), part)


def features(value):
    return {"dataset_info": {"features": value}}


@pytest.mark.parametrize(
    "head",
    [
        {"dataset_info": 3},
        {"dataset_info": [3, None]},
        features(3),
        features([3]),
        features({"label": 3}),
        features([{"name": "label", "dtype": {"class_label": 3}}]),
        features([{"name": "label", "dtype": {"class_label": {"names": 3}}}]),
    ],
)
def test_cards_that_do_not_say_what_labels_mean(head):
    assert hub_card.label_names(head, "foregrounds") is None


def test_class_names_that_are_not_numbered():
    named = features([{"name": "label", "dtype": {"class_label": {"names": {"a": "bagel"}}}}])
    refused(lambda: hub_card.label_names(named, "foregrounds"), "not numbered by whole numbers")


def test_a_layout_that_is_right_is_still_read(tmp_path):
    for position, data in enumerate(backgrounds()):
        write(tmp_path, f"bg/{position}.jpg", data)
    files = hub_card.files_of(
        {"configs": [{"config_name": "backgrounds", "data_files": [{"path": ["bg/*"]}]}]},
        "backgrounds",
        [f"bg/{position}.jpg" for position in range(4)],
        "someone/images",
    )
    assert len(list(layouts.items(tmp_path, files, None, labelled=False))) == 4
