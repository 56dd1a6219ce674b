"""What a reader must see: lines that coincide, marks on bars, bars of no length, chance, zero."""

import itertools

import pytest
from matplotlib.collections import PathCollection
from support.drawn_figures import demo, draw

from invariance.figures import style, sweeps
from invariance.figures.differences import LEAD

CHANCES = {"t2d": 1 / 30, "cifar10": 1 / 5, "cifar100": 1 / 10}  # of the demo's target classes
FACTORS = {"fig2": "t2d", "fig7": "cifar10", "fig8": "cifar100"}
FACTORS |= {"fig9": "t2d", "fig10": "cifar10", "fig11": "cifar100"}
MISMATCH = ("fig4", "fig18")
RANGES = ("fig3", "fig12", "fig13")
REFERENCES = [look["color"] for look in sweeps.REFERENCES.values()]


@pytest.fixture(scope="module")
def figures():
    """All networks have learned all there is: every accuracy is 1."""
    sizes = {"sizes": [1, 2, 3, 4, 5, 6, 7, 8]}
    return draw(demo(3, invariance_mismatch=sizes), lambda row: 1.0)


def look(line) -> tuple:
    return str(line._unscaled_dash_pattern), line.get_marker()


@pytest.mark.parametrize("name", MISMATCH)
def test_lines_that_coincide_differ_in_dashes_markers_and_place(figures, name):
    for axis in figures[name].axes:
        lines = [line for line in axis.lines if line.get_marker() not in ("None", None)]
        assert len(lines) == 8
        assert all(set(line.get_ydata()) == {1.0} for line in lines)
        for one, other in itertools.combinations(lines, 2):
            assert look(one)[0] != look(other)[0] and look(one)[1] != look(other)[1]
        at_one = sorted(line.get_xdata()[0] for line in lines)
        gaps = [b - a for a, b in itertools.pairwise(at_one)]
        assert min(gaps) > 0.05
        # Nearer to their own place than to the next.
        assert all(abs(x - 1) < 0.5 for x in at_one)


@pytest.mark.parametrize("name", FACTORS)
def test_dashes_of_one_series_lie_in_the_gaps_of_the_other(figures, name):
    same, different = (line for line in figures[name].axes[0].lines if line.get_alpha())
    (start, dashes), (other_start, other) = (
        line._unscaled_dash_pattern for line in (same, different)
    )
    assert tuple(dashes) == tuple(other) == (other_start - start,) * 2


@pytest.mark.parametrize("name", FACTORS)
def test_of_two_lines_that_coincide_the_upper_leaves_the_lower_seen(figures, name):
    lower, upper = (line for line in figures[name].axes[0].lines if line.get_marker() in ("o", "s"))
    assert set(lower.get_ydata()) == set(upper.get_ydata()) == {1.0}
    assert lower.get_linewidth() >= 2 * upper.get_linewidth()
    assert lower.get_markersize() > 1.5 * upper.get_markersize()
    lines = figures[name].axes[0].lines
    assert lines.index(lower) < lines.index(upper)


def test_all_lines_of_figure_14_are_seen_where_they_coincide(figures):
    for axis in figures["fig14"].axes:
        (swept,) = (line for line in axis.lines if line.get_marker() == "o")
        dashed = [line for line in axis.lines if line.get_color() in REFERENCES]
        assert set(swept.get_ydata()) == {1.0} == {y for line in dashed for y in line.get_ydata()}
        assert all(line.get_zorder() > swept.get_zorder() for line in dashed)
        assert all(2 * line.get_linewidth() < swept.get_linewidth() for line in dashed)
        # Three patterns of the same period, each drawn where the others are not.
        patterns = [line._unscaled_dash_pattern for line in dashed]
        assert sorted(start for start, _ in patterns) == [0, 3, 6]
        assert all(tuple(dashes) == (3, 6) for _, dashes in patterns)


def test_every_figure_of_accuracies_shows_chance(figures):
    chances = {name: CHANCES[domain] for name, domain in FACTORS.items()}
    chances |= dict.fromkeys(MISMATCH, 1 / 12) | {"fig14": 1 / 10}
    for name, chance in chances.items():
        axes = [axis for axis in figures[name].axes if 1 < axis.get_ylim()[1] < 1.04]
        assert axes
        for axis in axes:
            dotted = [line for line in axis.lines if _dotted(line)]
            assert [line.get_ydata()[0] for line in dotted] == [chance], name
        assert "chance" in [text.get_text() for text in figures[name].legends[0].texts]


