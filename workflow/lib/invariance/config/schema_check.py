"""Checks of the configuration: every mistake is one line with the key, before any job runs."""

import difflib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from invariance.architectures import ARCHITECTURES
from invariance.config.results_folder import check_results
from invariance.config.value_checks import check_plain, check_sensitivity, check_size, check_sources
from invariance.config.wanted import Wanted, everything
from invariance.studies import checks, load_studies
from invariance.studies.image_folders import check_folders, with_images_found
from invariance.studies.protocol import resolve
from transforms2d.errors import UserError, gather, quote

# A number to many readers of YAML, and a text to Snakemake's.
AS_YAML_1_2 = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
)


def check(
    config: dict, schema_path, wanted: Callable[[], Wanted] | None = None, *, folders: bool = False
) -> None:
    """Refuse a configuration that does not fit the schema or asks for what cannot be.

    Parameters
    ----------
    config : dict
        The merged configuration.
    schema_path : path
        JSON schema as YAML; unknown keys are refused at every level.
    wanted : callable or None
        Gives what studies and images must be fit for, once the schema is; None is everything.
    folders : bool
        Look at the folders of images as well, and count what lies there.

    Raises
    ------
    UserError
        All that is wrong, a line each: the key's path, what is wrong, the valid values. What does
        not fit the schema comes before what cannot be together.
    """
    schema = read_schema(schema_path)
    check_size(config)
    check_plain(config)
    gather(*(lambda error=error: _refuse(error) for error in _errors(config, schema)))
    gather(
        lambda: check_results(config["results"], Path(schema_path).resolve().parents[2]),
        lambda: check_sources(config),
        lambda: check_sensitivity(config["sensitivity"]),
        lambda: resolve(config["protocol"]),
    )
    if not load_studies(config):
        raise UserError("studies: every one is null; keep one")
    needed = wanted() if wanted else everything(config)
    narrowed = needed.narrowed(with_images_found(config) if folders else config)
    studies = list(load_studies(narrowed).values())
    gather(
        lambda: check_folders(config, needed.images if folders else ()),
        *(study.check for study in studies),
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
    # JSON counts 2.0 as an integer; what counts things here must be one.
    types = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = jsonschema.validators.extend(draft, type_checker=types)
    return list(strict(schema).iter_errors(config))


def _refuse(error) -> None:
    path = ".".join(str(part) for part in error.absolute_path) or "config"
    known = sorted(error.schema.get("properties", {}))
    if error.validator == "additionalProperties":
        unknown = [key for key in error.instance if key not in known]
        gather(*(lambda key=key: _refuse_unknown(path, key, known) for key in unknown))
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        raise UserError(f"{_join(path, missing[0])}: missing; it must be set")
    raise UserError(_one_line(error, path))


def _refuse_unknown(path: str, key, known: list[str]) -> None:
    near = difflib.get_close_matches(str(key), known, n=1)
    hint = f"did you mean {quote(near[0])}? " if near else ""
    name = _join(path, quote(key)[1:-1] if isinstance(key, str) else key)
    raise UserError(f"{name}: unknown key; {hint}known are {', '.join(known)}")


def _one_line(error, path: str) -> str:
    shown = quote(error.instance)
    if error.validator == "enum":
        return f"{path}: {shown} is not one of {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        what = f"{shown} is not of type {_kind(error.schema)}"
        if "properties" in error.schema:
            what += f"; its keys are {', '.join(error.schema['properties'])}"
    elif error.validator == "anyOf":
        what = f"{shown} is not of type {' or '.join(map(_kind, error.validator_value))}"
    else:
        # jsonschema's message begins with the value, however long.
        what = shown + error.message.replace("\n", " ").removeprefix(repr(error.instance))
    if isinstance(error.instance, str) and AS_YAML_1_2.fullmatch(error.instance):
        what += "; write a decimal point and a sign, as in 1.0e-3"
    described = error.schema.get("description")
    return f"{path}: {what}" + (f" ({described})" if described else "")


def _kind(schema: dict) -> str:
    """The types of a schema that names them, and their bounds."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"{words} {schema[key]}" for key, words in BOUNDS if key in schema]
    return ", ".join([" or ".join(types), *bounds])


def _join(path: str, key) -> str:
    return str(key) if path == "config" else f"{path}.{key}"
