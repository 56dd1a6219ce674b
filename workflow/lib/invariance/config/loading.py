"""Names that can be requested, and the configuration of a request."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from invariance.artefacts import ARTEFACTS
from invariance.config.schema_check import check
from invariance.config.selection import select
from invariance.config.settings_files import CONFIG, lay_over, read
from invariance.config.unknown_names import unknown_name
from invariance.studies import STUDIES
from transforms2d.errors import UserError

SCHEMA = "workflow/schemas/config.schema.yaml"
OTHERS = {
    "scorecard": "every published value and claim beside the results of this run",
    "ledger": "time and GPU-hours of every study, figure and table",
    "manifest": "every file of the results with its digest",
    "measures": "how invariant the models of the paper's studies are, by every measure",
    "download": "the images that are downloaded",
    "export": "models and data to share",
    "all": "every figure, table, the scorecard and the ledger",
}
# Figures, tables and studies of all configurations.
KNOWN_NAMES = (*ARTEFACTS, *STUDIES)


def read_config(overlays: Iterable[str] = (), names: Iterable[str] = ()) -> dict:
    """The checked configuration: ``config/config.yaml``, changed by each overlay in order.

    Paths are relative to the current folder, which must be the repository's root. The configuration
    must be valid for the results ``names``; without names, for everything.

    Raises
    ------
    UserError
        If a file is refused by ``settings_files.read``, or the merged configuration by ``check``.
    """
    if not Path(CONFIG).is_file() or not Path("Snakefile").is_file():
        raise UserError(f"{CONFIG}: not in this folder; run this in the repository's root")
    config: dict = {}
    for path in (CONFIG, *overlays):
        lay_over(config, read(path))
    check(config, SCHEMA, lambda: select(names, config))
    return config


def check_name(name: str, valid: Iterable[str]) -> None:
    """Refuse a name that is not in ``valid``, in one line with all valid names."""
    valid = list(valid)
    if name not in valid:
        raise unknown_name(name, valid, KNOWN_NAMES)


def command(name: str, configfiles: Iterable[str]) -> str:
    """The command that makes a result."""
    overlays = list(configfiles)
    words = ["snakemake", name, "--cores", "2", *(["--configfile", *overlays] if overlays else [])]
    return shlex.join(words)
