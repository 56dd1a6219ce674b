"""Agreement of measures, and contradictions that were planted."""

import numpy as np
import pandas as pd
import pytest

from invariance.analysis.measure_agreement import agreement, contradictions, invariance
from transforms2d.errors import UserError

CONDITIONS = ("default", "dorsal", "random", "ventral")
# Of each condition, for two transformations: more is more invariant.
TRUE = {"hue": (0.5, 0.9, 0.3, 0.4), "translate": (0.6, 0.2, 0.1, 0.8)}


def table(seeds=5, noise=0.01, planted=False) -> pd.DataFrame:
    """Three measures that agree; planted: whitening turns default and ventral round under hue."""
    rng = np.random.default_rng(0)
    rows = []
    for change, levels in TRUE.items():
        for condition, level in zip(CONDITIONS, levels, strict=True):
            for seed in range(seeds):
                whitened = level + noise * rng.normal()
                if planted and change == "hue" and condition in ("default", "ventral"):
                    whitened = 0.9 - level + noise * rng.normal()
                values = {
                    "sensitivity": 1 - level + noise * rng.normal(),
                    "centred_cosine": level + noise * rng.normal(),
                    "whitened_cosine@0.01": whitened,
                }
                rows += [
                    {
                        "condition": condition,
                        "seed": seed,
                        "change": change,
                        "quantity": quantity,
                        "value": value,
                    }
                    for quantity, value in values.items()
                ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("quantity", "sign"),
    [
        ("sensitivity", -1),
        ("mahalanobis@0.1", -1),
        ("whitened_sensitivity@ledoit_wolf", -1),
        ("whitened_cosine@0", 1),
        ("centred_cosine", 1),
    ],
)
def test_more_is_more_invariant(quantity, sign):
    assert invariance(quantity, 0.3) == sign * 0.3


def test_other_quantities_are_refused():
    with pytest.raises(UserError, match="'effective_rank' is none"):
        invariance("effective_rank", 1.0)


def test_measures_that_agree():
    found = agreement(table())
    assert len(found) == 2 * 3
    assert (found.rho > 0.9).all()
    assert set(found.columns) >= {"change", "first", "second", "rho", "p", "q", "low", "high"}
    assert contradictions(table()).empty


def test_a_planted_contradiction_is_named():
    found = contradictions(table(planted=True))
    assert set(zip(found["first"], found["second"], strict=True)) == {
        ("centred_cosine", "whitened_cosine@0.01"),
        ("sensitivity", "whitened_cosine@0.01"),
    }
    assert set(found.change) == {"hue"}
    # ``more`` is the one that the first measure calls more invariant.
    assert set(zip(found.more, found.less, strict=True)) == {("default", "ventral")}
    assert (found.first_difference > 0).all() and (found.second_difference < 0).all()
    hue = agreement(table(planted=True)).query("change == 'hue' and second != 'sensitivity'")
    assert (hue.rho < 1).all()


def test_what_is_not_certain_is_no_contradiction():
    assert contradictions(table(planted=True, noise=1.0)).empty
    assert contradictions(table(planted=True, seeds=2)).empty


def test_two_values_of_one_model_are_refused():
    twice = pd.concat([table(), table()])
    with pytest.raises(UserError, match="two values of one model"):
        agreement(twice)
