"""Hubs and caches that mean harm: nothing is written, removed or told outside the cache."""

import json
import os
import shutil

import pytest
from support.hub_layouts import CLASSES, folder_layout, image_bytes, parquet_layout
from support.hub_server import COMMIT, Hub
from support.raw_server import raw_servers

from transforms2d import base_images
from transforms2d.base_images.hub import hub as listing
from transforms2d.errors import UserError
from transforms2d.web import answers

FOLDER = f"datasets--{Hub.repository.replace('/', '--')}"


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Ask a hub; ``around`` holds the cache, and must hold nothing else after a refusal."""
    from huggingface_hub import constants

    monkeypatch.setattr(answers, "PAUSES", (0.01,))
    monkeypatch.setattr(answers, "TIMEOUT", 2.0)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    around = tmp_path / "around"
    around.mkdir()

    def client(hub, offline=False, **changes):
        monkeypatch.setattr(constants, "ENDPOINT", hub if isinstance(hub, str) else hub.url)
        used = {"source": "huggingface", "repository": Hub.repository, "revision": "main"}
        used |= {"objects": len(CLASSES), "backgrounds": 4, "prototypes": 1, **changes}
        return base_images.fetch(used, cache_dir=around / "cache", offline=offline)

    client.cache, client.around = around / "cache", around
    return client


def refused(call, *parts):
    """The message, which is one line without signs that move a terminal's cursor."""
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert message.isprintable()
    for part in parts:
        assert part in message
    return message


def outside(ask):
    """What lies beside the cache."""
    return [path.name for path in ask.around.iterdir() if path != ask.cache]


# -- what the hub says ----------------------------------------------------------------------------

TAGS = [
    *("../../../../x", '"../../../../x"', 'W/"../../../../x"', "/tmp/x", "", '""', "a/b/c"),
    *("..", ".", "x" * 5000, 'W/"abc"', "é" * 9, "\\..\\x", "0" * 64, "0" * 40, "%2e%2e%2fx"),
]


@pytest.mark.parametrize("tag", TAGS)
def test_tags_of_content_are_not_believed(ask, tag):
    with Hub(folder_layout()) as hub:
        hub.extra = {"ETag": tag, "X-Linked-Etag": tag, "X-Repo-Commit": f"../../{tag}"}
        index = ask(hub)
    assert index["origin"]["commit"] == COMMIT
    assert not outside(ask)
    blobs = {path.name for path in (ask.cache / FOLDER / "blobs").iterdir()}
    assert blobs == {hub.digest(path) for path in hub.files}


@pytest.mark.parametrize("left_out", ["ETag", "X-Linked-Etag", "X-Repo-Commit", "X-Linked-Size"])
def test_headers_that_are_left_out(ask, left_out):
    with Hub(folder_layout()) as hub:
        hub.extra = {left_out: None}
        assert ask(hub)["class_names"] == list(CLASSES)


@pytest.mark.parametrize("tag", ["../../../../victim", "abc", "", None])
def test_other_bytes_are_refused_whatever_the_tag(ask, tag):
    victim = ask.around / "victim"
    victim.write_text("mine")
    name = "data/fg/bagel/0 a.png"
    with Hub(folder_layout()) as hub:
        hub.extra = {"ETag": tag, "X-Linked-Etag": tag}
        hub.replaced[name] = hub.files[name][:-1] + b"?"
        refused(lambda: ask(hub), "its SHA-256 is")
        shutil.rmtree(ask.cache)
        hub.replaced = {"README.md": hub.files["README.md"][:-1] + b"?"}
        refused(lambda: ask(hub), "its SHA-1 is")
    assert victim.read_text() == "mine"


COMMITS = [
    *("../../../x", "", "main", COMMIT[:-1], COMMIT + "\n", COMMIT.upper(), COMMIT + "/../x", "/"),
    *(None, 3, [COMMIT], {"a": 1}, "\x1b[2J", "\uff10" * 40, "g" * 40),
]


@pytest.mark.parametrize("commit", COMMITS)
def test_commits_that_are_none(ask, commit):
    with Hub(folder_layout()) as hub:
        hub.commit = commit
        refused(lambda: ask(hub), "invalid commit")
    assert not list(ask.around.rglob("*.png"))


