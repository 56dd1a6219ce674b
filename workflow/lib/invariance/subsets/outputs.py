"""What trained stacks say of source and target, and the file that keeps it."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from invariance.jobs import device as devices
from invariance.subsets import transfer
from invariance.subsets.data import Data
from invariance.subsets.stacks import Stack
from invariance.training.resident import Resident
from transforms2d.errors import DamagedFileError
from transforms2d.files.signed import check_same, read_tensors, write_tensors

IMAGES = 1024  # images times networks of one batch


@torch.no_grad()
def measure(stack: Stack, data: Data, settings: Mapping, *, full: bool) -> dict[str, Tensor]:
    """Everything that is kept of the networks of a stack, on the CPU.

    Parameters
    ----------
    stack : Stack
        m networks in evaluation mode.
    settings : mapping
        As from ``settings.checked``.
    full : bool
        Whether every network saw all classes; then the baselines are measured too.

    Returns
    -------
    dict of Tensor
        For ``val`` and ``test`` the results of ``transfer.judged``, such as ``val/margin``
        float32 [m, n]. ``source_accuracy``: float32 [m, K], share of correct test images of each
        source class under the network's own head. For full networks ``mapping``, float32
        [m, K, T]: the share of validation images of target class t that the own head takes for
        source class k; and ``similarity``, float32 [m, K, T] in -1 to 1: cosine of the mean
        features of source class k (test images) and of target class t (training images).

    Raises
    ------
    FloatingPointError
        If a feature is not finite.
    """
    precision, targets = settings["precision"], data.target_classes
    of_target = {name: _features(stack, part, precision) for name, part in data.target.items()}
    labels = {name: part.labels for name, part in data.target.items()}
    heads = transfer.fit(of_target["train"], labels["train"], targets)
    found = {
        f"{split}/{name}": tensor
        for split in ("val", "test")
        for name, tensor in transfer.judged(heads.scores(of_target[split]), labels[split]).items()
    }
    sources, source_labels = _features(stack, data.source_test, precision), data.source_test.labels
    classes = settings["num_classes"]
    hits = stack.logits(sources).argmax(dim=2) == source_labels  # bool [m, n]
    found["source_accuracy"] = _class_means(hits[:, None], source_labels, classes)[:, 0]
    if full:
        chosen = F.one_hot(stack.logits(of_target["val"]).argmax(dim=2), classes)  # [m, n, K]
        found["mapping"] = _class_means(chosen.mT, labels["val"], targets)
        ours = _class_means(sources.mT, source_labels, classes)  # [m, h, K]
        theirs = _class_means(of_target["train"].mT, labels["train"], targets)  # [m, h, T]
        found["similarity"] = F.normalize(ours, dim=1).mT @ F.normalize(theirs, dim=1)
    return {name: tensor.cpu() for name, tensor in found.items()}


def _features(stack: Stack, data: Resident, precision: str) -> Tensor:
    """Features of the same images under every network, float32 [m, N, h]."""
    parts = []
    for x, _ in data.batches(max(1, IMAGES // stack.count)):
        with devices.autocast(data.device, precision):
            parts.append(stack.features(x).float())
    features = torch.cat(parts, dim=1)
    if not torch.isfinite(features).all():
        raise FloatingPointError
    return features


def _class_means(values: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Means over the images of each class: [m, k, n] and int64 [n] to float32 [m, k, classes]."""
    one_hot = F.one_hot(labels, classes).float()
    return values.float() @ one_hot / one_hot.sum(dim=0)


def write(path, tensors: Mapping[str, Tensor], settings: Mapping, identity=None) -> None:
    """Write the results of a job as one self-verifying file.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        As from ``measure``, with ``masks`` uint8 [m, K] and ``seeds`` int64 [m].
    settings : mapping
        Of the trainings.
    identity : plain JSON values or None
        What tells this file from all others, see ``lineage.identities``.
    """
    write_tensors(path, tensors, {"settings": dict(settings), "of": identity})


def read(path, expect: Mapping | None = None) -> dict[str, Tensor]:
    """The tensors in a file of ``write``.

    Raises
    ------
    DamagedFileError
        If the file was changed, or holds something else.
    UserError
        If it is missing, or has another identity than ``expect``.
    """
    tensors, metadata = read_tensors(path)
    if expect is not None:
        check_same(path, metadata.get("of"), expect)
    if not {"masks", "seeds", "val/margin"} <= set(tensors):
        raise DamagedFileError(
            f"{path}: holds no networks on subsets; delete it and run the workflow again"
        )
    return tensors
