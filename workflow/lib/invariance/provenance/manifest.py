"""The manifest of a finished run: every file with its digest, so that any copy can be verified.

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
# No result depends on logs. Snakemake's report has its date, and may be written at any time.
LEFT_OUT = ("logs", "report.html")


def manifest(folder, sources: Mapping | None = None) -> dict:
    """Describe the files of a finished run.

    Parameters
    ----------
    folder : path
        The run's results. Logs, hidden files, the report and the manifest itself are left out.
        Files behind a link are listed under the link.
    sources : mapping or None
        Digests of the requested results' sources, see ``source_digests.artefact_digests``; stored
        under the key ``of``.

    Returns
    -------
    dict of plain JSON values
        ``files``: from a path below ``folder`` to ``bytes`` and ``sha256``; ``recipes`` of the
        stages; installed ``packages`` and their versions, ``python`` and ``platform``.

    Raises
    ------
    UserError
        For an entry that cannot be listed, see ``files_below.files_below``.
    """
    folder = Path(folder)
    return {
        "format": FORMAT,
        "files": {
            name: _describe(folder / name) for name in files_below(folder, (*LEFT_OUT, FILE))
        },
        "of": sources,
        "recipes": RECIPES,
        "packages": {d.metadata["Name"]: d.version for d in distributions()},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def verify(path) -> list[str]:
    """Compare the files beside a manifest with it; one line per file that differs.

    Additional files are allowed.

    Raises
    ------
    UserError
        If the manifest itself is missing, damaged, of another format or empty, or lists a file
        outside its folder.
    """
    path, faults = Path(path), []
    if not path.exists():
        raise UserError(
            f"{path}: missing; make demo writes the manifest of results/demo, and snakemake "
            "manifest, with the run's --configfile, that of another run"
        )
    for name, listed in _listed(path).items():
        file = path.parent / check_relative(name, str(path))
        if not file.is_file():
            faults.append(f"{file}: missing")
        elif _describe(file) != listed:
            faults.append(f"{file}: differs from the listed file (SHA-256)")
    return faults


def _listed(path: Path) -> dict:
    content = read_signed_json(path)
    if content.get("format") != FORMAT:
        raise UserError(
            f"{path}: format {content.get('format')!r}, not {FORMAT}; verify it with the version "
            "of the workflow that wrote it"
        )
    files = content.get("files")
    if not isinstance(files, dict) or not files:
        raise DamagedFileError(f"{path}: lists no files; delete it and run the workflow again")
    return files


def _describe(file: Path) -> dict:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def main(path: str) -> str | None:
    """Verify and print the result; returns the argument of ``sys.exit``."""
    try:
        faults = verify(path)
    except UserError as error:
        return f"error: {error}"
    except KeyboardInterrupt:
        return "stopped"
    if faults:
        return "\n".join(["error: the results differ from the manifest", *faults])
    print(f"{path}: every file matches the manifest")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
