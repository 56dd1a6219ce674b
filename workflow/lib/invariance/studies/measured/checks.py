"""Checks of the block ``measures``: settings that fit the schema but are impossible."""

from collections.abc import Mapping

from invariance.studies import checks
from invariance.studies.contrastive.measurable import MEASURABLE, OF_VIEWS
from invariance.studies.contrastive.shown import SHRINKAGE
from invariance.studies.measured.settings import KEY, SPLIT
from transforms2d.errors import UserError, gather, quote

LEAST_GRID = 2  # a grid of one parameter would be no scan


def check(study) -> None:
    """Refuse more images than a study's data have.

    Raises
    ------
    UserError
        One line per mistake: the key's path, the fault, what to do.
    """
    gather(*(lambda domain=domain: _enough(study, domain) for domain in study.domains))


def check_settings(given: Mapping) -> None:
    """Refuse settings of impossible measures.

    Raises
    ------
    UserError
        As ``check``.
    """
    gather(
        *(lambda name=name: _known(name, given["grid"]) for name in given["transformations"]),
        lambda: _ways(given["grid"], given["draws"]),
        lambda: _shrinkages(given["shrinkages"]),
        *(lambda kind=kind: _pairs(kind, given[kind]) for kind in ("rendered", "natural")),
    )


def _known(name: str, grid: int) -> None:
    if name not in MEASURABLE:
        raise UserError(
            f"{KEY}.transformations: {quote(name)} is not one of {', '.join(MEASURABLE)}"
        )
    if name in OF_VIEWS and not grid:
        raise UserError(
            f"{KEY}.grid: {name} is measured over a grid alone; give {LEAST_GRID} or more, or "
            "leave it out of transformations"
        )


def _ways(grid: int, draws: int) -> None:
    if 0 < grid < LEAST_GRID:
        raise UserError(f"{KEY}.grid: 1 parameter is no grid; give {LEAST_GRID} or more, or 0")
    if not grid and not draws:
        raise UserError(f"{KEY}: grid and draws are both 0; give one of them")


def _shrinkages(given: list) -> None:
    if SHRINKAGE not in given:
        raise UserError(
            f"{KEY}.shrinkages: {SHRINKAGE:g} is not among {', '.join(map(str, given))}; add it, "
            "tables show it"
        )


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
