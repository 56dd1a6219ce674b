"""Optimisers, and the learning rate of every epoch as a closed formula (forks 9 and 11)."""

import math

from transforms2d.errors import UserError, quote

SCHEDULES = ("constant", "vit_paper", "vit_released_code", "linear")
COSINES = ("cosine_by_epoch", "cosine_by_step")
WARM_UP_EPOCHS = 5
# Shares of the base rate, which is 1e-3: 1e-5 at the cosine's end, 1e-6 in the constant warm-up.
COSINE_END = 1e-2
CONSTANT_WARM_UP = 1e-3
# The released code always uses a 200-epoch cosine.
RELEASED_COSINE_EPOCHS = 200


def learning_rate(
    schedule: str, epoch: float, epochs: int, base: float, decay_epochs: int | None = None
) -> float:
    """Learning rate of one epoch.

    Parameters
    ----------
    schedule : str
        ``constant``: ``base``. ``vit_paper``: five epochs of linear warm-up,
        ``base * (epoch + 1) / 5``, then half a cosine from ``base`` at epoch 5 to ``base / 100`` at
        the last epoch. ``vit_released_code``: ``base / 1000`` for five epochs, then half a cosine
        from ``base`` towards ``base / 100`` over 200 epochs, for any length of the run.
        ``linear``: ``base * (1 - epoch / decay_epochs)``, zero from ``decay_epochs`` on.
        ``cosine_by_epoch``, ``cosine_by_step``: half a cosine from ``base`` towards zero,
        ``base * (1 + cos(pi * epoch / epochs)) / 2``.
    epoch : float
        0 for the first, below ``epochs``; with a fraction for a step within an epoch.
    epochs : int
        Length of the run.
    base : float
        Highest rate; 1e-3 in the study.
    decay_epochs : int or None
        Only for ``linear``: 50 in the paper, 5 in the released code.
    """
    if schedule == "constant":
        return base
    if schedule == "linear":
        if decay_epochs is None:
            raise UserError("decay_epochs: missing; the schedule 'linear' needs it")
        return base * max(0.0, 1 - epoch / decay_epochs)
    if schedule in COSINES:
        return base * (1 + math.cos(math.pi * epoch / epochs)) / 2
    if schedule == "vit_paper":
        if epoch < WARM_UP_EPOCHS:
            return base * (epoch + 1) / WARM_UP_EPOCHS
        return _cosine(epoch - WARM_UP_EPOCHS, epochs - WARM_UP_EPOCHS - 1, base)
    if schedule == "vit_released_code":
        if epoch < WARM_UP_EPOCHS:
            return base * CONSTANT_WARM_UP
        return _cosine(epoch - WARM_UP_EPOCHS, RELEASED_COSINE_EPOCHS, base)
    raise UserError(f"schedule: {quote(schedule)} is not one of {', '.join(SCHEDULES + COSINES)}")


def _cosine(step: int, length: int, base: float) -> float:
    end = base * COSINE_END
    return end + (base - end) * (1 + math.cos(math.pi * step / max(length, 1))) / 2


def adam(parameters, learning_rate: float, weight_decay: float = 0.0):
    """Adam with the framework's betas; the decay is added to the gradient, as in the study.

    The fused kernel makes the whole update in one pass, on CPU and on CUDA.
    """
    import torch

    return torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)


def sgd(parameters, learning_rate: float, weight_decay: float = 0.0, momentum: float = 0.9):
    """SGD with momentum; the decay is added to the gradient. Fused, as ``adam``."""
    import torch

    how = {"momentum": momentum, "weight_decay": weight_decay}
    return torch.optim.SGD(parameters, lr=learning_rate, **how, fused=True)


def set_learning_rate(optimiser, value: float) -> None:
    """Set the rate of every parameter group."""
    for group in optimiser.param_groups:
        group["lr"] = value
