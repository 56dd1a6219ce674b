"""Checks of the configuration before any job runs: one line with the key per mistake."""

import difflib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from invariance.architectures import ARCHITECTURES
from invariance.config.results_folder import check_results
from invariance.config.selection import Selection, everything
from invariance.config.value_checks import check_plain, check_sensitivity, check_size, check_sources
from invariance.studies import checks, load_studies
from invariance.studies.image_folders import check_folders, with_image_counts
from invariance.studies.measured import checks as measured_checks
from invariance.studies.protocol import resolve
from transforms2d.errors import UserError, gather, quote

# Many YAML readers read these as numbers, but Snakemake's reads them as text.
AS_YAML_1_2 = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
)


def check(
    config: dict,
    schema_path,
    selection: Callable[[], Selection] | None = None,
    *,
    folders: bool = False,
) -> None:
    """Refuse a configuration that does not fit the schema or has an impossible combination.

    Parameters
    ----------
    config : dict
        The merged configuration.
    schema_path : path
        JSON schema as YAML; unknown keys are refused at every level.
    selection : callable or None
        Returns the studies and images to check; called after the check of the schema. None means
        everything.
    folders : bool
        Whether to check the folders of images too, and count their files.

    Raises
    ------
    UserError
        All mistakes, one line each: the key's path, the fault, the valid values. Impossible
        combinations are reported only if everything fits the schema.
    """
    schema = read_schema(schema_path)
    check_size(config)
    check_plain(config)
    gather(*(lambda error=error: _refuse(error) for error in _errors(config, schema)))
    gather(
        lambda: check_results(config["results"], Path(schema_path).resolve().parents[2]),
        lambda: check_sources(config),
        lambda: check_sensitivity(config["sensitivity"]),
        lambda: measured_checks.check_settings(config["measures"]),
        lambda: resolve(config["protocol"]),
    )
    if not load_studies(config):
        raise UserError("studies: every one is null; keep one")
    selected = selection() if selection else everything(config)
    narrowed = selected.narrowed(with_image_counts(config) if folders else config)
    studies = list(load_studies(narrowed).values())
    gather(
        lambda: check_folders(config, selected.images if folders else ()),
        *(study.check for study in studies),
        *(
            lambda study=study: measured_checks.check(study)
            for study in studies
            if study.name in selected.measured
        ),
        lambda: checks.networks(studies),
    )


@cache
def read_schema(path) -> dict:
    """The schema of the configuration, from YAML, with the names of the networks."""
    import yaml

    schema = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    schema["$defs"]["architecture"]["enum"] = list(ARCHITECTURES)
    return schema


def _errors(config: dict, schema: dict) -> list:
    import jsonschema

    draft = jsonschema.Draft202012Validator
    # JSON accepts 2.0 as an integer; counts here must be of type int.
    types = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = jsonschema.validators.extend(draft, type_checker=types)
    return list(strict(schema).iter_errors(config))


def _refuse(error) -> None:
    path = ".".join(str(part) for part in error.absolute_path) or "config"
    known_keys = sorted(error.schema.get("properties", {}))
    if error.validator == "additionalProperties":
        unknown = [key for key in error.instance if key not in known_keys]
        gather(*(lambda key=key: _refuse_unknown(path, key, known_keys) for key in unknown))
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        raise UserError(f"{_join(path, missing[0])}: missing; it must be set")
    raise UserError(_one_line(error, path))


def _refuse_unknown(path: str, key, known_keys: list[str]) -> None:
    near = difflib.get_close_matches(str(key), known_keys, n=1)
    hint = f"did you mean {quote(near[0])}? " if near else ""
    name = _join(path, quote(key)[1:-1] if isinstance(key, str) else key)
    raise UserError(f"{name}: unknown key; {hint}valid keys are {', '.join(known_keys)}")


def _one_line(error, path: str) -> str:
    value = quote(error.instance)
    if error.validator == "enum":
        return f"{path}: {value} is not one of {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        fault = f"{value} is not of type {_kind(error.schema)}"
        if "properties" in error.schema:
            fault += f"; its keys are {', '.join(error.schema['properties'])}"
    elif error.validator == "anyOf":
        fault = f"{value} is not of type {' or '.join(map(_kind, error.validator_value))}"
    else:
        # jsonschema's message begins with the whole value, which may be long.
        fault = value + error.message.replace("\n", " ").removeprefix(repr(error.instance))
    if isinstance(error.instance, str) and AS_YAML_1_2.fullmatch(error.instance):
        fault += "; write a decimal point and a sign, as in 1.0e-3"
    description = error.schema.get("description")
    return f"{path}: {fault}" + (f" ({description})" if description else "")


def _kind(schema: dict) -> str:
    """The values of a schema, or its types and bounds."""
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"{words} {schema[key]}" for key, words in BOUNDS if key in schema]
    return ", ".join([" or ".join(types), *bounds])


def _join(path: str, key) -> str:
    return str(key) if path == "config" else f"{path}.{key}"