PATHS = [
    *("../x", "a/../../x", "/etc/x", "a//x", "./x", "a/./x", "a/", "", "..", "C:/x", "C:x", "a\\b"),
    *(
        "..\\x",
        "a\0b",
        "a\nb",
        "\x1b[2Jx",
        ".git/config",
        "a/.GIT/hooks/x",
        "a/.git. /x",
        "git~1/x",
    ),
    *("x" * 300, "y/" * 600 + "x", "a\u202egnp", "\ud800", None, 7, ["a"], "é" * 150, "git~1/x"),
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_are_none(ask, path):
    with Hub(folder_layout()) as hub:
        data = image_bytes(1)
        hub.files["evil.png"] = data
        hub.listed = [
            {**entry, "path": path if entry["path"] == "evil.png" else entry["path"]}
            for entry in hub.tree()
        ]
        refused(lambda: ask(hub))
    assert not ask.cache.exists(), "nothing is written before all is checked"
    assert not outside(ask)


def entry(**changes):
    return {"type": "file", "path": "x.txt", "size": 3, "oid": "a" * 40, **changes}


@pytest.mark.parametrize(
    ("listed", "part"),
    [
        ([entry(type="symlink")], "of the kind 'symlink'"),
        ([entry(type=None)], "which is not a file"),
        ([entry(size=-1)], "bytes"),
        ([entry(size=1 << 60)], "at most 10 GB"),
        ([entry(size="3")], "bytes"),
        ([entry(size=True)], "bytes"),
        ([entry(size=None)], "bytes"),
        ([entry(size=3.0)], "bytes"),
        ([entry(oid="../x")], "checksum"),
        ([entry(oid=None)], "without a checksum"),
        ([entry(oid="A" * 40)], "checksum"),
        ([entry(lfs={"oid": "../../x", "size": 3})], "checksum"),
        ([entry(lfs={"oid": "a" * 63, "size": 3})], "checksum"),
        ([entry(), entry()], "listed twice"),
        ([entry(path="a"), entry(path="a/b")], "as a file and as a folder"),
        ([entry(path=f"{k}", size=10**10) for k in range(3)], "at most 20 GB"),
        (["x"], "which is not a file"),
        ([[]], "which is not a file"),
        ({"a": 1}, "not a list of files"),
        ("x", "not a list of files"),
        (None, "no configuration"),
    ],
)
def test_lists_that_cannot_be(ask, listed, part):
    with Hub({"README.md": b"# nothing"}) as hub:
        hub.listed = listed
        refused(lambda: ask(hub), part)
    assert not outside(ask)


def test_more_files_than_any_dataset_has(ask, monkeypatch):
    monkeypatch.setattr(listing, "MOST_FILES", 5)
    with Hub(folder_layout()) as hub:
        refused(lambda: ask(hub), "more than 5 files")


@pytest.mark.parametrize("link", ["same", "other"])
def test_a_list_without_an_end(ask, monkeypatch, link):
    """Pages that name themselves, and pages that name another one each time."""
    monkeypatch.setattr(listing, "MOST_PAGES", 7)
    with Hub({}) as hub:
        hub.listed = []

        class Links:
            count = 0

            def __str__(self):
                Links.count += link == "other"
                return f'<{hub.url}/x?cursor={Links.count}>; rel="next"'

        hub.link = Links()
        refused(lambda: ask(hub), "its list of files does not end after")
        assert len(hub.requests) < 10


def test_a_next_page_at_another_server_is_asked_of_the_hub(ask):
    with Hub(folder_layout()) as hub, Hub({}) as other:
        hub.listed = []
        hub.link = f'<{other.url}/api/steal?cursor=1>; rel="next"'
        refused(lambda: ask(hub), "its list of files does not end")
        assert not other.requests
        assert all(path.startswith("/api/datasets/") for _, path, _ in hub.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        b'[{"size": ' + b"9" * 5000 + b"}]",
        b"",
        b"<html>",
    ],
)
def test_answers_that_are_no_json(ask, answer):
    with Hub({}) as hub:
        hub.extra = {"Content-Length": str(len(answer))}
        handler = hub.server.RequestHandlerClass
        handler.send_json = lambda self, value, headers=(): self.send(200, answer, headers)
        refused(lambda: ask(hub), "could not be downloaded (the answer is not JSON)")


