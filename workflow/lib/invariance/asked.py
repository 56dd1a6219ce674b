"""What can be asked for by name, and the configuration it is asked with."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.config import check
from invariance.figures import catalogue as figures
from invariance.studies import STUDIES
from invariance.studies.examples import FIGURES as PICTURES
from invariance.tables import catalogue as tables
from invariance.unknown import unknown_name
from transforms2d.errors import UserError

CONFIG = "config/config.yaml"
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
KNOWN_NAMES = ("fig1", *figures.FIGURES, *tables.TABLES, *PICTURES, *STUDIES)


def read_config(overlays: Iterable[str] = ()) -> dict:
    """The checked configuration: ``config/config.yaml``, and each overlay laid over it in order.

    Paths are those of the current folder, which must be the repository's root.

    Raises
    ------
    UserError
        If a file is missing or no mapping, or if the merged configuration is refused.
    """
    if not Path(CONFIG).is_file() or not Path("Snakefile").is_file():
        raise UserError(f"{CONFIG}: not in this folder; run this in the repository's root")
    config: dict = {}
    for path in (CONFIG, *overlays):
        _lay_over(config, _read(path))
    check(config, SCHEMA)
    return config


def artefacts(studies: Mapping) -> list[str]:
    """Names of the figures and tables that can be made from the configured studies, in order."""
    found = {*figures.available(studies), *tables.available(studies), *PICTURES}
    if "t2d" in getattr(studies.get("invariance_vs_factors"), "domains", ()):
        found.add("fig1")
    return sorted(found, key=lambda name: (name[:3], int(name[3:])))


def check_name(name: str, valid: Iterable[str]) -> None:
    """Refuse a name that is not one of ``valid``, in one line that lists them, near ones first."""
    valid = list(valid)
    if name not in valid:
        raise unknown_name(name, valid, KNOWN_NAMES)


def _read(path: str) -> dict:
    import yaml

    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; --configfile takes files of settings")
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: must be settings by their keys, as in {CONFIG}")
    return values


def _lay_over(config: dict, values: Mapping) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _lay_over(config[key], value)
        else:
            config[key] = value


def command(name: str, configfiles: Iterable[str]) -> str:
    """What a person types to make something."""
    overlays = " ".join(configfiles)
    return f"snakemake {name} --cores 2" + (f" --configfile {overlays}" if overlays else "")
