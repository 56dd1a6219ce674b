"""Training of one stack: Adam on batches of each network's own rows, a fixed number of steps."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from invariance.jobs import device as devices
from invariance.subsets import batches, stacks
from invariance.training import optimisation
from invariance.training.resident import Resident
from invariance.training.steps import STEPS_BETWEEN_CHECKS
from transforms2d.errors import UserError

RAMP = 8  # the learning rate rises in the first eighth of the steps


def learning_rate(step: int, steps: int, highest: float) -> float:
    """The rate of a step (from 0): a linear rise to ``highest``, then a linear fall.

    The rise takes an eighth of the steps. No rate is 0: the rise begins above it, and the fall
    would reach it one step after the last.
    """
    ramp = max(1, round(steps / RAMP))
    if step < ramp:
        return highest * (step + 1) / ramp
    return highest * (steps - step) / (steps - ramp)


def train(
    data: Resident, masks: np.ndarray, seeds: Sequence[int], settings: Mapping
) -> stacks.Stack:
    """Train the networks of one stack; returned in evaluation mode, on the device of ``data``.

    The initial weights and batches of a network depend only on its seed, its mask and the data.
    So it is the same network in any stack and at any place in it, up to rounding: the backends
    ``groups`` and ``vmap`` add in another order for another number of networks. Rounding grows with
    the steps: after the 400 of the demo, margins of a network in a stack of one and of eight
    correlate at 0.99 (with another seed at 0.65).

    Parameters
    ----------
    data : Resident
        All source images; labels in 0 .. K - 1.
    masks : uint8 [m, K]
        The classes of each network.
    seeds : sequence of m int
        A seed per network, at least 0.
    settings : mapping
        As from ``settings.checked``. With fixed ``epochs`` m is 1.

    Raises
    ------
    UserError
        For a loss that is not finite, batches of one image that the network cannot normalise, or
        a backend that cannot compute this architecture.
    """
    order = _order(data, masks, seeds, settings)  # int64 [steps, m, n]
    steps, base = len(order), settings["learning_rate"]
    stack = stacks.build(settings, seeds, data.device)
    optimiser = optimisation.adam(stack.parameters(), base)
    losses: list[Tensor] = []  # float32 [m] per step since the last check
    for step, rows in enumerate(order):
        optimisation.set_learning_rate(optimiser, learning_rate(step, steps, base))
        arranged = stack.arranged(rows)  # int64 [m * n]
        [(x, _)] = data.batches(len(arranged), arranged)
        labels = data.labels[rows]  # int64 [m, n]
        optimiser.zero_grad(set_to_none=True)
        with devices.autocast(data.device, settings["precision"]):
            logits = stack(x)  # [m, n, K]
            loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        loss = loss.view(labels.shape).mean(dim=1)  # a mean per network, so none changes another
        loss.sum().backward()
        optimiser.step()
        losses.append(loss.detach())
        if len(losses) == STEPS_BETWEEN_CHECKS or step == steps - 1:
            _check_finite(torch.stack(losses), step + 1, seeds, settings)
            losses.clear()
    return stack.eval()


def _order(data: Resident, masks: np.ndarray, seeds: Sequence[int], settings: Mapping) -> Tensor:
    """The rows of every batch, int64 [steps, m, n] on the device of the data."""
    labels, size = data.labels.cpu().numpy(), settings["batch_size"]
    steps = batches.steps_of(labels, masks[0], settings["steps"], settings["fixed"])
    rows = [
        batches.batches(batches.rows_of(labels, mask), seed, steps, size)
        for mask, seed in zip(masks, seeds, strict=True)
    ]
    return torch.from_numpy(np.stack(rows, axis=1)).to(data.device)


def _check_finite(losses: Tensor, steps: int, seeds: Sequence[int], settings: Mapping) -> None:
    """Refuse losses, float32 [steps, m], that are not finite; ``steps`` is the last step."""
    bad = torch.isfinite(losses).logical_not().nonzero()
    if len(bad):
        step, network = bad[0].tolist()
        raise UserError(
            f"subsets.learning_rate: the loss of the network of seed {seeds[network]} is not "
            f"finite at step {steps - len(losses) + step + 1}; try one below "
            f"{settings['learning_rate']:g}"
        )
