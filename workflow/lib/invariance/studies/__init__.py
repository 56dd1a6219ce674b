"""The studies of the paper and of its siblings, by name."""

from invariance.studies import (
    invariance_mismatch,
    invariance_transfer,
    invariance_vs_factors,
    irrelevant_features,
)
from invariance.studies.contrastive.study import Study as Contrastive
from invariance.studies.influence.study import Study as Influence

STUDIES = {
    study.name: study
    for study in (
        invariance_vs_factors.Study,
        irrelevant_features.Study,
        invariance_mismatch.Study,
        invariance_transfer.Study,
        Influence,
        Contrastive,
    )
}


def load_studies(config: dict) -> dict:
    """The studies of a checked configuration by name, in its order, without those set to null."""
    names = [name for name, settings in config["studies"].items() if settings is not None]
    return {name: STUDIES[name](config) for name in names}


def study_title(name: str) -> str:
    """The title of a study on pages; another name, such as that of a sum, stays unchanged."""
    return STUDIES[name].title if name in STUDIES else name
