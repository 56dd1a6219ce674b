"""One pass over the images: a step of the optimiser per batch."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.jobs import device as devices
from invariance.training.resident import Resident, noise_seed, order

# Reading a loss waits for the device. Once in 100 steps, about an epoch of the paper's (98 steps),
# costs little, and a diverged run stops early however long its epochs are.
STEPS_BETWEEN_CHECKS = 100

# From a batch, as ``Resident.batches`` yields it, to its mean loss, float32 [] with a gradient, and
# which of its rows are answered right, bool [n].
Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def classify(network: Callable[[Tensor], Tensor]) -> Step:
    """The step of a classifier: cross-entropy between its logits and the labels.

    ``network``, compiled or not, takes float32 [n, 3, H, W] and gives [n, classes].
    """

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits = network(x)  # [n, classes], bfloat16 under bf16
        loss = F.cross_entropy(logits, y)  # float32 [], whatever the logits are, by autocast
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
) -> dict[str, float]:
    """Train on all of ``data`` once, in the order of ``epoch`` (from 0).

    Parameters
    ----------
    model : nn.Module
        Put into training mode. ``trains_on_one`` says whether a batch may have a single row.
    settings : mapping
        ``batch_size``, ``shuffle_seed`` and ``precision``.
    advance : callable
        Called with 1 after each step.

    Returns
    -------
    dict
        ``train_loss`` and ``train_accuracy``: means over the images, as each was met.

    Raises
    ------
    FloatingPointError
        For a loss that is not finite; it says at which step, from 1.
    """
    model.train()
    # Dropout draws from torch's generator: seeded anew, an epoch depends on none before it.
    torch.manual_seed(noise_seed(settings["shuffle_seed"], epoch))
    rows = order(settings["shuffle_seed"], epoch, len(data))  # int64 [N], a permutation
    batches = data.batches(settings["batch_size"], rows, join_one=not model.trains_on_one)
    # Sums stay on the device, so that no step waits for it.
    losses: list[Tensor] = []  # float32 [] per step
    loss_sum = torch.zeros((), dtype=devices.widest(data.device), device=data.device)
    right = torch.zeros((), dtype=torch.int64, device=data.device)
    for number, (x, y) in enumerate(batches, start=1):  # x float32 [n, 3, H, W], y int64 [n]
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
    """Look at the losses since the last look."""
    recent = torch.stack(losses[-STEPS_BETWEEN_CHECKS:])  # float32 [up to 100]
    finite = torch.isfinite(recent)
    if not finite.all():
        first = int(finite.logical_not().nonzero()[0])
        raise FloatingPointError(f"step {len(losses) - len(recent) + first + 1}")
