"""CIFAR's archives: downloaded from a server that misbehaves, read without running anything."""

import io
import pickle
import struct
import tarfile
import threading
import time
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, CIFAR100

from transforms2d import natural_images
from transforms2d.errors import UserError
from transforms2d.natural_images.unpickle import loads
from transforms2d.web import answers

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def pixels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)


def old_text(text: bytes) -> bytes:
    """A byte string as Python 2 wrote it."""
    return (
        b"U" + bytes([len(text)]) + text
        if len(text) < 256
        else b"T" + struct.pack("<i", len(text)) + text
    )


def old_pickle(data, labels, label_key) -> bytes:
    """A batch as the authors wrote it: protocol 2 of Python 2, arrays as byte strings."""
    rows, columns = data.shape
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t"
        + old_text(b"b") + b"tR(K\x01(M" + struct.pack("<H", rows) + b"M"
        + struct.pack("<H", columns) + b"tcnumpy\ndtype\n(" + old_text(b"u1")
        + b"K\x00K\x01tR(K\x03" + old_text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + b"I00\n" + old_text(data.tobytes()) + b"tb"
    )  # fmt: skip
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    items = old_text(b"data") + array + old_text(label_key.encode()) + listed
    return b"\x80\x02}(" + items + b"u."


def archive(facts, members, start="") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as made:
        for name, data in members.items():
            entry = tarfile.TarInfo(f"{start}{facts.base_folder}/{name}")
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def cifar10_members():
    members = {
        f"data_batch_{k}": old_pickle(pixels(20, k), [i % 10 for i in range(20)], "labels")
        for k in range(1, 6)
    }
    members["test_batch"] = old_pickle(pixels(10, 9), list(range(10)), "labels")
    members["batches.meta"] = pickle.dumps({"label_names": NAMES}, protocol=2)
    return members


class Server(ThreadingHTTPServer):
    """Gives each answer of ``plan`` once, then ``content``."""

    daemon_threads = True

    def __init__(self, content):
        self.content, self.plan, self.asked = content, [], 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/somewhere"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked += 1
        answer = self.server.plan.pop(0) if self.server.plan else "right"
        content, status, headers, sent = self.server.content, 200, {}, None
        if answer == "silence":
            time.sleep(5)
            return
        if answer == "loop":
            status, headers, content = 302, {"Location": self.path}, b""
        elif isinstance(answer, int):
            status, content = answer, b"no"
        elif answer == "html":
            content = b"<html><body>Sign in</body></html>"
        elif answer == "half":
            sent = len(content) // 2
        elif answer == "flipped":
            content = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:sent])


@pytest.fixture
def served(monkeypatch):
    """A server with a small archive in CIFAR-10's format, whose checksum is the expected one."""
    content = archive(CIFAR10, cifar10_members())
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(content).hexdigest())
    monkeypatch.setattr(answers, "PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(answers, "TIMEOUT", 1.5)
    monkeypatch.setenv("NO_PROXY", "*")
    with Server(content) as server:
        yield server


def prepare(server, cache, split="train", name="cifar10", **options):
    settings = {"source": "torchvision", "base_url": server.url}
    return natural_images.prepare(name, settings, split, cache_dir=cache, **options)


def test_cifar10(served, tmp_path):
    train, test = prepare(served, tmp_path), prepare(served, tmp_path, "test")
    assert served.asked == 1, "the second split comes from the cache"
    assert train.class_names == NAMES
    expected = np.concatenate([pixels(20, k) for k in range(1, 6)]).reshape(-1, 3, 32, 32)
    assert (train.images.numpy() == expected).all()
    assert train.labels.tolist() == [i % 10 for i in range(100)]
    assert test.images.shape == (10, 3, 32, 32)
    assert prepare(served, tmp_path, "test", image_size=48, offline=True).image_size == 48


def test_cifar100(monkeypatch, tmp_path):
    names = [f"kind {label:02d}" for label in range(100)]
    batch = old_pickle(pixels(100), list(range(100)), "fine_labels")
    meta = pickle.dumps({"fine_label_names": names}, protocol=2)
    content = archive(CIFAR100, {"train": batch, "test": batch, "meta": meta})
    monkeypatch.setattr(CIFAR100, "tgz_md5", md5(content).hexdigest())
    with Server(content) as server:
        made = prepare(server, tmp_path, name="cifar100")
    assert made.labels.tolist() == list(range(100))
    assert made.class_names == names


@pytest.mark.parametrize(
    "answers", [[503, 503], ["half", "half"], ["silence"], ["flipped"], ["html"]]
)
def test_a_server_that_recovers(served, tmp_path, answers):
    served.plan = list(answers)
    assert len(prepare(served, tmp_path).images) == 100
    assert served.asked == len(answers) + 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (404, "404"),
        (500, "500"),
        ("half", "it broke off after"),
        ("silence", "timed out"),
        ("flipped", "MD5"),
        ("html", "the server answered with a web page"),
        ("loop", "redirect"),
    ],
)
def test_a_server_that_does_not_recover(served, tmp_path, answer, message):
    served.plan = [answer] * 50
    with pytest.raises(UserError) as caught:
        prepare(served, tmp_path / "cache")
    assert message in str(caught.value)
    assert "nothing was kept" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())
    if answer == 404:
        assert served.asked == 1, "asked again in vain"


