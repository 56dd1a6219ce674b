"""Checks of the configuration: every mistake is one line with the key, before any job runs."""

import difflib
from pathlib import Path

from invariance.protocol import resolve
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
    resolve(config["protocol"])
    for name, study in config["studies"].items():
        _check_classes(f"studies.{name}", study, config["base_images"])
        _check_batches(f"studies.{name}", study, config)


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


def _check_classes(where: str, study: dict, base_images: dict) -> None:
    available = {"t2d": base_images["objects"], "cifar10": 10, "cifar100": 100}
    for domain in study["domains"]:
        settings = study["sizes"][domain]
        needed = 2 * settings["target_classes"]
        if needed > available[domain]:
            raise UserError(
                f"{where}.sizes.{domain}.target_classes: {settings['target_classes']} target "
                f"classes and as many others need {needed}, but there are {available[domain]}"
            )
        if settings["subset_classes"] > settings["target_classes"]:
            raise UserError(
                f"{where}.sizes.{domain}.subset_classes: {settings['subset_classes']} is more "
                f"than the {settings['target_classes']} target classes"
            )


def _check_batches(where: str, study: dict, config: dict) -> None:
    if config["protocol"].get("preset", "paper") == "released_code":
        return
    smallest = study["target_samples"]["train"]
    if config["linear_probe"]["batch_size"] > smallest:
        raise UserError(
            f"linear_probe.batch_size: {config['linear_probe']['batch_size']} is more than "
            f"{where}.target_samples.train, {smallest}"
        )
