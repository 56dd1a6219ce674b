"""The entry point to the three sources of natural images."""

from importlib import import_module

import torch

from transforms2d.checks import SMALLEST_SIDE, check_whole
from transforms2d.errors import UserError, quote
from transforms2d.natural_images import folder
from transforms2d.natural_images.prepared import NaturalImages
from transforms2d.natural_images.settings import NATURAL_CLASSES, SPLITS, used_settings

MODULES = {"torchvision": "cifar", "folder": "folder", "procedural": "procedural"}


def fetch(name: str, settings: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Download a dataset, or check its folder.

    Parameters
    ----------
    name : str
        ``cifar10`` or ``cifar100``.
    settings : dict
        See ``used_settings``.
    cache_dir : path, optional
        Folder of downloads; None means ``transforms2d`` in the user's cache folder.
    offline : bool
        Use only the cache, without requests to servers.

    Returns
    -------
    dict
        Plain JSON values that describe the images.

    Raises
    ------
    UserError
        If a setting is wrong, nothing is found, or the download has the wrong content.
    """
    used = used_settings(name, settings)
    return _module(used).fetch(name, used, cache_dir=cache_dir, offline=offline)


def prepare(
    name: str,
    settings: dict,
    split: str,
    *,
    cache_dir=None,
    image_size: int = 32,
    offline: bool = False,
) -> NaturalImages:
    """Read one split of a dataset; download it if needed.

    Parameters
    ----------
    name, settings, cache_dir, offline
        See ``fetch``.
    split : str
        ``train`` or ``test``.
    image_size : int
        Side S of the images in pixels; images of another size are cropped to their largest
        top-left square and resized (bilinear).

    Returns
    -------
    NaturalImages

    Raises
    ------
    UserError
        As ``fetch``; also if an image is damaged, or the number of classes is wrong.
    """
    used = used_settings(name, settings)
    if split not in SPLITS:
        raise UserError(f"split: {quote(split)} is not one of {', '.join(SPLITS)}")
    check_whole("image_size", image_size, SMALLEST_SIDE)
    images, labels, class_names, origin = _module(used).read(
        name, used, split, cache_dir=cache_dir, image_size=image_size, offline=offline
    )
    if len(class_names) != NATURAL_CLASSES[name]:
        raise UserError(f"{name}: {len(class_names)} classes found, not {NATURAL_CLASSES[name]}")
    labels = torch.as_tensor(labels, dtype=torch.int64, device="cpu")
    absent = set(range(len(class_names))) - set(labels.tolist())
    if absent:
        raise UserError(f"{name}, {split}: no image of class {quote(class_names[min(absent)])}")
    return NaturalImages(
        images=torch.from_numpy(images).contiguous(),
        labels=labels,
        class_names=class_names,
        name=name,
        split=split,
        source=used["source"],
        origin=origin,
    )


def unchanged(settings: dict, split: str, origin: dict) -> bool:
    """Whether the source files of prepared images did not change.

    Names, sizes and dates are compared, and the content only if these differ. Sources without a
    person's own folder never change.

    Parameters
    ----------
    settings, origin : dict
        From ``NaturalImages``.

    Raises
    ------
    UserError
        If the folder is missing or invalid.
    """
    return settings["source"] != "folder" or folder.unchanged(settings, split, origin)


def _module(used):
    return import_module(f"transforms2d.natural_images.{MODULES[used['source']]}")
