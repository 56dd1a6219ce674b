"""The settings of a pretraining under views, and what they ask of its images."""

import json
from collections.abc import Mapping

from invariance.jobs.setting_rules import Rule, check, number, one_of, positive, whole
from invariance.training import optimisation, resident
from invariance.training.pretrain import SETTINGS as CROSS_ENTROPY
from transforms2d.errors import UserError

WHERE = "contrastive"  # at the start of errors
NETWORK = (
    *("architecture", "width", "blocks_per_stage", "num_classes", "init_seed", "shuffle_seed"),
    *("vit", "densenet_representation", "densenet_growth", "mean", "std", "image_size"),
    *("precision", "channels_last", "device"),
)
UNTRAINED = {
    "objective": one_of("moco", "supervised", "none"),
    **{key: CROSS_ENTROPY[key] for key in NETWORK},
}
SUPERVISED = {
    **UNTRAINED,
    # Another description of the views is another training.
    "views": Rule(lambda v: isinstance(v, Mapping), "a mapping that describes the views"),
    "epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "weight_decay": number(0),
    "schedule": one_of(*optimisation.COSINES),
    "monitor": one_of(True, False),  # kNN accuracy after every epoch, not only at the end
}
MOCO = {
    **SUPERVISED,
    "dimension": whole(1),
    "queue": whole(1),
    "key_momentum": Rule(
        lambda v: type(v) in (int, float) and 0 <= v < 1, "a number >= 0 and below 1"
    ),
    "temperature": positive(),
    "norm_splits": whole(1),
}
SETTINGS = {"moco": MOCO, "supervised": SUPERVISED, "none": UNTRAINED}


def checked(settings: Mapping) -> dict:
    """The settings of an objective with their defaults, in the order of its rules.

    Raises
    ------
    UserError
        One line for the first fault, also of two settings that do not fit each other.
    """
    rule = {"objective": UNTRAINED["objective"]}
    objective = check({"objective": settings.get("objective")}, rule, WHERE)["objective"]
    settings = check(settings, SETTINGS[objective], WHERE)
    if objective != "none":  # as a saved state gives it back: tuples become lists
        settings["views"] = json.loads(json.dumps(settings["views"]))
    if objective == "moco":
        _check_batch(settings["batch_size"], settings["queue"], settings["norm_splits"])
    return settings


def _check_batch(batch: int, queue: int, splits: int) -> None:
    if queue <= batch:
        raise UserError(
            f"{WHERE}.queue: a batch of {batch} would replace all of its {queue} keys; give more "
            "than batch_size"
        )
    if batch < 2 * splits:
        raise UserError(
            f"{WHERE}.norm_splits: {splits} parts of a batch of {batch} have fewer than 2 images "
            "each; give at most half of batch_size"
        )


def check_data(settings: Mapping, train, val, views) -> None:
    """Refuse images that do not fit the settings, and views that an objective does not use.

    Raises
    ------
    UserError
        One line with the name of the images or the key.
    """
    for name, shard in (("train", train), ("val", val)):
        resident.check_images(name, shard, settings["image_size"], settings["num_classes"])
    if len(val.labels) < 2:
        raise UserError("val: 1 image given; an image is judged by the others: give 2 or more")
    if (views is None) != (settings["objective"] == "none"):
        advice = "needs views" if views is None else "trains nothing and has no views"
        raise UserError(f"{WHERE}.objective: {settings['objective']!r} {advice}")
