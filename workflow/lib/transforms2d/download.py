"""Download one file whole, with its checksum compared, or leave nothing behind."""

import hashlib
import os
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from transforms2d.errors import UserError
from transforms2d.io import atomic_path

TIMEOUT = 30.0  # seconds without an answer
PAUSES = (1.0, 4.0, 10.0)  # seconds before each further attempt
BLOCK = 1 << 20


class _NotRight(OSError):
    pass


def cache_folder(cache_dir=None) -> Path:
    """Where downloads are kept: the folder given, or ``transforms2d`` in the user's cache."""
    if cache_dir is not None:
        return Path(cache_dir)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "transforms2d"


def md5_of(path) -> str:
    """The MD5 of a file; it guards against damage, not against an attacker."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def download(url: str, path, *, md5: str) -> None:
    """Download ``url`` to ``path``; the file appears once its MD5 is right, or not at all.

    A server that fails, stalls or breaks off is asked again a few times.

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
        except (OSError, HTTPException) as error:
            refused = isinstance(error, HTTPError) and error.code < 500 and error.code != 429
            if refused or pause is None:
                what = " ".join(str(error).split()) or type(error).__name__
                raise UserError(f"{url}: download failed ({what}); nothing was kept") from None
        time.sleep(pause)


def _attempt(url, path, md5):
    digest, start, count = hashlib.md5(usedforsecurity=False), b"", 0
    with atomic_path(path) as temporary, urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        with temporary.open("wb") as file:
            while block := answer.read(BLOCK):
                start = start or block[:64]
                count += len(block)
                digest.update(block)
                file.write(block)
        expected = answer.headers.get("Content-Length")
        if expected is not None and count != int(expected):
            raise _NotRight(f"it broke off after {count} of {expected} bytes")
        if digest.hexdigest() != md5:
            html = " the server answered with a web page;" if start.lstrip()[:1] == b"<" else ""
            raise _NotRight(f"{html} its MD5 is {digest.hexdigest()}, not {md5}".strip())
