"""Download of one file with a check of its content; a failure leaves no file."""

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path
from transforms2d.web import answers, logins

LARGEST = 1_000_000_000  # bytes of a file of unknown size; CIFAR's archives have 170 MB


@dataclass(frozen=True)
class Content:
    """The required content of a file.

    Attributes
    ----------
    kind : str
        ``md5``, ``sha256``, or ``git``: the SHA-1 that git gives a file.
    digest : str
        In hex. An MD5 guards against damage, not against an attacker.
    size : int or None
        In bytes; needed for ``git``.
    """

    kind: str
    digest: str
    size: int | None = None

    def start(self):
        """A hash to update with the content."""
        if self.kind == "git":
            return hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        return hashlib.new(self.kind, usedforsecurity=False)

    def is_in(self, path) -> bool:
        """Whether a file exists and has this content."""
        path = Path(path)
        if not path.is_file() or (self.size is not None and path.stat().st_size != self.size):
            return False
        total = self.start()
        with path.open("rb") as file:
            while block := file.read(answers.BLOCK):
                total.update(block)
        return total.hexdigest() == self.digest


def cache_folder(cache_dir=None) -> Path:
    """The folder of downloads: the given one, or ``transforms2d`` in the user's cache."""
    if cache_dir is not None:
        return Path(cache_dir)
    try:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        raise UserError(
            "HOME: not set, and this user has no home; set XDG_CACHE_HOME to a folder for downloads"
        ) from None
    return Path(cache) / "transforms2d"


def md5_of(path) -> str:
    """The MD5 of a file; it guards against damage, not against an attacker."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def download(url: str, path, *, md5: str) -> None:
    """Download ``url`` to ``path`` by its MD5, with the user's login for its host; see ``save``."""
    save(url, path, Content("md5", md5), headers=logins.headers(url))


def save(
    url: str,
    path,
    content: Content,
    *,
    headers: Mapping | None = None,
    stopped: threading.Event | None = None,
) -> None:
    """Download ``url`` to ``path``; the file appears only if its content is right.

    If a server fails, breaks off, or sends less than ``answers.SLOWEST`` within
    ``answers.WINDOW``, the request is repeated a few times, for the rest of the file if the server
    supports that.

    Parameters
    ----------
    url : str
    path : path
    content : Content
    headers : mapping, optional
        Headers of the request; see ``answers.get``.
    stopped : threading.Event, optional
        When it is set, the download fails.

    Raises
    ------
    UserError
        If all attempts fail, the content is wrong, or the file cannot be written.
    """
    try:
        with atomic_path(path) as temporary:
            temporary.unlink(missing_ok=True)  # "x" below makes sure that this call creates it
            with temporary.open("xb") as file:
                part = _Part(file, content, stopped or threading.Event())
                answers.with_retries(lambda: _attempt(url, part, headers))
    except answers.Failure as error:
        raise UserError(
            f"{answers.public_address(url)}: download failed ({error}); nothing was kept: "
            "try later, or correct the address"
        ) from None
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); make room, or correct the "
            "rights of its folder"
        ) from None


class _Part:
    """The received part of a file."""

    def __init__(self, file, content: Content, stopped: threading.Event):
        self.file, self.content, self.stopped = file, content, stopped
        self.clear()

    def clear(self):
        """Start again with an empty file."""
        self.file.seek(0)
        self.file.truncate()
        self.count, self.digest, self.start = 0, self.content.start(), b""

    def add(self, block: bytes):
        """Write a block and add it to the digest."""
        if self.stopped.is_set():
            raise answers.Failure("it was stopped", lasting=True)
        self.file.write(block)
        self.start = self.start or block[:64]
        self.digest.update(block)
        self.count += len(block)

    def check(self):
        """Refuse and clear a complete file with the wrong content."""
        actual, expected = self.digest.hexdigest(), self.content.digest
        if actual != expected:
            name = {"md5": "MD5", "sha256": "SHA-256", "git": "SHA-1"}[self.content.kind]
            fault = f"{self.kind()}its {name} is {actual}, not {expected}"
            self.clear()
            raise answers.Failure(fault)
        self.file.flush()

    def kind(self) -> str:
        """A hint for a message if the content is a web page, else empty."""
        html = self.start.lstrip()[:1] == b"<"
        return "the server answered with a web page; " if html else ""


def _attempt(url, part: _Part, headers):
    try:
        _arrive(url, part, headers)
    except answers.Failure as error:
        if error.code == 416:  # the requested rest does not exist: get the whole file next
            part.clear()
        raise


def _arrive(url, part: _Part, headers):
    size, before = part.content.size, part.count
    largest = LARGEST if size is None else size
    rest = {"Range": f"bytes={before}-"} if before else {}
    with answers.get(url, largest=largest, headers={**(headers or {}), **rest}) as answer:
        continues = answer.headers.get("Content-Range", "").startswith(f"bytes {before}-")
        if before and not (answer.status == 206 and continues):
            part.clear()
        expected = size if size is not None else answer.length and answer.length + part.count
        for block in answer.blocks:
            part.add(block)
            if part.count > largest:
                part.clear()
                raise answers.Failure(f"it is larger than {largest} bytes", lasting=True)
    if expected is not None and part.count < expected:
        raise answers.Failure(f"{part.kind()}it broke off after {part.count} of {expected} bytes")
    part.check()
