"""Notes on the sources of files that cannot store them: tables, figures, pages.

The note on a job's files is in ``<results>/made_from``, under the path of the job's first file. It
is signed, and contains the digest of each file, so that it fits no other file.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.provenance.files_below import files_below
from invariance.provenance.source_digests import digest
from invariance.records.made_with import sentence
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same, read_signed_json, write_signed_json

FOLDER = "made_from"


def write(results, outputs: Iterable, parameters: Mapping, **information) -> None:
    """Write the note on the files that a job made.

    Parameters
    ----------
    results : path
        The folder of the results, which contains the files.
    outputs : iterable of path
        Files or folders; a folder means all files below it.
    parameters : mapping
        The job's parameters by name: plain JSON values. ``check`` compares them.
    information : plain JSON values
        Values that are not compared, such as ``provenance``.
    """
    outputs = [Path(path) for path in outputs]
    files = {path.relative_to(results).as_posix(): _digest(path) for path in outputs}
    note = {"of": _short(parameters), "files": files, **information}
    write_signed_json(_note_path(results, outputs[0]), note)


def read(results, path) -> dict:
    """The note on a file, which must be the first of its job.

    Raises
    ------
    UserError
        If the note is missing or damaged, or is about another file.
    """
    note_path = _note_path(results, path)
    if not note_path.is_file():
        raise UserError(
            f"{path}: its sources are unknown ({note_path} is missing); delete it and run the "
            "workflow again"
        )
    note = read_signed_json(note_path)
    name = Path(path).relative_to(results).as_posix()
    files = note.get("files")
    digest_in_note = files.get(name) if isinstance(files, Mapping) else None
    if not isinstance(note.get("of"), Mapping) or digest_in_note != _digest(Path(path)):
        raise UserError(
            f"{path}: differs from the file that {note_path} describes; delete it and run the "
            "workflow again"
        )
    return note


def check(results, path, parameters: Mapping) -> dict:
    """The note on a file, as from ``read``, if the file was made with these parameters.

    Raises
    ------
    UserError
        As ``read``, and with the first parameter that differs.
    """
    note = read(results, path)
    sources = note["of"].get("of")
    for name, expected in parameters.get("of", {}).items():
        # These are digests, so a message does not print them.
        if not isinstance(sources, Mapping) or sources.get(name) != expected:
            raise UserError(
                f"{path}: made for something else: {name} had other settings or recipes; run the "
                "workflow again, or set results: to another folder for this configuration"
            )
    check_same(path, note["of"], parameters)
    return note


def made_with(results, path) -> str:
    """The sentence on different versions or devices behind a file; empty without a note."""
    try:
        return sentence(read(results, path).get("provenance"))
    except UserError:
        return ""


def check_all(results, outputs: Iterable, parameters: Mapping) -> None:
    """Refuse the files of a job if any of them was made with other parameters; see ``check``."""
    outputs = [Path(path) for path in outputs]
    note = check(results, outputs[0], _short(parameters))
    for path in outputs[1:]:
        name = path.relative_to(results).as_posix()
        if note["files"].get(name) != _digest(path):
            raise UserError(f"{path}: differs from the file that was made with {outputs[0]}")


def _short(parameters: Mapping) -> dict:
    """Parameters with digests in place of lists and mappings, except ``of``, which stays."""
    large = {
        key: digest(value)
        for key, value in parameters.items()
        if isinstance(value, list | dict) and key != "of"
    }
    return {**parameters, **large}


def _note_path(results, path) -> Path:
    below = Path(path).relative_to(results)
    return Path(results, FOLDER, below.parent, f"{below.name}.json")


def _digest(path: Path) -> str:
    """SHA-256 in hex of a file, or of the names and digests of all files below a folder."""
    if path.is_dir():
        lines = "".join(f"{_digest(path / name)}  {name}\n" for name in files_below(path))
        return hashlib.sha256(lines.encode()).hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"
