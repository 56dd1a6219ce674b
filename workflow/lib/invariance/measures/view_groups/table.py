"""Groups of views from a table of files: COIL-100, ALOI, a person's own photographs.

The views of a group show the same thing under a change that no function of this library makes.
"""

import hashlib

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from invariance.measures.view_groups.groups import ViewGroups
from invariance.studies.contrastive.listing import list_views
from transforms2d.errors import UserError
from transforms2d.image_files.decode import decode
from transforms2d.image_files.reading import read_file


def views_of_table(table, image_size: int) -> tuple[dict[str, ViewGroups], str]:
    """The pictures of a table, by factor, and a SHA-256 of the table's content.

    The digest covers groups, factors and the bytes of the pictures, but not where they lie.

    Parameters
    ----------
    table : path
        See ``list_views``.
    image_size : int
        Of the views; the largest centred square of a picture is resized to it (bilinear).

    Raises
    ------
    UserError
        As ``list_views``, and for a picture that is damaged or partly transparent.
    """
    rows, total = list_views(table), hashlib.sha256()
    images: dict[str, list] = {}
    groups: dict[str, list[str]] = {}
    for row in rows:
        data = read_file(row.path)
        total.update(f"{row.factor}\n{row.group}\n{hashlib.sha256(data).hexdigest()}\n".encode())
        images.setdefault(row.factor, []).append(_pixels(data, str(row.path), image_size))
        groups.setdefault(row.factor, []).append(row.group)
    views = {factor: _grouped(torch.stack(images[factor]), groups[factor]) for factor in images}
    return views, total.hexdigest()


def _pixels(data: bytes, where: str, size: int) -> Tensor:
    """One picture, uint8 [3, size, size]."""
    image = decode(data, where)
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] < 255:
        raise UserError(f"{where}: partly transparent; save it on an opaque background")
    fitted = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(fitted).transpose(2, 0, 1).copy())


def _grouped(images: Tensor, groups: list[str]) -> ViewGroups:
    names = list(dict.fromkeys(groups))
    return ViewGroups(images, torch.tensor([names.index(one) for one in groups]), names)
