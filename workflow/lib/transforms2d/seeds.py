"""Counter-based random draws: each draw depends only on (seed, purpose, index).

A purpose is a text, such as ``"background/train"``. Seed and purpose give the key of a Philox
generator; the index gives the position of its counter, in steps of a fixed width. So a sample's
draws do not depend on batch, order, process or thread, and two purposes never share a stream. The
number of values per index is part of the key too: a request for more values starts another stream
instead of overlapping with the next index.
"""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

_WORDS_PER_BLOCK = 4  # 64-bit words per step of the Philox counter
_LONGEST_GAP = 150  # blocks; to draw and drop this many costs as much as a jump
_LONGEST_RUN = 1 << 18  # blocks in memory at a time (8 MiB)


def uniform(seed: int, purpose: str, indices: ArrayLike, k: int = 1) -> np.ndarray:
    """``k`` uniform numbers per index, in [0, 1) with 53 random bits.

    Parameters
    ----------
    seed : int
        At least 0, of any size.
    purpose : str
        The purpose of the draw.
    indices : int [N]
        Each at least 0, in any order, repeats allowed.
    k : int
        Values per index.

    Returns
    -------
    float64 [N, k]
    """
    bits = _raw(seed, purpose, indices, k, k)
    return (bits >> np.uint64(11)) * 2.0**-53


def integers(seed: int, purpose: str, indices: ArrayLike, high: int, k: int = 1) -> np.ndarray:
    """``k`` uniform whole numbers in 0..high-1 per index, int64 [N, k].

    ``high`` is at most 2**32, which keeps the bias of rounding below 2**-21.
    """
    return (uniform(seed, purpose, indices, k) * high).astype(np.int64)


def small_bits(
    seed: int, purpose: str, indices: ArrayLike, k: int, dtype: type = np.uint16
) -> np.ndarray:
    """``k`` uniform numbers of 8 or 16 bits per index: cheap draws, for whole fields.

    Returns
    -------
    uint8 or uint16 [N, k]
    """
    dtype = np.dtype(dtype).newbyteorder("<")
    words = -(-k * dtype.itemsize // 8)
    raw = _raw(seed, purpose, indices, words, f"{dtype.str}x{k}")
    return raw.astype("<u8", copy=False).view(dtype)[:, :k]


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator for draws that belong to a whole purpose, such as one permutation."""
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose, "generator")))


@lru_cache(maxsize=4096)
def _key(seed: int, purpose: str, kind) -> np.ndarray:
    digest = hashlib.sha256(f"{kind}:{purpose}".encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    key = np.random.SeedSequence(int(seed), spawn_key=words).generate_state(2, np.uint64)
    key.flags.writeable = False
    return key


def _raw(seed: int, purpose: str, indices: ArrayLike, words: int, kind) -> np.ndarray:
    """``words`` random 64-bit words per index, uint64 [N, words], C-contiguous."""
    indices = np.asarray(indices, dtype=np.int64).reshape(-1)
    blocks = -(-words // _WORDS_PER_BLOCK)
    if indices.size == 0:
        return np.empty((0, words), dtype=np.uint64)
    if indices.min() < 0:
        raise ValueError(f"{purpose}: index {indices.min()} is below 0")
    key = _key(seed, purpose, kind)
    step = np.diff(indices)
    if (step == 1).all():
        philox = np.random.Philox(key=key, counter=int(indices[0]) * blocks)
        return _run(philox, indices.size, blocks, words)
    if (step > 0).all():
        return _runs(key, indices, blocks, words)
    unique, back = np.unique(indices, return_inverse=True)
    return _runs(key, unique, blocks, words)[back]


def _runs(key: np.ndarray, indices: np.ndarray, blocks: int, words: int) -> np.ndarray:
    """Words of ascending indices; close indices are drawn together with the words between them."""
    place = (indices - indices[0]) * blocks
    new_run = (np.diff(place) > _LONGEST_GAP + blocks) | (np.diff(place // _LONGEST_RUN) > 0)
    rows = np.empty((indices.size, words), dtype=np.uint64)
    philox = np.random.Philox(key=key, counter=int(indices[0]) * blocks)
    width = blocks * _WORDS_PER_BLOCK
    begin, drawn = 0, 0
    for end in [*(np.flatnonzero(new_run) + 1).tolist(), indices.size]:
        philox.advance(int(place[begin]) - drawn)
        count = (int(place[end - 1]) - int(place[begin])) // blocks + 1
        run = philox.random_raw(count * width).reshape(count, width)[:, :words]
        whole = count == end - begin
        rows[begin:end] = run if whole else run[indices[begin:end] - indices[begin]]
        begin, drawn = end, int(place[begin]) + count * blocks
    return rows


def _run(philox: np.random.Philox, count: int, blocks: int, words: int) -> np.ndarray:
    drawn = philox.random_raw(count * blocks * _WORDS_PER_BLOCK).reshape(count, -1)
    return np.ascontiguousarray(drawn[:, :words])
