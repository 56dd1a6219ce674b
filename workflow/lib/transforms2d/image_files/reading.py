"""Reading of image files and members of zip archives, with a limit of size."""

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
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack without a limit
# Errors of reading a damaged archive.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,  # encrypted, or packed by a method that zipfile does not support
    ValueError,
)


def check_file(path: Path, mode: int, size: int) -> None:
    """Refuse an entry that is not a regular file, or too large for an image.

    Parameters
    ----------
    path : Path
        The file's name in errors.
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
    """Whether a link is circular; ``resolve`` does not report it from Python 3.13 on."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def stamp(root: Path, paths: Iterable[Path]) -> str:
    """One SHA-256 over names, sizes and dates; it differs if a file may have changed."""
    total = hashlib.sha256()
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            raise UserError(f"{path}: not readable ({error.strerror}); restore it") from None
        line = f"{path.relative_to(root).as_posix()}\n{status.st_size}\n{status.st_mtime_ns}\n"
        total.update(line.encode())
    return total.hexdigest()


def names_and_sizes(root: Path, paths: Iterable[Path]) -> str:
    """One SHA-256 over names and sizes, which do not change when a folder is copied or moved."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(root).as_posix()}\n{path.stat().st_size}\n".encode())
    return total.hexdigest()


def read_file(path: Path) -> bytes:
    """The content of an image file.

    Raises
    ------
    UserError
        If it is missing, not a regular file, larger than ``LARGEST``, or not readable.
    """
    try:
        status = path.stat()
        check_file(path, status.st_mode, status.st_size)
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; restore it or list the images again") from None
    except OSError as error:
        raise UserError(f"{path}: not readable ({error.strerror}); correct or remove it") from None


def read_member(archive: zipfile.ZipFile, member: str, where: str) -> bytes:
    """The content of an image file in a zip archive.

    The size in the archive's directory is checked before unpacking, and no more bytes are
    unpacked.

    Raises
    ------
    UserError
        If it is larger than ``LARGEST``, or packed by a method other than deflate.
    """
    entry = archive.getinfo(member)
    if entry.file_size > LARGEST:
        raise UserError(
            f"{where}: {entry.file_size} bytes; an image file has at most "
            f"{LARGEST // 1_000_000} MB: make it smaller"
        )
    if entry.compress_type not in METHODS:
        raise UserError(f"{where}: packed by method {entry.compress_type}; pack it by deflate")
    with archive.open(entry) as file:
        data = file.read(entry.file_size)
    if len(data) != entry.file_size:
        raise zipfile.BadZipFile(f"{member!r} is truncated")
    return data
