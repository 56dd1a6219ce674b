"""Disk space of results: existing files, and files that jobs would add, by kind."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.cli.snakemake_plan import Cell, Job
from invariance.jobs import resources
from invariance.studies.stages import NETWORKS, STAGES
from transforms2d.natural_images.settings import NATURAL_CLASSES

KINDS = {
    "dataset": "shards (data/, may be deleted)",
    **dict.fromkeys(NETWORKS, "weights"),
    "linear_probe": "heads of probes",
    "subsets": "results of networks on subsets",
    "influence": "influences on single images",
}
REST = "images, records, figures, logs"
GONE = "features"  # deleted as soon as the probes are trained
BESIDE_PIXELS = 60  # approximate bytes of an image's label and latents in a shard
SMALL = 20_000  # approximate bytes of a job's record and log, or of a figure
NATURAL = 60_000  # images of CIFAR
STATES = 3  # size of a training's saved state, in units of its weights
OF_IMAGE = 10  # bytes of the results of a network on an image of the target
OF_CLASS = 8  # bytes of the influences of a class on an image
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "KB"))


def disk(jobs: Iterable[tuple[Job, Cell | None]], studies: Mapping, config: Mapping) -> list[str]:
    """Lines of text: existing and additional disk space by kind of file, and free space.

    Parameters
    ----------
    jobs : iterable of (Job, Cell or None)
        Every job that a target depends on, done or to do, and its cell.
    studies : mapping of name to Study
    config : mapping
        The checked configuration.
    """
    sizes, rows = Sizes(studies, config), {}
    temporary = dict.fromkeys((GONE, "pretrain"), 0)
    for job, cell in jobs:
        stage = cell.stage if cell else None
        needed = sizes.job_bytes(job, cell) if job.to_do else 0
        kind = "pretrain" if stage in NETWORKS else stage
        if kind in temporary:
            temporary[kind] = max(temporary[kind], needed)
        if stage == GONE:
            continue
        existing = sum(path.stat().st_size for path in map(Path, job.files) if path.is_file())
        old, new = rows.get(KINDS.get(stage, REST), (0, 0))
        rows[KINDS.get(stage, REST)] = old + existing, new + max(0, needed - existing)
    old, new = (sum(column) for column in zip(*rows.values(), strict=True))
    if not new:
        return []
    names = dict.fromkeys((*KINDS.values(), REST))
    kinds = {kind: rows[kind] for kind in names if kind in rows}
    width = max(map(len, kinds))
    lines = [f"{'disk'.ljust(width + 2)}  {'now':>7}  {'to add, about':>14}"]
    for kind, amounts in {**kinds, "total": (old, new)}.items():
        lines.append(f"  {kind.ljust(width)}  {size(amounts[0]):>7}  {size(amounts[1]):>14}")
    return [*lines, *_temporary_lines(temporary), _free(config["results"], new)]


def _temporary_lines(largest: Mapping[str, int]) -> list[str]:
    """A line on the temporary files of a job."""
    words = {
        GONE: "features, until their probes are trained",
        "pretrain": "a saved state, until training ends",
    }
    times = {GONE: 1, "pretrain": STATES}
    parts = [f"{size(times[k] * largest[k])} of {word}" for k, word in words.items() if largest[k]]
    return [f"  temporarily, a model needs up to {', and '.join(parts)}"] if parts else []


def _free(results: str, needed: int) -> str:
    folder = Path(results).absolute()
    folder = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    advice = "" if free >= needed else ": too little; set results: to a folder on a larger disk"
    return f"  free on the disk of {results}: {size(free)}{advice}"


def size(amount: float) -> str:
    """Bytes in a suitable unit, with at least two digits."""
    for unit, name in UNITS:
        if amount >= unit:
            number = amount / unit
            return f"{number:,.0f} {name}" if number >= 9.95 else f"{number:.1f} {name}"
    return f"{amount:.0f}"


class Sizes:
    """Estimates the size of a job's files from its settings."""

    def __init__(self, studies: Mapping, config: Mapping):
        self.studies = studies
        self.config = config
        self._networks: dict[tuple, tuple[int, int]] = {}

    def job_bytes(self, job: Job, cell: Cell | None) -> int:
        """Bytes of all files of a job with this cell, or None."""
        if cell is None:
            if job.rule != "prepare_natural_images":
                return SMALL * len(job.files)
            return self._images(self._natural(Path(job.files[0]).parent.name))
        study = self.studies[cell.study]
        place = cell.domain, cell.seed, cell.name
        if cell.stage == "dataset":
            images = resources.rendering(study, *place).images
            kept = self.config["datasets"]["keep"] == "pixels"
            return self._images(images) if kept else images * BESIDE_PIXELS
        if STAGES[cell.stage].subject == "unit":
            return self._of_unit(study, cell)
        weights, width = self._network(study, place)
        if cell.stage in NETWORKS:
            return weights + SMALL
        if cell.stage == GONE:
            return resources.feature_rows(study, *place) * (4 * width + 8)
        if cell.stage == "linear_probe":
            heads = 1 + len(study.linear_probe(*place).get("samples", ()))
            classes = sum(
                study.dataset(*place[:2], name, "train").num_classes for name in study.targets
            )
            return heads * classes * (width + 1) * 4 + SMALL
        return SMALL

    def _of_unit(self, study, cell: Cell) -> int:
        """Bytes of views, or of the results of several networks on the images of a target."""
        place = cell.domain, cell.seed
        if cell.stage == "views":
            return self._images(resources.views(study, *place, cell.name).images) + SMALL
        images = sum(resources.rendering(study, *place, name).images for name in study.targets)
        if cell.stage == "subsets":
            networks = study.networks(cell.domain, cell.stage, cell.name)
            return networks * images * OF_IMAGE + SMALL
        if cell.stage == "influence":
            classes = study.dataset(*place, study.data(cell.name), "train").num_classes
            return classes * images * OF_CLASS + SMALL
        return SMALL

    def _natural(self, name: str) -> int:
        """Number of images of a source: drawn images, or CIFAR's."""
        settings = self.config["natural_images"][name]
        if settings["source"] != "procedural":
            return NATURAL
        return NATURAL_CLASSES[name] * (settings["train_per_class"] + settings["test_per_class"])

    def _images(self, number: int) -> int:
        return number * (3 * self.config["image_size"] ** 2 + BESIDE_PIXELS)

    def _network(self, study, place: tuple) -> tuple[int, int]:
        """Bytes of a model's weights, and the number of inputs of its head."""
        settings = study.pretraining(*place)
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
