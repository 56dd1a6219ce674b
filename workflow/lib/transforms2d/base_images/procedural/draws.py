"""Random numbers of the procedural images: a function of seed, purpose and counters."""

import numpy as np


def generator(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """A separate generator per item and purpose. No two share a random stream.

    Parameters
    ----------
    seed : int
        At least 0.
    purpose : str
        What the random numbers are used for.
    counters : int
        Identify the item, for example its class and its prototype.
    """
    key = int.from_bytes(purpose.encode(), "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key, *counters])))
