"""The studies, domains and images that a request needs; only these are checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from invariance.artefacts import ARTEFACTS
from invariance.studies import load_studies
from invariance.studies.measured.settings import measured
from transforms2d.natural_images.settings import NATURAL_CLASSES

DOWNLOADS = ("download", "base_images", "natural_images")
MEASURES = "measures"  # of all models: a target, a table of a study, a folder of records


@dataclass(frozen=True)
class Selection:
    """Domains of each study, images, and studies whose models are measured, of a request."""

    domains: Mapping[str, tuple[str, ...]]
    images: tuple[str, ...]
    measured: tuple[str, ...] = ()

    def narrowed(self, config: dict) -> dict:
        """The configuration with only these studies and domains."""
        studies = {}
        for name, domains in self.domains.items():
            settings = config["studies"][name]
            studies[name] = {**settings, **({"domains": domains} if "domains" in settings else {})}
        return {**config, "studies": studies}


NOTHING = Selection({}, ())


def everything(config: dict) -> Selection:
    """All studies of a configuration."""
    domains = {name: study.domains for name, study in load_studies(config).items()}
    return _with_images(domains, config)


def select(targets: Iterable[str], config: dict) -> Selection:
    """The selection for targets of Snakemake: names of artefacts and studies, or result paths.

    Without targets, or with any other target, everything is selected.
    """
    selections = [_select_one(target, config) for target in targets]
    if not selections or None in selections:
        return everything(config)
    domains: dict[str, tuple] = {}
    for selection in selections:
        for name, more in selection.domains.items():
            domains[name] = tuple(dict.fromkeys([*domains.get(name, ()), *more]))
    images = {image for selection in selections for image in selection.images}
    of_models = {name for selection in selections for name in selection.measured}
    return Selection(domains, tuple(images), tuple(sorted(of_models)))


def _select_one(target: str, config: dict) -> Selection | None:
    studies = load_studies(config)
    below = target.removeprefix("./").removeprefix(f"{config['results']}/").removeprefix("export/")
    parts = PurePosixPath(below).parts
    name = PurePosixPath(below).stem if parts[:1] in (("figures",), ("tables",)) else below
    artefact = ARTEFACTS.get(name)
    if name == MEASURES or (artefact and artefact.least_models):
        every = {study.name: study.domains for study in measured(studies.values())}
        return replace(_with_images(every, config), measured=tuple(every))
    if artefact and not artefact.study:
        return Selection({}, artefact.images)
    if parts[:1] and parts[0] in DOWNLOADS:
        chosen = [natural for natural in NATURAL_CLASSES if natural in parts]
        kinds = {"base_images": ["base_images"], "natural_images": chosen or NATURAL_CLASSES}
        return Selection({}, tuple(kinds.get(parts[0], ["base_images", *NATURAL_CLASSES])))
    study = studies.get(artefact.study if artefact else parts[0] if parts else None)
    if study is None:
        return None
    domains = [parts[1]] if len(parts) > 2 and parts[1] in study.domains else study.domains
    selected = _with_images({study.name: tuple(domains)}, config)
    has_measures = any(part.partition(".")[0] == MEASURES for part in parts[1:4])
    return replace(selected, measured=(study.name,)) if has_measures else selected


def _with_images(domains: Mapping[str, tuple], config: dict) -> Selection:
    studies = load_studies(config)
    images = set()
    for name, study_domains in domains.items():
        study = studies[name]
        for domain in study_domains:
            datasets = study.units(domain, "dataset") if domain in study.domains else ()
            naturals = {study.natural(domain, data) for data in (*datasets, *study.targets)}
            # Sensitivity is scored on images of all kinds.
            scored = "sensitivity" in study.stages
            images |= set(NATURAL_CLASSES) if scored else naturals - {None}
            images |= {"base_images"} if study.shows_objects(domain) else set()
    return Selection(domains, tuple(sorted(images)))
