"""Values that are judged together are counted once, with the worst verdict."""

import pandas as pd
import pytest

from invariance.analysis.cells import published_keys
from invariance.scorecard.comparisons import VERDICTS, comparisons, numbers


@pytest.fixture(scope="module")
def published(repository):
    table = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    return table.assign(comparison=numbers(published_keys(table)))


@pytest.mark.parametrize(
    ("where", "size"),
    [
        # Same and disjoint, with the ends of both intervals; own tasks are another comparison.
        ({"artefact": "fig2", "x": "subset", "series": "same"}, 6),
        ({"artefact": "fig2", "x": "subset", "series": "same_training"}, 2),
        # All models on one target.
        ({"artefact": "table1", "x": "CO_C", "series": "CO_C"}, 4),
        ({"artefact": "fig18", "x": "8", "arch": "vit"}, 8),
        # Same, Other and None of image models.
        ({"artefact": "table3", "x": "cifar10", "series": "image_same"}, 3),
        # Three bars, and the ends and the middle of two ranges.
        ({"artefact": "fig3", "domain": "cifar10", "factor": "architecture"}, 9),
        ({"artefact": "fig12", "domain": "cifar10", "factor": "architecture"}, 3),
    ],
)
def test_what_is_judged_together_is_one_comparison(published, where, size):
    chosen = published
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    (number,) = chosen.comparison.unique()
    assert (published.comparison == number).sum() == size


def test_every_value_is_in_one_comparison_and_they_are_far_fewer(published):
    assert published.comparison.notna().all() and len(published) == 1181
    assert published.comparison.iloc[0] == 1
    assert published.comparison.nunique() == published.comparison.max() < 450


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("match", "match"), "match"),
        (("match", "same direction"), "same direction"),
        (("match", "mismatch"), "mismatch"),
        (("not comparable", "match"), "match"),
        (("same direction", "other direction"), "other direction"),
        (("not run", "same direction"), "same direction"),
        (("not run", "not comparable"), "not comparable"),
        (("not run",), "not run"),
    ],
)
def test_a_comparison_has_the_worst_verdict_of_its_values(found, expected):
    values = pd.DataFrame({"comparison": 7, "artefact": "a", "study": "s", "verdict": found})
    (row,) = comparisons(values).to_dict("records")
    assert (row["verdict"], row["values"]) == (expected, len(found)) and expected in VERDICTS
