"""The manifest of a finished run: every file with its digest, to be verified wherever it goes.

``python -m invariance.provenance.manifest results/demo/manifest.json`` compares the files with it.
"""

import hashlib
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from invariance.provenance.files_below import files_below
from invariance.provenance.recipes import RECIPES
from transforms2d.base_images.index import check_relative
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import read_signed_json

FILE = "manifest.json"
FORMAT = 1
LEFT_OUT = ("logs",)  # what no result is made of


def manifest(folder, of: Mapping | None = None) -> dict:
    """Describe the files of a finished run.

    Parameters
    ----------
    folder : path
        The run's results. Logs and hidden files are left out, and the manifest itself; what is
        behind a link is listed under the link.
    of : mapping or None
        What the results were asked for as, see ``behind.of_artefact``; kept beside the list.

    Returns
    -------
    dict of plain JSON values
        ``files``: from a path below ``folder`` to ``bytes`` and ``sha256``; ``recipes`` of the
        stages; ``packages`` installed and their versions, ``python`` and ``platform``.

    Raises
    ------
    UserError
        For what cannot be listed, see ``below.files_below``.
    """
    folder = Path(folder)
    return {
        "format": FORMAT,
        "files": {
            name: _describe(folder / name) for name in files_below(folder, (*LEFT_OUT, FILE))
        },
        "of": of,
        "recipes": RECIPES,
        "packages": {d.metadata["Name"]: d.version for d in distributions()},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def verify(path) -> list[str]:
    """Compare the files beside a manifest with it; one line for each that is not as listed.

    Files that came later are no fault.

    Raises
    ------
    UserError
        If the manifest itself is missing, damaged, of another format, lists nothing, or lists what
        is not below its folder.
    """
    path, faults = Path(path), []
    if not path.exists():
        raise UserError(
            f"{path}: not there; make demo writes that of results/demo, and snakemake manifest, "
            "with the run's --configfile, that of any other run"
        )
    for name, listed in _listed(path).items():
        file = path.parent / check_relative(name, str(path))
        if not file.is_file():
            faults.append(f"{file}: missing")
        elif _describe(file) != listed:
            faults.append(f"{file}: not the file that was listed (SHA-256)")
    return faults


def _listed(path: Path) -> dict:
    read = read_signed_json(path)
    if read.get("format") != FORMAT:
        raise UserError(
            f"{path}: format {read.get('format')!r}, not {FORMAT}; verify it with the version of "
            "the workflow that wrote it"
        )
    files = read.get("files")
    if not isinstance(files, dict) or not files:
        raise DamagedFileError(f"{path}: lists no files; delete it and run the workflow again")
    return files


def _describe(file: Path) -> dict:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def main(path: str) -> str | None:
    """Verify and print what was found; what to end the process with."""
    try:
        faults = verify(path)
    except UserError as error:
        return f"error: {error}"
    except KeyboardInterrupt:
        return "stopped"
    if faults:
        return "\n".join(["error: the results are not those of the manifest", *faults])
    print(f"{path}: every file is as listed")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
