"""Several measures of invariance from the features of the same pairs of images.

Whitened cosine and Mahalanobis distance are those of Ericsson et al. (2022); sensitivity is that of
equation 1. Higher cosines and lower distances mean more invariance. In rotated features all of them
are sums over directions that differ in one weight per direction only.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from invariance.measures.whitening import SHRINKAGES, Statistics
from transforms2d import seeds
from transforms2d.errors import UserError

PARTNERS = 8  # groups that a group of views is compared with, for the distance of unrelated images


class PairMeasures:
    """Cosines and distances of pairs, once as they are and once per shrinkage.

    Parameters
    ----------
    statistics : Statistics
        Of the same network, from images that are not scored.
    shrinkages : sequence of float or str
        See ``Statistics.weights``. Shrinkage 0 is left out if the covariance has no inverse.

    Attributes
    ----------
    names : list of str
        Per column of the results: ``""`` (not whitened), then shrinkages as text, such as ``0.01``.
    """

    def __init__(self, statistics: Statistics, shrinkages: Sequence = SHRINKAGES):
        self.statistics = statistics
        used = [one for one in shrinkages if one != 0 or statistics.has_inverse]
        self.names = ["", *(one if isinstance(one, str) else f"{one:g}" for one in used)]
        plain = torch.ones_like(statistics.variances)
        self._weights = torch.stack([plain, *map(statistics.weights, used)], dim=1)

    def compare(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines in -1..1 and distances of pairs, float64 [n, len(names)] each.

        The cosine of two zero vectors is 1, that of one zero vector 0.

        Parameters
        ----------
        first, second : float64 [n, d]
            From ``Statistics.rotate``; rows i of both are a pair.
        """
        lengths = ((first * first) @ self._weights) * ((second * second) @ self._weights)
        both_empty = ~(first.any(dim=1) | second.any(dim=1))[:, None]
        products = (first * second) @ self._weights
        cosines = products / torch.where(lengths > 0, lengths, 1.0).sqrt()
        cosines = torch.where(lengths > 0, cosines.clamp(-1, 1), both_empty.double())
        return cosines, ((first - second).square() @ self._weights).sqrt()

    def scores(self, cosines: Tensor, distances: Tensor, unrelated: Tensor | None) -> dict:
        """Values of one set of pairs by their names, plain floats.

        Parameters
        ----------
        cosines, distances : float64 [len(names)]
            Means over pairs.
        unrelated : float64 [len(names)] or None
            Mean distances of unrelated images.

        Returns
        -------
        dict
            ``centred_cosine``, ``sensitivity`` (distance divided by that of unrelated images) and,
            per shrinkage, ``whitened_cosine@<shrinkage>``, ``mahalanobis@<shrinkage>`` (distance)
            and ``whitened_sensitivity@<shrinkage>``. What is undefined is left out: a sensitivity
            if unrelated images do not differ, or are not known.

        Raises
        ------
        UserError
            If a mean is not finite.
        """
        if not torch.isfinite(torch.stack([cosines, distances])).all():
            raise UserError(
                "invariance: a representation is not finite; pretrain the model with a lower "
                "pretraining.learning_rate, or with precision fp32"
            )
        ratios = [math.nan] * len(self.names)
        if unrelated is not None:
            ratios = (distances / unrelated).tolist()
        values = {}
        for name, cosine, distance, ratio in zip(
            self.names, cosines.tolist(), distances.tolist(), ratios, strict=True
        ):
            if name:
                values[f"whitened_cosine@{name}"] = cosine
                values[f"mahalanobis@{name}"] = distance
                values[f"whitened_sensitivity@{name}"] = ratio
            else:
                values |= {"centred_cosine": cosine, "sensitivity": ratio}
        return {name: value for name, value in values.items() if math.isfinite(value)}


def score_changes(
    measures: PairMeasures, clean: Tensor, changed: Iterable[tuple[Tensor, Tensor | None]]
) -> dict | None:
    """Scores of one transformation: the mean over images, then over parameters.

    Parameters
    ----------
    clean : float [n, d]
        Features of the images, in random order: neighbours count as unrelated images.
    changed : iterable of (features float [n, d], kept bool [n] or None)
        Per parameter: the features of the changed images, and which of them to score.

    Returns
    -------
    dict or None
        ``scores`` (see ``PairMeasures.scores``), ``parameters`` and ``pairs`` (how many there
        were); None without any pair.
    """
    first = measures.statistics.rotate(clean)
    unrelated = measures.compare(first, first.roll(1, 0))[1].mean(dim=0)
    means, pairs = [], 0
    for features, kept in changed:
        second = measures.statistics.rotate(features)
        rows = slice(None) if kept is None else kept.to(first.device)
        cosines, distances = measures.compare(first[rows], second[rows])
        if len(cosines):
            means.append(torch.stack([cosines.mean(dim=0), distances.mean(dim=0)]))
            pairs += len(cosines)
    if not means:
        return None
    cosines, distances = torch.stack(means).mean(dim=0)
    scores = measures.scores(cosines, distances, unrelated)
    return {"scores": scores, "parameters": len(means), "pairs": pairs}


def score_groups(
    measures: PairMeasures, features: Tensor, group: Tensor, *, own_pairs: bool = False
) -> dict:
    """Scores of groups of views: the mean over pairs of a group, then over groups.

    Parameters
    ----------
    features : float [n, d]
    group : int64 [n]
        Each group has two or more rows.
    own_pairs : bool
        Whether pairs include each view with itself, as published. The default, ordered pairs of
        different views, lets groups of different sizes be compared: with own pairs n unrelated
        views score 1 / n.

    Returns
    -------
    dict
        ``scores``, see ``PairMeasures.scores``; unrelated images are views of different groups.
        ``groups`` and ``views``: how many there were.
    """
    rotated = measures.statistics.rotate(features)
    members = [torch.nonzero(group == one)[:, 0] for one in group.unique()]
    means = []
    for rows in members:
        n = len(rows)
        first, second = torch.triu_indices(n, n, 0 if own_pairs else 1)
        values = measures.compare(rotated[rows[first]], rotated[rows[second]])
        # Each pair of different views counts in both orders, a view with itself once.
        weight = torch.where(first == second, 1.0, 2.0).double().to(rotated.device)
        means.append(torch.stack([weight @ one for one in values]) / weight.sum())
    cosines, distances = torch.stack(means).mean(dim=0)
    unrelated = None
    if len(members) > 1:
        unrelated = _between(measures, rotated, members)
    scores = measures.scores(cosines, distances, unrelated)
    return {"scores": scores, "groups": len(members), "views": len(group)}


def _between(measures: PairMeasures, rotated: Tensor, members: Sequence[Tensor]) -> Tensor:
    """Mean distances of views of different groups, float64 [len(names)].

    Groups are paired at random, as neighbours in a table are often alike.
    """
    order = seeds.generator(0, "views/unrelated").permutation(len(members)).tolist()
    means = []
    for shift in range(1, 1 + min(PARTNERS, len(members) - 1)):
        for one, other in zip(order, order[shift:] + order[:shift], strict=True):
            rows, others = members[one], members[other]
            partner = others[torch.arange(len(rows)) % len(others)]
            means.append(measures.compare(rotated[rows], rotated[partner])[1].mean(dim=0))
    return torch.stack(means).mean(dim=0)
