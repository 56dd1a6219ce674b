"""The layouts of a dataset's images: files in class folders, zip archives of them, or parquet."""

import csv
import hashlib
import json
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from transforms2d.base_images.hub import parquet
from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.image_files.beside import is_left_out
from transforms2d.image_files.decode import SUFFIXES
from transforms2d.image_files.reading import DAMAGED, read_file, read_member
from transforms2d.spelling import one_spelling
from transforms2d.web.answers import line

METADATA = ("metadata.csv", "metadata.jsonl")
LARGEST_METADATA = 50_000_000  # bytes; 100,000 images have 5 MB
MOST_MEMBERS = 100_000
LARGEST_ARCHIVE = 20_000_000_000  # bytes of the images in an archive


def items(root: Path, files: list[str], names: list[str] | None, *, labelled: bool):
    """Yield (class name or None, entry of the index) for every image, in the order of the files.

    Parameters
    ----------
    root : Path
        The folder of the relative paths.
    files : list of str
        Files of one configuration, sorted.
    names : list of str or None
        Class names of numeric labels.
    labelled : bool
        Whether every image must have a class. It comes from the column ``label`` (of parquet, or
        of ``metadata.csv`` or ``metadata.jsonl`` beside the images), else from its folder's name.

    Raises
    ------
    UserError
        If no file is an image, a file is damaged, or a label is missing.
    """
    labels = _metadata(root, [file for file in files if PurePosixPath(file).name in METADATA])
    has_images = False
    for file in files:
        for label, folder, entry in _entries(root, file, names):
            has_images = True
            where = _where(root, entry)
            if not labelled:
                yield None, entry
                continue
            if label is None:
                label = labels.get(one_spelling(file), folder)
            yield _class_name(label, names, where), entry
    if not has_images:
        kinds = sorted({PurePosixPath(file).suffix or file for file in files})
        raise UserError(
            f"{root}: no images in a known layout (class folders, zip, parquet); "
            f"the files are of the types {line(', '.join(kinds))}"
        )


def _entries(root, file, names) -> Iterator[tuple[object, str | None, dict]]:
    """Yield (label of the row, name of the folder, entry) of the images of one file."""
    path, kind = root / file, PurePosixPath(file).suffix.lower()
    if kind == ".parquet":
        label_names = names or parquet.label_names(path)
        for row, (label, data) in enumerate(parquet.rows(path)):
            if label_names and isinstance(label, int) and 0 <= label < len(label_names):
                label = label_names[label]
            yield label, None, {"path": file, "row": row, "sha256": _sha256(data)}
    elif kind == ".zip":
        yield from ((None, folder, entry) for folder, entry in _zip_entries(path, file))
    elif kind in SUFFIXES:
        yield None, _folder(file), {"path": file, "sha256": _sha256(read_file(path))}


def _zip_entries(path, file):
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, path)
            members = (name for name in archive.namelist() if not name.endswith("/"))
            members = sorted(members, key=one_spelling)
            for member in members:
                check_relative(member, str(path))
                parts = PurePosixPath(member).parts
                hidden = any(part.startswith("__") or is_left_out(part) for part in parts)
                if PurePosixPath(member).suffix.lower() in SUFFIXES and not hidden:
                    digest = _sha256(read_member(archive, member, f"{path}, {member}"))
                    yield _folder(member), {"path": file, "member": member, "sha256": digest}
    except UserError:
        raise
    except DAMAGED as error:
        fault = " ".join(str(error).split())
        raise UserError(f"{path}: not readable as a zip archive ({fault})") from None


def _check_archive(archive, path):
    """Refuse archives with too many members or too many unpacked bytes."""
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_MEMBERS or size > LARGEST_ARCHIVE:
        raise UserError(
            f"{path}: {len(entries)} members of {size} bytes; an archive of images has at most "
            f"{MOST_MEMBERS} of {LARGEST_ARCHIVE // 10**9} GB in total: split it"
        )


def _metadata(root, files) -> dict[str, object]:
    """The labels of files in metadata files."""
    labels = {}
    for file in files:
        try:
            if (root / file).stat().st_size > LARGEST_METADATA:
                raise ValueError(f"more than {LARGEST_METADATA} bytes")
            text = (root / file).read_text(encoding="utf-8")
            if file.endswith(".csv"):
                table = list(csv.DictReader(text.splitlines()))
            else:
                table = [json.loads(line) for line in text.splitlines() if line.strip()]
            for row in table:
                if row.get("label") not in (None, ""):
                    name = row["file_name"]
                    if not isinstance(name, str):
                        raise ValueError(f"file_name {name!r} is not text")
                    check_relative(name, str(root / file))
                    path = posixpath.join(posixpath.dirname(file), name)
                    labels[one_spelling(path)] = row["label"]
        except UserError:
            raise
        except (ValueError, KeyError, AttributeError, RecursionError, csv.Error) as error:
            fault = f"{type(error).__name__}: {line(error)}"
            raise UserError(f"{root / file}: not readable as metadata ({fault})") from None
    return labels


def _class_name(label, names, where) -> str:
    if label is None or label == "" or label != label:  # NaN
        raise UserError(f"{where}: has no label, and is not in a class folder")
    text = str(label)
    if names and text.isdecimal() and len(text) < 10 and int(text) < len(names):
        return names[int(text)]
    return f"class {label:03d}" if isinstance(label, int) else text


def _folder(file: str) -> str | None:
    return PurePosixPath(file).parent.name or None


def _where(root, entry) -> str:
    inner = entry.get("member", entry.get("row"))
    return str(root / entry["path"]) + ("" if inner is None else f", {inner}")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
