"""Resizing as Pillow does it: two passes, rounded to 8 bits after each.

Small images are resized in batches, by matrix products (``matrices``); large ones one at a time, by
sums of the few rows that have a weight (``bands``). Both are sums in float32 of bytes less 128,
with weights that are multiples of 2**-16. Every partial sum is then a multiple of 2**-16 below
2**8, which float32 holds exactly: the result is the same in whatever order a library adds, so it
cannot depend on batch, threads or device. (Pillow's own weights are multiples of 2**-22; the
coarser ones change a value by at most 1, and rarely.)
"""
