"""Pairs of samples that differ in one thing only: what sensitivity is measured on."""

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
    """Two batches whose rows are pairs; row i of both is made from sample ``indices[i]``.

    Parameters
    ----------
    differ : str
        ``transforms``: same object, prototype, background and place, two independent draws of all
        transformation parameters. ``background``: all else the same, the second background drawn
        independently of the first (equation 1), so that of n backgrounds one pair in n shows the
        same; of natural images, which a dataset shows once each, always another one. ``object``:
        all else the same, the second object's class drawn independently among the spec's classes
        (with that object's own list, where transformations are given per class), and its prototype
        among that class's.
    draw : int
        Which pairs; every number gives pairs independent of the other numbers'. The first twins
        of pair 0 are the dataset's own samples, so a shard of ``spec`` holds them.
    base, natural, device
        As for ``Renderer``.

    Raises
    ------
    UserError
        For an unknown ``differ``, or where there is no other background or object to show.
    """
    check_differ(spec, differ)
    renderer = Renderer(spec, base, natural, device)
    return twins(renderer, indices, differ, draw)


def twins(renderer: Renderer, indices, differ: str = "transforms", draw: int = 0):
    """The same for a renderer at hand, to render many batches of pairs."""
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
    """Refuse pairs that the family cannot give."""
    if differ not in DIFFER:
        raise UserError(f"twins.differ: {quote(differ)} is not one of {', '.join(DIFFER)}")
    if differ != "transforms" and spec.foreground == "none":
        raise UserError(f"twins.differ: {quote(differ)} needs a dataset with a foreground")
    if differ == "background" and spec.background == "uniform":
        raise UserError("twins.differ: a uniform background has no other; choose another family")
    if differ == "object" and len(spec.classes) < 2:
        raise UserError("twins.differ: one class has no other object; name two or more")
