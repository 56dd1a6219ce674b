"""Large images on the CPU, one after another, with numpy: the same bytes as in batches.

Operations of numpy cost little more than their memory traffic, as long as an image fits in a CPU's
caches. Functions take pairs of an image to read and one to write, uint8 [C, H, W], which may be the
same; parameters with a row per pair; and the protocol.
"""
