"""The studies of the paper, by name."""

from invariance.studies import invariance_vs_factors

STUDIES = {invariance_vs_factors.NAME: invariance_vs_factors.Study}


def load_studies(config: dict) -> dict:
    """The studies that a checked configuration asks for, by name, in its order."""
    return {name: STUDIES[name](config) for name in config["studies"]}
