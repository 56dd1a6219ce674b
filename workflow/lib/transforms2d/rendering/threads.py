"""Chunks of a batch on the threads torch was given, one whole chunk to each thread.

Torch's own way, splitting every operation over the threads, waits for the slowest at each of
them; on small images and shared cores that costs more than it gains.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch


def map_chunks(work: Callable, chunks: Sequence, threads: int) -> list:
    """``[work(chunk) for chunk in chunks]``, on up to ``threads`` threads, in order."""
    threads = min(threads, len(chunks))
    if threads < 2:
        return [work(chunk) for chunk in chunks]
    with _settings_kept():
        pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        with pool:
            return list(pool.map(work, chunks))


@contextmanager
def _settings_kept():
    """Torch's settings are the process's: those that the threads touch are put back.

    The precision of products is set once here, so that threads that set and restore it for
    themselves all find and leave the same value.
    """
    count, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(count)
