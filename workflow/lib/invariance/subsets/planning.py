"""The networks of a job from its settings: masks and seeds, drawn before any training."""

from collections.abc import Mapping

import numpy as np

from invariance.studies.influence.masks import draw
from invariance.subsets import masks
from invariance.subsets.masks import Planned
from transforms2d.errors import DamagedFileError
from transforms2d.seeds import integers

HIGHEST_SEED = 2**31


def plan(settings: Mapping) -> Planned:
    """The networks of some rows; each row depends only on the seeds and its number.

    Parameters
    ----------
    settings : mapping
        ``kind`` and ``seed`` of ``draw``; ``rows``: the first one, and the one after the last
        one; ``classes``: names of the source classes; ``network_seed``: the networks' own seeds are
        drawn from it.
    """
    rows, names = range(*settings["rows"]), settings["classes"]
    drawn = draw(settings["kind"], settings["seed"], rows, len(names))
    numbers = np.arange(*settings["rows"], dtype=np.int64)
    seeds = integers(settings["network_seed"], "networks", numbers, HIGHEST_SEED)[:, 0]
    return Planned(numbers, seeds, drawn, tuple(names))


def write(path, settings: Mapping) -> None:
    """Draw the networks of ``plan``, and write them with ``masks.write``."""
    masks.write(path, plan(settings))


def read(path, settings: Mapping) -> Planned:
    """Read a file of ``write``, and compare it with what the settings draw.

    Raises
    ------
    DamagedFileError
        If any row was changed.
    UserError
        As ``masks.read``.
    """
    found, expected = masks.read(path, settings["classes"]), plan(settings)
    for name in ("rows", "seeds", "masks"):
        if not np.array_equal(getattr(found, name), getattr(expected, name)):
            raise DamagedFileError(
                f"{path}: damaged: its {name} are not those that the settings draw; delete it and "
                "run the workflow again"
            )
    return found
