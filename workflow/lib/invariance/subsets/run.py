"""A job: all its networks trained and measured, stack by stack; finished stacks outlive a kill."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from invariance import models
from invariance.jobs import device as devices
from invariance.records.results import write_record
from invariance.subsets import batches
from invariance.subsets import masks as masking
from invariance.subsets import outputs as results
from invariance.subsets.data import Data, digest, load, read
from invariance.subsets.settings import checked
from invariance.subsets.training import train
from invariance.training import resume
from transforms2d.errors import UserError

log = logging.getLogger(__name__)


def run(
    inputs: Mapping,
    outputs: Mapping,
    settings: Mapping,
    *,
    masks: np.ndarray,
    seeds: np.ndarray,
    config: Mapping | None,
    identities: Mapping,
    lineage: Mapping,
    run_started: float,
    threads: int,
    provenance: Callable[[], dict],
    recipe: int,
    method: str = "subsets",
    evaluations: Callable[[Mapping[str, Tensor]], list[dict]] | None = None,
) -> None:
    """Train and measure networks from files to files, unless another job of this run did it.

    Parameters
    ----------
    inputs : mapping from name to path
        See ``data.read``.
    outputs : mapping from name to path
        ``record``, which is written last, and, if all results are kept, ``outputs``.
    settings : mapping
        The keys of ``settings.SETTINGS``.
    masks : uint8 [m, K]
        The source classes of each network.
    seeds : int64 [m]
        At least 0.
    config : mapping or None
        The checked configuration, with the required sources of images.
    identities, lineage : mapping
        Identity of each file, and lineage of the result, see the module ``lineage``.
    run_started : float
        Start time of the workflow's run, see ``resume.is_finished``.
    threads : int
        Of the CPU. Their number changes no result.
    provenance : function without arguments
        Called at the end; returns how the result was made, see ``context.provenance``.
    recipe : int
        Of the stage.
    method : str
        Of the record; also the key of the identity of ``outputs``.
    evaluations : callable or None
        Makes the evaluations of the record from the tensors by name; None for ``mean_scores``.

    Raises
    ------
    UserError
        For settings, masks or data that do not fit, a damaged file, or a diverged training.
    """
    settings = checked(settings)
    # Not an output, so that Snakemake does not delete it with them.
    state_dir = Path(outputs["record"]).with_name("resume")
    place = devices.resolve(settings["device"])
    with resume.exclusive(state_dir):
        shards = read(inputs, config, identities, devices.for_rendering(place))
        identity = {**settings, "data": digest(shards, masks, seeds), "recipe": recipe}
        if resume.is_finished(outputs, identity, run_started):
            log.info("an earlier attempt trained these networks")
            return
        tensors, seconds = train_all(
            load(shards, settings, place), masks, seeds, settings, state_dir, identity, threads
        )
        if "outputs" in outputs:
            results.write(outputs["outputs"], tensors, settings, identities.get(method))
        write_record(
            outputs["record"],
            method=method,
            evaluations=(evaluations or mean_scores)(tensors),
            details=_details(settings, identity["data"], masks, shards, seconds),
            recipe=recipe,
            **lineage,
            provenance=provenance(),
        )
        resume.discard(state_dir)


def train_all(
    data: Data,
    masks: np.ndarray,
    seeds: np.ndarray,
    settings: Mapping,
    state_dir,
    identity: Mapping,
    threads: int,
) -> tuple[dict[str, Tensor], float]:
    """Train and measure every network; return tensors by name, and seconds of all stacks.

    On a CPU a stack is computed by one thread, and as many stacks at a time as there are threads:
    so small networks do not gain from several threads, and no sum depends on their number.

    Parameters
    ----------
    data : Data
    masks, seeds
        uint8 [m, K] and int64 [m].
    settings : mapping
        As from ``settings.checked``.
    state_dir : path
        Folder of this job, in which finished stacks are kept; the caller removes it.
    identity : mapping
        Plain JSON values that kept stacks must have to be used.
    threads : int
        Of the CPU.

    Returns
    -------
    dict of Tensor and float
        The tensors of ``outputs.measure`` of all networks in the order of ``masks``, with ``masks``
        and ``seeds``.
    """
    check_networks(masks, seeds, settings)
    full, size = bool(masks.all()), settings["stack"]["models"]
    parts = [slice(start, start + size) for start in range(0, len(masks), size)]

    def one(number: int) -> resume.State:
        keeper = resume.Keeper(Path(state_dir) / f"stack{number}", identity)
        if (state := keeper.load()) is not None:
            log.info("stack %d of %d was finished before", number + 1, len(parts))
            return state
        started = perf_counter()
        part = masks[parts[number]], seeds[parts[number]].tolist()
        tensors = _one_stack(data, *part, settings, full=full)
        seconds = perf_counter() - started
        log.info("stack %d of %d: %.1f s", number + 1, len(parts), seconds)
        state = resume.State(tensors, {"seconds": seconds})
        keeper.write(state)
        return state

    place = data.source.device
    at_a_time = threads if place.type == "cpu" else 1
    with devices.session(place, 1 if place.type == "cpu" else threads):
        states = _in_order(one, len(parts), at_a_time)
    names = states[0].tensors
    tensors = {name: torch.cat([state.tensors[name] for state in states]) for name in names}
    given = {"masks": masks.astype(np.uint8), "seeds": seeds.astype(np.int64)}
    tensors |= {name: torch.from_numpy(array) for name, array in given.items()}
    return tensors, sum(state.progress["seconds"] for state in states)


def check_networks(masks: np.ndarray, seeds: np.ndarray, settings: Mapping) -> None:
    """Refuse masks and seeds that do not fit each other or the settings, with the key."""
    masking.check(masks)
    if masks.shape[1] != settings["num_classes"]:
        raise UserError(
            f"masks: {masks.shape[1]} classes; subsets.num_classes is {settings['num_classes']}"
        )
    if len(masks) != len(seeds) or len(masks) == 0 or seeds.min() < 0:
        raise UserError(
            f"masks: {len(masks)} rows and {len(seeds)} seeds; give one of each, at least 0, per "
            "network"
        )


def mean_scores(tensors: Mapping[str, Tensor]) -> list[dict]:
    """One evaluation: means over the networks of their accuracies.

    ``source_accuracy`` is over the classes that a network saw.
    """
    seen, source = tensors["masks"].double(), tensors["source_accuracy"].double()
    scores = {
        "val_accuracy": tensors["val/correct"].double().mean(),
        "test_accuracy": tensors["test/correct"].double().mean(),
        "source_accuracy": ((source * seen).sum(dim=1) / seen.sum(dim=1)).mean(),
    }
    return [{"target": "target", "scores": {name: float(value) for name, value in scores.items()}}]


def _one_stack(data: Data, masks, seeds, settings: Mapping, *, full: bool) -> dict[str, Tensor]:
    try:
        stack = train(data.source, masks, seeds, settings)
        return results.measure(stack, data, settings, full=full)
    except FloatingPointError:
        raise UserError(
            "subsets.learning_rate: features of a trained network are not finite; try one below "
            f"{settings['learning_rate']:g}"
        ) from None


def _in_order(work: Callable[[int], object], count: int, at_a_time: int) -> list:
    """Results of ``work`` for 0 .. count - 1; an error ends what has not begun."""
    if at_a_time == 1:
        return [work(number) for number in range(count)]
    with ThreadPoolExecutor(at_a_time) as pool:
        futures = [pool.submit(work, number) for number in range(count)]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _details(settings: Mapping, data: str, masks: np.ndarray, shards: Mapping, seconds) -> dict:
    labels = shards["source_train"].labels.numpy()
    steps = sum(
        batches.steps_of(labels, mask, settings["steps"], settings["fixed"]) for mask in masks
    )
    options = {key: settings[key] for key in ("width", "blocks_per_stage", "image_size")}
    one = models.build(settings["architecture"], settings["num_classes"], seed=0, **options)
    return {
        "settings": dict(settings),
        "data": data,
        "networks": len(masks),
        "parameters": models.parameter_count(one),
        "steps": steps,
        "training_seconds": seconds,
        "images_per_second": steps * settings["batch_size"] / seconds,
    }
