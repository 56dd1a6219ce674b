"""Features: the inputs of a frozen network's linear head, computed once per image."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check, one_of, whole
from invariance.training.heads.feature_set import FeatureSet, check_finite
from invariance.training.resident import Resident
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import check_same, read_tensors, write_tensors
from transforms2d.rendering.draws import has_draws

log = logging.getLogger(__name__)

SETTINGS = {
    "batch_size": whole(1),
    "precision": one_of(*devices.PRECISIONS),
    "device": one_of(*devices.DEVICES),
    # Draws of the training images of targets whose images have draws (fork 28).
    "draws": replace(whole(1), default=1),
}


@torch.no_grad()
def extract(
    model: models.Network,
    settings: Mapping,
    images: Tensor,
    *,
    batch_size: int,
    device: str = "auto",
    precision: str = "fp32",
) -> Tensor:
    """Features of images under a frozen network, float32 [N, h] on the CPU.

    The network is in evaluation mode, so batch normalisation uses the statistics of pretraining.
    The result is allocated once, so the memory is the images, N * h * 4 bytes and one batch.

    Parameters
    ----------
    model : Network
        Moved to ``device``; it stays in evaluation mode.
    settings : mapping
        The model's settings from ``models.load``; ``mean`` and ``std`` normalise the inputs.
    images : uint8 [N, 3, H, W]
    batch_size, device, precision
        Images per batch; one of ``device.DEVICES``; ``fp32`` or ``bf16``.
    """
    place = devices.resolve(device)
    channels_last = bool(settings.get("channels_last", False))
    model.to(place, memory_format=devices.memory_format(channels_last)).eval()
    data = Resident(
        images,
        torch.zeros(len(images), dtype=torch.int64),
        settings["mean"],
        settings["std"],
        device=place,
        channels_last=channels_last,
    )
    features = torch.empty(len(images), model.head.in_features, device=place)
    start = 0
    for x, _ in data.batches(batch_size):
        with devices.autocast(place, precision):
            features[start : start + len(x)] = model.head_input(x)
        start += len(x)
    return features.cpu()


def extract_to(
    path,
    model_path,
    targets: Mapping[str, Mapping[str, str | Path]],
    settings: Mapping,
    provenance: Callable[[], dict] = dict,
    identities: Mapping | None = None,
    sources: Mapping | None = None,
    config: Mapping | None = None,
) -> None:
    """Write the features of a model's target tasks; ``read_features`` reads them.

    One safetensors file with ``<target>.<split>.features`` float32 [N, h],
    ``<target>.<split>.labels`` int64 [N], and ``<target>.train.draw<number>`` float32 [N, h] for
    each further draw of the training images; its metadata holds the settings of model and
    extraction and the description of every split. The memory is that of the file, the shards of one
    target and the images of one draw.

    Parameters
    ----------
    targets : mapping from target's name to a mapping from split to path
        Dataset shards; they are read one after another.
    settings : mapping
        ``batch_size``, ``precision`` (``fp32`` or ``bf16``), ``device``; optionally ``draws`` (1).
    provenance : function without arguments
        Called at the end; returns plain values on how the features were made; see
        ``read_provenance``.
    identities : mapping or None
        Identities of the files that are read and written, see ``lineage.identities``.
    sources, config : mapping or None
        Paths of the prepared images of all targets, and the checked configuration; see
        ``input_images.load_images``. Only needed for several draws, and for shards without pixels.

    Raises
    ------
    UserError
        For a setting out of range, splits of one target with different numbers of classes, or a
        file of another model or dataset.
    """
    from invariance.provenance.input_images import load_images, read_split

    settings = check(settings, SETTINGS, "features")
    identities = identities or {}
    images = load_images(sources, "train", config=config) if settings["draws"] > 1 else None
    network = models.load(model_path, identities.get("pretrain"))
    tensors, descriptions = {}, {}
    rendering = devices.for_rendering(devices.resolve(settings["device"]))
    with devices.session(devices.resolve(settings["device"])):
        for target, splits in targets.items():
            specs, expected_specs = {}, identities.get("dataset", {}).get(target, {})
            shard_identity = identities.get("shards", {}).get(target)
            for split, shard_path in splits.items():
                expected = {"expect": expected_specs.get(split), "identity": shard_identity}
                shard = read_split(shard_path, split, sources, config, **expected, device=rendering)
                for name, tensor in _of_shard(network, shard, settings, images, rendering).items():
                    check_finite(tensor, f"{model_path}: features of {target}.{split}")
                    tensors[f"{target}.{split}.{name}"] = tensor
                specs[split] = shard.spec
                log.info("%s: %s: features of %d images", target, split, len(shard.labels))
            descriptions[target] = _description(f"{path}: splits of {target}", specs, settings)
    metadata = {"model": network[1], "settings": settings, "targets": descriptions}
    metadata["of"] = identities.get("features")
    write_tensors(path, tensors, {**metadata, "provenance": provenance()})


def _of_shard(
    network, shard, settings: Mapping, images: Mapping | None, rendering: str
) -> dict[str, Tensor]:
    """``labels``, ``features``, and ``draw1`` and so on for further draws of training images."""
    from invariance.provenance.input_images import fresh_draws

    how = {key: settings[key] for key in ("batch_size", "precision", "device")}
    tensors = {"labels": shard.labels, "features": extract(*network, shard.images, **how)}
    draws = _number_of_draws(shard.spec, settings)
    if draws > 1:
        draw = fresh_draws(shard, images, rendering)
        for number in range(1, draws):
            tensors[f"draw{number}"] = extract(*network, draw(number), **how)
    return tensors


def _number_of_draws(spec, settings: Mapping) -> int:
    return settings["draws"] if spec.split == "train" and has_draws(spec) else 1


def _description(name: str, specs: Mapping, settings: Mapping) -> dict:
    """The metadata of a target."""
    classes = {spec.num_classes for spec in specs.values()}
    if len(classes) != 1:
        raise UserError(f"{name} have {sorted(classes)} classes; give one number")
    return {
        "num_classes": classes.pop(),
        "draws": max(_number_of_draws(spec, settings) for spec in specs.values()),
        "specs": {split: spec.to_dict() for split, spec in specs.items()},
    }


def read_provenance(path) -> dict:
    """The provenance in a file of ``extract_to``."""
    return read_tensors(path)[1]["provenance"]


def read_features(path, expect: Mapping | None = None) -> dict[str, FeatureSet]:
    """The features in a file of ``extract_to``, by target.

    Raises
    ------
    DamagedFileError
        With the path of a file that is damaged or has other content.
    UserError
        If ``expect`` is given and the features have another identity, see ``lineage.identities``.
    """
    tensors, metadata = read_tensors(path)
    if expect is not None:
        check_same(path, metadata.get("of"), expect)
    try:
        return {
            target: FeatureSet(
                {split: tensors[f"{target}.{split}.features"] for split in description["specs"]},
                {split: tensors[f"{target}.{split}.labels"] for split in description["specs"]},
                description["num_classes"],
                tuple(tensors[f"{target}.train.draw{d}"] for d in range(1, description["draws"])),
            )
            for target, description in metadata["targets"].items()
        }
    except (AttributeError, KeyError, TypeError):
        raise DamagedFileError(
            f"{path}: holds no features; delete it and run the workflow again"
        ) from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
