"""Every fork between the paper's text and its released code, as one preset with overrides."""

from dataclasses import fields

from transforms2d.errors import UserError, quote
from transforms2d.protocol import CHOICES as DATA_CHOICES
from transforms2d.protocol import DataProtocol

# The choice of the preset paper, that of released_code, and further ones.
CHOICES = {
    "model_selection": ("best_validation", "last_epoch"),
    "accuracy": ("test", "pooled_macro"),
    "transform_sets": ("uniform", "one_per_category"),
    "draws": ("fresh_on_natural", "fresh", "fixed"),
    "vit": ("paper", "released_code"),
    "densenet_representation": ("pooled", "final_norm"),
    "fine_tuning_decay_epochs": (50, 5),
    "mismatch_training": ("as_elsewhere", "double_epochs_half_batch"),
    "sensitivity_normaliser": ("independent_pairs", "within_batch"),
    "cifar_normalisation": ("own", "cifar"),
    "table_spread": ("seeds", "cells"),
    "twin_placement": ("as_trained", "corner"),
    "mismatch_objects": ("disjoint", "same"),
    "densenet_growth": (32, 12),
    **DATA_CHOICES,
}
# Switches that are whole numbers >= 1: the values of both presets.
NUMBERS = {"transfer_draws": (8, 8)}
SWITCHES = {**CHOICES, **NUMBERS}
PRESETS = ("paper", "released_code")


def resolve(settings: dict) -> dict:
    """The value of every switch, from ``{"preset": name, switch: value, ...}``.

    Raises
    ------
    UserError
        For an unknown preset, an unknown switch, or a value that is not a choice.
    """
    name = settings.get("preset", "paper")
    if name not in PRESETS:
        raise UserError(f"protocol.preset: {quote(name)} is not one of {', '.join(PRESETS)}")
    values = {switch: choices[PRESETS.index(name)] for switch, choices in SWITCHES.items()}
    for switch, value in settings.items():
        if switch == "preset":
            continue
        if switch not in SWITCHES:
            raise UserError(
                f"protocol.{switch}: unknown; valid switches are {', '.join(sorted(SWITCHES))}"
            )
        _check(switch, value)
        values[switch] = value
    return values


def _check(switch: str, value) -> None:
    # The type must match too: 50.0 equals 50, but is not a number of epochs.
    if switch in NUMBERS:
        if type(value) is not int or value < 1:
            raise UserError(f"protocol.{switch}: {quote(value)} is not a whole number >= 1")
    elif not any(type(value) is type(choice) and value == choice for choice in CHOICES[switch]):
        choices = " or ".join(map(str, CHOICES[switch]))
        raise UserError(f"protocol.{switch}: {quote(value)} is not one of {choices}")


def is_fresh(switches: dict, domain: str) -> bool:
    """Whether training images of a domain have new draws in every epoch (fork 4)."""
    natural = domain != "t2d"
    return switches["draws"] == "fresh" or (natural and switches["draws"] == "fresh_on_natural")


def schedule(switches: dict, architecture: str) -> dict:
    """Learning rate schedule and weight decay of an architecture (appendix B)."""
    if architecture != "vit":
        return {"schedule": "constant", "weight_decay": 0.0}
    variant = switches["vit"]
    decay = {"paper": 1e-5, "released_code": 5e-5}[variant]
    return {"schedule": f"vit_{variant}", "weight_decay": decay}


def data_protocol(switches: dict) -> DataProtocol:
    """The switches of the data, in the form of the dataset library."""
    return DataProtocol(**{field.name: switches[field.name] for field in fields(DataProtocol)})
