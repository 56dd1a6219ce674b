"""The studies of the paper, by name."""

from invariance.studies import invariance_mismatch, invariance_vs_factors

STUDIES = {
    study.name: study
    for study in (
        invariance_vs_factors.Study,
        invariance_mismatch.Study,
    )
}


def load_studies(config: dict) -> dict:
    """The studies that a checked configuration asks for, by name, in its order."""
    return {name: STUDIES[name](config) for name in config["studies"]}
