"""Keeping freed memory at hand."""

import torch

_BYTES = 31 << 20  # just below the size from which glibc never learns


def keep_freed_memory() -> None:
    """Have the C library keep memory that a batch freed, up to 62 MiB, for the next one.

    Batches allocate and free a few MB again and again. By default glibc hands each such block back
    to the system, and every page of it costs a page fault when it is taken again, which can take
    longer than the work on it. It raises its threshold to the largest block it saw freed; so one
    block is taken and freed, untouched. Elsewhere this does nothing.
    """
    torch.empty(_BYTES, dtype=torch.uint8, device="cpu")
