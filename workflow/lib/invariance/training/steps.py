"""One pass over the images: a step of the optimiser per batch."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.jobs import device as devices
from invariance.training import optimisation
from invariance.training.resident import Resident, noise_seed, order

# Reading a loss waits for the device. Once in 100 steps, about one epoch of the paper (98 steps),
# costs little, and a diverged run stops early even if its epochs are long.
STEPS_BETWEEN_CHECKS = 100

# Maps a batch from ``Resident.batches`` to its mean loss, float32 [] with a gradient, and a mask of
# its correct rows, bool [n].
Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def classify(network: Callable[[Tensor], Tensor]) -> Step:
    """The step of a classifier: cross-entropy between its logits and the labels.

    ``network``, compiled or not, maps float32 [n, 3, H, W] to logits [n, classes].
    """

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits = network(x)  # [n, classes], bfloat16 under bf16
        loss = F.cross_entropy(logits, y)  # float32 [] under autocast, for any dtype of logits
        return loss, logits.detach().argmax(dim=1) == y

    return step


def train_epoch(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    data: Resident,
    settings: Mapping,
    epoch: int,
    step: Step,
    advance: Callable[[int], object] = lambda steps: None,
    rate: Callable[[float], float] | None = None,
) -> dict[str, float]:
    """Train on all of ``data`` once, in the order of ``epoch`` (from 0).

    Parameters
    ----------
    model : nn.Module
        Set to training mode. ``trains_on_one`` says whether a batch may have a single row.
    settings : mapping
        ``batch_size``, ``shuffle_seed`` and ``precision``.
    advance : callable
        Called with 1 after each step.
    rate : callable or None
        For a schedule by step: maps the part of the training that is done, in epochs, to the
        learning rate of the next step. By default the optimiser keeps its rate.

    Returns
    -------
    dict
        ``train_loss`` and ``train_accuracy``: means over the images at the time of their step.

    Raises
    ------
    FloatingPointError
        For a loss that is not finite, with its step (from 1).
    """
    model.train()
    # Dropout uses torch's generator. Seeded per epoch, an epoch does not depend on earlier ones.
    torch.manual_seed(noise_seed(settings["shuffle_seed"], epoch))
    rows = order(settings["shuffle_seed"], epoch, len(data))  # int64 [N], a permutation
    batches = data.batches(settings["batch_size"], rows, join_one=not model.trains_on_one)
    steps = -(-len(data) // settings["batch_size"])
    # Sums stay on the device, so that no step waits for it.
    losses: list[Tensor] = []  # float32 [] per step
    loss_sum = torch.zeros((), dtype=devices.widest(data.device), device=data.device)
    right = torch.zeros((), dtype=torch.int64, device=data.device)
    for number, (x, y) in enumerate(batches, start=1):  # x float32 [n, 3, H, W], y int64 [n]
        if rate is not None:
            optimisation.set_learning_rate(optimiser, rate(epoch + (number - 1) / steps))
        optimiser.zero_grad(set_to_none=True)
        with devices.autocast(data.device, settings["precision"]):
            loss, hits = step(x, y)
        loss.backward()  # outside autocast: backward takes the dtypes of forward
        optimiser.step()
        loss = loss.detach()
        losses.append(loss)
        loss_sum += loss * len(hits)  # by rows, as the last batch may have fewer
        right += hits.sum()
        advance(1)
        if number % STEPS_BETWEEN_CHECKS == 0:
            _check_finite(losses)
    _check_finite(losses)
    return {"train_loss": float(loss_sum) / len(data), "train_accuracy": int(right) / len(data)}


def _check_finite(losses: list[Tensor]) -> None:
    """Check the losses since the last check."""
    recent = torch.stack(losses[-STEPS_BETWEEN_CHECKS:])  # float32 [up to 100]
    finite = torch.isfinite(recent)
    if not finite.all():
        first = int(finite.logical_not().nonzero()[0])
        raise FloatingPointError(f"step {len(losses) - len(recent) + first + 1}")
