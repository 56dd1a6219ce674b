"""What was asked for, by studies, their domains and images: the rest need not fit the settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from invariance.artefacts import ARTEFACTS
from invariance.studies import load_studies
from transforms2d.natural_images.settings import NATURAL_CLASSES

DOWNLOADS = ("download", "base_images", "natural_images")


@dataclass(frozen=True)
class Wanted:
    """Domains of each study, and images, that something asked for needs."""

    domains: Mapping[str, tuple[str, ...]]
    images: tuple[str, ...]

    def narrowed(self, config: dict) -> dict:
        """The configuration with these studies and domains alone."""
        studies = {}
        for name, domains in self.domains.items():
            settings = config["studies"][name]
            studies[name] = {**settings, **({"domains": domains} if "domains" in settings else {})}
        return {**config, "studies": studies}


NOTHING = Wanted({}, ())


def everything(config: dict) -> Wanted:
    """All studies of a configuration."""
    return _of({name: study.domains for name, study in load_studies(config).items()}, config)


def wanted(targets: Iterable[str], config: dict) -> Wanted:
    """What targets of Snakemake need: names of artefacts and studies, or paths of the results.

    Whatever is no such name or path needs everything, and so do no targets at all.
    """
    found = [_one(target, config) for target in targets]
    if not found or None in found:
        return everything(config)
    domains: dict[str, tuple] = {}
    for one in found:
        for name, some in one.domains.items():
            domains[name] = tuple(dict.fromkeys([*domains.get(name, ()), *some]))
    return Wanted(domains, tuple({image for one in found for image in one.images}))


def _one(target: str, config: dict) -> Wanted | None:
    studies = load_studies(config)
    below = target.removeprefix("./").removeprefix(f"{config['results']}/").removeprefix("export/")
    parts = PurePosixPath(below).parts
    name = PurePosixPath(below).stem if parts[:1] in (("figures",), ("tables",)) else below
    shown = ARTEFACTS.get(name)
    if shown and not shown.study:
        return Wanted({}, shown.images)
    if parts[:1] and parts[0] in DOWNLOADS:
        chosen = [natural for natural in NATURAL_CLASSES if natural in parts]
        kinds = {"base_images": ["base_images"], "natural_images": chosen or NATURAL_CLASSES}
        return Wanted({}, tuple(kinds.get(parts[0], ["base_images", *NATURAL_CLASSES])))
    study = studies.get(shown.study if shown else parts[0] if parts else None)
    if study is None:
        return None
    if shown and shown.is_picture:
        return _of({study.name: shown.domains}, config)
    domains = [parts[1]] if len(parts) > 2 and parts[1] in study.domains else study.domains
    return _of({study.name: tuple(domains)}, config)


def _of(domains: Mapping[str, tuple], config: dict) -> Wanted:
    studies = load_studies(config)
    images = set()
    for name, some in domains.items():
        for domain in some:
            models = studies[name].models(domain) if domain in studies[name].domains else ()
            shown = {studies[name].natural(domain, model.data) for model in models}
            # Sensitivity is scored on images of all kinds.
            images |= (
                set(NATURAL_CLASSES) if "sensitivity" in studies[name].stages else shown - {None}
            )
            images |= set() if domain in NATURAL_CLASSES else {"base_images"}
    return Wanted(domains, tuple(sorted(images)))
