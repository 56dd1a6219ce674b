"""The results that records of measured networks must have, from the settings in their lineage."""

from collections.abc import Iterator, Mapping

from invariance.studies.contrastive.measurable import ways

# The latents that transformations have, as ``latent_targets`` names them.
LATENTS = {
    **{name: (name,) for name in ("scale", "rotate", "hue", "brightness", "contrast", "blur")},
    "shear": ("shear_x", "shear_y"),
}
METHODS = {"grid": "invariance", "draws": "invariance_draws"}

# Without an inverse of the covariance, and with features that are the same for all images.
MAY_BE_UNDEFINED = (
    "condition_number",
    *(f"{name}@0" for name in ("whitened_cosine", "mahalanobis", "whitened_sensitivity")),
)

Required = list[tuple[tuple, tuple[str, ...]]]


def represent(stages: Mapping) -> Required:
    """Names and scores of every measure of one network; what may be undefined is not required."""
    required = []
    for name, one in stages["represent"].items():
        required += _invariance(name, one)
        if one["twins"]:
            changes = [change for change in one["transformations"] if "twins" in ways(change)]
            required += [(("sensitivity", name, change, None), ("l2",)) for change in changes]
        required += _readouts(name, one, stages["dataset"][name])
    with_mean = next(iter(stages["represent"].values()))
    for name, group in stages["views"].items():
        for factor in group.get("factors", [group.get("vary")]):
            required.append((("views", name, factor, None), _scores(with_mean)))
    return required


def measures(stages: Mapping) -> Required:
    """Names and scores of the measures of one network on held-out images."""
    return _invariance(stages["measures"]["data"], stages["measures"])


def fusion(stages: Mapping) -> Required:
    """Names and scores of everything that is read out of a fusion."""
    return [
        required
        for name, one in stages["fusion"].items()
        for required in _readouts(name, one, stages["dataset"][name])
    ]


def _invariance(name: str, settings: Mapping) -> Required:
    return [
        (("spectrum", name, None, None), ("rank", "effective_rank")),
        *(
            ((method, name, change, None), _scores(settings))
            for way, method in METHODS.items()
            if settings[way]
            for change in settings["transformations"]
            if way in ways(change)
        ),
    ]


def _scores(settings: Mapping) -> tuple[str, ...]:
    """Shrinkage 0 is undefined where the covariance has no inverse."""
    shrinkages = [one for one in settings["shrinkages"] if one != 0]
    names = [one if isinstance(one, str) else f"{one:g}" for one in shrinkages]
    return ("centred_cosine", *(f"whitened_cosine@{name}" for name in names))


def _readouts(name: str, settings: Mapping, specs: Mapping) -> Required:
    if not settings["readout_train"]:
        return []
    spec, required = specs["train"], []
    if settings["latents"]:
        latents = list(_latents(spec))
        required = [(("regression", name, latent, None), ("r2",)) for latent in latents]
    if settings["penalties"]:
        accuracies = ("accuracy", "class_accuracy")
        required.append((("downstream", name, "classes", None), accuracies))
        if spec["foreground"] != "none":
            required.append((("downstream", name, "place", None), ("r2",)))
    return required


def _latents(spec: Mapping) -> Iterator[str]:
    """Latents of objects at random places on images as backgrounds."""
    yield "place"
    for name in spec["transforms"]:
        yield from LATENTS.get(name, ())
    yield "background"
