"""Sharing a dataset: as a folder of images or as parquet, with a dataset card."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from transforms2d.card import SPLIT_NAMES, dataset_card
from transforms2d.errors import UserError
from transforms2d.io import atomic_folder
from transforms2d.shards import Shard

ROWS_PER_GROUP = 1000


def export_image_folder(folder, shards: Sequence[Shard], *, name: str, license: str) -> None:
    """Write ``<split>/<label>_<class>/<sample>.png``, ``<split>/metadata.csv`` and ``README.md``.

    torchvision's ``ImageFolder`` finds the same labels (the folders sort by label), and
    ``datasets.load_dataset("imagefolder", data_dir=...)`` finds labels and latents.

    Parameters
    ----------
    folder : path
        Must not exist, or be empty. It appears whole or not at all.
    shards : sequence of Shard
        One for each split, all with the same classes.
    name, license : str
        Title and licence identifier of the dataset card.
    """
    _check(shards)
    with atomic_folder(folder) as out:
        for shard in shards:
            split = out / SPLIT_NAMES[shard.spec.split]
            folders = [
                split / f"{at:03d}_{_plain(kind)}" for at, kind in enumerate(shard.class_names)
            ]
            for path in folders:
                path.mkdir(parents=True)
            columns = {key: column.tolist() for key, column in shard.latents.items()}
            with (split / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.writer(file)
                table.writerow(["file_name", "label", *columns])
                for at, label in enumerate(shard.labels.tolist()):
                    path = folders[label] / f"{at:06d}.png"
                    path.write_bytes(_png(shard.images[at].numpy()))
                    latents = [column[at] for column in columns.values()]
                    table.writerow([path.relative_to(split).as_posix(), label, *latents])
        files = {split: f"{split}/**" for split in _splits(shards)}
        card = dataset_card(name, license, shards, files)
        (out / "README.md").write_text(card, encoding="utf-8")


def export_parquet(folder, shards: Sequence[Shard], *, name: str, license: str) -> None:
    """Write ``data/<split>.parquet`` and ``README.md``; ``datasets.load_dataset(folder)`` reads it.

    Each row has the image as PNG bytes, the label (with the class names in the file's schema) and
    a column for each latent. Parameters are those of ``export_image_folder``.
    """
    _check(shards)
    with atomic_folder(folder) as out:
        (out / "data").mkdir()
        for shard in shards:
            _write_parquet(out / "data" / f"{SPLIT_NAMES[shard.spec.split]}.parquet", shard)
        files = {split: f"data/{split}.parquet" for split in _splits(shards)}
        card = dataset_card(name, license, shards, files)
        (out / "README.md").write_text(card, encoding="utf-8")


def _write_parquet(path: Path, shard: Shard) -> None:
    import pyarrow
    import pyarrow.parquet
    from datasets import ClassLabel, Features, Value
    from datasets import Image as ImageFeature

    columns = {key: column.numpy() for key, column in shard.latents.items()}
    features = Features(
        {"image": ImageFeature(), "label": ClassLabel(names=shard.class_names)}
        | {key: Value(_arrow_name(column.dtype)) for key, column in columns.items()}
    )
    schema = features.arrow_schema
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, len(shard), ROWS_PER_GROUP):
            rows = slice(start, start + ROWS_PER_GROUP)
            images = [{"bytes": _png(image), "path": None} for image in shard.images[rows].numpy()]
            parts = [images, shard.labels[rows].numpy()]
            parts += [column[rows] for column in columns.values()]
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
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)


def _splits(shards: Sequence[Shard]) -> list[str]:
    return [SPLIT_NAMES[shard.spec.split] for shard in shards]


def _check(shards: Sequence[Shard]) -> None:
    if isinstance(shards, Shard) or not all(isinstance(shard, Shard) for shard in shards):
        raise UserError("export: shards are not a list of what read_shard gives; make it one")
    if not shards:
        raise UserError("export: no shard given; name one or more")
    if len(set(_splits(shards))) != len(shards):
        raise UserError("export: two shards of the same split; give one for each split")
    if any(shard.class_names != shards[0].class_names for shard in shards):
        raise UserError("export: the shards have different classes; export them apart")
