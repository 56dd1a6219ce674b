"""Reading of the images of an index, one by one, with a check of their digests."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.image_files.decode import check_object, decode_background, decode_object
from transforms2d.image_files.reading import DAMAGED, read_file, read_member


def objects(index: dict) -> Iterator[tuple[int, str, Image.Image]]:
    """Yield (class position, name in errors, RGBA image) for every object of the index."""
    if index["source"] == "procedural":
        from transforms2d.base_images import procedural

        for entry in index["objects"]:
            image = procedural.draw_object(index["origin"], entry)
            yield entry["class"], entry["name"], check_object(image, entry["name"])
        return
    for entry, where, data in _files(index, index["objects"]):
        yield entry["class"], where, decode_object(data, where)


def backgrounds(index: dict) -> Iterator[Image.Image]:
    """Yield every background of the index as an RGB image."""
    if index["source"] == "procedural":
        from transforms2d.base_images import procedural

        for entry in index["backgrounds"]:
            yield procedural.draw_background(index["origin"], entry)
        return
    for _, where, data in _files(index, index["backgrounds"]):
        yield decode_background(data, where)


def _files(index, entries):
    """Yield (entry, name in errors, bytes) after a check of the entry's digest."""
    tables: dict[str, Callable[[int], bytes]] = {}
    for entry in entries:
        path = Path(index["root"]) / check_relative(entry["path"], index["root"])
        where = str(path)
        try:
            if "row" in entry:
                where = f"{path}, row {entry['row']}"
                data = _row(tables, path, entry)
            elif "member" in entry:
                where = f"{path}, {entry['member']}"
                with zipfile.ZipFile(path) as archive:
                    data = read_member(archive, entry["member"], where)
            else:
                data = read_file(path)
        except UserError:
            raise
        except (*DAMAGED, KeyError, IndexError) as error:
            fault = "no such file" if isinstance(error, FileNotFoundError) else "not readable"
            raise UserError(f"{where}: {fault}; fetch the base images again") from None
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise UserError(
                f"{where}: changed since it was listed (SHA-256); fetch the base images again"
            )
        yield entry, where, data


def _row(tables, path, entry) -> bytes:
    if str(path) not in tables:
        from transforms2d.base_images.hub import parquet

        tables.clear()  # one file at a time: entries come in the order of the files
        tables[str(path)] = parquet.reader(path)
    return tables[str(path)](entry["row"])
