"""Checks of the configuration: every mistake is one line with the key, before any job runs."""

import difflib
from pathlib import Path

from invariance.config_values import check_plain, check_sensitivity, check_sources
from invariance.protocol import resolve
from invariance.results_folder import check_results
from invariance.studies import checks, load_studies
from transforms2d.errors import UserError

BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
)


def check(config: dict, schema_path) -> None:
    """Refuse a configuration that does not fit the schema or asks for what cannot be.

    Parameters
    ----------
    config : dict
        The merged configuration.
    schema_path : path
        JSON schema as YAML; unknown keys are refused at every level.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, the valid values.
    """
    import jsonschema
    import yaml

    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    draft = jsonschema.Draft202012Validator
    # JSON counts 2.0 as an integer; what counts things here must be one.
    types = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = jsonschema.validators.extend(draft, type_checker=types)
    errors = strict(schema).iter_errors(config)
    worst = jsonschema.exceptions.best_match(errors)
    if worst is not None:
        # What is wrong with one of several choices says nothing of the others.
        while worst.parent is not None:
            worst = worst.parent
        raise UserError(_one_line(worst))
    check_plain(config)
    check_results(config["results"], Path(schema_path).resolve().parents[2])
    check_sources(config)
    check_sensitivity(config["sensitivity"])
    resolve(config["protocol"])
    studies = load_studies(config)
    if not studies:
        raise UserError("studies: every one is null; keep one")
    for study in studies.values():
        study.check()
        checks.networks(study)


def _one_line(error) -> str:
    path = ".".join(str(part) for part in error.absolute_path) or "config"
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                return f"{_join(path, key)}: unknown key; {hint}known are {', '.join(known)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{_join(path, missing[0])}: missing; it must be set"
    if error.validator == "enum":
        choices = ", ".join(map(str, error.validator_value))
        return f"{path}: {error.instance!r} is not one of {choices}"
    if error.validator == "type":
        what = f"{error.instance!r} is not of type {_kind(error.schema)}"
    elif error.validator == "anyOf":
        kinds = " or ".join(map(_kind, error.validator_value))
        what = f"{error.instance!r} is not of type {kinds}"
    else:
        what = error.message.replace("\n", " ")
    described = error.schema.get("description")
    return f"{path}: {what}" + (f" ({described})" if described else "")


def _kind(schema: dict) -> str:
    """The types of a schema that names them, and their bounds."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"{words} {schema[key]}" for key, words in BOUNDS if key in schema]
    return ", ".join([" or ".join(types), *bounds])


def _join(path: str, key) -> str:
    return str(key) if path == "config" else f"{path}.{key}"