def test_an_answer_that_is_packed_is_not_unpacked(ask):
    with Hub(folder_layout()) as hub:
        hub.extra = {"Content-Encoding": "gzip"}
        refused(lambda: ask(hub), "the answer is compressed, which was not requested")


# -- which hosts are asked, and what the messages say --------------------------------------------


def test_the_token_goes_to_the_hub_alone(ask):
    with Hub(parquet_layout()) as hub:
        ask(hub)
    hosts = {host.split(":")[0] for host, _ in hub.asked}
    assert hosts == {"127.0.0.1", "localhost"}, "contents lie on another host"
    for host, headers in hub.asked:
        assert ("Authorization" in headers) == host.startswith("127.0.0.1"), host


@pytest.mark.parametrize(
    "place",
    [
        *("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/", "data:,x", "//u:secret@h/x"),
        *("http://user:secret@127.0.0.1/x", "javascript:alert(1)", "http:///x", "http://[/"),
    ],
)
def test_redirects_that_are_not_followed(ask, place):
    with Hub(folder_layout()) as hub:
        hub.extra = {"Location": place}
        message = refused(lambda: ask(hub), "download failed (")
    assert "secret" not in message
    assert "root:" not in message


def test_a_redirect_with_a_content_without_an_end(ask):
    """Nobody asked for what is beside the address, and it is not read."""

    def answer():
        yield b"HTTP/1.1 302 Found\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"10000\r\n" + bytes(1 << 16) + b"\r\n"

    with raw_servers() as start:
        server = start(answer)
        refused(lambda: ask(server.url.removesuffix("/file")), "redirect")
    assert server.sent < 2000 << 16


@pytest.mark.parametrize(
    "endpoint", ["http://me:s3cret@127.0.0.1:9", "https://s3cret@x", "file:///"]
)
def test_endpoints_that_are_not_asked(ask, endpoint, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert "s3cret" not in refused(lambda: ask(endpoint), "correct HF_ENDPOINT")


def test_a_token_that_is_none_is_not_shown(ask, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "s3cret\x01value")
    with Hub(folder_layout()) as hub:
        assert "s3cret" not in refused(lambda: ask(hub), "HF_TOKEN")
        assert not hub.requests


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("repository", name) for name in ("../x", "a/b/c", "/a", "a\\b", "a b", "a/..", "a\n")),
        *(
            ("revision", name)
            for name in ("../../x", "/etc", "a/../../b", "a\0", "a//b", "x" * 201)
        ),
    ],
)
def test_names_of_the_settings_that_lead_out(ask, key, value):
    with Hub(folder_layout()) as hub:
        refused(lambda: ask(hub, **{key: value}), f"base_images.{key}:")
        assert not hub.requests


# -- what a cache holds ---------------------------------------------------------------------------


def filled(ask):
    with Hub(folder_layout()) as hub:
        ask(hub)
    return ask.cache / FOLDER


def test_a_cache_that_is_whole_needs_no_right_to_write(ask):
    filled(ask)
    held = {path: path.lstat().st_mtime_ns for path in ask.cache.rglob("*")}
    with Hub(folder_layout()) as hub:
        ask(hub)
    assert {path: path.lstat().st_mtime_ns for path in ask.cache.rglob("*")} == held


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("offline", [True, False])
def test_links_that_lead_out_of_the_cache(ask, listed, offline):
    """Offline they are refused, else replaced; what they lead to stays as it is."""
    folder = filled(ask)
    victim = ask.around / ("a" * 64)  # called like a digest that it has not
    victim.write_text("mine")
    place = folder / "snapshots" / COMMIT / "data" / "fg" / "koala" / "1 a.png"
    place.unlink()
    place.symlink_to(victim)
    if not listed:
        (folder / "trees" / f"{COMMIT}.json").unlink()
    with Hub(folder_layout()) as hub:
        if offline:
            refused(lambda: ask(hub, offline=True), "1 a.png")
        else:
            ask(hub)
            assert place.resolve().is_relative_to(ask.cache)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("listed", [True, False])
