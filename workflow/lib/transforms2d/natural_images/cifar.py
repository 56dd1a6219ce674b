"""CIFAR-10 and CIFAR-100 as their authors publish them: an archive of pickles, read with care."""

import posixpath
import tarfile
from pathlib import Path

import numpy as np

from transforms2d.download import cache_folder, download, md5_of
from transforms2d.errors import UserError
from transforms2d.natural_images.unpickle import loads

SIDE = 32
LABELS = {"cifar10": "labels", "cifar100": "fine_labels"}


def fetch(name: str, used: dict, *, cache_dir=None, offline=False) -> dict:
    """Download the archive unless it is in the cache already; see ``sources.fetch``."""
    facts = _facts(name)
    path = cache_folder(cache_dir) / facts.filename
    if not path.is_file():
        if offline:
            raise UserError(f"{path}: not in the cache; fetch {name} once with a network")
        base = used.get("base_url") or facts.url.rsplit("/", 1)[0]
        download(f"{base.rstrip('/')}/{facts.filename}", path, md5=facts.tgz_md5)
    return {"name": name, "source": "torchvision", "file": str(path), "md5": facts.tgz_md5}


def read(name: str, used: dict, split: str, *, cache_dir, image_size, offline):
    """Images uint8 [N, 3, S, S], labels, class names and origin of one split."""
    facts = _facts(name)
    path = Path(fetch(name, used, cache_dir=cache_dir, offline=offline)["file"])
    if md5_of(path) != facts.tgz_md5:
        raise UserError(f"{path}: damaged (wrong MD5); delete it and fetch {name} again")
    batches = [file for file, _ in (facts.train_list if split == "train" else facts.test_list)]
    members = _members(path, facts, [*batches, facts.meta["filename"]])
    class_names = [str(label) for label in members[facts.meta["filename"]][facts.meta["key"]]]
    images, labels = [], []
    for batch in batches:
        data, these = members[batch].get("data"), members[batch].get(LABELS[name])
        if not _is_batch(data, these):
            raise UserError(f"{path}, {batch}: not a batch of CIFAR; fetch {name} again")
        images.append(data.reshape(-1, 3, SIDE, SIDE))
        labels += [int(label) for label in these]
    pixels = np.concatenate(images)
    if image_size != SIDE:
        pixels = _resized(pixels, image_size)
    return pixels, labels, class_names, {"archive_md5": facts.tgz_md5}


def _facts(name):
    """Where the archive is, its checksum and its files, as torchvision knows them."""
    from torchvision import datasets

    return {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]


def _members(path, facts, wanted) -> dict[str, dict]:
    """The wanted pickles of the archive, read in memory: nothing is unpacked to disk."""
    found = {}
    paths = {f"{facts.base_folder}/{file}": file for file in wanted}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = posixpath.normpath(member.name)  # some archives begin names with ./
                if member.isfile() and name in paths:
                    where = f"{path}, {name}"
                    found[paths[name]] = loads(archive.extractfile(member).read(), where)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{path}: not readable as an archive ({error}); delete it") from None
    for file in wanted:
        if not isinstance(found.get(file), dict):
            raise UserError(f"{path}: {file} is not in the archive; delete it and fetch it again")
    return found


def _is_batch(data, labels) -> bool:
    shaped = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 2
    return (
        shaped
        and data.shape[1] == 3 * SIDE * SIDE
        and isinstance(labels, list)
        and len(labels) == len(data)
    )


def _resized(pixels, size):
    from PIL import Image

    from transforms2d.decode import square

    images = (Image.fromarray(image.transpose(1, 2, 0)) for image in pixels)
    return np.stack([np.asarray(square(image, size)).transpose(2, 0, 1) for image in images])
