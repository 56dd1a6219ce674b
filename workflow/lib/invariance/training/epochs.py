"""The only training loop: it evaluates each epoch, keeps the best one, and resumes after a kill."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn
from tqdm import tqdm

from invariance.jobs import compiling
from invariance.training import optimisation, resume
from invariance.training.resident import Resident
from invariance.training.steps import Step, train_epoch
from transforms2d.errors import UserError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """The history of a training; the model holds the kept weights.

    Attributes
    ----------
    lines : list of dict
        Per epoch: ``epoch`` (from 1), ``train_loss``, ``train_accuracy``, the results of
        ``validate``, ``learning_rate`` (of its first step), ``seconds`` (whole epoch) and
        ``images_per_second`` (training only).
    kept_epoch : int
        From 1.
    """

    lines: list[dict]
    kept_epoch: int


def train(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    data: Resident,
    settings: Mapping,
    step: Step,
    *,
    name: str,
    validate: Callable[[], Mapping[str, float]] | None = None,
    renderer: Callable[[int], Tensor] | None = None,
    keeper: resume.Keeper | None = None,
    show_progress: bool = True,
) -> Trained:
    """Train ``model`` for all its epochs and leave the kept weights in it, in evaluation mode.

    After a kill, a call with the same arguments continues after the last saved epoch. On a CPU the
    result is equal to the bit: orders and draws depend only on (``shuffle_seed``, epoch), and the
    state dicts of ``model`` and ``optimiser`` hold everything else that an epoch needs from the
    one before. A step with more state than weights, such as a queue, keeps it in buffers of
    ``model``.

    Parameters
    ----------
    model : nn.Module
        On the device of ``data``; see also ``steps.train_epoch``.
    settings : mapping
        ``epochs``, ``batch_size``, ``shuffle_seed``, ``learning_rate``, ``schedule``,
        ``precision`` and ``model_selection``: ``last_epoch``, or ``best_validation`` for the first
        epoch of the highest ``val_accuracy``. Optionally ``decay_epochs`` (see ``optimisation``)
        and ``compile`` (whether ``step`` runs a compiled network).
    name : str
        Name of the job, at the start of errors.
    validate : callable or None
        Called after each epoch; returns values for its line, which must be finite.
    renderer : callable or None
        Maps the epoch (from 0) to the images of ``data`` in that epoch.
    keeper : Keeper or None
        Without a keeper nothing is saved, and a killed training starts over.
    show_progress : bool
        Whether to show a bar on a terminal and write a line to the log per epoch.

    Raises
    ------
    UserError
        For a loss that is not finite, or the state of another training.
    """
    epochs, lines, best, best_epoch = settings["epochs"], [], None, 0
    if keeper is not None and (state := keeper.load()) is not None:
        best = resume.unpack(state.tensors, model, optimiser)
        lines, best_epoch = state.progress["lines"], state.progress["best_epoch"]
        log.info("continuing after epoch %d of %d", len(lines), epochs)

    steps = -(-len(data) // settings["batch_size"])
    disable = None if show_progress else True  # None: a bar only on a terminal
    bar = tqdm(total=epochs * steps, initial=len(lines) * steps, disable=disable)
    for epoch in range(len(lines), epochs):
        try:
            line = _epoch(
                model, optimiser, data, settings, epoch, step, validate, renderer, bar.update
            )
        except FloatingPointError as where:
            raise _diverged(name, epoch, where, settings, keeper) from None
        if settings["model_selection"] == "best_validation" and all(
            line["val_accuracy"] > earlier["val_accuracy"] for earlier in lines
        ):
            best = {key: tensor.clone() for key, tensor in model.state_dict().items()}
            best_epoch = epoch + 1
        lines.append(line)
        if show_progress:
            log.info(_words(line, epochs))
        if keeper is not None:
            keeper.offer(model, optimiser, best, {"lines": lines, "best_epoch": best_epoch})
    bar.close()

    if best is not None:
        model.load_state_dict(best)
    model.eval()
    return Trained(lines, epochs if best is None else best_epoch)


def _epoch(
    model, optimiser, data, settings, epoch: int, step, validate, renderer, advance
) -> dict[str, float]:
    """Train and evaluate for one epoch; return its line."""
    started = perf_counter()
    if renderer is not None:
        data.replace_images(renderer(epoch))  # uint8 [N, 3, H, W]

    base, decay = settings["learning_rate"], settings.get("decay_epochs")

    def rate(done: float) -> float:  # done: epochs, or parts of them by step
        return optimisation.learning_rate(
            settings["schedule"], done, settings["epochs"], base, decay
        )

    optimisation.set_learning_rate(optimiser, rate(epoch))
    by_step = rate if settings["schedule"] == "cosine_by_step" else None
    training_started = perf_counter()
    # A network compiles in its first call, so a compilation fails here.
    with compiling.compile_failures(settings.get("compile", False)):
        means = train_epoch(model, optimiser, data, settings, epoch, step, advance, by_step)
    training_seconds = perf_counter() - training_started

    scores = {} if validate is None else validate()
    if not all(map(math.isfinite, scores.values())):
        steps = -(-len(data) // settings["batch_size"])
        raise FloatingPointError(f"the validation after step {steps}")
    return {
        "epoch": epoch + 1,
        **means,
        **scores,
        "learning_rate": rate(epoch),
        "seconds": perf_counter() - started,
        "images_per_second": len(data) / training_seconds,
    }


def _diverged(name: str, epoch: int, where: object, settings: Mapping, keeper) -> UserError:
    advice = f"try a learning_rate below {settings['learning_rate']:g}"
    if settings["precision"] != "fp32":
        advice += " or precision fp32"
    if keeper is not None:
        advice += "; the state of an earlier epoch is kept: delete its folder before a run with "
        advice += "other settings"
    return UserError(f"{name}: the loss is not finite in epoch {epoch + 1}, at {where}; {advice}")


def _words(line: Mapping, epochs: int) -> str:
    text = "epoch {epoch} of {epochs}: train loss {train_loss:.4f}, accuracy {train_accuracy:.4f}; "
    if "val_loss" in line:
        text += "val loss {val_loss:.4f}, accuracy {val_accuracy:.4f}; "
    text += "learning rate {learning_rate:.2g}; {seconds:.1f} s, {images_per_second:.0f} images/s"
    return text.format(epochs=epochs, **line)
