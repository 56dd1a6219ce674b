"""Base images from a hub that is really asked, over HTTP, by a process of its own."""

import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.hub_layouts import (
    CARD,
    CLASSES,
    backgrounds,
    folder_layout,
    image_bytes,
    metadata_layout,
    objects,
    parquet_layout,
    table,
    zip_layout,
)
from support.hub_server import COMMIT, HTML, Hub

CLIENT = """
import json, sys
from transforms2d.web import answers
from transforms2d.base_images import fetch
from transforms2d.errors import UserError
answers.PAUSES, answers.TIMEOUT = (0.1, 0.1), 1.0
settings, cache, offline = json.loads(sys.argv[1])
try:
    index = fetch(settings, cache_dir=cache, offline=offline)
    print(json.dumps({"index": index}))
except UserError as error:
    print(json.dumps({"error": str(error)}))
"""


def settings(**changes) -> dict:
    plain = {
        "source": "huggingface",
        "repository": Hub.repository,
        "revision": "main",
        "objects": len(CLASSES),
        "backgrounds": 4,
        "prototypes": 1,
    }
    return plain | changes


@pytest.fixture
def ask(tmp_path, repository):
    """Ask a hub from a process of its own, as the workflow does; give the index or the error."""

    def client(hub, offline=False, variables=None, **changes):
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_ETAG_TIMEOUT": "2",
            "HF_HUB_DOWNLOAD_TIMEOUT": "2",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "*",
            "PYTHONPATH": str(repository / "workflow" / "lib"),
            **(variables or {}),
        }
        arguments = json.dumps([settings(**changes), str(tmp_path / "cache"), offline])
        command = [sys.executable, "-c", CLIENT, arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return client


def prepared(index):
    from transforms2d.base_images import prepare

    return prepare(index)


@pytest.mark.parametrize("layout", [folder_layout, parquet_layout, zip_layout, metadata_layout])
def test_every_layout_gives_the_same_images(layout, ask):
    with Hub(layout()) as hub:
        index = ask(hub)["index"]
    assert index["class_names"] == list(CLASSES)
    assert index["origin"] == {"repository": Hub.repository, "commit": COMMIT}
    assert [entry["class"] for entry in index["objects"]] == [0, 1, 2]
    images = prepared(index)
    expected = [Image.open(io.BytesIO(images[0])) for images in objects().values()]
    from transforms2d.base_images.rendering import render_object

    for made, image in zip(images.objects, expected, strict=True):
        assert (made.permute(1, 2, 0).numpy() == np.asarray(render_object(image, 32))).all()
    assert len(images.backgrounds) == 4


def test_all_images_of_a_class_on_request(ask):
    with Hub(parquet_layout()) as hub:
        index = ask(hub, prototypes=0)["index"]
    assert prepared(index).object_class.tolist() == [0, 0, 1, 1, 2, 2]


def test_the_cache_is_enough_without_a_network(ask):
    with Hub(folder_layout()) as hub:
        first = ask(hub)
        requests = len(hub.requests)
        assert ask(hub, offline=True) == first
        assert ask(hub, variables={"HF_HUB_OFFLINE": "1"}) == first
        assert len(hub.requests) == requests
    assert ask(hub) == first, "a hub that is gone is no reason to fail"


def test_offline_without_a_cache_says_so(ask):
    with Hub(folder_layout()) as hub:
        error = ask(hub, offline=True)["error"]
        assert not hub.requests
    assert "fetch it once with a network" in error
    assert "\n" not in error


def test_a_busy_hub_is_asked_again(ask):
    with Hub(folder_layout()) as hub:
        hub.errors["data/bg/1.jpg"] = 2
        assert "index" in ask(hub)


def test_an_interrupted_download_goes_on_where_it_stopped(ask):
    with Hub(parquet_layout()) as hub:
        name = "bg/train-00000-of-00001.parquet"
        hub.files[name] = table([(None, data) for data in backgrounds()], padding=11 << 20)
        hub.cuts[name] = [(10 << 20) + 5000]
        index = ask(hub)["index"]
        spans = [span for method, path, span in hub.requests if path.endswith(name) and span]
    assert set(spans) == {f"bytes={(10 << 20) + 5000}-"}, "not fetched from where it stopped"
    assert len(prepared(index).backgrounds) == 4


@pytest.mark.parametrize("what", ["other bytes", "web page", "web page of the same length"])
def test_wrong_content_is_refused_and_not_kept(what, ask, tmp_path):
    name = "data/fg/bagel/0 a.png"
    files = folder_layout()
    with Hub(files) as hub:
        right = files[name]
        hub.replaced[name] = {
            "other bytes": bytes([right[0]]) + bytes([right[1] ^ 1]) + right[2:],
            "web page": HTML,
            "web page of the same length": HTML.ljust(len(right))[: len(right)],
        }[what]
        error = ask(hub)["error"]
        assert "\n" not in error
        assert "download failed (" in error
        assert ("web page" in error) == ("web page" in what)
        kept = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        assert hub.digest(name) not in kept
        assert name.rsplit("/", 1)[1] not in kept or "fg/bagel" not in str(kept)
        hub.replaced.clear()
        assert "index" in ask(hub), "once the hub is well, the download is completed"


@pytest.mark.parametrize("everything", ["html", "loop", "silence", "500"])
def test_a_hub_that_is_no_hub(everything, ask, tmp_path):
    with Hub(folder_layout()) as hub:
        hub.everything = everything
        error = ask(hub)["error"]
    assert error.startswith(f"{Hub.repository} at main: could not be downloaded (")
    assert "\n" not in error
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_a_repository_or_revision_that_is_not_there(ask):
    with Hub(folder_layout()) as hub:
        assert (
            "HTTP Error 404: Not Found, RepoNotFound"
            in ask(hub, repository="someone/nothing")["error"]
        )
        assert "HTTP Error 404: Not Found, RevisionNotFound" in ask(hub, revision="v9")["error"]
        assert sum("revision/v9" in path for _, path, _ in hub.requests) == 1, "asked again in vain"


def test_a_file_changed_in_the_cache_is_fetched_again(ask):
    with Hub(folder_layout()) as hub:
        index = ask(hub)["index"]
        path = f"{index['root']}/{index['objects'][0]['path']}"
        with open(os.path.realpath(path), "r+b") as file:  # noqa: PTH123
            file.seek(60)
            file.write(b"!!")
        from transforms2d.errors import UserError

        with pytest.raises(UserError, match="changed since it was listed"):
            prepared(index)
        assert ask(hub)["index"] == index
    assert len(prepared(index).objects) == 3


def test_a_path_that_leads_out_of_the_data_set(ask, tmp_path):
    files = folder_layout()
    files["../../../../escaped.png"] = image_bytes(1)
    with Hub(files) as hub:
        assert "leads out of the dataset" in ask(hub)["error"]
    assert not list(tmp_path.rglob("escaped.png"))


def test_a_zip_member_that_leads_out_of_the_data_set(ask):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../a/b.png", image_bytes(1))
    with Hub(zip_layout() | {"data/fg.zip": file.getvalue()}) as hub:
        assert "leads out of the dataset" in ask(hub)["error"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.md": b"# no head"}, "its card has no configuration 'foregrounds' (it has: none)"),
        ({"README.md": b"---\nconfigs: [\n---\n"}, "the card's head is not readable"),
        (
            {"README.md": CARD.format(foregrounds="data/none/*", backgrounds="x").encode()},
            "no file matches data/none/*",
        ),
        (
            {"README.md": CARD.format(foregrounds="../x/*", backgrounds="x").encode()},
            "leads out of the dataset",
        ),
        (
            {"README.md": CARD.format(foregrounds="README.md", backgrounds="data/bg/*").encode()},
            "no images in a known layout",
        ),
    ],
)
def test_cards_that_do_not_help(files, message, ask):
    with Hub(folder_layout() | files) as hub:
        error = ask(hub)["error"]
    assert message in error
    assert "\n" not in error


def test_a_damaged_table(ask):
    broken = parquet_layout()["bg/train-00000-of-00001.parquet"][:-50]
    with Hub(parquet_layout() | {"bg/train-00000-of-00001.parquet": broken}) as hub:
        assert "not readable as parquet" in ask(hub)["error"]


def test_numbers_other_than_the_settings_say(ask):
    with Hub(folder_layout()) as hub:
        assert (
            "3 object classes found, but base_images.objects is 61" in ask(hub, objects=61)["error"]
        )
        assert "4 backgrounds found" in ask(hub, backgrounds=867)["error"]
        assert "index" in ask(hub, objects=None, backgrounds=None)
