"""Views of images: parameters that are a function of (seed, step, index, draw), and pixels."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.names import GEOMETRIC, PHOTOMETRIC
from transforms2d.protocol import chosen
from transforms2d.transformations.applying import apply_list, check_images
from transforms2d.transformations.core import Draws, Transformation
from transforms2d.transformations.registry import find
from transforms2d.transformations.sampling import draw_parameters, row_indices, sides_of
from transforms2d.views.colour import JITTER, SATURATION, jitter
from transforms2d.views.crop_flip import CROP_FLIP, crop_flip
from transforms2d.views.settings import GROUPS, used_settings

_NEW = {each.name: each for each in (CROP_FLIP, JITTER, SATURATION)}


class Views:
    """One group of views; calling it changes images.

    Parameters
    ----------
    group : str
        ``default``: resized crop and flip, jitter, gray, blur, as MoCo v2. ``ventral``: only crop
        and flip. ``dorsal``: only jitter, gray and blur. ``geometric``: the six published geometric
        transformations. ``appearance``: the six published photometric ones, blur and contrast.
    seed : int
        At least 0.
    settings : mapping or None
        As for ``used_settings``; the two groups of published transformations use none of them.

    Raises
    ------
    UserError
        One line per mistake.
    """

    def __init__(self, group: str, seed: int, settings: Mapping | None = None):
        if group not in GROUPS:
            raise UserError(f"views.group: {quote(group)} is not one of {', '.join(GROUPS)}")
        check_whole("views.seed", seed, 0)
        self.group, self.seed, self.settings = group, int(seed), used_settings(settings)

    def __call__(self, images: Tensor, indices, draw: int) -> Tensor:
        """A view of each image.

        Parameters
        ----------
        images : uint8 [N, 3, H, W]
            Sides of at least 8 px, on a CPU or CUDA.
        indices : int64 [N], tensor or list
            The images' own indices, each at least 0. The view of an image depends on its index
            alone, not on the batch.
        draw : int
            At least 0; another number gives independent views of the same images.

        Returns
        -------
        uint8 [N, 3, H, W], on the images' device
        """
        check_images(images)
        if len(indices) != len(images):
            raise UserError(
                f"views: {len(indices)} indices for {len(images)} images; give one each"
            )
        parameters = self.sample(indices, draw, tuple(images.shape[2:]))
        return apply_view(images, parameters)

    def sample(self, indices, draw: int, image_size: int | tuple[int, int] = 32) -> dict:
        """The parameters of the views, for ``apply_view``.

        Parameters
        ----------
        indices, draw
            As for a call.
        image_size : int or (int, int)
            Side, or height and width, in px.

        Returns
        -------
        dict of str to dict of str to Tensor [N], on the CPU
            Parameters by name of a step, in the order of application. ``crop_flip`` and ``jitter``
            name them as in their modules, other steps as ``transforms2d.sample``. A step that not
            all views have says ``applied``, bool. Groups with a step in common draw the same for
            it.
        """
        check_whole("views.draw", draw, 0)
        at = row_indices(None, 0, indices.cpu() if isinstance(indices, Tensor) else indices)
        sides = sides_of(image_size)

        def draws(step: Transformation) -> Draws:
            return Draws(step.name, self.seed, f"views/{draw}", at, *sides, 3, None, chosen(None))

        steps = _steps(self.group, self.settings)
        return {step.name: draw_parameters(step, draws(step)) for step in steps}


def apply_view(images: Tensor, parameters: Mapping[str, Mapping[str, Tensor]]) -> Tensor:
    """Change images by given parameters: a pure function; rows are independent.

    Parameters
    ----------
    images : uint8 [N, 3 or 4, H, W]
    parameters : mapping of str to mapping of str to Tensor with N rows
        As from ``Views.sample``. Names are those of the 18 transformations, ``crop_flip``,
        ``jitter`` and ``saturation`` (``factor``). With ``applied``, bool, a step changes only
        these rows.

    Returns
    -------
    uint8 of the same shape, on the images' device

    Raises
    ------
    UserError
        As for ``transforms2d.apply_list``.
    """

    def found(name: str) -> Transformation:
        step = _NEW.get(name) or find(name)
        some = step.coin is None and "applied" in parameters[name]
        return replace(step, coin=0.5) if some else step

    return apply_list(images, parameters, find=found)


def _steps(group: str, settings: dict) -> tuple[Transformation, ...]:
    """What a group draws and applies, in this order."""
    places = (crop_flip(settings["crop_area"]),)
    colours = (
        jitter(settings["jitter"], settings["jitter_share"]),
        replace(find("grayscale"), coin=settings["gray_share"]),
        replace(find("blur"), coin=settings["blur_share"]),
    )
    return {
        "default": places + colours,
        "ventral": places,
        "dorsal": colours,
        "geometric": tuple(map(find, GEOMETRIC)),
        "appearance": tuple(map(find, (*PHOTOMETRIC, "blur", "contrast"))),
    }[group]
