"""A design: the objects and lists of transformations of the source classes and of the target.

Source classes are of four kinds. A ``leak`` shows an object of the target under the target's list,
a ``carrier`` another object under the target's list, a ``partial`` class another object under a
list with exactly one name of the target's, and a ``neutral`` class another object under a list
without any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from transforms2d import names
from transforms2d.seeds import generator

# Each kind, and the key of its number of classes; in the order of the source labels.
KINDS = {"leak": "leaks", "carrier": "carriers", "partial": "partial", "neutral": "neutral"}


@dataclass(frozen=True)
class Design:
    """What a seed draws. Leak i shows the object of target class i.

    Attributes
    ----------
    target_objects : tuple of int
        T objects, in the order of the target's labels.
    target_list : tuple of str
        The transformations of every target class.
    objects : tuple of int
        K objects, in the order of ``class_names``.
    lists : tuple of tuple of str
        The transformations of each source class.
    """

    target_objects: tuple[int, ...]
    target_list: tuple[str, ...]
    objects: tuple[int, ...]
    lists: tuple[tuple[str, ...], ...]


def class_names(classes: Mapping[str, int]) -> tuple[str, ...]:
    """Names of the source classes in label order, such as ``leak 1``; equal in all designs."""
    return tuple(
        f"{kind} {number}" for kind, key in KINDS.items() for number in range(1, classes[key] + 1)
    )


def objects_needed(settings: Mapping) -> int:
    """The number of different objects of a design."""
    return settings["target"]["objects"] + sum(
        number for key, number in settings["classes"].items() if key != KINDS["leak"]
    )


def draw(settings: Mapping, objects: int, seed: int) -> Design:
    """The design of a seed; each part is drawn by counter, for a purpose of its own.

    Parameters
    ----------
    settings : mapping
        The study's ``classes``, ``target`` and ``list_size``.
    objects : int
        Number of objects to draw from, at least ``objects_needed``.
    seed : int
    """
    classes, target = settings["classes"], settings["target"]["objects"]
    order = tuple(generator(seed, "influence/objects").permutation(objects).tolist())
    wanted = _target_list(settings["target"]["transformations"], seed)
    return Design(
        target_objects=order[:target],
        target_list=wanted,
        objects=(*order[: classes["leaks"]], *order[target : objects_needed(settings)]),
        lists=tuple(
            _list(name, wanted, settings["list_size"], seed) for name in class_names(classes)
        ),
    )


def _target_list(given: int | list[str], seed: int) -> tuple[str, ...]:
    if not isinstance(given, int):
        return tuple(given)
    return _some(names.ALL, given, generator(seed, "influence/target list"))


def _list(name: str, target: tuple[str, ...], size: int, seed: int) -> tuple[str, ...]:
    kind = name.split()[0]
    if kind in ("leak", "carrier"):
        return target
    rng = generator(seed, f"influence/list of {name}")
    others = [one for one in names.ALL if one not in target]
    if kind == "neutral":
        return _some(others, size, rng)
    mixed = (*_some(target, 1, rng), *_some(others, size - 1, rng))
    return _some(mixed, size, rng)


def _some(values, number: int, rng) -> tuple[str, ...]:
    """So many of the values, in random order."""
    return tuple(values[at] for at in rng.permutation(len(values))[:number].tolist())
