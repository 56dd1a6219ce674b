"""The results that a record must have, from the settings in its lineage."""

from collections.abc import Mapping

from invariance.records import required_measures as of_networks
from transforms2d.spec import SPLITS

# What distinguishes the evaluations of a record.
NAMES = ("method", "target", "change", "target_samples")
ALL = "all"  # the whole target, beside its classes
ACCURACIES = ("val_accuracy", "test_accuracy")
SEVERAL = (
    "influence",
    "represent",
    "fusion",
    "measures",
)  # methods whose records hold several measures


def names_of(evaluation: Mapping, method: str) -> tuple:
    """``NAMES`` of an evaluation, None where it has none.

    Its own method counts only in records of several measures: variants of other methods differ in
    another name too.
    """
    own = evaluation.get("method") if method in SEVERAL else None
    return (own, *(evaluation.get(key) for key in NAMES[1:]))


def required_results(expected: Mapping) -> list[tuple[tuple, tuple[str, ...]]]:
    """Names of every required result, and of the scores, or splits, that it must have.

    Parameters
    ----------
    expected : mapping
        One of ``lineage.expected_records``.
    """
    stages = {stage: entry["settings"] for stage, entry in expected["stages"].items()}
    by_method = {
        "linear_probe": _linear_probe,
        "sensitivity": _sensitivity,
        "influence": _influence,
        "counterfactuals": _counterfactuals,
        "contrastive": lambda stages: [(_of(None), ("knn_accuracy",))],
        "represent": of_networks.represent,
        "fusion": of_networks.fusion,
        "measures": of_networks.measures,
    }
    if expected["method"] in by_method:
        return by_method[expected["method"]](stages)
    if expected["method"] == "fine_tuning":
        amounts = [amount["samples"] for amount in stages["fine_tune"]]
        return [((None, expected["target"], None, amount), SPLITS) for amount in amounts]
    if expected["method"] == "subsets":
        return [(_of("target"), (*ACCURACIES, "source_accuracy"))]
    return [(_of(None), SPLITS)]


def _of(target: str | None, change: str | None = None, method: str | None = None) -> tuple:
    return (method, target, change, None)


def _linear_probe(stages: Mapping) -> list:
    _, *targets = stages["dataset"]
    amounts = (None, *stages["linear_probe"].get("samples", ()))
    return [((None, target, None, amount), SPLITS) for target in targets for amount in amounts]


def _sensitivity(stages: Mapping) -> list:
    settings = stages["sensitivity"]
    metrics = tuple(settings["metrics"])
    return [
        (_of(name, change), metrics)
        for name, twins in settings["sets"].items()
        for change in twins["changes"]
    ]


def _influence(stages: Mapping) -> list:
    settings = stages["influence"]
    own = ("influence", "difference_of_means", "standard_error")
    cheap = ("mapping", "similarity")
    of_lists = () if settings["lists"] is None else ("overlap",)
    scores = {ALL: (*own, "low", "high"), **dict.fromkeys(settings["target_classes"], own)}
    baselines = {
        ALL: (*cheap, "source_accuracy", *of_lists),
        **dict.fromkeys(settings["target_classes"], cheap),
    }
    quality = ("lds", "lds_difference_of_means", "split_half", "r2", "null_band")
    ceiling = ("ceiling",) if settings["repeated"] else ()
    of_classes = [
        required
        for change in settings["classes"]
        for required in (
            *((_of(target, change), values) for target, values in scores.items()),
            *(
                (_of(target, change, "influence_baselines"), values)
                for target, values in baselines.items()
            ),
            (_of(ALL, change, "influence_wrong"), ("influence",)),
        )
    ]
    of_models = [
        (_of(ALL, f"{models} models", "influence_reliability"), (*quality, *ceiling))
        for models in settings["reliability"]
    ]
    return [*of_classes, *of_models]


def _counterfactuals(stages: Mapping) -> list:
    settings = stages["counterfactuals"]
    removed = settings["removed"]
    arms = [(arm, number) for arm in settings["arms"] for number in removed]
    return [
        (_of(arm, f"{number} removed"), (*ACCURACIES, "wrong_accuracy"))
        for arm, number in [("none", 0), *arms, ("wrong", removed[0])]
    ]
