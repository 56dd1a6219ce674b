"""``python -m invariance``: what a result needs and would take, and its numbers."""
