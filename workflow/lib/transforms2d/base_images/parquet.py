"""Images kept in the rows of a parquet file: columns ``image`` (bytes) and ``label``."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from transforms2d.errors import UserError

BATCH = 16  # rows held at a time


def rows(path: Path) -> Iterator[tuple[object, bytes]]:
    """Give (label or None, bytes of the image file) of every row, in order.

    Raises
    ------
    UserError
        If the file is damaged, has no column ``image``, or a row has no bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if "image" not in names:
                raise UserError(f"{path}: no column 'image' (it has {', '.join(sorted(names))})")
            columns = ["image", "label"] if "label" in names else ["image"]
            row = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                for item in batch.to_pylist():
                    yield item.get("label"), _bytes(item["image"], path, row)
                    row += 1
    except UserError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: text that is not UTF-8
        what = " ".join(str(error).split())
        raise UserError(f"{path}: not readable as parquet ({what})") from None


def reader(path: Path) -> Callable[[int], bytes]:
    """A function that gives the bytes of the image of a row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(path, columns=["image"]).column("image")
    except (pa.ArrowException, KeyError) as error:
        what = " ".join(str(error).split())
        raise UserError(f"{path}: not readable as parquet ({what})") from None
    return lambda row: _bytes(column[row].as_py(), path, row)


def label_names(path: Path) -> list[str] | None:
    """The class names that numbers in the column ``label`` stand for, if the file says so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return [str(name) for name in features["label"]["names"]]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # the note is optional; a damaged file is found when its rows are read


def _bytes(value, path, row) -> bytes:
    if isinstance(value, dict):
        value = value.get("bytes")
    if not isinstance(value, bytes):
        raise UserError(f"{path}, row {row}: holds no image bytes but a link; use other files")
    return value
