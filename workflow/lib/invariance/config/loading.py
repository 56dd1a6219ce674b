"""What can be asked for by name, and the configuration it is asked with."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from invariance.artefacts import ARTEFACTS
from invariance.config.schema_check import check
from invariance.config.settings_files import CONFIG, lay_over, read
from invariance.config.unknown_names import unknown_name
from invariance.config.wanted import wanted
from invariance.studies import STUDIES
from transforms2d.errors import UserError

SCHEMA = "workflow/schemas/config.schema.yaml"
OTHERS = {
    "scorecard": "every published value and claim beside what was found here",
    "ledger": "time and GPU-hours of every study, figure and table",
    "manifest": "every file of the results with its digest",
    "download": "the images that come from the network",
    "export": "models and data to share",
    "all": "every figure, table, the scorecard and the ledger",
}
# Figures, tables and studies of all configurations.
KNOWN_NAMES = (*ARTEFACTS, *STUDIES)


def read_config(overlays: Iterable[str] = (), names: Iterable[str] = ()) -> dict:
    """The checked configuration: ``config/config.yaml``, and each overlay laid over it in order.

    Paths are those of the current folder, which must be the repository's root. ``names`` are what
    the configuration must be fit for; none means everything.

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
    check(config, SCHEMA, lambda: wanted(names, config))
    return config


def check_name(name: str, valid: Iterable[str]) -> None:
    """Refuse a name that is not one of ``valid``, in one line that lists them, near ones first."""
    valid = list(valid)
    if name not in valid:
        raise unknown_name(name, valid, KNOWN_NAMES)


def command(name: str, configfiles: Iterable[str]) -> str:
    """What a person types to make something."""
    overlays = list(configfiles)
    words = ["snakemake", name, "--cores", "2", *(["--configfile", *overlays] if overlays else [])]
    return shlex.join(words)
