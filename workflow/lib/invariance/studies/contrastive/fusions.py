"""Fusions of networks of several conditions, and ensembles of one condition of the same size."""

from collections.abc import Sequence


def name_of(conditions: Sequence[str]) -> str:
    """The name of a fusion or ensemble, such as ``ventral-dorsal``."""
    return "-".join(conditions)


def controls(conditions: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Per condition of a fusion, an ensemble of as many networks of this condition alone."""
    return tuple((one,) * len(conditions) for one in conditions)


def named(fusions: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The conditions of every fusion and of every control, by name, without repetition."""
    every = [one for fusion in fusions for one in (tuple(fusion), *controls(fusion))]
    return {name_of(one): one for one in every}


def parts(conditions: Sequence[str], seed: int, seeds: int) -> tuple[tuple[str, int], ...]:
    """Condition and seed of each network.

    The first network of a condition has the seed itself, each further one the next seed; after the
    last seed comes the first.
    """
    earlier = [conditions[:at].count(one) for at, one in enumerate(conditions)]
    return tuple(
        (one, (seed + number) % seeds) for one, number in zip(conditions, earlier, strict=True)
    )