def test_folders_that_are_links_out_of_the_cache(ask, listed):
    folder = filled(ask)
    elsewhere = ask.around / "elsewhere"
    root = folder / "snapshots" / COMMIT / "data" / "fg"
    os.rename(root / "koala", elsewhere)  # noqa: PTH104
    (root / "koala").symlink_to(elsewhere)
    before = sorted(path.name for path in elsewhere.iterdir())
    if not listed:
        (folder / "trees" / f"{COMMIT}.json").unlink()
    refused(lambda: ask("http://127.0.0.1:9", offline=True), "leads out of")
    with Hub(folder_layout() | {"data/fg/koala/9.png": image_bytes(5)}) as hub:
        refused(lambda: ask(hub), "leads out of")
    assert sorted(path.name for path in elsewhere.iterdir()) == before


def test_a_file_that_is_a_link_in_a_circle(ask):
    folder = filled(ask)
    (file, *_) = sorted((folder / "snapshots" / COMMIT / "data" / "fg" / "koala").iterdir())
    file.unlink()
    file.symlink_to(file.name)
    (folder / "trees" / f"{COMMIT}.json").unlink()
    refused(lambda: ask("http://127.0.0.1:9", offline=True), file.name, "leads out of")


@pytest.mark.parametrize("name", ["blobs", "refs", "trees", "snapshots", f"snapshots/{COMMIT}"])
@pytest.mark.parametrize("empty", [True, False])
def test_nothing_is_written_where_a_folder_of_the_cache_is_a_link_out_of_it(ask, name, empty):
    place, elsewhere = filled(ask) / name, ask.around / "elsewhere"
    os.rename(place, elsewhere)  # noqa: PTH104
    place.symlink_to(elsewhere)
    if empty:
        shutil.rmtree(elsewhere)
        elsewhere.mkdir()
    before = {path: path.lstat().st_mtime_ns for path in [elsewhere, *elsewhere.rglob("*")]}
    with Hub(folder_layout() | {"data/fg/koala/9.png": image_bytes(5)}) as hub:
        refused(lambda: ask(hub), name, "a link that leads out of")
    held = {path: path.lstat().st_mtime_ns for path in [elsewhere, *elsewhere.rglob("*")]}
    assert held == before


@pytest.mark.parametrize("named", ["../../../../victim", "/etc", "x", "", "\xff", COMMIT + "/.."])
def test_a_commit_in_the_cache_that_is_none(ask, named):
    folder = filled(ask)
    (folder / "refs" / "main").write_text(named, encoding="latin-1")
    refused(lambda: ask("http://127.0.0.1:9", offline=True), "not in the cache")


@pytest.mark.parametrize("kept", ["paths", "[]", "{", '{"format_version": 1}', "deep"])
def test_a_list_in_the_cache_that_cannot_be(ask, kept):
    path = filled(ask) / "trees" / f"{COMMIT}.json"
    if kept == "paths":
        said = json.loads(path.read_text())
        said["files"]["../../../../x"] = said["files"]["README.md"]
        kept = json.dumps(said)
    path.write_text("[" * 100_000 if kept == "deep" else kept)
    refused(lambda: ask("http://127.0.0.1:9", offline=True), path.name)
    with Hub(folder_layout()) as hub:
        ask(hub)
    ask("http://127.0.0.1:9", offline=True)


def test_a_part_of_a_cache_is_not_the_whole(ask):
    folder = filled(ask)
    (folder / "snapshots" / COMMIT / "data" / "bg" / "0.jpg").unlink()
    refused(
        lambda: ask("http://127.0.0.1:9", offline=True),
        *("the cache has only a part of it: 1 file(s)", "data/bg/0.jpg", "with a network"),
    )


def test_a_part_of_a_cache_and_a_hub_that_is_gone(ask):
    folder = filled(ask)
    (folder / "snapshots" / COMMIT / "data" / "bg" / "0.jpg").unlink()
    refused(
        lambda: ask("http://127.0.0.1:9"), "could not be downloaded (", "a part of it: 1 file(s)"
    )


def test_a_damaged_file_is_named_and_kept_where_there_is_no_network(ask):
    folder = filled(ask)
    place = (folder / "snapshots" / COMMIT / "data" / "bg" / "0.jpg").resolve()
    place.write_bytes(b"x")
    refused(lambda: ask("http://127.0.0.1:9", offline=True), "does not match its checksum")
    assert place.read_bytes() == b"x"
