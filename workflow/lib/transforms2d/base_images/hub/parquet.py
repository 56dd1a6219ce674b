"""Images in the rows of a parquet file: columns ``image`` (bytes) and ``label``."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from transforms2d.errors import UserError
from transforms2d.image_files.reading import LARGEST
from transforms2d.web.answers import line

BLOCK = 1 << 20  # bytes read at a time, of a column that may be as large as the file
MOST_ROWS = 100_000
LARGEST_TOTAL = 4_000_000_000  # bytes of the images of a file; all are in memory during preparation
GROWTH = 10  # largest ratio of unpacked to packed size; images are compressed already
LEAST = 64_000_000  # unpacked bytes that are allowed for any file
LARGEST_NOTE = 10_000_000  # bytes of the JSON with the class names


def rows(path: Path) -> Iterator[tuple[object, bytes]]:
    """Yield (label or None, bytes of the image file) of every row, in order.

    Raises
    ------
    UserError
        If the file is damaged, has no column ``image``, a row has no bytes, or the unpacked size is
        far too large for images.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=BLOCK) as file:
            columns = _columns(file.schema_arrow, path)
            _check_size(file.metadata, columns, path)
            row = total = 0
            # One row at a time: a few bytes in a file can repeat a large image many times.
            for batch in file.iter_batches(batch_size=1, columns=columns):
                for item in batch.to_pylist():
                    data = _bytes(item["image"], path, row)
                    row, total = row + 1, total + len(data)
                    if len(data) > LARGEST or total > LARGEST_TOTAL:
                        raise UserError(
                            f"{path}, row {row - 1}: an image of {len(data)} bytes, {total} with "
                            f"those before it; at most {LARGEST // 10**6} MB each and "
                            f"{LARGEST_TOTAL // 10**9} GB in total: split the file"
                        )
                    yield item.get("label"), data
    except UserError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: text that is not UTF-8
        raise UserError(f"{path}: not readable as parquet ({line(error)})") from None


def _columns(schema, path) -> list[str]:
    """The columns to read. A list in a column could have any length, so it is refused."""
    from pyarrow import types

    def plain(kind):
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return not types.is_nested(kind)

    if schema.names.count("image") != 1:
        raise UserError(
            f"{path}: no column 'image' (it has {line(', '.join(sorted(schema.names)))})"
        )
    image = schema.field("image").type
    if types.is_struct(image) and image.get_field_index("bytes") >= 0:
        columns, kinds = ["image.bytes"], [image.field("bytes").type]
    else:
        columns, kinds = ["image"], [image]
    if schema.names.count("label") == 1:
        columns, kinds = [*columns, "label"], [*kinds, schema.field("label").type]
    for column, kind in zip(columns, kinds, strict=True):
        if not plain(kind):
            raise UserError(
                f"{path}: column {column!r} is of the type {line(kind)}; use other files"
            )
    return columns


def _check_size(metadata, columns, path):
    if metadata.num_rows > MOST_ROWS:
        raise UserError(f"{path}: {metadata.num_rows} rows; at most {MOST_ROWS}: split the file")
    chunks = [
        metadata.row_group(group).column(column)
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    ]
    size = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in columns)
    if size > max(LEAST, GROWTH * path.stat().st_size):
        raise UserError(
            f"{path}: unpacks to {size} bytes, more than {GROWTH} times its size, which is too "
            "much for images; use other files"
        )


def reader(path: Path) -> Callable[[int], bytes]:
    """A function from a row to the bytes of its image."""
    images = [data for _, data in rows(path)]
    return lambda row: images[row]


def label_names(path: Path) -> list[str] | None:
    """The class names of the numbers in the column ``label``, if the file has them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        note = (pq.read_schema(path).metadata or {})[b"huggingface"]
        if len(note) > LARGEST_NOTE:
            return None
        features = json.loads(note)["info"]["features"]
        return [str(name) for name in features["label"]["names"]]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # the names are optional; damage is detected when rows are read


def _bytes(value, path, row) -> bytes:
    if isinstance(value, dict):
        value = value.get("bytes")
    if not isinstance(value, bytes):
        raise UserError(f"{path}, row {row}: contains a link, not image bytes; use other files")
    return value
