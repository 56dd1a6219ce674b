"""Removal of source classes in several orders, and networks that are trained without them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from invariance.records.results import read_record
from invariance.subsets import run as networks
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same
from transforms2d.seeds import generator

RANDOM, WRONG, NONE = "random", "wrong", "none"


@dataclass(frozen=True)
class Removal:
    """The source classes that a network does not see.

    Attributes
    ----------
    arm : str
        The order of removal.
    classes : tuple of int
        Positions of the removed classes.
    """

    arm: str
    classes: tuple[int, ...]


def run(inputs: Mapping, outputs: Mapping, settings: Mapping, identities: Mapping, **job) -> None:
    """Train a network for every removal, and write the record.

    Parameters
    ----------
    inputs : mapping of str to path
        ``influence``: the record with the orders; the others as in ``run.run``.
    outputs : mapping of str to path
        ``record``.
    settings : mapping
        ``arms``; ``removed`` (numbers of classes, ascending); ``order_seed`` of the random order;
        ``network_seed``, which all networks share, so that arms are compared in pairs; ``training``
        as in ``run.run``.
    identities : mapping
        As in ``run.run``; ``influence``: the identity of the one kind of masks that gives orders.
    job
        The other arguments of ``run.run``.

    Raises
    ------
    UserError
        As ``run.run``, and for a record of influences that is damaged, is not the expected one, or
        lacks an order.
    """
    path = inputs["influence"]
    orders, wrong = _orders(path, *identities["influence"].values())
    classes = settings["training"]["num_classes"]
    if RANDOM in settings["arms"]:
        order = generator(settings["order_seed"], "random removal").permutation(classes)
        orders = {**orders, RANDOM: order.tolist()}
    if missing := {WRONG, *settings["arms"]} - set(orders):
        raise UserError(
            f"{path}: has no order {min(missing)}; delete it and run the workflow again"
        )
    removals = plan(settings["arms"], settings["removed"], orders)
    networks.run(
        inputs,
        outputs,
        settings["training"],
        masks=masks_without(removals, classes),
        seeds=np.full(len(removals), settings["network_seed"], dtype=np.int64),
        identities=identities,
        method="counterfactuals",
        evaluations=lambda tensors: evaluations(tensors, removals, wrong),
        **job,
    )


def plan(arms: list[str], removed: list[int], orders: Mapping[str, list[int]]) -> list[Removal]:
    """No removal, each number in each order, and the smallest number in the order ``wrong``."""
    counted = [(arm, number) for arm in arms for number in removed] + [(WRONG, removed[0])]
    return [
        Removal(NONE, ()),
        *(Removal(arm, tuple(orders[arm][:number])) for arm, number in counted),
    ]


def masks_without(removals: list[Removal], classes: int) -> np.ndarray:
    """Masks uint8 [m, K]: 1 where a class stays."""
    masks = np.ones((len(removals), classes), dtype=np.uint8)
    for mask, removal in zip(masks, removals, strict=True):
        mask[list(removal.classes)] = 0
    return masks


def evaluations(tensors: Mapping, removals: list[Removal], wrong: list[int]) -> list[dict]:
    """An evaluation per removal: accuracies on the target, and on the images that were wrong.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        ``val/correct`` and ``test/correct``, [m, n], 0 or 1.
    removals : list of Removal
        Of m networks.
    wrong : list of int
        Positions of validation images, at least one.
    """
    val, test = (tensors[f"{split}/correct"].double() for split in ("val", "test"))
    scores = {
        "val_accuracy": val.mean(dim=1),
        "test_accuracy": test.mean(dim=1),
        "wrong_accuracy": val[:, wrong].mean(dim=1),
    }
    return [
        {
            "target": removal.arm,
            "change": f"{len(removal.classes)} removed",
            "scores": {name: float(values[number]) for name, values in scores.items()},
        }
        for number, removal in enumerate(removals)
    ]


def _orders(path, expected: Mapping) -> tuple[dict, list[int]]:
    """Orders of removal, and the images that most models get wrong, of a record of influences."""
    record = read_record(path)
    check_same(path, record, {"method": "influence", **expected})
    try:
        return record["details"]["orders"], record["details"]["wrong_images"]
    except (KeyError, TypeError):
        raise UserError(f"{path}: has no orders; delete it and run the workflow again") from None
