"""Large images on the CPU, one after another, by numpy: the same bytes as batches give.

Numpy's single operations cost little more than the memory they touch, while an image stays in a
CPU's caches. Functions take pairs of an image to read and one to write, uint8 [C, H, W], which may
be the same, parameters with a row for each pair, and the protocol.
"""
