"""Accuracy in each published definition, from correct counts per split and class (fork 2).

Counts are plain JSON: ``{"train": {"correct": [per class], "total": [per class]}, "val": ...,
"test": ...}``. Every evaluation stores them, so no definition needs a second run.
"""

from collections.abc import Iterable, Mapping

from transforms2d.errors import UserError
from transforms2d.spec import SPLITS

DEFINITIONS = (*SPLITS, *(f"{split}_macro" for split in SPLITS), "pooled", "pooled_macro")
# The name in a tidy table of the accuracy that a protocol chooses.
QUANTITIES = {name: f"{name}_accuracy" for name in ("test", "pooled_macro")}


def accuracy(counts: Mapping, definition: str = "test") -> float:
    """Accuracy in 0..1 from the counts of an evaluation.

    Parameters
    ----------
    counts : mapping from split to {"correct": [int per class], "total": [int per class]}
    definition : str
        ``train``, ``val`` or ``test``: top-1, correct over all images of the split (the paper's
        text). The same with ``_macro``: mean over classes of the accuracy within each class.
        ``pooled`` and ``pooled_macro``: all splits as one set; the released code calls the latter
        test accuracy. A mean leaves out classes without images.

    Raises
    ------
    UserError
        For an unknown definition, a missing split, or impossible counts.
    """
    if definition not in DEFINITIONS:
        raise UserError(f"accuracy: {definition!r} is not one of {', '.join(DEFINITIONS)}")
    name = definition.removesuffix("_macro")
    merged = pool(counts[split] for split in counts) if name == "pooled" else _split(counts, name)
    correct, total = merged["correct"], merged["total"]
    per_class = list(zip(correct, total, strict=True))
    if any(not 0 <= c <= t for c, t in per_class):
        raise UserError(f"counts.{name}: a class has more correct images than images")
    if sum(total) == 0:
        raise UserError(f"counts.{name}: no images; evaluate on at least one")
    if definition.endswith("_macro"):
        shares = [c / t for c, t in per_class if t]
        return sum(shares) / len(shares)
    return sum(correct) / sum(total)


def pool(splits: Iterable[Mapping]) -> dict:
    """Counts of several splits as one set: sums over the splits, per class."""
    splits = list(splits)
    lengths = {len(split[key]) for split in splits for key in ("correct", "total")}
    if len(lengths) != 1:
        raise UserError(f"counts: splits have different numbers of classes: {sorted(lengths)}")
    return {
        key: [sum(per_class) for per_class in zip(*(split[key] for split in splits), strict=True)]
        for key in ("correct", "total")
    }


def _split(counts: Mapping, name: str) -> Mapping:
    if name not in counts:
        raise UserError(f"counts.{name}: missing; available are {', '.join(sorted(counts))}")
    return counts[name]
