"""Settings of trainings on subsets, checked."""

from collections.abc import Mapping

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import Rule, channels, check, one_of, optional, positive, whole
from invariance.subsets.stacks import BACKENDS
from transforms2d.errors import UserError

SETTINGS = {
    "architecture": one_of(*models.BUILDERS),
    "width": optional(whole(1)),
    "blocks_per_stage": optional(whole(1)),
    "image_size": whole(8),
    # Source classes; every network has a head of as many outputs.
    "num_classes": whole(1),
    # Steps of a network of all classes, and what is the same for networks of fewer.
    "steps": whole(1),
    "fixed": one_of("steps", "epochs"),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "precision": one_of(*devices.PRECISIONS),
    "channels_last": one_of(True, False),
    "mean": channels(),
    "std": channels(above_zero=True),
    "device": one_of(*devices.DEVICES),
    "stack": Rule(lambda value: isinstance(value, Mapping), "a mapping of models and backend"),
}
STACK = {"models": whole(1), "backend": one_of(*BACKENDS)}


def checked(settings: Mapping) -> dict:
    """The settings with their defaults.

    Raises
    ------
    UserError
        One line for the first unknown or missing key, value out of range, or pair of values that
        do not fit together.
    """
    settings = check(settings, SETTINGS, "subsets")
    settings["stack"] = check(settings["stack"], STACK, "subsets.stack")
    if settings["fixed"] == "epochs" and settings["stack"]["models"] != 1:
        raise UserError(
            "subsets.stack.models: with fixed epochs every network has its own number of steps, so "
            "none can be trained together; set it to 1, or fixed to steps"
        )
    return settings
