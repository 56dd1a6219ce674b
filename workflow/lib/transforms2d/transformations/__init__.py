"""The 18 transformations of Transforms-2D on batches; sampling is separate from applying.

``sample`` draws named parameters, ``apply`` is a pure function of images and parameters;
``sample_list`` and ``apply_list`` do the same for transformations that follow one another.
"""

from transforms2d.transformations.applying import apply, apply_list
from transforms2d.transformations.registry import TRANSFORMATIONS
from transforms2d.transformations.sampling import sample, sample_list

__all__ = ["TRANSFORMATIONS", "apply", "apply_list", "sample", "sample_list"]
