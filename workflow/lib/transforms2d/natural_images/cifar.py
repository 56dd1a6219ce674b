"""CIFAR-10 and CIFAR-100 from their authors' archives of pickles, read without running code."""

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
    """Download the archive unless it is already in the cache; see ``sources.fetch``."""
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
    if not isinstance(class_names, list) or not all(isinstance(item, str) for item in class_names):
        raise UserError(f"{path}: its class names are not a list of texts; fetch {name} again")
    images, labels = [], []
    for batch in batches:
        data, batch_labels = members[batch].get("data"), members[batch].get(LABELS[name])
        if not _is_batch(data, batch_labels):
            raise UserError(f"{path}, {batch}: not a batch of CIFAR; fetch {name} again")
        images.append(data.reshape(-1, 3, SIDE, SIDE))
        labels += batch_labels
    pixels = np.concatenate(images)
    if image_size != SIDE:
        pixels = _resized(pixels, image_size)
    return pixels, labels, class_names, {"archive_md5": facts.tgz_md5}


def _facts(name):
    """The archive's address, checksum and files, from torchvision."""
    from torchvision import datasets

    return {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]


def _members(path, facts, files) -> dict[str, dict]:
    """The content of these pickles of the archive; nothing is unpacked to disk."""
    contents = {}
    paths = {f"{facts.base_folder}/{file}": file for file in files}
    try:
        # One pass from the start, so that all unpacked bytes are counted.
        with gzip.open(path) as file, tarfile.open(fileobj=_Limited(file), mode="r|") as archive:
            for member in archive:
                name = posixpath.normpath(member.name)  # in some archives, names start with ./
                if member.isfile() and name in paths:
                    if member.size > LARGEST_UNPACKED or member.issparse():
                        raise OSError(f"{name} has {member.size} bytes")
                    where = f"{path}, {name}"
                    contents[paths[name]] = loads(archive.extractfile(member).read(), where)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not readable as an archive ({error}); delete it") from None
    for file in files:
        if not isinstance(contents.get(file), dict):
            raise UserError(f"{path}: {file} is not in the archive; delete it and fetch it again")
    return contents


class _Limited:
    """A file that raises an error after more bytes than an archive of CIFAR has."""

    def __init__(self, file):
        self.file, self.left = file, LARGEST_UNPACKED

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; an error beyond the limit of the file."""
        data = self.file.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise OSError(f"it unpacks to more than {LARGEST_UNPACKED} bytes")
        return data


def _is_batch(data, labels) -> bool:
    is_matrix = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 2
    return (
        is_matrix
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
