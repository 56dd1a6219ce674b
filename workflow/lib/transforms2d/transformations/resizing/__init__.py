"""Resizing as in Pillow: two passes, rounded to 8 bits after each.

Small images are resized in batches with matrix products (``matrices``), large ones one by one with
sums of the few rows that have a weight (``bands``). Both sum bytes minus 128 in float32. Weights
are multiples of 2**-16, so every partial sum is a multiple of 2**-16 below 2**8, which is exact in
float32. The result does not depend on the order of addition, and therefore not on batch, threads or
device. (The weights of Pillow are multiples of 2**-22. The coarser ones here rarely change a value,
and by at most 1.)
"""
