"""Linear probes: fresh heads trained on the features of a frozen network (appendix B).

The features are computed once, so a probe of 200 epochs costs little more than one pass through
the network. A fresh head is the network's last linear layer alone: the ViT's layer norm before it
belongs to the frozen network, whose ``head_input`` includes it.
"""

import logging
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check, number, one_of, positive, whole
from invariance.training import optimisation, resident
from invariance.training.features import read_features
from invariance.training.heads import stacked_heads
from invariance.training.heads.feature_set import FeatureSet
from invariance.training.target_subsets import AMOUNTS, subset
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import check_same, read_tensors, write_tensors

log = logging.getLogger(__name__)

SETTINGS = {
    "epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "weight_decay": number(0),
    "schedule": one_of("constant", "vit_paper", "vit_released_code"),
    "model_selection": one_of("best_validation", "last_epoch"),
    "seed": whole(0),
    "device": one_of(*devices.DEVICES),
    # Amounts of target images for additional heads, besides the head on all of them.
    "samples": replace(AMOUNTS, default=()),
    "samples_seed": replace(whole(0), default=0),
}
EVALUATION_ROWS = 8192


def train_probes(
    targets: Sequence[FeatureSet], settings: Mapping
) -> list[tuple[dict[str, Tensor], dict]]:
    """Train a linear head for every target; heads of one shape train as one stack.

    On a CPU a head is equal to the bit, whether it trains alone or with others: its first weights
    and its batch order depend only on (seed, shape) and (seed, epoch), and no sum includes more
    than one head. Targets with the same numbers of images, classes and features share a stack; the
    stacks train one after another.

    Parameters
    ----------
    targets : sequence of FeatureSet
        Each with a split ``train``; every split is evaluated. A GPU holds the training features of
        one whole stack.
    settings : mapping
        ``epochs``, ``batch_size``, ``learning_rate``, ``weight_decay``, ``schedule``, ``seed``,
        ``model_selection`` (``best_validation`` keeps each head of its first epoch with the highest
        accuracy on its split ``val``, ``last_epoch`` the last), ``device``; ``samples`` and
        ``samples_seed`` are used only by ``run``.

    Returns
    -------
    list of (head, record), in the order of ``targets``
        head: ``weight`` float32 [C, h] and ``bias`` [C]. record: ``counts`` (correct and total per
        split and class), ``train_loss`` (mean cross-entropy of the kept head on the training
        split), ``kept_epoch`` (from 1), ``num_classes``, ``samples`` and ``settings``.

    Raises
    ------
    UserError
        For a setting out of range, a target without training images, or a loss that is not finite.
    """
    settings = check(settings, SETTINGS, "linear_probe")
    device = devices.resolve(settings["device"])
    stacks = defaultdict(list)
    for position, target in enumerate(targets):
        if "train" not in target.features:
            raise UserError(f"linear_probe: target {position} has no training split")
        if settings["model_selection"] == "best_validation" and "val" not in target.features:
            raise UserError(f"linear_probe: target {position} has no validation split")
        shape = len(target.train_draws), *target.features["train"].shape
        stacks[shape, target.num_classes].append(position)
    results = {}
    with devices.session(device):
        for (shape, classes), positions in stacks.items():
            log.info(
                "%d heads: %d draws of %d images x %d features, %d classes",
                *(len(positions), *shape, classes),
            )
            heads = train_heads([targets[position] for position in positions], settings, device)
            for position, (head, epoch) in zip(positions, heads, strict=True):
                record = _record(head, targets[position], settings, device)
                results[position] = head, {**record, "kept_epoch": epoch}
    return [results[position] for position in range(len(targets))]


def run(
    out_heads, features_path, settings: Mapping, identities: Mapping | None = None
) -> list[dict]:
    """Probe every target of a model: read their features, write their heads, return their records.

    Each target gets a head on all its training images, and one more per entry of ``samples`` in the
    settings, on the images from ``target_subsets.subset`` with ``samples_seed``.

    Parameters
    ----------
    out_heads : path
        One safetensors file for all heads; ``read_head`` reads one of them.
    features_path : path
        A file of ``features.extract_to``.
    identities : mapping or None
        Identities of the features and the heads, see ``lineage.identities``.

    Returns
    -------
    list of dict
        One record per head, as in ``train_probes``, with ``target`` and, for a head on a part of
        the images, ``target_samples``.
    """
    settings = check(settings, SETTINGS, "linear_probe")
    identities = identities or {}
    probes = [
        (target, samples, part)
        for target, whole_set in read_features(features_path, identities.get("features")).items()
        for samples, part in _parts(whole_set, settings)
    ]
    results = train_probes([part for *_, part in probes], settings)
    heads, records = {}, []
    for (target, samples, _), (head, record) in zip(probes, results, strict=True):
        heads |= {f"{_name(target, samples)}.{key}": tensor for key, tensor in head.items()}
        few = {} if samples is None else {"target_samples": samples}
        records.append({"target": target, **few, **record})
    names = [_name(target, samples) for target, samples, _ in probes]
    metadata = {"settings": settings, "targets": names, "of": identities.get("linear_probe")}
    write_tensors(out_heads, heads, metadata)
    return records


