"""A part of a data set in the Hub's cache, where no network can bring the rest."""

import json
import os
import subprocess
import sys

import pytest
from support.hub_cache import copy_in, snapshot
from support.hub_layouts import CLASSES, folder_layout, metadata_layout, parquet_layout, zip_layout
from support.hub_server import COMMIT, Hub

from transforms2d.base_images import fetch
from transforms2d.errors import UserError

CLIENT = """
import json, sys
from transforms2d.base_images import fetch
from transforms2d.base_images.hub import huggingface
from transforms2d.errors import UserError
huggingface.PAUSES, huggingface.TIMEOUT = (0.1,), 1.0
settings, cache = json.loads(sys.argv[1])
try:
    print(json.dumps(fetch(settings, cache_dir=cache)))
except UserError as error:
    print(json.dumps(str(error)))
"""


def settings(**changes) -> dict:
    plain = {"source": "huggingface", "repository": Hub.repository, "revision": "main"}
    numbers = {"objects": len(CLASSES), "backgrounds": 4, "prototypes": 1}
    return {**plain, **numbers, **changes}


def download(hub, cache, repository, **changes):
    """Ask a hub from a process of its own; give the index or the error."""
    environment = {
        **os.environ,
        **{"HF_ENDPOINT": hub.url, "HF_HOME": str(cache / "home"), "NO_PROXY": "*"},
        **{"HF_HUB_ETAG_TIMEOUT": "2", "HF_HUB_DOWNLOAD_TIMEOUT": "2"},
        "PYTHONPATH": str(repository / "workflow" / "lib"),
    }
    arguments = json.dumps([settings(**changes), str(cache)])
    command = [sys.executable, "-c", CLIENT, arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(cache, message, **changes):
    with pytest.raises(UserError, match=message) as caught:
        fetch(settings(**changes), cache_dir=cache, offline=True)
    assert "\n" not in str(caught.value) and "set it to" not in str(caught.value)


@pytest.mark.parametrize("layout", [folder_layout, parquet_layout, zip_layout, metadata_layout])
def test_a_whole_download_is_told_from_a_part(tmp_path, repository, layout):
    with Hub(layout()) as hub:
        assert "class_names" in download(hub, tmp_path, repository)
    assert fetch(settings(), cache_dir=tmp_path, offline=True)["class_names"] == list(CLASSES)
    for name in layout():
        path, aside = snapshot(tmp_path) / name, tmp_path / "aside"
        path.rename(aside)
        refused(tmp_path, rf"1 file\(s\) are missing \({name}\).*fetch it once with a network")
        refused(tmp_path, "has only a part of it", objects=None, backgrounds=None)
        aside.rename(path)
    assert fetch(settings(prototypes=0), cache_dir=tmp_path, offline=True)


def test_a_download_that_broke_off_leaves_a_part(tmp_path, repository):
    """Some files came, then the hub was gone; later there is no network."""
    with Hub(folder_layout()) as hub:
        hub.errors["data/fg/koala/1 a.png"] = 99
        assert "could not be downloaded" in download(hub, tmp_path, repository)
    assert list(snapshot(tmp_path).parent.parent.glob("blobs/*"))
    refused(tmp_path, "not in the cache; fetch it once with a network")


def test_a_part_is_not_taken_when_the_hub_is_gone(tmp_path, repository):
    with Hub(folder_layout()) as hub:
        assert "class_names" in download(hub, tmp_path, repository)
    next(snapshot(tmp_path).rglob("koala/1*")).unlink()
    error = download(hub, tmp_path, repository)
    assert "could not be downloaded" in error and "\n" not in error


def test_a_damaged_file_is_not_deleted_where_it_cannot_come_again(tmp_path, repository):
    with Hub(folder_layout()) as hub:
        download(hub, tmp_path, repository)
    path = next(snapshot(tmp_path).rglob("bagel/0*"))
    damaged = path.read_bytes() + b"!"
    path.resolve().write_bytes(damaged)
    refused(tmp_path, "0 a.png: does not match its checksum; fetch it with a network")
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("gone", ["data/fg/bagel", "data/bg/2.jpg", "README.md", "data/fg"])
def test_a_part_of_which_nothing_is_noted(tmp_path, gone):
    files = {name: data for name, data in folder_layout().items() if not name.startswith(gone)}
    copy_in(tmp_path, files)
    refused(tmp_path, "the cache may be incomplete: fetch .* once with a network")


def test_a_part_of_a_table_of_which_nothing_is_noted(tmp_path):
    files = parquet_layout()
    del files["fg/train-00001-of-00002.parquet"]
    copy_in(tmp_path, files)
    refused(tmp_path, "the cache lacks part 1 of 2 of fg/train", objects=2)


def test_a_file_whose_download_broke_off(tmp_path):
    root = copy_in(tmp_path, folder_layout())
    assert fetch(settings(), cache_dir=tmp_path, offline=True)
    (root.parent.parent / "blobs" / ("0" * 64 + ".incomplete")).write_bytes(b"half")
    refused(tmp_path, "the cache lacks the rest of a file whose download was interrupted")


def test_numbers_are_needed_where_nothing_is_noted(tmp_path):
    copy_in(tmp_path, folder_layout())
    for key in ("objects", "backgrounds"):
        refused(tmp_path, "the cache may be incomplete", **{key: None})


@pytest.mark.parametrize("listing", ["", "{", "[1, 2]", '{"a": 1}'])
def test_a_listing_that_is_damaged_is_no_traceback(tmp_path, listing):
    root = copy_in(tmp_path, folder_layout())
    place = root.parent.parent / "trees" / f"{COMMIT}.json"
    place.parent.mkdir()
    place.write_text(listing)
    try:
        assert fetch(settings(), cache_dir=tmp_path, offline=True)
    except UserError as error:
        assert "\n" not in str(error)
