"""Learning rates against torch's own schedulers and the published values, at every epoch."""

import math

import pytest
import torch

from invariance.training.optimisation import adam, learning_rate, set_learning_rate, sgd
from transforms2d.errors import UserError


def rates(schedule, epochs, **more):
    return [learning_rate(schedule, e, epochs, 1e-3, **more) for e in range(epochs)]


def torch_rates(make, epochs, base=1e-3):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler, values = make(optimiser), []
    for _ in range(epochs):
        values.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return values


def test_constant():
    assert rates("constant", 50) == [1e-3] * 50


@pytest.mark.parametrize("decay_epochs", [5, 50])
def test_linear_is_torchs_linear(decay_epochs):
    def make(optimiser):
        return torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=decay_epochs)

    ours = rates("linear", 50, decay_epochs=decay_epochs)
    assert ours == pytest.approx(torch_rates(make, 50), abs=1e-12)


def test_linear_of_the_released_code():
    expected = [1e-3, 8e-4, 6e-4, 4e-4, 2e-4] + [0.0] * 45
    assert rates("linear", 50, decay_epochs=5) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("epochs", [50, 100, 200])
def test_vit_of_the_released_code(epochs):
    def make(optimiser):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=200, eta_min=1e-5)

    ours = rates("vit_released_code", epochs)
    assert ours[:5] == pytest.approx([1e-6] * 5)
    assert ours[5:] == pytest.approx(torch_rates(make, epochs - 5), rel=1e-9)


def test_vit_of_the_released_code_ends_as_published():
    assert rates("vit_released_code", 50)[-1] == pytest.approx(8.9e-4, rel=0.01)
    assert rates("vit_released_code", 200)[-1] == pytest.approx(1.2e-5, rel=0.02)


@pytest.mark.parametrize("epochs", [7, 50, 200])
def test_vit_of_the_paper(epochs):
    def make(optimiser):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs - 6, eta_min=1e-5)

    ours = rates("vit_paper", epochs)
    assert ours[:5] == pytest.approx([2e-4, 4e-4, 6e-4, 8e-4, 1e-3])
    assert ours[5:] == pytest.approx(torch_rates(make, epochs - 5), rel=1e-9)
    assert ours[-1] == pytest.approx(1e-5)


@pytest.mark.parametrize("by", ["epoch", "step"])
@pytest.mark.parametrize("epochs", [1, 8, 200])
def test_cosine_is_torchs_cosine(epochs, by):
    def make(optimiser):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs * steps)

    steps = 7 if by == "step" else 1
    done = [step / steps for step in range(epochs * steps)]
    ours = [learning_rate(f"cosine_by_{by}", part, epochs, 0.06) for part in done]
    assert ours == pytest.approx(torch_rates(make, epochs * steps, 0.06), abs=1e-12)
    assert ours[0] == 0.06


@pytest.mark.parametrize(
    "schedule", ["constant", "vit_paper", "vit_released_code", "cosine_by_epoch"]
)
@pytest.mark.parametrize("epochs", [1, 2, 5, 6, 7])
def test_short_runs_have_finite_positive_rates(schedule, epochs):
    assert all(math.isfinite(r) and 0 < r <= 1e-3 for r in rates(schedule, epochs))


def test_refusals():
    with pytest.raises(UserError, match="schedule: 'step' is not one of"):
        learning_rate("step", 0, 1, 1e-3)
    with pytest.raises(UserError, match="decay_epochs: missing"):
        learning_rate("linear", 0, 1, 1e-3)


def test_adam_is_the_published_one():
    """Framework betas and a decay that is added to the gradient (not AdamW)."""
    ours, theirs = (torch.nn.Parameter(torch.linspace(-1, 1, 7)) for _ in range(2))
    first = adam([ours], 1e-3, 1e-2)
    second = torch.optim.Adam([theirs], lr=1e-3, weight_decay=1e-2, fused=False)
    for step in range(5):
        set_learning_rate(first, 1e-3 / (step + 1))
        second.param_groups[0]["lr"] = 1e-3 / (step + 1)
        for parameter, optimiser in ((ours, first), (theirs, second)):
            parameter.grad = (parameter.detach() * (step + 1)).cos()
            optimiser.step()
    torch.testing.assert_close(ours, theirs)


def test_sgd_by_hand():
    """Momentum of 0.9 without dampening, and a decay that is added to the gradient."""
    ours = torch.nn.Parameter(torch.linspace(-1, 1, 7))
    theirs, velocity = ours.detach().clone(), torch.zeros(7)
    optimiser = sgd([ours], 0.06, 1e-2)
    for step in range(5):
        set_learning_rate(optimiser, 0.06 / (step + 1))
        ours.grad = (ours.detach() * (step + 1)).cos()
        velocity = 0.9 * velocity + (theirs * (step + 1)).cos() + 1e-2 * theirs
        theirs = theirs - 0.06 / (step + 1) * velocity
        optimiser.step()
    torch.testing.assert_close(ours.detach(), theirs)
