"""Features: the inputs of a frozen network's linear head, computed once per image."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check, one_of, whole
from invariance.training.resident import Resident
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import check_same, read_tensors, write_tensors

log = logging.getLogger(__name__)

SETTINGS = {
    "batch_size": whole(1),
    "precision": one_of(*devices.PRECISIONS),
    "device": one_of(*devices.DEVICES),
}


@dataclass(frozen=True)
class FeatureSet:
    """The features of a target task: everything that a linear probe needs.

    Attributes
    ----------
    features : dict from split to float32 [N, h]
    labels : dict from split to int64 [N], each in 0..num_classes - 1
    num_classes : int
    """

    features: dict[str, Tensor]
    labels: dict[str, Tensor]
    num_classes: int

    def __post_init__(self):
        if set(self.features) != set(self.labels):
            raise UserError(f"features: {sorted(self.features)}, but labels {sorted(self.labels)}")
        for split, rows in self.features.items():
            labels = self.labels[split]
            check_finite(rows, f"features.{split}")
            if len(rows) != len(labels) or len(rows) == 0:
                raise UserError(f"features.{split}: {len(rows)} rows for {len(labels)} labels")
            if labels.min() < 0 or labels.max() >= self.num_classes:
                raise UserError(
                    f"features.{split}: labels {int(labels.min())} to {int(labels.max())} do not "
                    f"fit {self.num_classes} classes"
                )


def check_finite(features: Tensor, name: str) -> None:
    """Refuse features that are not finite: any probe on them would predict class 0."""
    if not torch.isfinite(features).all():
        raise UserError(
            f"{name} are not finite; pretrain the model with a lower pretraining.learning_rate, or "
            "with precision fp32, and run the workflow again"
        )


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
) -> None:
    """Write the features of a model's target tasks; ``read_features`` reads them.

    One safetensors file with ``<target>.<split>.features`` float32 [N, h] and
    ``<target>.<split>.labels`` int64 [N]; its metadata holds the settings of model and extraction
    and the description of every split.

    Parameters
    ----------
    targets : mapping from target's name to a mapping from split to path
        Dataset shards; they are read one after another.
    settings : mapping
        ``batch_size``, ``precision`` (``fp32`` or ``bf16``), ``device``.
    provenance : function without arguments
        Called at the end; returns plain values on how the features were made; see
        ``read_provenance``.
    identities : mapping or None
        Identities of the files that are read and written, see ``lineage.identities``.

    Raises
    ------
    UserError
        For a setting out of range, splits of one target with different numbers of classes, or a
        file of another model or dataset.
    """
    from transforms2d.storage.shards import read_shard

    settings = check(settings, SETTINGS, "features")
    identities = identities or {}
    model, model_settings = models.load(model_path, identities.get("pretrain"))
    tensors, descriptions = {}, {}
    with devices.session(devices.resolve(settings["device"])):
        for target, splits in targets.items():
            specs, expected_specs = {}, identities.get("dataset", {}).get(target, {})
            shard_identity = identities.get("shards", {}).get(target)
            for split, shard_path in splits.items():
                shard = read_shard(shard_path, expected_specs.get(split), shard_identity)
                features = extract(model, model_settings, shard.images, **settings)
                check_finite(features, f"{model_path}: features of {target}.{split}")
                tensors[f"{target}.{split}.features"] = features
                tensors[f"{target}.{split}.labels"] = shard.labels
                specs[split] = shard.spec
                log.info("%s: %s: features of %d images", target, split, len(shard.labels))
            classes = {spec.num_classes for spec in specs.values()}
            if len(classes) != 1:
                raise UserError(
                    f"{path}: splits of {target} have {sorted(classes)} classes; give one number"
                )
            descriptions[target] = {
                "num_classes": classes.pop(),
                "specs": {split: spec.to_dict() for split, spec in specs.items()},
            }
    metadata = {"model": model_settings, "settings": settings, "targets": descriptions}
    metadata["of"] = identities.get("features")
    write_tensors(path, tensors, {**metadata, "provenance": provenance()})


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
            )
            for target, description in metadata["targets"].items()
        }
    except (AttributeError, KeyError, TypeError):
        raise DamagedFileError(
            f"{path}: holds no features; delete it and run the workflow again"
        ) from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
