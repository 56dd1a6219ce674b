"""Everything that a study's results depend on in its configuration, and a digest to compare."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache

from invariance.artefacts import ARTEFACTS
from invariance.provenance.lineage import example_identity, lineage
from invariance.studies.examples import examples
from invariance.studies.measured.settings import measured
from invariance.studies.stages import ON_REQUEST, STAGES

IMAGES = ("base_images", "natural_images")


@cache
def study_sources(study, stages: tuple[str, ...] | None = None) -> dict:
    """Seeds, results, recipes and settings of every stage of a study, or behind ``stages`` alone.

    The settings are those of the first seed. Settings of other seeds differ only by the seeds.

    Returns
    -------
    dict of plain JSON values
        ``study``; ``seeds``: one pair per seed, see ``Study.seed_pair``; ``results`` of the first
        seed; ``stages``: ``recipe`` and ``settings`` per stage. Settings are keyed by the name of
        the natural images, or by domain and then by the name of the dataset or model.
    """
    results = [
        (domain, seed, model, STAGES[stage].method, target)
        for domain, seed, model, stage, target in study.results(stages)
        if seed == study.seeds[0]
    ]
    behind: dict = {}
    for domain, seed, model, method, _ in results:
        place = {"study": study, "domain": domain, "seed": seed, "model": model}
        for stage, entry in lineage(study.config, place, method)["stages"].items():
            new = {"recipe": entry["recipe"], "settings": {}}
            settings = behind.setdefault(stage, new)["settings"]
            if stage in IMAGES:
                settings.update(entry["settings"])
            elif stage == "dataset":
                settings.setdefault(domain, {}).update(entry["settings"])
            else:
                settings.setdefault(domain, {})[model] = entry["settings"]
    return {
        "study": study.name,
        "seeds": [list(study.seed_pair(seed)) for seed in study.seeds],
        "results": [list(result) for result in results],
        "stages": behind,
    }


@cache
def study_digest(study, stages: tuple[str, ...] | None = None) -> str:
    """SHA-256 in hex of ``study_sources``."""
    return digest(study_sources(study, stages))


def measures_digests(studies: Iterable) -> dict[str, str]:
    """Digest of the measures of the networks of each study that has some, by its name."""
    return {study.name: study_digest(study, ON_REQUEST) for study in measured(studies)}


def artefact_digests(name: str, config: dict, studies: dict) -> dict[str, str]:
    """Digests of an artefact's sources, keyed by the name of each study or of the picture.

    Parameters
    ----------
    name : str
        A figure, table, picture or study. Another name, such as ``scorecard``, means all studies.
    config : dict
        The checked configuration.
    studies : dict of Study
    """
    artefact = ARTEFACTS.get(name)
    if artefact and artefact.is_picture:
        return {name: digest(_picture_sources(name, config))}
    if artefact and artefact.least_models:
        return measures_digests(studies.values())
    if artefact:
        names = (artefact.study,)
    else:
        names = (name,) if name in studies else tuple(studies)
    return {study: study_digest(studies[study]) for study in names}


def _picture_sources(name: str, config: dict) -> dict:
    """Specs and identities of the shards that a picture shows."""
    specs = {key: spec.to_dict() for key, spec in examples(config)[name].items()}
    return {key: [spec, example_identity(config, spec)] for key, spec in specs.items()}


def digest(value) -> str:
    """SHA-256 in hex of plain JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
