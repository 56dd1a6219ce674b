"""The card of an exported dataset: YAML for the hub, and information for readers."""

import json
import re
from collections.abc import Mapping, Sequence

import torch
import yaml

SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M")

MEANING = {
    "object": "index of the base class, or id of the random pattern",
    "object_label": "position of the object in the dataset's class list",
    "prototype": "number of the image within its class",
    "background": "index of the background image",
    "background_label": "class of the natural image, as a position in the dataset's list",
    "bound": "the object matches the background's class",
    "pasted": "an object is pasted",
    "placement.x": "left edge of the object's box, px",
    "placement.y": "upper edge of the object's box, px",
    "augmentation.shift_x": "shift of the natural image to the right, px",
    "augmentation.shift_y": "shift of the natural image down, px",
    "augmentation.flip": "the natural image is mirrored",
    "used": "the transformation is in the list of the sample's class",
    "applied": "the transformation is applied",
    "factor": "factor",
    "shift_x": "to the right, px",
    "shift_y": "down, px",
    "angle_deg": "counter-clockwise, degrees",
    "shear_x_deg": "degrees",
    "shear_y_deg": "degrees",
    "hue_turns": "turns of the colour circle",
    "sigma_px": "standard deviation, px",
    "x": "left edge, px",
    "y": "upper edge, px",
}

BODY = """
# {name}

{sentence}

| split | images |
|---|---|
{splits}

## Columns

Each row has `image` ({size} x {size} px, RGB), `label` and the latents of the image:

| column | type | meaning |
|---|---|---|
{columns}

## How it was made

The values below and its position in the split determine every image. The library `transforms2d`
can make each of them again, equal to the bit:
`transforms2d.rendering.renderer.render(DatasetSpec.from_dict(spec), [position], base, natural)`,
from the images with the `digest()` below.

{specs}
The transformations are those of Speicher et al., *Understanding the Role of Invariance in
Transfer Learning*, TMLR 2024. Natural images and base images keep their original licences.
"""


def dataset_card(name: str, license: str, shards: Sequence, files: Mapping[str, str]) -> str:
    """A ``README.md`` with YAML front matter.

    Parameters
    ----------
    shards : sequence of Shard
    files : mapping from split name to the glob of its files
    """
    name, license = " ".join(name.split()), " ".join(license.split())
    count = sum(map(len, shards))
    front = {
        "pretty_name": name,
        "license": license,
        "task_categories": ["image-classification"],
        "size_categories": [_size(count)],
        "tags": ["transforms-2d", "invariance", "synthetic"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": path} for split, path in files.items()],
            }
        ],
    }
    spec = shards[0].spec
    columns = {key: column for shard in shards for key, column in shard.latents.items()}
    body = BODY.format(
        name=literal(name),
        sentence=describe(spec, shards[0].class_names),
        splits="\n".join(f"| {SPLIT_NAMES[s.spec.split]} | {len(s):,} |" for s in shards),
        size=spec.image_size,
        columns="\n".join(_column(key, column) for key, column in columns.items()),
        specs="".join(map(_spec_block, shards)),
    )
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n{body}"


def literal(text) -> str:
    """Text for a line of Markdown, escaped: no markup, link, code or end of a cell."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    plain = re.sub(r"([\\`*{}\[\]<>#|~$&!])", r"\\\1", plain)
    plain = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", plain)  # inside a word it is no markup
    return re.sub(r"(?i)\b(https?|ftp|mailto|javascript):", r"\1\:", plain)


def describe(spec, class_names: Sequence[str]) -> str:
    """The content of a dataset's images, in one sentence of Markdown."""
    names = ", ".join(spec.all_transforms()) or "no transformation"
    backgrounds = {
        "images": "images as backgrounds",
        "patterns": "random patterns as backgrounds",
        "uniform": "a black background",
        "natural": "natural images as backgrounds",
    }
    if spec.foreground == "none":
        content = "Natural images"
    else:
        objects = "Objects" if spec.foreground == "objects" else "Random patterns"
        content = f"{objects} on {backgrounds[spec.background]}"
    classes = ", ".join(map(literal, class_names))
    return f"{content}, {spec.num_classes} classes ({classes}), with {names}."


def _column(key: str, column: torch.Tensor) -> str:
    kind = str(column.dtype).removeprefix("torch.")
    name, _, parameter = key.rpartition(".")
    meaning = MEANING.get(key)
    if meaning is None:
        meaning = f"{name}: {MEANING.get(parameter, parameter)}"
    title = f"`{key}`" if re.fullmatch(r"[\w.]+", key) else literal(key)
    return f"| {title} | {kind} | {literal(meaning)} |"


def _spec_block(shard) -> str:
    plain = json.dumps(shard.spec.to_dict(), sort_keys=True)
    digests = {literal(kind): literal(digest) for kind, digest in shard.made_from.items()}
    images = "".join(f"- {kind} images: SHA-256 {digest}\n" for kind, digest in digests.items())
    return f"```json\n{plain}\n```\n\n{images}\n"


def _size(count: int) -> str:
    return SIZE_NAMES[sum(count >= limit for limit in SIZES)]
