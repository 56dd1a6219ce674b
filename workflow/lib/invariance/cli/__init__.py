"""``python -m invariance``: the inputs, time and disk space of a result, and its numbers."""
