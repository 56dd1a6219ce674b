"""Intervals are drawn of three seeds or more, in every figure that has any, and captions say so."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from scipy import stats
from support.drawn_figures import FIGURES, demo, description, draw

from invariance.artefacts import ARTEFACTS, available
from invariance.figures import captions, intervals
from invariance.studies import load_studies

MARKS = (PolyCollection, LineCollection)


def drawn_intervals(figure) -> int:
    """How many bands and lines of intervals a figure has, whichever of its modules drew them."""
    marks = (mark for axis in figure.axes for mark in axis.collections if isinstance(mark, MARKS))
    return sum(bool(mark.get_paths()) for mark in marks)


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_an_interval_takes_three_seeds(seeds):
    config = demo(seeds)
    studies, said = load_studies(config), description(config)
    figures = draw(config)
    assert set(figures) == set(FIGURES), "the demo draws every figure"
    for name, figure in figures.items():
        one = ARTEFACTS[name]
        has_any = one.module in captions.MARKS
        assert (drawn_intervals(figure) > 0) == (has_any and seeds >= 3), name
        text = captions.caption_parameters(available(studies)[name], studies[one.study], said)[
            "how"
        ]
        assert ("One seed" if seeds == 1 else f"over {seeds} seeds") in text
        assert ("95 % t intervals" in text) == (has_any and seeds >= 3)
        assert ("no interval is drawn" in text) == (has_any and seeds < 3)


def test_a_band_is_the_t_interval_over_seeds():
    def value(row):
        return 0.5 + 0.1 * (row["seed"] % 2)

    figure = draw(demo(6), value, ["fig4"])["fig4"]
    (band, *_) = (m for m in figure.axes[0].collections if isinstance(m, PolyCollection))
    heights = band.get_paths()[0].vertices[:, 1]
    values = np.array([0.5, 0.6] * 3)
    ends = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
    assert (heights.min(), heights.max()) == pytest.approx(ends)


def test_the_rule_has_one_place():
    assert [intervals.drawn(seeds) for seeds in (1, 2, 3, 10)] == [False, False, True, True]
    assert "lines are" in intervals.sentence(3, "lines")
    assert "fewer than 3" in intervals.sentence(2, "lines")
