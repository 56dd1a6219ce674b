"""All transformations by name. A new one needs a ``Transformation`` in a group, and a name."""

from transforms2d.errors import UserError, quote
from transforms2d.names import KNOWN
from transforms2d.transformations.core import Transformation
from transforms2d.transformations.corruption import CORRUPTION
from transforms2d.transformations.geometric import GEOMETRIC
from transforms2d.transformations.photometric import PHOTOMETRIC

NONE = Transformation("none", lambda images, out, parameters, protocol: out.copy_(images))

_DESCRIBED = {each.name: each for each in (*GEOMETRIC, *PHOTOMETRIC, *CORRUPTION)}
TRANSFORMATIONS = {name: _DESCRIBED[name] for name in KNOWN} | {"none": NONE}


def find(name: str) -> Transformation:
    """The transformation called ``name``; ``none`` is the identity.

    Raises
    ------
    UserError
        If the name is unknown.
    """
    if name not in TRANSFORMATIONS:
        known = ", ".join(TRANSFORMATIONS)
        raise UserError(f"transformation {quote(name)}: unknown; known are {known}")
    return TRANSFORMATIONS[name]
