"""The transformations that invariance is measured to, and how. Imports no torch."""

from transforms2d.names import KNOWN, NEW

# They have draws alone: the parameters of two are fields of the size of an image, and your own have
# no grid. With an entry in ``grids.GRIDS``, leave it out here.
WITHOUT_GRID = ("noise", "elastic", *NEW)
# Changes of whole images that views have (``transforms2d.views``): they have a grid alone, and
# objects are not drawn with them, so there are no twins.
OF_VIEWS = ("crop_flip", "saturation")
MEASURABLE = (*KNOWN, *OF_VIEWS)
WAYS = ("grid", "draws", "twins")


def ways(name: str) -> tuple[str, ...]:
    """Which of ``WAYS`` a transformation has."""
    if name in OF_VIEWS:
        return ("grid",)
    return WAYS[1:] if name in WITHOUT_GRID else WAYS
