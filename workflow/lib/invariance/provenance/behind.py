"""What stands behind all results of a study, as its configuration says, in one value to compare."""

import hashlib
import json
from functools import cache

from invariance.artefacts import ARTEFACTS
from invariance.provenance.lineage import example, lineage, shard
from invariance.studies.examples import examples
from invariance.studies.stages import STAGES

IMAGES = ("base_images", "natural_images")


@cache
def behind(study) -> dict:
    """Seeds, results, recipes and settings of every stage of a study.

    Settings are those of the first seed: those of the others follow from their seeds.

    Returns
    -------
    dict of plain JSON values
        ``study``; ``seeds``, a pair for each, see ``Study.seed_pair``; ``results``, those of the
        first seed; ``stages``: ``recipe`` and ``settings`` of each, the latter by the name of the
        natural images, and by domain and by the name of the dataset or model.
    """
    results = [
        (domain, seed, model, STAGES[stage].method, target)
        for domain, seed, model, stage, target in study.results()
        if seed == study.seeds[0]
    ]
    stages: dict = {}
    for domain, seed, model, method, _ in results:
        where = {"study": study, "domain": domain, "seed": seed, "model": model}
        for stage, one in lineage(study.config, where, method)["stages"].items():
            kept = stages.setdefault(stage, {"recipe": one["recipe"], "settings": {}})["settings"]
            if stage in IMAGES:
                kept.update(one["settings"])
            elif stage == "dataset":
                kept.setdefault(domain, {}).update(one["settings"])
            else:
                kept.setdefault(domain, {})[model] = one["settings"]
    return {
        "study": study.name,
        "seeds": [list(study.seed_pair(seed)) for seed in study.seeds],
        "results": [list(one) for one in results],
        "stages": stages,
    }


@cache
def of_study(study) -> str:
    """SHA-256 in hex of what stands behind a study."""
    return digest(behind(study))


def of_artefact(name: str, config: dict, studies: dict) -> dict[str, str]:
    """What an artefact is made of, by the name of a study or of the picture itself, as digests.

    Parameters
    ----------
    name : str
        Of a figure, table, picture or study; any other, such as ``scorecard``, is of all studies.
    config : dict
        The checked configuration.
    studies : dict of Study
    """
    shown = ARTEFACTS.get(name)
    if shown and shown.is_picture:
        return {name: digest(_shown(name, config, studies))}
    if shown:
        names = (shown.study,)
    else:
        names = (name,) if name in studies else tuple(studies)
    return {one: of_study(studies[one]) for one in names}


def _shown(name: str, config: dict, studies: dict) -> dict:
    """The shards that a picture shows: their specs, and what else they are of."""
    if not ARTEFACTS[name].study:
        specs = {key: spec.to_dict() for key, spec in examples(config)[name].items()}
        return {key: [spec, example(config, spec)] for key, spec in specs.items()}
    study = studies[ARTEFACTS[name].study]
    names = ("target", study.example("same"), study.example("different"))
    specs = {key: study.dataset_specs("t2d", 0, key) for key in names}
    return {key: [spec, shard(config, spec["train"], None)] for key, spec in specs.items()}


def digest(value) -> str:
    """SHA-256 in hex of plain JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
