"""Disk that results take: what lies there, and what jobs would add, by kind of file."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.cli.snakemake_plan import Cell, Job
from invariance.jobs import resources
from transforms2d.natural_images.settings import NATURAL_CLASSES

KINDS = {
    "dataset": "shards (data/, may be deleted)",
    "pretrain": "weights",
    "linear_probe": "heads of probes",
}
REST = "images, records, figures, logs"
GONE = "features"  # deleted as soon as the probes are trained
BESIDE_PIXELS = 60  # bytes of an image's label and latents in a shard, about
SMALL = 20_000  # bytes of a job's record and log, or of a figure, about
NATURAL = 60_000  # images of CIFAR
STATES = 3  # times its weights: what a training that is cut short goes on from
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "KB"))


def disk(placed: Iterable[tuple[Job, Cell | None]], studies: Mapping, config: Mapping) -> list[str]:
    """Lines of words: GB that are there and to come by kind, and what is free.

    Parameters
    ----------
    placed : iterable of (Job, Cell or None)
        Every job behind a target, done or to do, and where it stands.
    studies : mapping of name to Study
    config : mapping
        The checked configuration.
    """
    sizes, rows = Sizes(studies, config), {}
    passing = dict.fromkeys((GONE, "pretrain"), 0)
    for job, at in placed:
        stage = at.stage if at else None
        asked = sizes.of(job, at) if job.to_do else 0
        if stage in passing:
            passing[stage] = max(passing[stage], asked)
        if stage == GONE:
            continue
        found = sum(path.stat().st_size for path in map(Path, job.files) if path.is_file())
        there, to_come = rows.get(KINDS.get(stage, REST), (0, 0))
        rows[KINDS.get(stage, REST)] = there + found, to_come + max(0, asked - found)
    there, to_come = (sum(column) for column in zip(*rows.values(), strict=True))
    if not to_come:
        return []
    kinds = {kind: rows[kind] for kind in (*KINDS.values(), REST) if kind in rows}
    width = max(map(len, kinds))
    lines = [f"{'disk'.ljust(width + 2)}  {'there':>7}  {'to come, about':>14}"]
    for kind, amounts in {**kinds, "total": (there, to_come)}.items():
        lines.append(f"  {kind.ljust(width)}  {size(amounts[0]):>7}  {size(amounts[1]):>14}")
    return [*lines, *_for_a_while(passing), _free(config["results"], to_come)]


def _for_a_while(largest: Mapping[str, int]) -> list[str]:
    """What a job takes beside its results until it, or the next one, ends."""
    words = {
        GONE: "features, until their probes are trained",
        "pretrain": "a state to go on from, until training ends",
    }
    times = {GONE: 1, "pretrain": STATES}
    shown = [f"{size(times[k] * largest[k])} of {word}" for k, word in words.items() if largest[k]]
    return [f"  for a while, a model takes up to {', and '.join(shown)}"] if shown else []


def _free(results: str, needed: int) -> str:
    folder = Path(results).absolute()
    folder = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(folder).free
    enough = "" if free >= needed else ": too little; let results: be a folder on a larger disk"
    return f"  free on the disk of {results}: {size(free)}{enough}"


def size(amount: float) -> str:
    """Bytes in a fitting unit, with two digits at least."""
    for unit, name in UNITS:
        if amount >= unit:
            number = amount / unit
            return f"{number:,.0f} {name}" if number >= 9.95 else f"{number:.1f} {name}"
    return f"{amount:.0f}"


class Sizes:
    """Bytes that a job's files take, from what it is asked for."""

    def __init__(self, studies: Mapping, config: Mapping):
        self.studies = studies
        self.config = config
        self._networks: dict[tuple, tuple[int, int]] = {}

    def of(self, job: Job, at: Cell | None) -> int:
        """Bytes of all files of a job; ``at`` is where it stands, or None."""
        if at is None:
            if job.rule != "prepare_natural_images":
                return SMALL * len(job.files)
            return self._images(self._natural(Path(job.files[0]).parent.name))
        study = self.studies[at.study]
        where = at.domain, at.seed, at.name
        if at.stage == "dataset":
            return self._images(resources.rendering(study, *where).images)
        weights, width = self._network(study, where)
        if at.stage == "pretrain":
            return weights + SMALL
        if at.stage == GONE:
            targets = [resources.rendering(study, *where[:2], name) for name in study.targets]
            return sum(target.images for target in targets) * (4 * width + 8)
        if at.stage == "linear_probe":
            heads = 1 + len(study.linear_probe(*where).get("samples", ()))
            classes = sum(
                study.dataset(*where[:2], name, "train").num_classes for name in study.targets
            )
            return heads * classes * (width + 1) * 4 + SMALL
        return SMALL

    def _natural(self, name: str) -> int:
        """Images of a source: those that are drawn, or CIFAR's."""
        settings = self.config["natural_images"][name]
        if settings["source"] != "procedural":
            return NATURAL
        return NATURAL_CLASSES[name] * (settings["train_per_class"] + settings["test_per_class"])

    def _images(self, number: int) -> int:
        return number * (3 * self.config["image_size"] ** 2 + BESIDE_PIXELS)

    def _network(self, study, where: tuple) -> tuple[int, int]:
        """Bytes of a model's weights, and what its head reads."""
        settings = study.pretraining(*where)
        keys = ("architecture", "num_classes", "width", "blocks_per_stage", "image_size")
        key = tuple(settings.get(key) for key in keys)
        if key not in self._networks:
            import torch

            from invariance import models

            with torch.device("meta"):  # shapes alone, no memory
                network = models.from_settings(settings)
            tensors = network.state_dict().values()
            total = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
            self._networks[key] = total, network.head.in_features
        return self._networks[key]
