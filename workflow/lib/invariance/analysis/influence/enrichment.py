"""Which angles, hues or sizes the images have that a source class helps most."""

from collections.abc import Mapping

import numpy as np

from transforms2d.errors import UserError
from transforms2d.seeds import generator

SHARE, BINS = 0.1, 6
LEAST = 10  # images


def enrichment(
    influence,
    latents: Mapping[str, np.ndarray],
    labels,
    permutations: int,
    seed: int,
    share: float = SHARE,
    bins: int = BINS,
):
    """Compare the latents of the images with the largest influence to those of all images.

    The test of a latent permutes influences within labels, so that a class helps an angle only if
    it does so among images of one object. Its statistic is the sum over bins of the squared
    difference from the expected number of images, divided by this number. A latent of few values
    has a bin per value; another has bins of equal numbers of images.

    Parameters
    ----------
    influence : float [N]
        Of one source class on each image of the target.
    latents : mapping of str to array [N]
        Of the same images; without those that do not vary. NaN is in no bin.
    labels : int [N]
    permutations, seed : int
    share : float
        Share of the images that count as helped most, in 0..1.
    bins : int

    Returns
    -------
    DataFrame, one row per latent and bin, the strongest latent first
        ``latent``, ``bin`` (as text), its ends ``low`` and ``high``, ``helped`` and ``all`` (the
        share of the helped images, and of all images, in the bin), ``p`` (of the latent's test) and
        ``q`` (p corrected for the number of latents by Benjamini and Hochberg's method).

    Raises
    ------
    UserError
        For fewer than 10 images, or latents of another number of images.
    """
    import pandas as pd
    from scipy.stats import false_discovery_control

    influence, labels = np.asarray(influence, float), np.asarray(labels)
    if len(influence) < LEAST or len(labels) != len(influence):
        raise UserError(
            f"enrichment: {len(influence)} influences for {len(labels)} labels; give {LEAST} or "
            "more images, with a label each"
        )
    members = {name: _bins(name, column, len(labels), bins) for name, column in latents.items()}
    members = {name: one for name, one in members.items() if len(one) > 1}
    if not members:
        return pd.DataFrame(columns=["latent", "bin", "low", "high", "helped", "all", "p", "q"])
    helped = _helped(influence, labels, share, permutations, seed)
    chances, rows = {}, []
    for name, one in members.items():
        inside = np.array([member for *_, member in one], float)
        counts = inside @ helped.T  # [bins, 1 + permutations]
        expected = _expected(inside, helped[0], labels)
        sizes = ((counts - expected) ** 2 / expected).sum(axis=0)
        # Sums of other orders differ by rounding.
        chances[name] = np.mean(sizes >= sizes[0] * (1 - 1e-9))
        total = inside.sum()
        for (low, high, _), count, number in zip(
            one, counts[:, 0], inside.sum(axis=1), strict=True
        ):
            text = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
            helped_share = count / max(1, counts[:, 0].sum())
            rows.append((name, text, low, high, helped_share, number / total))
    corrected = dict(zip(chances, false_discovery_control([*chances.values()]), strict=True))
    table = pd.DataFrame(rows, columns=["latent", "bin", "low", "high", "helped", "all"])
    table = table.assign(p=table.latent.map(chances), q=table.latent.map(corrected))
    return table.sort_values("p", kind="stable").reset_index(drop=True)


def _helped(influence, labels, share: float, permutations: int, seed: int) -> np.ndarray:
    """Which images are helped most, then the same for influences permuted within labels.

    0/1 [1 + permutations, N]
    """
    count = max(1, round(share * len(influence)))
    helped = np.zeros(len(influence))
    helped[np.argsort(-influence, kind="stable")[:count]] = 1
    random = generator(seed, "influence/enrichment")
    result = np.tile(helped, (1 + permutations, 1))
    for label in np.unique(labels):
        at = np.flatnonzero(labels == label)
        result[1:, at] = random.permuted(result[1:, at], axis=1)
    return result


def _expected(inside, helped, labels) -> np.ndarray:
    """Number of helped images that each bin has on average under permutation, [bins, 1]."""
    expected = np.zeros(len(inside))
    for label in np.unique(labels):
        at = labels == label
        expected += inside[:, at].mean(axis=1) * helped[at].sum()
    return np.maximum(expected, 1e-12)[:, None]


def _bins(name: str, column, images: int, bins: int) -> list[tuple[float, float, np.ndarray]]:
    """Ends of each bin, equal for a single value, and its members, bool [N]."""
    column = np.asarray(column, float)
    if column.shape != (images,):
        raise UserError(f"enrichment: latent {name} has shape {list(column.shape)}, not [{images}]")
    values = column[np.isfinite(column)]
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return [(float(one), float(one), column == one) for one in distinct]
    ends = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(ends, column, side="right") - 1, 0, len(ends) - 2)
    place = np.where(np.isfinite(column), place, -1)
    return [(float(ends[b]), float(ends[b + 1]), place == b) for b in range(len(ends) - 1)]
