"""CIFAR-10 and CIFAR-100 as their authors publish them: an archive of pickles, read with care."""

import gzip
import posixpath
import tarfile
import zlib
from pathlib import Path

import numpy as np

from transforms2d.errors import UserError
from transforms2d.natural_images.unpickle import loads
from transforms2d.web.download import cache_folder, download, md5_of

SIDE = 32
LABELS = {"cifar10": "labels", "cifar100": "fine_labels"}
MOST_CLASSES = 100
LARGEST_UNPACKED = 500_000_000  # bytes; both archives have 186 MB


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
    class_names = members[facts.meta["filename"]].get(facts.meta["key"])
    if not isinstance(class_names, list) or not all(isinstance(it, str) for it in class_names):
        raise UserError(f"{path}: its class names are no list of texts; fetch {name} again")
    images, labels = [], []
    for batch in batches:
        data, these = members[batch].get("data"), members[batch].get(LABELS[name])
        if not _is_batch(data, these):
            raise UserError(f"{path}, {batch}: not a batch of CIFAR; fetch {name} again")
        images.append(data.reshape(-1, 3, SIDE, SIDE))
        labels += these
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
        # Read once from its start, so that all that is unpacked is counted.
        with gzip.open(path) as file, tarfile.open(fileobj=_Limited(file), mode="r|") as archive:
            for member in archive:
                name = posixpath.normpath(member.name)  # some archives begin names with ./
                if member.isfile() and name in paths:
                    if member.size > LARGEST_UNPACKED or member.issparse():
                        raise OSError(f"{name} has {member.size} bytes")
                    where = f"{path}, {name}"
                    found[paths[name]] = loads(archive.extractfile(member).read(), where)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not readable as an archive ({error}); delete it") from None
    for file in wanted:
        if not isinstance(found.get(file), dict):
            raise UserError(f"{path}: {file} is not in the archive; delete it and fetch it again")
    return found


class _Limited:
    """A file that ends in an error once more is read than an archive of CIFAR has."""

    def __init__(self, file):
        self.file, self.left = file, LARGEST_UNPACKED

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; refused where the file holds more than it may."""
        data = self.file.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise OSError(f"it unpacks to more than {LARGEST_UNPACKED} bytes")
        return data


def _is_batch(data, labels) -> bool:
    shaped = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 2
    return (
        shaped
        and data.shape[1] == 3 * SIDE * SIDE
        and isinstance(labels, list)
        and len(labels) == len(data)
        and all(type(label) is int and 0 <= label < MOST_CLASSES for label in labels)
    )


def _resized(pixels, size):
    from PIL import Image

    from transforms2d.image_files.decode import square

    images = (Image.fromarray(image.transpose(1, 2, 0)) for image in pixels)
    return np.stack([np.asarray(square(image, size)).transpose(2, 0, 1) for image in images])
