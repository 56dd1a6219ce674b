"""Prepared images made, unless those that are there are right: they may not be had again here."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from invariance.provenance.input_images import load_base, load_natural
from invariance.provenance.lineage import listed, prepared
from transforms2d import base_images, natural_images
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same, read_signed_json, write_signed_json
from transforms2d.natural_images.settings import SPLITS


def list_base(path, config: Mapping, offline: bool) -> None:
    """Find or download the base images and write the list of them.

    A list of the same settings stays where a hub cannot be asked: images that were prepared from
    it are of use without the hub.

    Raises
    ------
    UserError
        As ``base_images.fetch``.
    """
    of = listed(config)
    try:
        found = base_images.fetch(of["settings"], offline=offline)
        write_signed_json(path, {**found, "of": of})
    except UserError as error:
        if of["settings"]["source"] != "huggingface" or not _is_list_of(path, of):
            raise
        logging.warning("%s: kept, since %s", path, error)


def prepare_base(path, index, config: Mapping) -> None:
    """Render the base images of a list; a file that is the same already stays.

    Raises
    ------
    UserError
        As ``base_images.prepare``; also if the list was made with other settings.
    """
    images = read_signed_json(index)
    check_same(index, images.get("of"), listed(config))
    if _is_right(path, lambda: load_base(path, config)):
        return
    try:
        made = base_images.prepare(images, image_size=config["image_size"])
    except UserError as error:
        if images["root"] is None or Path(images["root"]).is_dir():
            raise
        raise UserError(
            f"{index}: lists images in {images['root']}, which is not here ({error}); bring the "
            "prepared images with it, or delete it and run the workflow with a network"
        ) from None
    replace(made, of=prepared(config)).save(path)


def prepare_natural(paths: Sequence, name: str, config: Mapping, offline: bool) -> None:
    """Read the splits of natural images, to ``paths`` in their order; what is right stays.

    Raises
    ------
    UserError
        As ``natural_images.prepare``.
    """
    used = natural_images.used_settings(name, config["natural_images"][name])
    for split, path in zip(SPLITS, paths, strict=True):
        if not _is_right(path, lambda of=split, at=path: load_natural(at, of, name, config)):
            size = config["image_size"]
            made = natural_images.prepare(name, used, split, image_size=size, offline=offline)
            replace(made, of=prepared(config, name)).save(path)


def _is_list_of(path, of: Mapping) -> bool:
    return _is_right(path, lambda: check_same(path, read_signed_json(path).get("of"), of))


def _is_right(path, read) -> bool:
    try:
        read()
    except UserError:
        return False
    logging.info("%s: stays as it is", path)
    return True
