"""Twins: pairs of samples that differ in one property, from which sensitivity is measured."""

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.rendering.renderer import Batch, Renderer
from transforms2d.rendering.scene import Draws
from transforms2d.spec import DatasetSpec

DIFFER = ("transforms", "background", "object")


def render_twins(
    spec: DatasetSpec,
    indices,
    base,
    natural=None,
    differ: str = "transforms",
    draw: int = 0,
    device="cpu",
) -> tuple[Batch, Batch]:
    """Two batches whose rows are pairs; row i of both comes from sample ``indices[i]``.

    Parameters
    ----------
    differ : str
        ``transforms``: same object, prototype, background and position; two independent draws of
        all transformation parameters. ``background``: same except for the background, which is
        drawn independently of the first (equation 1), so one pair in n has the same one of n
        backgrounds; natural images, of which each sample has its own, always differ. ``object``:
        same except for the object, whose class is drawn independently among the spec's classes
        (with the list of that class, if each class has its own list), and whose image is drawn
        independently within that class.
    draw : int
        Which pairs; different numbers give independent pairs. The first twins of draw 0 are the
        dataset's own samples, so a shard of ``spec`` contains them.
    base, natural, device
        As for ``Renderer``.

    Raises
    ------
    UserError
        If ``differ`` is unknown, or there is no second background or object.
    """
    check_differ(spec, differ)
    renderer = Renderer(spec, base, natural, device)
    return twins(renderer, indices, differ, draw)


def twins(renderer: Renderer, indices, differ: str = "transforms", draw: int = 0):
    """``render_twins`` with an existing renderer, for many batches of pairs."""
    check_differ(renderer.spec, differ)
    check_whole("twins.draw", draw, 0)
    if differ == "transforms":
        first, second = Draws(transforms=2 * draw), Draws(transforms=2 * draw + 1)
    elif differ == "background":
        first, second = Draws(), Draws(other_background=draw + 1)
    else:
        first, second = Draws(), Draws(other_object=draw + 1)
    return renderer.render_draws(indices, first), renderer.render_draws(indices, second)


def check_differ(spec: DatasetSpec, differ: str) -> None:
    """Refuse pairs that a dataset cannot have."""
    if differ not in DIFFER:
        raise UserError(f"twins.differ: {quote(differ)} is not one of {', '.join(DIFFER)}")
    if differ != "transforms" and spec.foreground == "none":
        raise UserError(f"twins.differ: {quote(differ)} needs a dataset with a foreground")
    if differ == "background" and spec.background == "uniform":
        raise UserError("twins.differ: a uniform background has no other; choose another family")
    if differ == "object" and len(spec.classes) < 2:
        raise UserError("twins.differ: one class has no other object; name two or more")
