"""The batches of each network: endless permutations of the rows of its classes, by counter."""

import numpy as np

from transforms2d import seeds


def rows_of(labels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Rows whose class is in a mask: labels int64 [N], mask uint8 [K] to int64 [n], in order."""
    return np.flatnonzero(mask[labels])


def batches(rows: np.ndarray, seed: int, steps: int, size: int) -> np.ndarray:
    """The rows of every batch of one network, int64 [steps, size].

    The batches cut a sequence of permutations of ``rows``, one after another without a gap. So
    they depend only on (rows, seed, size), and a longer training begins like a shorter one. With
    fewer rows than ``size`` a batch has rows twice.
    """
    passes = -(-steps * size // len(rows))
    order = [
        seeds.generator(seed, f"subset order/{epoch}").permutation(len(rows))
        for epoch in range(passes)
    ]
    return rows[np.concatenate(order)[: steps * size]].reshape(steps, size)


def steps_of(labels: np.ndarray, mask: np.ndarray, steps: int, fixed: str) -> int:
    """The number of steps of one network.

    ``fixed``: ``steps`` gives ``steps``; ``epochs`` gives its share of ``steps``, so that every
    network sees each of its images as often as one of all classes does (at least one step).
    """
    if fixed == "steps":
        return steps
    return max(1, round(steps * len(rows_of(labels, mask)) / len(labels)))
