"""The networks of the study of views."""

from collections.abc import Mapping
from dataclasses import dataclass

from invariance.studies import base

UNTRAINED = ("none", "random")
WIDER = 3  # times as wide, the control of width


@dataclass(frozen=True)
class Model(base.Model):
    """One network: an objective, the condition of its views, an architecture."""

    objective: str
    condition: str
    architecture: str
    data = "source"

    @property
    def name(self) -> str:
        """The path of the model below ``encoders/``."""
        return f"{self.objective}/{self.condition}/{self.architecture}"


def wide(architecture: str) -> str:
    """The name of the architecture that is three times as wide."""
    return f"{architecture}-w{WIDER}"


def list_models(settings: Mapping) -> tuple[Model, ...]:
    """Every network of the settings, and the untrained one."""
    architecture, conditions = settings["architecture"], settings["conditions"]
    return (
        *(Model("moco", condition, architecture) for condition in conditions["moco"]),
        *(Model("moco", condition, wide(architecture)) for condition in conditions["wide"]),
        *(Model("supervised", condition, architecture) for condition in conditions["supervised"]),
        Model(*UNTRAINED, architecture),
    )
