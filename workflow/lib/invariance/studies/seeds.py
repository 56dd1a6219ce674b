"""Seeds of a study: the published ones, and derived ones after them."""

import zlib
from functools import cache

import numpy as np


@cache
def derive(seed: int, *purpose) -> int:
    """A seed in [0, 2**31), determined by ``seed`` and the words of its purpose."""
    words = [zlib.crc32(str(word).encode()) for word in purpose]
    return int(np.random.SeedSequence([seed, *words]).generate_state(1)[0] >> 1)


def pair(published: list, seed: int, study: str) -> tuple[int, int]:
    """(configuration seed, sampling seed) of run ``seed`` of a study; ten runs are published."""
    if seed < len(published):
        configuration, sampling = published[seed]
        return configuration, sampling
    return derive(seed, study, "configuration"), derive(seed, study, "sampling")