def test_ranges_show_chance_of_each_domain(figures):
    for name in RANGES:
        for axis, chance in zip(figures[name].axes, CHANCES.values(), strict=True):
            (dotted,) = (line for line in axis.lines if _dotted(line))
            assert dotted.get_ydata()[0] == chance


def _dotted(line) -> bool:
    return line._unscaled_dash_pattern == style.CHANCE["linestyle"]


@pytest.mark.parametrize("value", [0.93, 0.2])
def test_no_axis_is_cut(value):
    for name, figure in draw(demo(1), lambda row: value).items():
        if name in ("fig16", "fig17", "two_axes", "agreement"):  # places of points, no lengths
            continue
        for axis in figure.axes:
            low, high = sorted(axis.get_ylim())  # a map's axis goes down
            assert low <= 0 <= high, f"{name}: {low} to {high}"


def test_a_bar_of_no_length_is_seen(figures):
    for name in RANGES:
        for axis in figures[name].axes:
            bars = [patch for patch in axis.patches if patch.get_height() == 0]
            assert len(bars) == 3 * 2
            for bar in bars:
                assert bar.get_y() == 1 < axis.get_ylim()[1]
                assert bar.get_linewidth() > 1 and bar.get_edgecolor() == bar.get_facecolor()
            leads = [line for line in axis.lines if line.get_color() == LEAD["color"]]
            assert len(leads) == 2 * 2
            for line in leads:  # lighter and thinner than a bar of no length
                assert line.get_linewidth() < 1 and line.get_zorder() < bars[0].get_zorder()


def test_numbers_stay_inside_the_axis_and_beside_their_bars():
    for value in (0.0, 1.0):
        for name, figure in draw(demo(3), lambda row, value=value: value, RANGES).items():
            for axis in figure.axes:
                assert len(axis.texts) == 3 * 2, name
                for text in axis.texts:
                    low, high = axis.get_ylim()
                    assert low < text.get_position()[1] < high
                    below = text.get_va() == "top"
                    assert (text.get_position()[1] < value) == below == (value == 1)


def test_published_marks_are_white_with_a_black_edge_and_stand_beside_the_bars():
    for name, figure in draw(demo(3), names=("fig3",)).items():
        marks = [
            mark
            for axis in figure.axes
            for mark in axis.collections
            if isinstance(mark, PathCollection)
        ]
        assert marks, name
        for mark in marks:
            (face,), (edge,) = mark.get_facecolors().tolist(), mark.get_edgecolors().tolist()
            assert sum(face[:3]) == 3 and sum(edge[:3]) == 0 and mark.get_zorder() > 1
            for x in mark.get_offsets()[:, 0]:
                assert not any(
                    bar.get_x() <= x <= bar.get_x() + bar.get_width()
                    for bar in figure.axes[0].patches
                )


@pytest.mark.parametrize(
    ("name", "title", "axis"),
    [
        ("fig2", "Transforms-2D, linear probe", "Probe accuracy"),
        ("fig7", "CIFAR-10, linear probe", "Probe accuracy"),
        ("fig8", "CIFAR-100, linear probe", "Probe accuracy"),
        ("fig9", "Transforms-2D, full fine-tuning", "Fine-tuned accuracy"),
        ("fig10", "CIFAR-10, full fine-tuning", "Fine-tuned accuracy"),
        ("fig11", "CIFAR-100, full fine-tuning", "Fine-tuned accuracy"),
    ],
)
def test_figures_by_factor_name_images_and_method(figures, name, title, axis):
    assert figures[name].legends[0].get_title().get_text() == title
    assert figures[name].axes[0].get_ylabel() == axis


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fig3", "Probe accuracy"),
        ("fig12", "Fine-tuned accuracy\n(little data)"),
        ("fig13", "Fine-tuned accuracy\n(more data)"),
    ],
)
def test_figures_of_ranges_name_images_and_method(figures, name, words):
    titles = [axis.get_title() for axis in figures[name].axes]
    assert titles == ["Transforms-2D", "CIFAR-10", "CIFAR-100"]
    assert figures[name].axes[0].get_ylabel() == words
