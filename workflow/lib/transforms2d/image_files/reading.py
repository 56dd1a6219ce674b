"""Image files and members of zip archives, read whole but never without a limit."""

import errno
import hashlib
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from transforms2d.errors import UserError

LARGEST = 100_000_000  # bytes of one image file
KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit
# What reading a damaged archive raises, besides what its own reader raises.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,  # encrypted, or packed in a way that zipfile lacks
    ValueError,
)


def check_file(path: Path, mode: int, size: int) -> None:
    """Refuse what is no regular file, or is too large for an image.

    Parameters
    ----------
    path : Path
        What the errors call it.
    mode, size : int
        From its ``stat``; the size in bytes.
    """
    if not stat.S_ISREG(mode):
        raise UserError(f"{path}: a pipe, socket or device, not a file; remove it")
    if size > LARGEST:
        raise UserError(
            f"{path}: {size} bytes; an image file has at most {LARGEST // 1_000_000} MB: "
            "make it smaller"
        )


def in_a_circle(path: Path) -> bool:
    """Whether a link leads back to itself, of which ``resolve`` is silent from Python 3.13 on."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def stamp(root: Path, paths: Iterable[Path]) -> str:
    """One SHA-256 over names, sizes and dates: another one if a file may have changed."""
    found = hashlib.sha256()
    for path in paths:
        try:
            at = path.stat()
        except OSError as error:
            raise UserError(f"{path}: not readable ({error.strerror}); bring it back") from None
        line = f"{path.relative_to(root).as_posix()}\n{at.st_size}\n{at.st_mtime_ns}\n"
        found.update(line.encode())
    return found.hexdigest()


def names_and_sizes(root: Path, paths: Iterable[Path]) -> str:
    """One SHA-256 over names and sizes, which stay the same when a folder is copied or moved."""
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path.relative_to(root).as_posix()}\n{path.stat().st_size}\n".encode())
    return found.hexdigest()


def read_file(path: Path) -> bytes:
    """The content of an image file.

    Raises
    ------
    UserError
        If it is not there, no regular file, larger than ``LARGEST``, or may not be read.
    """
    try:
        found = path.stat()
        check_file(path, found.st_mode, found.st_size)
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; bring it back or list the images again") from None
    except OSError as error:
        raise UserError(f"{path}: not readable ({error.strerror}); correct or remove it") from None


def read_member(archive: zipfile.ZipFile, member: str, where: str) -> bytes:
    """The content of an image file in a zip archive.

    What the archive's directory says of its size is checked before anything is unpacked, and no
    more than that is unpacked.

    Raises
    ------
    UserError
        If it is larger than ``LARGEST``, or packed by another method than deflate.
    """
    entry = archive.getinfo(member)
    if entry.file_size > LARGEST:
        raise UserError(
            f"{where}: {entry.file_size} bytes; an image file has at most "
            f"{LARGEST // 1_000_000} MB: make it smaller"
        )
    if entry.compress_type not in KNOWN:
        raise UserError(f"{where}: packed by method {entry.compress_type}; pack it by deflate")
    with archive.open(entry) as file:
        data = file.read(entry.file_size)
    if len(data) != entry.file_size:
        raise zipfile.BadZipFile(f"{member!r} is cut short")
    return data
