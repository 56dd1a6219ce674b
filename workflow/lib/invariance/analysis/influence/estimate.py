"""The influences of one design and kind of masks, from the outputs of all its models."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from invariance.analysis.influence.baselines import ALL, baselines, overlaps
from invariance.analysis.influence.estimators import OPERATORS, check_masks, check_models
from invariance.analysis.influence.orders import orders, wrong_images
from invariance.analysis.influence.reliability import reliability
from invariance.analysis.influence.subset_outputs import read_labels, read_outputs
from invariance.analysis.influence.uncertainty import bootstrap, standard_errors
from transforms2d.errors import UserError
from transforms2d.files.signed import write_tensors

LEAK = "leak "  # start of the name of a source class that shows an object of the target


@dataclass(frozen=True)
class Outputs:
    """What the models of a design gave.

    Attributes
    ----------
    subsets, full : dict of str to array
        Of ``read_outputs``: models of subsets, and models of all source classes.
    repeated : dict of str to array, or None
        Other models of the first masks.
    labels : int64 [N]
        Of the images that influences are estimated on.
    """

    subsets: dict[str, np.ndarray]
    full: dict[str, np.ndarray]
    repeated: dict[str, np.ndarray] | None
    labels: np.ndarray


def run(
    inputs: Mapping, outputs: Mapping, settings: Mapping, identities: Mapping | None = None
) -> dict:
    """Estimate influences, write those on each image, and return the rest for a record.

    Parameters
    ----------
    inputs : mapping of str to path or list of paths
        ``subsets`` (in the order of the masks), ``full``, ``val`` (the target's shard of the
        influence half), and ``repeated``, if masks were trained twice.
    outputs : mapping of str to path
        ``influence``: ``least_squares`` and ``difference_of_means``, float32 [K, N].
    settings : mapping
        ``classes`` (K names, in label order), ``target_classes`` (T names), ``lists`` (of
        transformations, per source class; or None), ``target_list``, ``estimator`` and
        ``order_from`` (``val`` or ``test``) of the orders, ``reliability`` (numbers of models),
        ``resamples``, ``permutations``, ``seed``.
    identities : mapping or None
        ``subsets``, ``full`` and ``repeated``: the identity of each file. ``dataset`` and
        ``shards``, as of other jobs. ``influence``: what the written file stores.

    Returns
    -------
    dict
        ``evaluations`` and ``details`` of the record. Influences are on the margin, on ``all``
        images and on each class of the target.

    Raises
    ------
    UserError
        For files that do not fit together, fewer than two models per source class, or a class in
        all or in no model.
    """
    found = _read(inputs, settings, identities or {})
    masks, names = found.subsets["masks"], settings["classes"]
    check_models(*masks.shape)
    check_masks(masks, names)
    by_image = {name: make(masks) @ _margins(found, "val") for name, make in OPERATORS.items()}
    _write(outputs["influence"], by_image, settings, (identities or {}).get("influence"))
    lists = settings["lists"]
    overlap = None if lists is None else overlaps(lists, settings["target_list"])
    predictors = baselines(found.full, found.labels, settings["target_classes"], overlap)
    wrong = wrong_images(found.full["val/correct"], found.full["val/margin"])
    of_wrong = by_image["least_squares"][:, wrong].mean(axis=1)
    order_from = OPERATORS[settings["estimator"]](masks) @ _margins(found, settings["order_from"])
    arms = orders(
        order_from.mean(axis=1),
        by_image[settings["estimator"]][:, wrong].mean(axis=1),
        predictors[ALL]["mapping"],
        settings["seed"],
        overlap,
        [name.startswith(LEAK) for name in names],
    )
    return {
        "evaluations": [
            *_influences(found, by_image, settings),
            *_baseline_rows(predictors, names),
            *_rows({"method": "influence_wrong", "target": ALL}, {"influence": of_wrong}, names),
            *_reliability_rows(found, settings),
        ],
        "details": {"orders": arms, "wrong_images": wrong.tolist()},
    }


def _read(inputs: Mapping, settings: Mapping, identities: Mapping) -> Outputs:
    classes = len(settings["classes"])
    read = {
        name: read_outputs(inputs[name], classes, identities.get(name))
        for name in ("subsets", "full", "repeated")
        if inputs.get(name)
    }
    spec = identities.get("dataset", {}).get("target", {}).get("val")
    labels = read_labels(inputs["val"], spec, identities.get("shards", {}).get("target"))
    for name, one in read.items():
        images = one["val/margin"].shape[1]
        if images != len(labels):
            raise UserError(
                f"{inputs['val']}: {len(labels)} images, but outputs of {name} for {images}; "
                "delete both and run the workflow again"
            )
    repeated = read.get("repeated")
    if repeated is not None:
        rows = len(repeated["masks"])
        if not np.array_equal(repeated["masks"], read["subsets"]["masks"][:rows]):
            raise UserError(
                f"{inputs['repeated']}: its masks are not the first {rows} of the subsets; delete "
                "it and run the workflow again"
            )
    return Outputs(read["subsets"], read["full"], repeated, labels)


def _margins(found: Outputs, split: str) -> np.ndarray:
    """Margins of the models of subsets, float64 [M, images]."""
    return found.subsets[f"{split}/margin"].astype(float)


def _influences(found: Outputs, by_image: Mapping, settings: Mapping) -> list[dict]:
    masks, margins = found.subsets["masks"], _margins(found, "val")
    rows = []
    for at, target in enumerate([ALL, *settings["target_classes"]]):
        images = np.ones(len(found.labels), bool) if target == ALL else found.labels == at - 1
        if not images.any():
            raise UserError(f"samples.target.val: no image of target {target}; give more")
        task = margins[:, images].mean(axis=1)
        columns = {
            "influence": by_image["least_squares"][:, images].mean(axis=1),
            "difference_of_means": by_image["difference_of_means"][:, images].mean(axis=1),
            "standard_error": standard_errors(task, masks),
        }
        if target == ALL:
            ends = bootstrap(task, masks, settings["resamples"], settings["seed"])
            columns |= dict(zip(("low", "high"), ends, strict=True))
        rows += _rows({"target": target}, columns, settings["classes"])
    return rows


def _baseline_rows(predictors: Mapping, names) -> list[dict]:
    rows = []
    for target, columns in predictors.items():
        rows += _rows({"method": "influence_baselines", "target": target}, columns, names)
    return rows


def _reliability_rows(found: Outputs, settings: Mapping) -> list[dict]:
    repeated = found.repeated
    if repeated is not None:
        repeated = repeated["val/margin"].astype(float).mean(axis=1)
    scores = reliability(
        _margins(found, "val").mean(axis=1),
        found.subsets["masks"],
        settings["reliability"],
        settings["permutations"],
        settings["seed"],
        repeated,
    )
    key = {"method": "influence_reliability", "target": ALL}
    return [{**key, "change": f"{models} models", "scores": one} for models, one in scores.items()]


def _rows(key: Mapping, columns: Mapping[str, np.ndarray], names) -> list[dict]:
    return [
        {**key, "change": name, "scores": {what: float(one[at]) for what, one in columns.items()}}
        for at, name in enumerate(names)
    ]


def _write(path, by_image: Mapping, settings: Mapping, identity: Mapping | None) -> None:
    tensors = {name: torch.from_numpy(one.astype(np.float32)) for name, one in by_image.items()}
    metadata = {name: list(settings[name]) for name in ("classes", "target_classes")}
    write_tensors(path, tensors, {**metadata, **({} if identity is None else {"of": identity})})
