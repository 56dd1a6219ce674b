"""Preparation of images. Valid existing files stay: this machine may be unable to remake them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from invariance.provenance.input_images import load_base, load_natural
from invariance.provenance.lineage import base_list_identity, prepared_identity
from transforms2d import base_images, natural_images
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same, read_signed_json, write_signed_json
from transforms2d.natural_images.settings import SPLITS


def list_base(path, config: Mapping, offline: bool) -> None:
    """Find or download the base images and write the list of them.

    If a hub is unreachable, an existing list with the same settings stays, because images that
    were prepared from it are usable without the hub.

    Raises
    ------
    UserError
        As ``base_images.fetch``.
    """
    identity = base_list_identity(config)
    try:
        images = base_images.fetch(identity["settings"], offline=offline)
        write_signed_json(path, {**images, "of": identity})
    except UserError as error:
        if identity["settings"]["source"] != "huggingface" or not _is_list_of(path, identity):
            raise
        logging.warning("%s: kept, since %s", path, error)


def prepare_base(path, index, config: Mapping) -> None:
    """Render the base images of a list; a valid existing file stays.

    Raises
    ------
    UserError
        As ``base_images.prepare``; also if the list was made with other settings.
    """
    images = read_signed_json(index)
    check_same(index, images.get("of"), base_list_identity(config))
    if _is_valid(path, lambda: load_base(path, config)):
        return
    try:
        prepared = base_images.prepare(images, image_size=config["image_size"])
    except UserError as error:
        if images["root"] is None or Path(images["root"]).is_dir():
            raise
        raise UserError(
            f"{index}: lists images in {images['root']}, which does not exist here ({error}); copy "
            "the prepared images too, or delete the list and run the workflow with a network"
        ) from None
    replace(prepared, identity=prepared_identity(config)).save(path)


def prepare_natural(paths: Sequence, name: str, config: Mapping, offline: bool) -> None:
    """Read the splits of natural images and write them to ``paths``; valid files stay.

    Raises
    ------
    UserError
        As ``natural_images.prepare``.
    """
    used = natural_images.used_settings(name, config["natural_images"][name])
    size, identity = config["image_size"], prepared_identity(config, name)
    for split, path in zip(SPLITS, paths, strict=True):
        if not _is_valid(
            path, lambda path=path, part=split: load_natural(path, part, name, config)
        ):
            images = natural_images.prepare(name, used, split, image_size=size, offline=offline)
            replace(images, identity=identity).save(path)


def _is_list_of(path, identity: Mapping) -> bool:
    return _is_valid(path, lambda: check_same(path, read_signed_json(path).get("of"), identity))


def _is_valid(path, read) -> bool:
    try:
        read()
    except UserError:
        return False
    logging.info("%s: valid, kept", path)
    return True
