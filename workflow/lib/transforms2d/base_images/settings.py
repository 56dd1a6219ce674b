"""Checks of the settings of base images, before anything is read or downloaded."""

from collections.abc import Mapping

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.web.addresses import ADVICE, holds_secret

COMMON = ("source", "objects", "backgrounds", "prototypes")
SOURCES = {
    "huggingface": ("repository", "revision"),
    "folder": ("folder",),
    "procedural": ("seed",),
}
KEYS = frozenset(COMMON).union(*SOURCES.values())


def used_settings(settings: Mapping) -> dict:
    """The checked settings of the chosen source, without those of other sources.

    Parameters
    ----------
    settings : mapping
        ``source`` (``huggingface``, ``folder`` or ``procedural``); ``objects`` and
        ``backgrounds``: the required numbers of classes and backgrounds, or None for any number;
        ``prototypes``: images per class, the first ones in sorted order, 0 for all; and

        - ``repository`` and ``revision`` of a dataset on the Hugging Face Hub,
        - ``folder`` with ``foregrounds/<class>/*.png`` and ``backgrounds/*.jpg``,
        - ``seed`` of the procedural images.

    Returns
    -------
    dict
        The used settings, sorted by their keys, as for a job's parameters.

    Raises
    ------
    UserError
        For an unknown or missing key, or a value of the wrong type.
    """
    for key in settings:
        if key not in KEYS:
            raise UserError(f"base_images.{key}: unknown; valid are {', '.join(sorted(KEYS))}")
    source = settings.get("source")
    if source not in SOURCES:
        raise UserError(f"base_images.source: {quote(source)} is not one of {', '.join(SOURCES)}")
    keys = sorted(COMMON + SOURCES[source])
    for key in keys:
        if key not in settings:
            raise UserError(f"base_images.{key}: missing; source {quote(source)} needs it")
    used = {key: settings[key] for key in keys}
    for key in ("objects", "backgrounds"):
        if used[key] is not None:
            check_whole(f"base_images.{key}", used[key], 1)
    check_whole("base_images.prototypes", used["prototypes"], 0)
    if "seed" in used:
        check_whole("base_images.seed", used["seed"], 0)
    for key in ("repository", "revision", "folder"):
        if isinstance(used.get(key), str) and holds_secret(used[key]):
            raise UserError(f"base_images.{key}: an address with a name, password or key: {ADVICE}")
        if key in used and (not isinstance(used[key], str) or not used[key].strip()):
            raise UserError(f"base_images.{key}: {quote(used[key])} is not text; write a text")
    return used
