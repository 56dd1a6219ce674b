"""Checks of the configuration: every mistake is one line with the key, before any job runs."""

import difflib
from pathlib import Path

from invariance.protocol import resolve
from invariance.studies import load_studies
from transforms2d.errors import UserError


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
    errors = jsonschema.Draft202012Validator(schema).iter_errors(config)
    worst = jsonschema.exceptions.best_match(errors)
    if worst is not None:
        raise UserError(_one_line(worst))
    _refuse_control_signs(config)
    resolve(config["protocol"])
    studies = load_studies(config)
    if not studies:
        raise UserError("studies: every one is null; keep one")
    for study in studies.values():
        study.check()


def _refuse_control_signs(value, path: str = "config") -> None:
    """Line breaks and the like, which patterns of the schema may let pass at the end of a text."""
    if isinstance(value, str) and not value.isprintable():
        raise UserError(f"{path}: {value!r} has signs that cannot be printed; remove them")
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _refuse_control_signs(inner, _join(path, key))


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
        return f"{path}: {error.instance!r} is not of type {error.validator_value}"
    what = error.message.replace("\n", " ")
    described = error.schema.get("description")
    return f"{path}: {what}" + (f" ({described})" if described else "")


def _join(path: str, key) -> str:
    return str(key) if path == "config" else f"{path}.{key}"
