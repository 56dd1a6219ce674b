"""Names of the groups of views, and checks of their settings."""

from collections.abc import Mapping
from numbers import Real

from transforms2d.errors import UserError, gather, quote

GROUPS = ("default", "ventral", "dorsal", "geometric", "appearance")
# MoCo v2's, at the same share of an image
DEFAULTS = {
    "crop_area": (0.2, 1.0),
    "jitter": (0.4, 0.4, 0.4, 0.1),
    "jitter_share": 0.8,
    "gray_share": 0.2,
    "blur_share": 0.5,
}


def used_settings(settings: Mapping | None = None) -> dict:
    """The checked settings of views, with defaults for missing ones.

    Parameters
    ----------
    settings : mapping or None
        ``crop_area``: least and largest area of a crop, as shares of the image's, above 0 and up to
        1. ``jitter``: how far the factors of brightness, contrast and saturation are from 1 at most
        (factors below 0 become 0), and how far the hue turns at most, 0 to 0.5 turns.
        ``jitter_share``, ``gray_share``, ``blur_share``: the shares of views with jitter, without
        colour and with blur, 0 to 1.

    Returns
    -------
    dict
        One entry for each key of ``DEFAULTS``; plain numbers and tuples of them.

    Raises
    ------
    UserError
        One line per unknown key and per wrong value.
    """
    settings = settings or {}
    if not isinstance(settings, Mapping):
        raise UserError(f"views: {quote(settings)} is not a mapping of settings")
    valid = ", ".join(DEFAULTS)

    def known():
        for key in settings:
            if key not in DEFAULTS:
                raise UserError(f"views.{key}: unknown; valid are {valid}")

    used = DEFAULTS | dict(settings)
    shares = [key for key in DEFAULTS if key.endswith("_share")]
    gather(
        known,
        lambda: _check_area(used["crop_area"]),
        lambda: _check_jitter(used["jitter"]),
        *(lambda key=key: _check_share(key, used[key]) for key in shares),
    )
    return {key: tuple(value) if key in _LISTS else value for key, value in used.items()}


_LISTS = ("crop_area", "jitter")


def _check_area(area) -> None:
    if not _numbers(area, 2) or not 0 < area[0] <= area[1] <= 1:
        raise UserError(
            f"views.crop_area: {quote(area)} is not two numbers, the least and the largest share, "
            "above 0 and up to 1"
        )


def _check_jitter(jitter) -> None:
    if not _numbers(jitter, 4) or min(jitter) < 0 or jitter[3] > 0.5:
        raise UserError(
            f"views.jitter: {quote(jitter)} is not four numbers from 0 on, for brightness, "
            "contrast, saturation and hue, the last up to 0.5"
        )


def _check_share(key: str, share) -> None:
    if not _numbers([share], 1) or not 0 <= share <= 1:
        raise UserError(f"views.{key}: {quote(share)} is not a number from 0 to 1")


def _numbers(values, count: int) -> bool:
    """Whether it is a list of so many finite numbers."""
    return (
        isinstance(values, list | tuple)
        and len(values) == count
        and all(
            isinstance(each, Real) and not isinstance(each, bool) and abs(each) < float("inf")
            for each in values
        )
    )
