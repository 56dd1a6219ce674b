"""Notes of what the files were made from that cannot say it themselves: tables, figures, pages.

The note of a job's files lies below ``<results>/made_from``, under the path of the first of them.
It is signed, and holds the digest of each file, so that it is the note of no other file.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.provenance.behind import digest
from invariance.provenance.files_below import files_below
from invariance.records.made_with import sentence
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same, read_signed_json, write_signed_json

FOLDER = "made_from"


def write(results, outputs: Iterable, of: Mapping, **about) -> None:
    """Write the note of the files that a job made.

    Parameters
    ----------
    results : path
        The folder of the results, which the files lie below.
    outputs : iterable of path
        Files, or folders, which stand for all files below them.
    of : mapping
        What they were made from and how, by name: plain JSON values.
    about : plain JSON values
        What is not compared, such as ``provenance``.
    """
    outputs = [Path(path) for path in outputs]
    listed = {path.relative_to(results).as_posix(): _digest(path) for path in outputs}
    write_signed_json(_place(results, outputs[0]), {"of": _short(of), "files": listed, **about})


def read(results, path) -> dict:
    """The note of a file, the first of its job.

    Raises
    ------
    UserError
        If there is none, if it is damaged, or if the file is another than the one it is about.
    """
    place = _place(results, path)
    if not place.is_file():
        raise UserError(
            f"{path}: does not say what it was made from ({place} is missing); delete it and run "
            "the workflow again"
        )
    note = read_signed_json(place)
    name = Path(path).relative_to(results).as_posix()
    listed = note.get("files")
    found = listed.get(name) if isinstance(listed, Mapping) else None
    if not isinstance(note.get("of"), Mapping) or found != _digest(Path(path)):
        raise UserError(
            f"{path}: is not the file that {place} is about; delete it and run the workflow again"
        )
    return note


def check(results, path, of: Mapping) -> dict:
    """The note of a file, as ``read`` gives it, if the file was made from what is asked for.

    Raises
    ------
    UserError
        As ``read``, and with the first value of ``of`` that differs.
    """
    note = read(results, path)
    found, asked = note["of"].get("of"), of.get("of", {})
    for name, wanted in asked.items():
        # Digests, which would tell a reader nothing.
        if not isinstance(found, Mapping) or found.get(name) != wanted:
            raise UserError(
                f"{path}: made for something else: other settings or recipes stand behind {name} "
                "than are asked for; run the workflow again, or give this configuration a folder "
                "of its own with results:"
            )
    check_same(path, note["of"], of)
    return note


def made_with(results, path) -> str:
    """The sentence about a file's results that were not all made alike; none where no note is."""
    try:
        return sentence(read(results, path).get("provenance"))
    except UserError:
        return ""


def check_all(results, outputs: Iterable, of: Mapping) -> None:
    """Refuse files of a job if any of them was not made from what is asked for; see ``check``."""
    outputs = [Path(path) for path in outputs]
    note = check(results, outputs[0], _short(of))
    for path in outputs[1:]:
        name = path.relative_to(results).as_posix()
        if note["files"].get(name) != _digest(path):
            raise UserError(f"{path}: is another file than the one that was made with {outputs[0]}")


def _short(of: Mapping) -> dict:
    """Single values and ``of``, which readers compare, as they are; of all others their digest."""
    large = {key: digest(value) for key, value in of.items() if isinstance(value, list | dict)}
    return {**of, **large, **({"of": of["of"]} if "of" in of else {})}


def _place(results, path) -> Path:
    below = Path(path).relative_to(results)
    return Path(results, FOLDER, below.parent, f"{below.name}.json")


def _digest(path: Path) -> str:
    """SHA-256 in hex of a file, or of the names and digests of all files below a folder."""
    if path.is_dir():
        listed = "".join(f"{_digest(path / name)}  {name}\n" for name in files_below(path))
        return hashlib.sha256(listed.encode()).hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"
