"""Which figures and tables the settings of the study of views have results for."""

from collections.abc import Mapping

from invariance.studies.contrastive.datasets import SOURCE

# Transformations of whole images by what they change, and of them those of both axes.
AXES = {
    "spatial": ("scale", "translate", "h_flip", "rotate", "shear", "crop_flip"),
    "appearance": ("hue", "brightness", "grayscale", "contrast", "blur", "saturation"),
}
SHRINKAGE = 0.01  # of the whitened cosine that figures and claims show
OF_IMAGES = ("invariances", "two_axes", "agreement", "contrastive_invariance")
OF_AXES = ("two_axes", "contrastive_invariance", "contrastive_correlations")
OVER_CONDITIONS = ("agreement", "contrastive_correlations")
LEAST_CONDITIONS = 3  # of a rank correlation


def is_shown(artefact: str, settings: Mapping) -> bool:
    """Whether an artefact, by its name, has results."""
    invariance = settings["invariance"]
    measured = SOURCE in invariance["datasets"] and (invariance["grid"] or invariance["draws"])
    scored = set(invariance["transformations"]) if measured else set()
    conditions = 1 + sum(map(len, settings["conditions"].values()))  # and the untrained network
    return not (
        (artefact in OF_IMAGES and not scored)
        or (artefact in OF_AXES and not all(scored & {*names} for names in AXES.values()))
        or (artefact in OVER_CONDITIONS and conditions < LEAST_CONDITIONS)
    )
