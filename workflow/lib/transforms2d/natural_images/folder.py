"""Natural images from a folder: ``train/<class>/*`` and ``test/<class>/*``."""

import hashlib
import json
from itertools import chain
from pathlib import Path

import numpy as np

from transforms2d.errors import UserError
from transforms2d.image_files.decode import decode_background, square
from transforms2d.image_files.reading import read_file, stamp
from transforms2d.natural_images.listing import listing
from transforms2d.natural_images.settings import SPLITS


def fetch(name: str, used: dict, *, cache_dir=None, offline=False) -> dict:
    """Check the folder and count its images; see ``sources.fetch``."""
    listings = {split: listing(used["folder"], split) for split in SPLITS}
    train, test = (set(listings[split]) for split in SPLITS)
    if train != test:
        odd = sorted(train ^ test)[0]
        raise UserError(f"{used['folder']}: class {odd!r} is in only one of train and test")
    images = {
        split: {label: len(files) for label, files in listings[split].items()} for split in SPLITS
    }
    return {"name": name, "source": "folder", "folder": used["folder"], "images": images}


def read(name: str, used: dict, split: str, *, cache_dir, image_size, offline):
    """Images uint8 [N, 3, S, S], labels, class names and origin of one split."""
    fetch(name, used)
    images, labels, digests = [], [], {}
    classes = listing(used["folder"], split)
    before = _stamp(used, classes)
    for label, (kind, files) in enumerate(classes.items()):
        digests[kind] = []
        for path in files:
            data = read_file(path)
            digests[kind].append(hashlib.sha256(data).hexdigest())
            images.append(np.asarray(square(decode_background(data, str(path)), image_size)))
            labels.append(label)
    pixels = np.stack(images).transpose(0, 3, 1, 2)
    origin = {"items_sha256": _items_digest(digests), "stamp": before}
    return pixels.copy(), labels, list(classes), origin


def unchanged(used: dict, split: str, origin: dict) -> bool:
    """Whether the files of a split did not change; see ``sources.unchanged``."""
    classes = listing(used["folder"], split)
    if _stamp(used, classes) == origin.get("stamp"):
        return True
    digests = {
        kind: [hashlib.sha256(read_file(path)).hexdigest() for path in files]
        for kind, files in classes.items()
    }
    return _items_digest(digests) == origin.get("items_sha256")


def _items_digest(digests: dict[str, list[str]]) -> str:
    """One SHA-256 over the images and their classes."""
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def _stamp(used, classes) -> str:
    return stamp(Path(used["folder"]), chain.from_iterable(classes.values()))
