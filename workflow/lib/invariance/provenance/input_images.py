"""The prepared images that datasets are rendered from, and new draws of a shard per epoch."""

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from invariance.provenance.lineage import prepared_identity
from transforms2d import base_images, natural_images
from transforms2d.base_images import BaseImages
from transforms2d.base_images.index import items_digest
from transforms2d.base_images.sources import unchanged as base_unchanged
from transforms2d.errors import UserError
from transforms2d.files.signed import check_same, read_signed_json
from transforms2d.natural_images import NaturalImages
from transforms2d.natural_images.sources import unchanged as natural_unchanged
from transforms2d.rendering.renderer import Renderer
from transforms2d.storage.shards import Shard, read_shard


def load_images(
    paths: dict, split: str, natural: str | None = None, config: Mapping | None = None
) -> dict:
    """Images for one split: the arguments ``base`` and ``natural`` of the renderer.

    Parameters
    ----------
    paths : mapping
        ``base``, or ``natural_train`` and ``natural_test``; other keys are ignored. The training
        and validation splits share the training images.
    natural : str or None
        Required name of the natural images, ``cifar10`` or ``cifar100``; None allows any.
    config : mapping or None
        The checked configuration, with the required sources of images; None allows any.

    Raises
    ------
    UserError
        If a file is missing or damaged, or has images of another source, another name or another
        part.
    """
    part = "test" if split == "test" else "train"
    path = paths.get(f"natural_{part}")
    return {
        "base": load_base(paths["base"], config) if "base" in paths else None,
        "natural": load_natural(path, part, natural, config) if path else None,
    }


def read_split(
    path, split: str, sources: Mapping | None, config: Mapping | None = None, **options
) -> Shard:
    """A shard of ``read_shard``; if it keeps no pixels, they are rendered from prepared images.

    Parameters
    ----------
    sources, config
        As ``paths`` and ``config`` of ``load_images``; ``sources`` may be None or without images
        where shards keep their pixels.
    **options
        ``expect``, ``identity`` and ``device`` of ``read_shard``.
    """
    has_images = sources and any(key == "base" or key.startswith("natural_") for key in sources)
    images = (lambda: load_images(sources, split, config=config)) if has_images else None
    return read_shard(path, sources=images, **options)


def load_base(path, config: Mapping | None = None) -> BaseImages:
    """Base images of the configured source; arguments and errors as in ``load_images``."""
    loaded = BaseImages.load(path)
    if config is not None:
        check_same(path, loaded.identity, prepared_identity(config))
        used = base_images.used_settings(config["base_images"])
        _check_files(path, base_unchanged(used, loaded.origin))
        index = Path(path).with_name("index.json")
        if index.is_file():
            digest = items_digest(read_signed_json(index))
            _check_files(path, digest == loaded.origin.get("items_sha256"))
    return loaded


def load_natural(
    path, part: str, name: str | None = None, config: Mapping | None = None
) -> NaturalImages:
    """Natural images of one part, ``train`` or ``test``, and one name.

    Arguments and errors as in ``load_images``.
    """
    loaded = NaturalImages.load(path)
    expected = {"split": part, **({"name": name} if name else {})}
    check_same(path, {"name": loaded.name, "split": loaded.split}, expected)
    if config is not None:
        check_same(path, loaded.identity, prepared_identity(config, loaded.name))
        used = natural_images.used_settings(loaded.name, config["natural_images"][loaded.name])
        _check_files(path, natural_unchanged(used, part, loaded.origin))
    return loaded


def _check_files(path, unchanged: bool) -> None:
    if not unchanged:
        raise UserError(
            f"{path}: made from other images than the present ones; delete it and run the "
            "workflow again"
        )


def fresh_draws(
    shard: Shard, images: dict, device: str, rows: Tensor | None = None
) -> Callable[[int], Tensor]:
    """A function from a draw's number to a shard's images under this draw (forks 4 and 28).

    Draw 0 gives the shard itself.

    Parameters
    ----------
    images : mapping
        The result of ``load_images``.
    rows : int64 [n] or None
        The rows of the shard to render; None means all.

    Raises
    ------
    UserError
        If the shard was made from other images.
    """
    shard.check_images(**images)
    renderer = Renderer(shard.spec, images["base"], images["natural"], device)
    indices = range(len(shard)) if rows is None else rows
    return lambda draw: renderer.render(indices, draw=draw).images
