"""One small data set of images in every layout that a hub may keep it in."""

import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

CLASSES = ("artichoke", "bagel", "koala")
CARD = """---
license: apache-2.0
configs:
- config_name: foregrounds
  data_files:
  - split: train
    path: {foregrounds}
- config_name: backgrounds
  data_files: {backgrounds}
---
# Some images
"""


def image_bytes(seed, mode="RGBA", size=(24, 20)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    pixels[..., 3] |= 128
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG" if mode == "RGBA" else "JPEG")
    return file.getvalue()


def objects() -> dict[str, list[bytes]]:
    return {name: [image_bytes(10 * i + k) for k in range(2)] for i, name in enumerate(CLASSES)}


def backgrounds() -> list[bytes]:
    return [image_bytes(100 + k, "RGB") for k in range(4)]


def folder_layout() -> dict[str, bytes]:
    files = {"README.md": CARD.format(foregrounds="data/fg/**", backgrounds="data/bg/*").encode()}
    for name, images in objects().items():
        files |= {f"data/fg/{name}/{k} a.png": data for k, data in enumerate(images)}
    return files | {f"data/bg/{k}.jpg": data for k, data in enumerate(backgrounds())}


def classes_layout(count: int) -> dict[str, bytes]:
    """As many classes as asked for, of one image each."""
    files = {"README.md": CARD.format(foregrounds="fg/**", backgrounds="bg/*").encode()}
    files |= {f"fg/class{index}/0.png": image_bytes(index) for index in range(count)}
    return files | {f"bg/{k}.jpg": data for k, data in enumerate(backgrounds())}


def table(rows, names=None, padding=0) -> bytes:
    columns = {"image": [{"bytes": data, "path": None} for _, data in rows]}
    if padding:
        columns["padding"] = [np.random.default_rng(0).bytes(padding)] + [b""] * (len(rows) - 1)
    if names:
        columns["label"] = [names.index(label) for label, _ in rows]
    made = pa.table(columns)
    if names:
        features = {"label": {"names": names, "_type": "ClassLabel"}}
        made = made.replace_schema_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
    file = io.BytesIO()
    pq.write_table(made, file)
    return file.getvalue()


def parquet_layout() -> dict[str, bytes]:
    rows = [(name, data) for name, images in objects().items() for data in images]
    card = CARD.format(foregrounds="fg/train-*", backgrounds="bg/train-*.parquet")
    return {
        "README.md": card.encode(),
        "fg/train-00000-of-00002.parquet": table(rows[:3], list(CLASSES)),
        "fg/train-00001-of-00002.parquet": table(rows[3:], list(CLASSES)),
        "fg/test-00000-of-00001.parquet": b"never read",
        "bg/train-00000-of-00001.parquet": table([(None, data) for data in backgrounds()]),
    }


def zip_layout() -> dict[str, bytes]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, images in objects().items():
            for k, data in enumerate(images):
                archive.writestr(f"foregrounds/{name}/{k}.png", data)
    files = {"README.md": CARD.format(foregrounds="data/fg.zip", backgrounds="data/bg").encode()}
    files["data/fg.zip"] = file.getvalue()
    return files | {f"data/bg/{k}.jpg": data for k, data in enumerate(backgrounds())}


def metadata_layout() -> dict[str, bytes]:
    files = {"README.md": CARD.format(foregrounds="data/fg/**", backgrounds="data/bg/**").encode()}
    lines = ["file_name,label"]
    for name, images in objects().items():
        for k, data in enumerate(images):
            files[f"data/fg/all/{name[:1]}{k}.png"] = data
            lines.append(f"{name[:1]}{k}.png,{name}")
    files["data/fg/all/metadata.csv"] = "\n".join(lines).encode()
    return files | {f"data/bg/{k}.jpg": data for k, data in enumerate(backgrounds())}
