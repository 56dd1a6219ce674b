"""Random numbers of the procedural images: a function of seed, purpose and counters."""

import numpy as np


def generator(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """A generator of its own for one item and one purpose; it shares no stream with another.

    Parameters
    ----------
    seed : int
        At least 0.
    purpose : str
        What the numbers are for.
    counters : int
        Which item, for example its class and its prototype.
    """
    key = int.from_bytes(purpose.encode(), "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key, *counters])))
