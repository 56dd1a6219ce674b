"""Export of a dataset: as a folder of images or as parquet, with a dataset card."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_folder
from transforms2d.spelling import one_spelling
from transforms2d.storage.dataset_card import SPLIT_NAMES, dataset_card
from transforms2d.storage.shards import Shard

ROWS_PER_GROUP = 1000
LONGEST_NAME = 60  # characters of a class in a folder's name; file systems allow 255 bytes


def export_image_folder(folder, shards: Sequence[Shard], *, name: str, license: str) -> None:
    """Write ``<split>/<label>_<class>/<sample>.png``, ``<split>/metadata.csv`` and ``README.md``.

    torchvision's ``ImageFolder`` finds the same labels (the folders sort by label), and
    ``datasets.load_dataset("imagefolder", data_dir=...)`` finds labels and latents.

    Parameters
    ----------
    folder : path
        Must be missing or empty. It appears whole or not at all.
    shards : sequence of Shard
        One per split, all with the same classes and latents, and each with an image of every
        class.
    name, license : str
        Title and licence identifier of the dataset card.

    Raises
    ------
    UserError
        If the shards do not fit together, or a split lacks a class: readers number the folders
        that they find.
    """
    _check(shards)
    _check_columns(shards)
    _check_labels(shards)
    with atomic_folder(folder) as out:
        for shard in shards:
            split = out / SPLIT_NAMES[shard.spec.split]
            names, digits = shard.class_names, max(3, len(str(len(shard.class_names) - 1)))
            folders = [
                split / f"{number:0{digits}d}_{_plain(kind)}" for number, kind in enumerate(names)
            ]
            for path in folders:
                path.mkdir(parents=True)
            columns = {key: column.tolist() for key, column in shard.latents.items()}
            with (split / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.writer(file)
                table.writerow(["file_name", "label", *columns])
                for number, label in enumerate(shard.labels.tolist()):
                    path = folders[label] / f"{number:06d}.png"
                    path.write_bytes(_png(shard.images[number].numpy()))
                    latents = [column[number] for column in columns.values()]
                    table.writerow([path.relative_to(split).as_posix(), label, *latents])
        files = {split: f"{split}/**" for split in _splits(shards)}
        card = dataset_card(name, license, shards, files)
        (out / "README.md").write_text(card, encoding="utf-8")


def export_parquet(folder, shards: Sequence[Shard], *, name: str, license: str) -> None:
    """Write ``data/<split>.parquet`` and ``README.md``; ``datasets.load_dataset(folder)`` reads it.

    Each row has the image as PNG bytes, the label (with the class names in the file's schema) and
    a column per latent. Parameters as in ``export_image_folder``, but splits may have different
    latents: if a split lacks one, its column is null.
    """
    _check(shards)
    with atomic_folder(folder) as out:
        (out / "data").mkdir()
        features = _features(shards)
        for shard in shards:
            path = out / "data" / f"{SPLIT_NAMES[shard.spec.split]}.parquet"
            _write_parquet(path, shard, features)
        files = {split: f"data/{split}.parquet" for split in _splits(shards)}
        card = dataset_card(name, license, shards, files)
        (out / "README.md").write_text(card, encoding="utf-8")


def _features(shards: Sequence[Shard]):
    from datasets import ClassLabel, Features, Value
    from datasets import Image as ImageFeature

    features = {"image": ImageFeature(), "label": ClassLabel(names=shards[0].class_names)}
    for shard in shards:
        for key, column in shard.latents.items():
            features[key] = Value(_arrow_name(column.numpy().dtype))
    return Features(features)


def _write_parquet(path: Path, shard: Shard, features) -> None:
    import pyarrow
    import pyarrow.parquet

    schema = features.arrow_schema
    nulls = np.full(len(shard), None)
    columns = [shard.latents.get(field.name, nulls) for field in list(schema)[2:]]
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, len(shard), ROWS_PER_GROUP):
            rows = slice(start, start + ROWS_PER_GROUP)
            images = [{"bytes": _png(image), "path": None} for image in shard.images[rows].numpy()]
            parts = [images, shard.labels[rows].numpy()]
            parts += [np.asarray(column[rows]) for column in columns]
            arrays = [
                pyarrow.array(part, type=field.type)
                for part, field in zip(parts, schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _arrow_name(dtype: np.dtype) -> str:
    return "bool" if dtype.kind == "b" else dtype.name


def _png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(buffer, format="PNG")
    return buffer.getvalue()


def _plain(name: str) -> str:
    short = one_spelling(name)[:LONGEST_NAME]
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in short)


def _splits(shards: Sequence[Shard]) -> list[str]:
    return [SPLIT_NAMES[shard.spec.split] for shard in shards]


def _check(shards: Sequence[Shard]) -> None:
    if isinstance(shards, Shard) or not all(isinstance(shard, Shard) for shard in shards):
        raise UserError("export: shards is not a list of results of read_shard; give a list")
    if not shards:
        raise UserError("export: no shard given; give one or more")
    if len(set(_splits(shards))) != len(shards):
        raise UserError("export: two shards of the same split; give one per split")
    names = [[one_spelling(name) for name in shard.class_names] for shard in shards]
    if any(other != names[0] for other in names):
        raise UserError("export: the shards have different classes; export them separately")


def _check_columns(shards: Sequence[Shard]) -> None:
    """Refuse shards with different latents: ``datasets`` needs equal columns of metadata files."""
    for shard in shards[1:]:
        if odd := sorted(shards[0].latents.keys() ^ shard.latents.keys()):
            first, other = shards[0].spec.split, shard.spec.split
            raise UserError(
                f"export: only one of {first} and {other} has the latent {odd[0]}, which a folder "
                "of images cannot hold; export as parquet"
            )


def _check_labels(shards: Sequence[Shard]) -> None:
    """Refuse a split without a class: readers number the folders in which they find images."""
    for shard in shards:
        absent = sorted(set(range(len(shard.class_names))) - set(shard.labels.tolist()))
        if absent:
            more = f" and of {len(absent) - 1} more" if len(absent) > 1 else ""
            raise UserError(
                f"export: {shard.spec.split} has no image of class "
                f"{shard.class_names[absent[0]]!r}{more}, so a folder of images would shift its "
                "labels; export as parquet, or render more samples"
            )
