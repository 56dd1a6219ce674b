"""Things in a folder of images that are neither images nor folders, or are far too large."""

import os
import socket
from pathlib import Path

import pytest
from support.image_files import fetch, make_folder, refused, write

from transforms2d import base_images, natural_images
from transforms2d.base_images.folder import list_files
from transforms2d.errors import UserError
from transforms2d.image_files import reading


@pytest.fixture
def root(tmp_path):
    return make_folder(tmp_path / "images")


def test_links_that_lead_in_a_circle(root):
    link = root / "foregrounds/bagel/l.png"
    link.symlink_to("l.png")
    refused(root, "bagel/l.png: a circular link; remove it")
    link.unlink()
    link = root / "foregrounds/koala"
    link.symlink_to("koala")
    refused(root, "foregrounds/koala: a circular link; remove it")
    link.unlink()
    link.symlink_to("../foregrounds")
    refused(root, "koala/bagel: a folder among images")


@pytest.mark.parametrize("kind", ["pipe", "socket", "link to a pipe"])
def test_what_is_no_file_is_never_opened(root, kind, monkeypatch):
    monkeypatch.chdir(root / "foregrounds/bagel")  # names of sockets are short
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("f.png")
    else:
        os.mkfifo("f.png" if kind == "pipe" else ".f.png")
        if kind == "link to a pipe":
            Path("f.png").symlink_to(".f.png")
    refused(root, "bagel/f.png: a pipe, socket or device, not a file; remove it")
    with pytest.raises(UserError, match="pipe, socket or device"):
        list_files(root)


def test_a_device(root):
    try:
        os.mknod(root / "backgrounds/d.png", 0o20600, os.makedev(1, 5))  # endless zeros
    except PermissionError:
        pytest.skip("devices can be made by root alone")
    refused(root, "backgrounds/d.png: a pipe, socket or device")


def test_a_file_that_became_a_pipe_after_it_was_listed(root):
    index = fetch(root)
    (root / "foregrounds/bagel/a.png").unlink()
    os.mkfifo(root / "foregrounds/bagel/a.png")
    with pytest.raises(UserError, match=r"bagel/a.png: a pipe, socket or device"):
        base_images.prepare(index)


def test_a_huge_file_is_refused_before_it_is_read(root):
    path = write(root, "foregrounds/bagel/a.png", b"")
    os.truncate(path, 50_000_000_000)  # it takes no room, and minutes to read
    refused(root, "bagel/a.png: 50000000000 bytes; an image file has at most 100 MB")
    with pytest.raises(UserError, match="has at most 100 MB"):
        reading.read_file(path)


def test_files_and_folders_that_may_not_be_read(root):
    path, folder = root / "foregrounds/bagel/a.png", root / "foregrounds/zebra"
    path.chmod(0)
    try:
        path.read_bytes()
        pytest.skip("root may read everything")
    except PermissionError:
        refused(root, "bagel/a.png: not readable (Permission denied)")
    folder.chmod(0)
    refused(root, "zebra: not readable (Permission denied)")
    folder.chmod(0o700)


def test_natural_images_are_looked_at_alike(tmp_path):
    for part in ("train", "test"):
        for label in range(10):
            write(tmp_path, f"{part}/{label}/a.png")
    os.mkfifo(tmp_path / "test/3/f.png")
    settings = {"source": "folder", "folder": str(tmp_path)}
    with pytest.raises(UserError, match=r"test/3/f.png: a pipe, socket or device"):
        natural_images.prepare("cifar10", settings, "train")
