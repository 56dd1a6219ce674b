"""Equation 1 as running means over batches of representations."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from invariance.jobs.device import double
from invariance.measures import similarity
from transforms2d.errors import UserError, quote

NORMALISERS = ("independent_pairs", "within_batch")


class RunningScore:
    """Means over twins and over unrelated images; stores sums and two rows, no representations.

    Parameters
    ----------
    metrics : sequence of str
        Names from ``similarity.METRICS``.
    normaliser : str
        ``independent_pairs`` (the paper): each image is paired with the next one in order of
        arrival, across batches, and the last with the first. So the caller must give images in
        random order. Every pair has the same weight. ``within_batch`` (the released code): each
        image is paired with an image of a random permutation of its batch, fixed points included.
        Every batch has the same weight.
    seed : int
        Seed of the permutations of ``within_batch``.

    Raises
    ------
    UserError
        For an unknown metric or normaliser.
    """

    def __init__(self, metrics: Sequence[str], normaliser: str, seed: int = 0):
        for key, value, valid in (
            *(("metrics", name, similarity.METRICS) for name in metrics),
            ("normaliser", normaliser, NORMALISERS),
        ):
            if value not in valid:
                raise UserError(
                    f"sensitivity.{key}: {quote(value)} is not one of {', '.join(valid)}"
                )
        self.metrics = list(metrics)
        self.within_batch = normaliser == "within_batch"
        self._generator = torch.Generator().manual_seed(seed)
        self._twins, self._unrelated = (_Means(self.metrics, self.within_batch) for _ in range(2))
        self._hsic: Tensor | None = None
        self._first_row: Tensor | None = None
        self._last_row: Tensor | None = None

    def add(self, first: Tensor, second: Tensor) -> None:
        """Add a batch of pairs: rows i of both, float [n, d]. Does not wait for the device."""
        self._twins.add(first, second)
        if self.within_batch:
            order = torch.randperm(len(first), generator=self._generator).to(first.device)
            self._unrelated.add(first, first[order])
        elif self._last_row is None:
            self._first_row = first[:1].clone()
            if len(first) > 1:
                self._unrelated.add(first[:-1], first[1:])
        else:
            self._unrelated.add(torch.cat((self._last_row, first[:-1])), first)
        self._last_row = first[-1:].clone()
        if "linear_cka" in self.metrics and len(first) >= similarity.LEAST_IMAGES:
            hsic = similarity.hsic(first, second) * len(first)
            self._hsic = hsic if self._hsic is None else self._hsic + hsic

    def result(self) -> dict:
        """The scores after all batches were added; plain JSON.

        Returns
        -------
        dict
            ``scores``: one value per metric. For L2, cosine and dot product, the mean over twins
            divided by the mean over unrelated images; for linear CKA, the value between first and
            second twins, without a normaliser. None if undefined: all images have the same
            representation, or no batch had the four images that CKA needs. ``twins`` and
            ``unrelated``: the two means of each pairwise metric. ``pairs``: their number.

        Raises
        ------
        UserError
            If there were fewer than two pairs, or a representation is not finite.
        """
        if self._twins.rows < 2:
            raise UserError(f"sensitivity: {self._twins.rows} pairs of twins; give two or more")
        if not self.within_batch and self._unrelated.rows < self._twins.rows:
            self._unrelated.add(self._last_row, self._first_row)
        twins, unrelated = self._twins.means(), self._unrelated.means()
        for name, mean in (*twins.items(), *unrelated.items()):
            if not math.isfinite(mean):
                raise UserError(
                    f"sensitivity.{name}: {mean}: the representation is not finite; pretrain "
                    "the model with a lower pretraining.learning_rate, or with precision fp32"
                )
        scores = {name: _ratio(twins[name], unrelated[name]) for name in twins}
        if "linear_cka" in self.metrics:
            value = math.nan if self._hsic is None else float(similarity.linear_cka(self._hsic))
            scores["linear_cka"] = _ratio(value, 1.0)
        return {
            "scores": scores,
            "twins": twins,
            "unrelated": unrelated,
            "pairs": self._twins.rows,
        }


class _Means:
    """Mean of each pairwise metric, over pairs or over the means of batches."""

    def __init__(self, metrics: Sequence[str], by_batch: bool):
        self.sums = {name: 0.0 for name in metrics if name in similarity.PAIRWISE}
        self.by_batch = by_batch
        self.rows = self.batches = 0

    def add(self, a: Tensor, b: Tensor) -> None:
        """Add a batch of pairs: rows of float [n, d]."""
        for name in self.sums:
            values = double(similarity.PAIRWISE[name](a, b))
            self.sums[name] = self.sums[name] + (values.mean() if self.by_batch else values.sum())
        self.rows += len(a)
        self.batches += 1

    def means(self) -> dict[str, float]:
        """The mean of each metric over everything that was added."""
        count = self.batches if self.by_batch else self.rows
        return {name: float(total) / count for name, total in self.sums.items()}


def _ratio(value: float, normaliser: float) -> float | None:
    ratio = value / normaliser if normaliser else math.nan
    return ratio if math.isfinite(ratio) else None
