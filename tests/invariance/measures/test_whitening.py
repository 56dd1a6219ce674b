"""Whitening: its definition, its limits, and the shrinkages."""

import math

import numpy as np
import pytest
import torch

from invariance.measures.whitening import SHRINKAGES, statistics
from transforms2d.errors import UserError


def features(images=1500, dims=24, seed=0, spread=3.0) -> torch.Tensor:
    """Correlated features of very different scales, and a mean far from 0; float64."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dims, dims, generator=generator, dtype=torch.float64)
    scales = torch.logspace(0, -spread, dims, dtype=torch.float64)
    plain = torch.randn(images, dims, generator=generator, dtype=torch.float64)
    return plain @ (mixing * scales) + 5


def covariance(x: torch.Tensor) -> torch.Tensor:
    return torch.cov(x.T, correction=0)


def test_whitened_features_have_mean_0_and_covariance_1():
    x = features()
    whitened = statistics(x, ledoit_wolf=False).whiten(x)
    assert whitened.mean(dim=0).abs().max() < 1e-6
    assert (covariance(whitened) - torch.eye(24)).abs().max() < 1e-6


def test_float32_features_whiten_as_well():
    x = features().float()
    whitened = statistics(x, ledoit_wolf=False).whiten(x)
    assert whitened.dtype == torch.float64
    assert (covariance(whitened) - torch.eye(24)).abs().max() < 1e-6


@pytest.mark.parametrize("share", [1e-3, 1e-2, 1e-1])
def test_shrinkage_whitens_the_shrunk_covariance(share):
    x = features()
    own = statistics(x, ledoit_wolf=False)
    sigma = covariance(x)
    shrunk = (1 - share) * sigma + share * sigma.trace() / 24 * torch.eye(24)
    precision = own.directions @ own.weights(share).diag() @ own.directions.T
    assert torch.allclose(precision @ shrunk, torch.eye(24, dtype=torch.float64), atol=1e-8)


def test_ledoit_wolf_is_that_of_scikit_learn():
    from sklearn.covariance import LedoitWolf

    x = features(60)
    own, theirs = statistics(x), LedoitWolf().fit(x.numpy())
    assert own.ledoit_wolf == pytest.approx(theirs.shrinkage_, abs=1e-12) and own.ledoit_wolf > 0
    precision = own.directions @ own.weights("ledoit_wolf").diag() @ own.directions.T
    assert np.allclose(precision.numpy(), np.linalg.inv(theirs.covariance_), rtol=1e-6, atol=1e-9)


def test_effective_rank_and_condition_number_of_known_spectra():
    corners = torch.tensor([[1.0, 0.0], [-1, 0], [0, 1], [0, -1]], dtype=torch.float64)
    even = statistics(corners, ledoit_wolf=False)
    assert even.effective_rank == pytest.approx(2)
    assert even.condition_number == pytest.approx(1)
    stretched = statistics(corners * torch.tensor([3.0, 1.0]), ledoit_wolf=False)
    shares = (0.9, 0.1)
    assert stretched.effective_rank == pytest.approx(
        math.exp(-sum(share * math.log(share) for share in shares))
    )
    assert stretched.condition_number == pytest.approx(9)


def test_a_feature_that_is_always_0_is_left_out():
    x = features()
    with_dead = torch.cat([x, torch.zeros(len(x), 2)], dim=1)
    own = statistics(with_dead, ledoit_wolf=False)
    assert own.rank == 24
    assert own.condition_number is None
    assert int((own.weights(0.0) > 0).sum()) == 24
    assert own.effective_rank == pytest.approx(statistics(x, ledoit_wolf=False).effective_rank)
    distances = own.whiten(with_dead).norm(dim=1)
    assert torch.allclose(distances, statistics(x, ledoit_wolf=False).whiten(x).norm(dim=1))


def test_constant_features_have_no_rank():
    own = statistics(torch.full((20, 3), 0.3), ledoit_wolf=False)
    assert own.rank == 0
    assert own.effective_rank == 0
    assert own.condition_number is None
    assert not own.weights(0.1).any()


def test_no_inverse_from_fewer_images_than_features():
    few = statistics(features(20), ledoit_wolf=False)
    with pytest.raises(UserError, match="24 features from 20 images") as error:
        few.weights(0)
    assert "\n" not in str(error.value)
    assert few.condition_number is None
    assert torch.isfinite(few.weights(0.01)).all()


@pytest.mark.parametrize("wrong", [-0.1, 1.5, "oracle", None, True])
def test_other_shrinkages_are_refused(wrong):
    with pytest.raises(UserError, match="shrinkage"):
        statistics(features(), ledoit_wolf=False).weights(wrong)


def test_shrinkage_by_ledoit_and_wolf_must_have_been_computed():
    with pytest.raises(UserError, match="not computed"):
        statistics(features(), ledoit_wolf=False).weights("ledoit_wolf")
    assert "ledoit_wolf" in SHRINKAGES


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (torch.zeros(1, 3), "n >= 2"),
        (torch.zeros(4), "n >= 2"),
        (torch.tensor([[1.0, math.nan], [0, 0]]), "not finite"),
    ],
)
def test_features_that_have_no_covariance_are_refused(wrong, words):
    with pytest.raises(UserError, match=words):
        statistics(wrong)