def read_head(
    path,
    target: str | None = None,
    samples: int | float | None = None,
    expect: Mapping | None = None,
) -> dict[str, Tensor]:
    """One head from a file of ``run``.

    Parameters
    ----------
    target : str or None
        Not needed if the file has one target.
    samples : int, float or None
        The amount of target images it was trained on; None means all of them.
    expect : mapping or None
        Identity that the heads must have, see ``lineage.identities``.

    Raises
    ------
    UserError
        For a file that is damaged, has other content or another identity, or lacks this head, and
        for a head that is not finite.
    """
    tensors, metadata = read_tensors(path)
    names = metadata.get("targets")
    if not isinstance(names, list):
        raise DamagedFileError(f"{path}: holds no heads; delete it and run the workflow again")
    if expect is not None:
        check_same(path, metadata.get("of"), expect)
    if target is None and len({name.partition("@")[0] for name in names}) == 1:
        target = names[0].partition("@")[0]
    name = _name(target, samples)
    if name not in names:
        raise UserError(f"{path}: no head for target {name!r}; it has {', '.join(names)}")
    head = {key: tensors[f"{name}.{key}"] for key in ("weight", "bias")}
    if not all(torch.isfinite(tensor).all() for tensor in head.values()):
        raise UserError(
            f"{path}: the head of {name!r} is not finite; lower linear_probe.learning_rate, delete "
            "it and run the workflow again"
        )
    return head


def _parts(target: FeatureSet, settings: Mapping):
    """A target with all its training images, then with each smaller amount."""
    yield None, target
    for samples in settings["samples"]:
        rows = subset(target.labels["train"], samples, settings["samples_seed"])
        features = {**target.features, "train": target.features["train"][rows]}
        labels = {**target.labels, "train": target.labels["train"][rows]}
        draws = tuple(draw[rows] for draw in target.more_draws)
        yield samples, FeatureSet(features, labels, target.num_classes, draws)


def _name(target: str | None, samples: int | float | None) -> str:
    return str(target) if samples is None else f"{target}@{samples}"


def train_heads(
    targets: Sequence[FeatureSet], settings: Mapping, device: torch.device
) -> list[tuple[dict[str, Tensor], int]]:
    """The heads of ``train_probes``, each with its epoch, for targets of one shape."""
    epochs, seed = settings["epochs"], settings["seed"]
    samples = len(targets[0].features["train"])
    rate = partial(optimisation.learning_rate, settings["schedule"])
    validation = None
    if settings["model_selection"] == "best_validation":
        validation = [(t.features["val"].to(device), t.labels["val"].to(device)) for t in targets]
    try:
        return stacked_heads.train(
            [[draw.to(device) for draw in target.train_draws] for target in targets],
            [target.labels["train"].to(device) for target in targets],
            targets[0].num_classes,
            order=lambda epoch: resident.order(seed, epoch, samples),
            rates=[rate(epoch, epochs, settings["learning_rate"]) for epoch in range(epochs)],
            batch_size=settings["batch_size"],
            weight_decay=settings["weight_decay"],
            seed=seed,
            validation=validation,
        )
    except FloatingPointError:
        raise _not_finite("training loss") from None


def _not_finite(what: str) -> UserError:
    return UserError(
        f"linear_probe: the {what} is not finite; lower linear_probe.learning_rate, or check "
        "whether the features are finite"
    )


def _record(head: Mapping, target: FeatureSet, settings: dict, device: torch.device) -> dict:
    counts, losses = {}, {}
    for split in target.features:
        counts[split], losses[split] = evaluate(head, target, split, device)
    for split, loss in losses.items():
        if not math.isfinite(loss):
            raise _not_finite(f"{'training' if split == 'train' else split} loss")
    return {
        "counts": counts,
        "train_loss": losses["train"],
        "num_classes": target.num_classes,
        "samples": len(target.labels["train"]),
        "settings": settings,
    }


@torch.no_grad()
def evaluate(
    head: Mapping[str, Tensor], target: FeatureSet, split: str, device: torch.device
) -> tuple[dict, float]:
    """Counts per class, ``{"correct": [...], "total": [...]}``, and the mean cross-entropy."""
    weight, bias = head["weight"].to(device), head["bias"].to(device)
    correct = total = loss = 0
    rows, labels = target.features[split], target.labels[split]
    for x, y in zip(rows.split(EVALUATION_ROWS), labels.split(EVALUATION_ROWS), strict=True):
        x, y = x.to(device), y.to(device)
        logits = F.linear(x, weight, bias)
        hits = y[logits.argmax(dim=1) == y]
        correct += torch.bincount(hits, minlength=target.num_classes)
        total += torch.bincount(y, minlength=target.num_classes)
        loss += devices.double(F.cross_entropy(logits, y, reduction="sum"))
    return {"correct": correct.tolist(), "total": total.tolist()}, float(loss) / len(labels)
