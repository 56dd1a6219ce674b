"""The names of the transformations of Transforms-2D, in the published order (figure 5).

The order matters: sets of transformations are sampled as positions in these tuples.
"""

GEOMETRIC = ("scale", "translate", "v_flip", "h_flip", "rotate", "shear")
PHOTOMETRIC = ("hue", "brightness", "grayscale", "posterize", "invert", "sharpen")
CORRUPTION = ("blur", "noise", "pixelate", "elastic", "erasing", "contrast")
ALL = GEOMETRIC + PHOTOMETRIC + CORRUPTION
# Your own transformations: valid in every list of names, but no published seed draws them.
NEW = ()
KNOWN = ALL + NEW
