"""Chunks of a batch in parallel, one whole chunk per thread.

Torch itself splits every operation over its threads and waits for the slowest one each time. With
small images and shared cores this costs more than it gains.
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
    """Restore torch's settings, which belong to the whole process, after threads change them.

    The precision of products is set once here, so that all threads, which set and restore it too,
    read and write the same value.
    """
    count, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(count)
