"""Settings of ``snakemake measures``: the invariance of every pretrained network, by every measure.

All networks of a domain and seed are measured on the same images: the test images of a target task
without its transformations, or, in a study without targets, those of the networks' own kind of
data. No network is trained on a test image.
"""

from dataclasses import replace

from invariance.studies.seeds import derive

KEY = "measures"
STAGES = (KEY,)
SPLIT = "test"


def settings(study, domain: str, seed: int, name: str) -> dict:
    """Settings of the measures of one network: see ``measures.of_rendered.run``."""
    given, data = study.config[KEY], study.measured_on(name)
    natural = study.natural(domain, data)
    size = given["natural" if natural else "rendered"]
    spec = study.dataset(domain, seed, data, SPLIT)
    shown = replace(spec, transforms=(), samples=size["fit"] + size["scored"])
    chosen = {
        **{key: given[key] for key in ("grid", "draws", "identity")},
        "transformations": list(given["transformations"]),
        "shrinkages": list(given["shrinkages"]),
        "fit": size["fit"],
        "images": size["scored"],
        "batch_size": study.config["sensitivity"]["batch_size"],
        "precision": study.config["pretraining"]["precision"],
        "seed": derive(study.seed_pair(seed)[1], KEY),
        "data": data,
        "spec": shown.to_dict(),
        "natural": natural,
    }
    return dict(sorted(chosen.items()))


def measured(studies) -> list:
    """The studies whose networks ``snakemake measures`` measures."""
    return [study for study in studies if study.on_request]
