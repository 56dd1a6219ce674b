"""The studies of the paper, by name."""

from invariance.studies import (
    invariance_mismatch,
    invariance_transfer,
    invariance_vs_factors,
    irrelevant_features,
)

STUDIES = {
    study.name: study
    for study in (
        invariance_vs_factors.Study,
        irrelevant_features.Study,
        invariance_mismatch.Study,
        invariance_transfer.Study,
    )
}


def load_studies(config: dict) -> dict:
    """The studies that a checked configuration asks for, by name, in its order; null leaves out."""
    asked = [name for name, settings in config["studies"].items() if settings is not None]
    return {name: STUDIES[name](config) for name in asked}


def study_title(name: str) -> str:
    """What pages call a study; a name that is no study's, such as that of a sum, stays as it is."""
    return STUDIES[name].title if name in STUDIES else name
