"""Settings of ``snakemake measures``: the invariance of every pretrained network, by every measure.

All networks of a domain and seed are measured on the same images: the test images of a target task
without its transformations, or, in a study without targets, those of the networks' own kind of
data. No network is trained on a test image.
"""

from dataclasses import replace

from invariance.studies import checks
from invariance.studies.seeds import derive
from transforms2d.errors import UserError, gather, quote
from transforms2d.names import KNOWN

KEY = "measures"
STAGES = (KEY,)
SPLIT = "test"
LEAST_GRID = 2  # a grid of one parameter would be no scan


def settings(study, domain: str, seed: int, name: str) -> dict:
    """Settings of the measures of one network: see ``measures.of_rendered.run``."""
    given, data = study.config[KEY], study.measured_on(name)
    natural = study.natural(domain, data)
    size = given[_kind(natural)]
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


def check(study) -> None:
    """Refuse measures that are none, or of more images than there are.

    Raises
    ------
    UserError
        One line per mistake: the key's path, the fault, what to do.
    """
    given = study.config[KEY]
    gather(
        *(lambda name=name: _known(name) for name in given["transformations"]),
        lambda: _ways(given["grid"], given["draws"]),
        *(lambda kind=kind: _pairs(kind, given[kind]) for kind in ("rendered", "natural")),
        *(lambda domain=domain: _enough(study, domain) for domain in study.domains),
    )


def _kind(natural: str | None) -> str:
    return "natural" if natural else "rendered"


def _known(name: str) -> None:
    if name not in KNOWN:
        raise UserError(f"{KEY}.transformations: {quote(name)} is not one of {', '.join(KNOWN)}")


def _ways(grid: int, draws: int) -> None:
    if 0 < grid < LEAST_GRID:
        raise UserError(f"{KEY}.grid: 1 parameter is no grid; give {LEAST_GRID} or more, or 0")
    if not grid and not draws:
        raise UserError(f"{KEY}: grid and draws are both 0; give one of them")


def _pairs(kind: str, size: dict) -> None:
    least = checks.least_pairs({"metrics": []})
    if min(size.values()) < least:
        raise UserError(f"{KEY}.{kind}: give {least} or more images to fit and to score")


def _enough(study, domain: str) -> None:
    for data in dict.fromkeys(study.measured_on(model.name) for model in study.models(domain)):
        natural = study.natural(domain, data)
        available = study.counted_natural_images(natural, SPLIT) if natural else None
        if available is None:
            continue
        classes = len(study.dataset(domain, 0, data, SPLIT).natural_classes)
        needed = sum(study.config[KEY]["natural"].values())
        if needed > available * classes:
            raise UserError(
                f"{KEY}.natural: fit and scored are {needed} images, but the classes of "
                f"studies.{study.name} have {int(available * classes)} test images of {natural}; "
                "lower them"
            )
