"""The models, datasets and images that results need, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping

from invariance.cli.snakemake_plan import Cell
from invariance.jobs import resources
from invariance.studies.stages import NETWORKS

SHOWN = 10  # values of one factor
FEW = 3  # studies and domains whose factors fit on a screen


def needed_inputs(
    cells: list[Cell], images: Iterable[str], studies: Mapping, config: Mapping
) -> list[str]:
    """Lines of text on models, datasets and images; empty if nothing is needed.

    Parameters
    ----------
    cells : list of Cell
        Every job of a stage, done or to do.
    images : iterable of str
        ``base_images`` and names of natural images, as in the configuration.
    """
    lines = []
    places = list(dict.fromkeys((cell.study, cell.domain) for cell in cells))
    for place in places:
        place_cells = [cell for cell in cells if (cell.study, cell.domain) == place]
        lines += _models(studies[place[0]], place_cells, brief=len(places) > FEW)
    if len(places) > 1:
        lines.append(f"  in all: {_total(cells, studies)}")
    for name in images:
        if name == "base_images":
            base = config[name]
            size = f"{base['objects']} objects, {base['backgrounds']} backgrounds"
            lines.append(f"  base images: {base['source']}, {size}")
        else:
            lines.append(f"  {name}: {config['natural_images'][name]['source']}")
    return ["needs", *lines] if lines else []


def _models(study, cells: list[Cell], *, brief: bool) -> list[str]:
    """The models and datasets of one study and domain; the models' factors unless ``brief``."""
    domain = cells[0].domain
    trained = [cell.name for cell in cells if _is_training(cell, study)]
    data = [cell for cell in cells if cell.stage == "dataset"]
    models = list(dict.fromkeys(trained))
    seeds = count(len({cell.seed for cell in cells}), "seed")
    sizes = f"{count(len(models), 'model')} x {seeds} = {count(len(trained), 'pretraining')}"
    if not models:
        networks = _networks(cells, {study.name: study})
        sizes = f"{count(networks, 'network')} in {seeds}" if networks else "no model"
    lines = [f"  {study.name}, {domain}: {sizes}"]
    if not brief and models:
        factors = [
            {**study.factors(m), "architecture": study.model(m).architecture} for m in models
        ]
        keys = dict.fromkeys(key for one in factors for key in one)
        lines += [f"    {key}: {_values(one[key] for one in factors)}" for key in keys]
    if data:
        images = _images(data, {study.name: study})
        targets = sum(cell.name in study.targets for cell in data)
        also = f", {count(targets, 'target')}" if targets else ""
        lines.append(f"    datasets: {len(data) - targets} to pretrain on{also}; {images:,} images")
    return lines


def _total(cells: list[Cell], studies: Mapping) -> str:
    data = [cell for cell in cells if cell.stage == "dataset"]
    trained = sum(_is_training(cell, studies[cell.study]) for cell in cells)
    others = _networks(cells, studies) - trained
    parts = [
        *([count(trained, "pretraining")] if trained or not others else []),
        *([count(others, "other network" if trained else "network")] if others else []),
        f"{count(len(data), 'dataset')} of {_images(data, studies):,} images",
    ]
    return ", ".join(parts)


def _is_training(cell: Cell, study) -> bool:
    """Whether a job trains one network; one is measured as it was initialised."""
    place = cell.domain, cell.stage, cell.name
    return cell.stage in NETWORKS and study.networks(*place) > 0


def _networks(cells: Iterable[Cell], studies: Mapping) -> int:
    return sum(studies[cell.study].networks(cell.domain, cell.stage, cell.name) for cell in cells)


def _images(data: Iterable[Cell], studies: Mapping) -> int:
    return sum(
        resources.rendering(studies[cell.study], cell.domain, cell.seed, cell.name).images
        for cell in data
    )


def count(number: int, noun: str) -> str:
    """A number with its noun, such as ``2 models``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _values(values: Iterable) -> str:
    """Values with their numbers of models, shortened to ``SHOWN`` values."""
    counts = Counter(values)
    alike = len(set(counts.values())) == 1
    few = list(counts)[:SHOWN]
    words = ", ".join(str(one) if alike else f"{one} ({counts[one]})" for one in few)
    more = [f"{len(counts)} values"] if len(counts) > SHOWN else []
    each = counts[few[0]]
    more += [f"{each} each"] if alike and len(counts) > 1 and each > 1 else []
    return (
        words + (", ..." if len(counts) > SHOWN else "") + (f" ({', '.join(more)})" if more else "")
    )