def test_no_server_and_no_cache(tmp_path):
    with pytest.raises(UserError, match="not in the cache"):
        natural_images.fetch("cifar10", {"source": "torchvision"}, cache_dir=tmp_path, offline=True)


def test_a_damaged_archive_in_the_cache(served, tmp_path):
    prepare(served, tmp_path)
    path = tmp_path / CIFAR10.filename
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 8
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"damaged \(wrong MD5\); delete it"):
        prepare(served, tmp_path)


@pytest.mark.parametrize("missing", ["data_batch_3", "batches.meta"])
def test_an_archive_without_a_part(served, tmp_path, monkeypatch, missing):
    members = cifar10_members()
    del members[missing]
    served.content = archive(CIFAR10, members)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(served.content).hexdigest())
    with pytest.raises(UserError, match=f"{missing} is not in the archive"):
        prepare(served, tmp_path)


@pytest.mark.parametrize("start", ["./", "././", ".//"])
def test_an_archive_packed_from_the_current_folder(served, tmp_path, monkeypatch, start):
    """As ``tar -c .`` names its members."""
    served.content = archive(CIFAR10, cifar10_members(), start)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(served.content).hexdigest())
    assert prepare(served, tmp_path).class_names == NAMES


def test_a_batch_of_another_shape(served, tmp_path, monkeypatch):
    members = cifar10_members() | {
        "data_batch_2": old_pickle(pixels(20)[:, :300], [0] * 20, "labels")
    }
    served.content = archive(CIFAR10, members)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(served.content).hexdigest())
    with pytest.raises(UserError, match="data_batch_2: not a batch of CIFAR"):
        prepare(served, tmp_path)


class Harm:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_cannot_do_anything(protocol, tmp_path):
    import os
    import subprocess

    victim = tmp_path / "pwned"
    for harm in (
        Harm(os.system, f"touch {victim}"),
        Harm(eval, f"open({str(victim)!r}, 'w')"),
        Harm(subprocess.run, ["touch", str(victim)]),
        Harm(np.load, str(victim)),
        Harm(getattr, "text", "upper"),
    ):
        with pytest.raises(UserError, match="not a plain pickle of arrays"):
            loads(pickle.dumps({"data": harm}, protocol=protocol), "a file")
    assert not victim.exists()


def test_a_pickle_that_is_damaged():
    good = old_pickle(pixels(3), [0, 1, 2], "labels")
    assert loads(good, "a file")["labels"] == [0, 1, 2]
    for length in (0, 1, 10, 50, len(good) - 20):
        with pytest.raises(UserError, match="not a plain pickle"):
            loads(good[:length], "a file")
