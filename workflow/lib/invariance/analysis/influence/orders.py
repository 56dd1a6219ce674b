"""Orders in which source classes are removed, and the images that models get wrong."""

import numpy as np

from transforms2d.seeds import generator


def orders(
    influence,
    wrong_influence,
    mapping,
    seed: int,
    overlap=None,
    is_leak=None,
) -> dict[str, list[int]]:
    """Positions of the source classes by arm; the first is removed first.

    Parameters
    ----------
    influence : float [K]
        On the target task.
    wrong_influence : float [K]
        On the images that models get wrong.
    mapping : float [K]
        Share of the target's images that a full model gives to each class.
    seed : int
        Of the order of classes that are equal, as many are by overlap and mapping.
    overlap : float [K] or None
        Of the lists of transformations; None leaves out the arm ``planted``.
    is_leak : bool [K] or None
        Classes that the arm ``planted`` removes last.

    Returns
    -------
    dict of str to list of int
        ``bottom`` (most harmful first), ``top`` (most helpful first), ``mapping`` (fewest images
        first), ``wrong`` (most harmful for the images that models get wrong first) and ``planted``
        (least overlap first, leaks last).
    """
    influence = np.asarray(influence, float)
    ties = generator(seed, "influence/ties").permutation(len(influence))
    arms = {
        "bottom": (influence,),
        "top": (-influence,),
        "mapping": (np.asarray(mapping, float),),
        "wrong": (np.asarray(wrong_influence, float),),
    }
    if overlap is not None:
        last = np.zeros(len(influence)) if is_leak is None else np.asarray(is_leak, float)
        arms["planted"] = (np.asarray(overlap, float), last)
    return {arm: np.lexsort((ties, *keys)).tolist() for arm, keys in arms.items()}


def wrong_images(correct, margins) -> np.ndarray:
    """Images that most models get wrong: int64 positions, in ascending order.

    Parameters
    ----------
    correct : 0/1 [m, N]
        Of models of all source classes.
    margins : float [m, N]
        If there is no such image, the result is the one with the smallest mean margin.
    """
    wrong = np.flatnonzero(np.asarray(correct, float).mean(axis=0) < 0.5)
    return wrong if len(wrong) else np.asarray(margins, float).mean(axis=0).argmin(keepdims=True)
