"""Download one file whole, with its checksum compared, or leave nothing behind."""

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path
from transforms2d.web import answers, logins

LARGEST = 1_000_000_000  # bytes of a file whose size nobody said; CIFAR's archives have 170 MB


@dataclass(frozen=True)
class Content:
    """What a file must hold.

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
        """A hash that is fed with the content."""
        if self.kind == "git":
            return hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        return hashlib.new(self.kind, usedforsecurity=False)

    def is_in(self, path) -> bool:
        """Whether a file is there and holds this."""
        path = Path(path)
        if not path.is_file() or (self.size is not None and path.stat().st_size != self.size):
            return False
        found = self.start()
        with path.open("rb") as file:
            while block := file.read(answers.BLOCK):
                found.update(block)
        return found.hexdigest() == self.digest


def cache_folder(cache_dir=None) -> Path:
    """Where downloads are kept: the folder given, or ``transforms2d`` in the user's cache."""
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
    """Download ``url`` to ``path``; the file appears once its content is right, or not at all.

    A server that fails, breaks off, or sends less than ``answers.SLOWEST`` in a
    ``answers.WINDOW`` is asked again a few times, for the rest of the file where it can do that.

    Parameters
    ----------
    url : str
    path : path
    content : Content
    headers : mapping, optional
        Of the request; see ``answers.ask``.
    stopped : threading.Event, optional
        Once it is set, the download ends in vain.

    Raises
    ------
    UserError
        If that is in vain, what comes is not what it should be, or it cannot be kept.
    """
    try:
        with atomic_path(path) as temporary:
            temporary.unlink(missing_ok=True)  # a name that somebody may have foreseen
            with temporary.open("xb") as file:
                part = _Part(file, content, stopped or threading.Event())
                answers.patiently(lambda: _attempt(url, part, headers))
    except answers.Failure as error:
        raise UserError(
            f"{answers.shown(url)}: download failed ({error}); nothing was kept: "
            "try later, or correct the address"
        ) from None
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); make room, or correct the "
            "rights of its folder"
        ) from None


class _Part:
    """What has come of a file so far."""

    def __init__(self, file, content: Content, stopped: threading.Event):
        self.file, self.content, self.stopped = file, content, stopped
        self.clear()

    def clear(self):
        """Begin anew: nothing of the file is there."""
        self.file.seek(0)
        self.file.truncate()
        self.count, self.digest, self.start = 0, self.content.start(), b""

    def add(self, block: bytes):
        """Write what came, and take it into the digest."""
        if self.stopped.is_set():
            raise answers.Failure("it was stopped", lasting=True)
        self.file.write(block)
        self.start = self.start or block[:64]
        self.digest.update(block)
        self.count += len(block)

    def check(self):
        """Refuse it, as a whole, where it is not what it must be; then nothing of it is kept."""
        found, wanted = self.digest.hexdigest(), self.content.digest
        if found != wanted:
            name = {"md5": "MD5", "sha256": "SHA-256", "git": "SHA-1"}[self.content.kind]
            what = f"{self.kind()}its {name} is {found}, not {wanted}"
            self.clear()
            raise answers.Failure(what)
        self.file.flush()

    def kind(self) -> str:
        """What to say of content that is of another kind than any file fetched here."""
        html = self.start.lstrip()[:1] == b"<"
        return "the server answered with a web page; " if html else ""


def _attempt(url, part: _Part, headers):
    try:
        _arrive(url, part, headers)
    except answers.Failure as error:
        if error.code == 416:  # there is no such rest: the next attempt is for all of it
            part.clear()
        raise


def _arrive(url, part: _Part, headers):
    size, before = part.content.size, part.count
    largest = LARGEST if size is None else size
    rest = {"Range": f"bytes={before}-"} if before else {}
    with answers.ask(url, largest=largest, headers={**(headers or {}), **rest}) as answer:
        goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {before}-")
        if before and not (answer.status == 206 and goes_on):
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
