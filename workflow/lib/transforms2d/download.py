"""Download one file whole, with its checksum compared, or leave nothing behind."""

import hashlib
import os
import threading
import time
import urllib.request
from http.client import HTTPException, HTTPResponse, InvalidURL
from pathlib import Path
from urllib.error import HTTPError

from transforms2d.errors import UserError
from transforms2d.io import atomic_path

TIMEOUT = 30.0  # seconds without an answer
LONGEST_ANSWER = 120.0  # seconds until the content begins, redirects and all
WINDOW = 60.0  # seconds over which the speed is measured
SLOWEST = 10_000  # bytes per second; less counts as a stall
LARGEST = 1_000_000_000  # bytes
PAUSES = (1.0, 4.0, 10.0)  # seconds before each further attempt
BLOCK = 1 << 20


class _NotRight(OSError):
    pass


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
    """Download ``url`` to ``path``; the file appears once its MD5 is right, or not at all.

    A server that fails, breaks off, or sends less than ``SLOWEST`` in a ``WINDOW`` is asked again a
    few times.

    Raises
    ------
    UserError
        If that is in vain, or what comes is not what it should be.
    """
    if not url.startswith(("http://", "https://")):
        raise UserError(f"{url}: not a web address; correct it")
    for pause in (*PAUSES, None):
        try:
            return _attempt(url, path, md5)
        except (OSError, HTTPException, ValueError) as error:
            refused = isinstance(error, HTTPError) and error.code < 500 and error.code != 429
            refused |= isinstance(error, (InvalidURL, ValueError))  # an address that is none
            if refused or pause is None:
                what = " ".join(str(error).split()) or type(error).__name__
                raise UserError(
                    f"{url}: download failed ({what}); nothing was kept: "
                    "try later, or correct the address"
                ) from None
        time.sleep(pause)


def _attempt(url, path, md5):
    digest, start, count = hashlib.md5(usedforsecurity=False), b"", 0
    with atomic_path(path) as temporary, _ask(url) as answer:
        expected = answer.length  # None where the server gives none, or no number
        with temporary.open("wb") as file:
            for block in _blocks(answer):
                start = start or block[:64]
                count += len(block)
                digest.update(block)
                file.write(block)
        if expected is not None and count != expected:
            raise _NotRight(f"it broke off after {count} of {expected} bytes")
        if digest.hexdigest() != md5:
            html = " the server answered with a web page;" if start.lstrip()[:1] == b"<" else ""
            raise _NotRight(f"{html} its MD5 is {digest.hexdigest()}, not {md5}".strip())


def _ask(url):
    """The answer to a request, whose content is not read yet.

    A thread waits for it: names that are not resolved, and headers that trickle, know no time
    limit of their own.
    """
    found = []

    def wait():
        try:
            found.append(urllib.request.urlopen(url, timeout=TIMEOUT))
        except Exception as error:  # raised again below
            found.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(LONGEST_ANSWER)
    if not found:
        raise _NotRight(f"no answer within {LONGEST_ANSWER:g} s")
    if isinstance(found[0], Exception):
        raise found[0]
    if not isinstance(found[0], HTTPResponse):
        raise ValueError("redirected to what is no web address")
    return found[0]


def _blocks(answer):
    """The content as it arrives, while it arrives fast enough."""
    total, before, since = 0, 0, time.monotonic()
    while block := answer.read1(BLOCK):
        yield block
        total += len(block)
        if total > LARGEST:
            raise _NotRight(f"it is larger than {LARGEST} bytes")
        passed = time.monotonic() - since
        if passed > WINDOW:
            if total - before < SLOWEST * passed:
                raise _NotRight(f"too slow: {total - before} bytes in {passed:.0f} s")
            before, since = total, time.monotonic()
