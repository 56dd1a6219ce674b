"""CIFAR's archives: downloaded from a server that misbehaves, read without running anything."""

import pickle
from hashlib import md5

import numpy as np
import pytest
from support.cifar_server import NAMES, Server, archive, cifar10_members, old_pickle, pixels
from torchvision.datasets import CIFAR10, CIFAR100

from transforms2d import natural_images
from transforms2d.errors import UserError
from transforms2d.natural_images.unpickle import loads
from transforms2d.web import answers


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
