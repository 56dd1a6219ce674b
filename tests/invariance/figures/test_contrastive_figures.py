"""Figures of the study of views show the values of their table, each in its place."""

import html
import io
import re
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from scipy import stats
from support.contrastive_tables import DEMO, PAPER, PILOT, fusions, study, table
from support.project import REPOSITORY

from invariance.artefacts import ARTEFACTS
from invariance.figures import captions, style
from invariance.figures.contrastive import agreement, fusion, invariances, latents, looks
from invariance.report.figures import caption
from invariance.studies.contrastive.shown import is_shown
from transforms2d.errors import UserError

OURS = {name: one for name, one in ARTEFACTS.items() if one.study == "contrastive"}
FIGURES = [name for name, one in OURS.items() if one.kind == "figures"]
MEASURED = {name: {"fit": 1000, "scored": 300} for name in ("source", "objects", "latents")}
CHANGES = [change for axis in ("spatial", "appearance") for change in invariances.AXES[axis]]
SETTINGS = {
    **PAPER,
    "measured": MEASURED,
    "invariance": {"datasets": ["source"], "grid": 4, "draws": 1, "transformations": CHANGES},
    "downstream": {"classes": 10},
}
SAID = {
    "accuracy": "test",
    "preset": "paper",
    "switches": {},
    "scale": {"contrastive": "reduced"},
    "sources": {"base_images": "procedural", "cifar10": "procedural", "cifar100": "torchvision"},
    "seeds": {"contrastive": 3},
}


def module_of(name: str):
    return import_module(f"invariance.figures.{ARTEFACTS[name].module}")


def drawn(name: str, one, results=None):
    module = module_of(name)
    shown = module.table(table(one) if results is None else results, one, name)
    return module.draw(shown, one, name, None)


@pytest.fixture(scope="module")
def demo():
    one = study()
    return one, table(one)


def of_source(results, condition: str, change: str, quantity: str) -> pd.Series:
    rows = results[(results.method == "invariance") & (results.target == "source")]
    rows = rows[(rows.change == change) & (rows.quantity == quantity)]
    return rows[rows.model.str.startswith(condition)].set_index("seed").value


def test_a_matrix_has_each_mean_and_how_far_it_is_from_untrained(demo):
    one, results = demo
    figure = drawn("invariances", one, results)
    upper, lower = figure.axes[:2]
    assert [tick.get_text() for tick in upper.get_yticklabels()] == [
        "untrained",
        "ventral",
        "dorsal",
    ]
    for axis, quantity in ((upper, "sensitivity"), (lower, "whitened_cosine@0.01")):
        numbers = [text for text in axis.texts if text.get_text().startswith(".")]
        assert len(numbers) == 3 * 10
        expected = of_source(results, "moco/dorsal", "translate", quantity).mean()
        assert numbers[2 * 10 + 1].get_text() == f"{expected:.2f}".removeprefix("0")
        own = of_source(results, "moco/dorsal", "translate", quantity)
        differences = own - of_source(results, "none/random", "translate", quantity)
        more = -differences if quantity == "sensitivity" else differences
        colours = axis.collections[0].get_array().reshape(3, 10)
        assert colours[2, 1] == pytest.approx(more.mean()) and not colours[0].any()
        low, high = stats.t.interval(0.95, 2, more.mean(), stats.sem(more))
        assert (numbers[21].get_fontweight() == "bold") == (low > 0 or high < 0)
        assert not [t for t in numbers[:10] if t.get_fontweight() == "bold"], "differs from itself"


def test_nothing_is_certain_below_three_seeds():
    figure = drawn("invariances", study(seeds=2))
    weights = {text.get_fontweight() for axis in figure.axes for text in axis.texts}
    assert weights <= {"normal", 400}


def test_more_invariant_is_up_and_right_in_every_panel(demo):
    figure = drawn("two_axes", *demo)
    axes = figure.axes
    assert [axis.get_title() for axis in axes] == [
        "Sensitivity",
        "Whitened cosine, \u03bb = 0.01",
        "Centred cosine",
    ]
    for axis in axes:
        means = {}
        for line in axis.lines:
            look = (line.get_color(), line.get_marker())
            means[look] = axis.transData.transform(line.get_xydata()[0])
        ventral, dorsal = (means[looks.VIEWS[one], "o"] for one in ("ventral", "dorsal"))
        assert ventral[0] > dorsal[0] and ventral[1] < dorsal[1], axis.get_title()
        untrained = means[looks.VIEWS["random"], "X"]
        assert untrained[0] < dorsal[0] < ventral[0]


def test_crops_and_saturation_stand_last_on_their_axes():
    changes = ["noise", "saturation", "crop_flip", "hue", "scale"]
    assert invariances.order(changes) == ["scale", "crop_flip", "hue", "saturation", "noise"]
    assert [looks.words(one) for one in ("crop_flip", "saturation")] == ["crop", "saturation"]


def test_latents_are_grouped_by_axis_and_have_their_means(demo):
    one, results = demo
    (axis,) = drawn("latents", one, results).axes
    names = [tick.get_text() for tick in axis.get_xticklabels()]
    assert names == ["Place", "Scale", "Hue", "Brightness", "Contrast"]
    assert [text.get_text() for text in axis.texts] == ["spatial", "appearance"]
    dorsal = [line for line in axis.lines if line.get_color() == looks.VIEWS["dorsal"]]
    assert [round(line.get_xdata()[0]) for line in dorsal] == [0, 1, 2, 3, 4]
    rows = results[(results.model == "moco/dorsal/resnet-18") & (results.target == "latents")]
    assert dorsal[2].get_ydata()[0] == pytest.approx(rows[rows.change == "hue"].value.mean())
    assert latents.order(["hue", "background", "new", "shear_x"]) == [
        "shear_x",
        "hue",
        "background",
        "new",
    ]


def test_a_fusion_stands_above_ensembles_of_its_own_size(demo):
    one, results = demo
    axes = drawn("fusion", one, results).axes
    assert [axis.get_title() for axis in axes] == ["Objects", "Place", "CIFAR-10"]
    assert [axis.get_xlabel() for axis in axes] == ["Accuracy", "R\u00b2", "Accuracy"]
    rows = results[(results.method == "downstream") & (results.quantity == "accuracy")]
    means = rows[rows.target == "cifar10"].groupby("model").value.mean()
    points = [line for line in axes[2].lines if line.get_linestyle() == "None"]
    shown = {(line.get_color(), line.get_markerfacecolor()): line for line in points}
    (fused,) = [line for (colour, _), line in shown.items() if colour == "black"]
    assert fused.get_xdata()[0] == pytest.approx(means["ventral-dorsal"])
    for views in ("ventral", "dorsal"):
        hollow = shown[looks.VIEWS[views], "white"]
        assert hollow.get_xdata()[0] == pytest.approx(means[f"{views}-{views}"])
        assert hollow.get_ydata()[0] > fused.get_ydata()[0], "below it, as the axis runs down"


def test_without_fusions_there_are_single_networks_alone():
    one = study(fusions=[])
    figure = drawn("fusion", one)
    assert not figure.legends
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == [
        "untrained",
        "ventral",
        "dorsal",
    ]


def test_every_fusion_has_a_row_and_no_ensemble_has_one():
    names = fusions(PILOT)
    rows = fusion._rows(pd.DataFrame({"condition": ["moco/ventral", *names]}))
    assert rows == ["moco/ventral", "default-ventral", "default-dorsal", "ventral-dorsal"]


def test_agreement_has_its_numbers_and_frames_contradictions(demo):
    one, results = demo
    blur = (results.change == "blur") & (results.method == "invariance")
    for model, side in (("moco/ventral/resnet-18", 1), ("moco/dorsal/resnet-18", -1)):
        for quantity in ("sensitivity", "whitened_cosine@0.01"):
            own = blur & (results.model == model) & (results.quantity == quantity)
            results = results.assign(
                value=results.value.mask(own, 0.5 + 0.2 * side + 0.001 * results.seed)
            )
    shown = agreement.table(results, one, "agreement")
    about = shown[shown.condition == "all"].set_index(["quantity", "change"]).value
    assert about["contradictions_whitened_cosine@0.01", "blur"] == 1
    assert about["contradictions_whitened_cosine@0.1", "hue"] == 0
    assert shown[shown.condition == "all"].seed.isna().all()
    figure = agreement.draw(shown, one, "agreement", None)
    matrix = next(axis for axis in figure.axes if "Rank correlation" in axis.get_title("left"))
    frames = [patch.get_xy() for patch in matrix.patches]
    assert [(int(x), int(y)) for x, y in frames] == [(9, 1)]
    panel = figure.axes[1]
    within = about["correlation_whitened_cosine@0.01"].mean()
    assert f"within {within:.2f}" in panel.get_title()
    assert len(panel.collections[0].get_offsets()) == 3 * 10
    ranks = results[(results.quantity == "effective_rank") & (results.target == "source")]
    colours = np.unique(panel.collections[0].get_array()).tolist()
    assert colours == pytest.approx(sorted(ranks.groupby("model").value.mean()))


@pytest.mark.parametrize("name", ["two_axes", "latents", "fusion"])
def test_an_interval_takes_three_seeds(name):
    for seeds in (1, 2, 3):
        figure = drawn(name, study(seeds=seeds))
        marks = [m for axis in figure.axes for m in axis.collections]
        marks = [m for m in marks if isinstance(m, LineCollection)]
        assert bool(marks) == (seeds == 3)
    assert ARTEFACTS[name].module in captions.MARKS


@pytest.mark.parametrize("name", FIGURES)
def test_pictures_fit_a_page_and_are_the_same_each_time(tmp_path, name):
    for settings, suffixes in ((DEMO, ("png", "pdf", "csv")), (PAPER, ("csv",))):
        one = study(settings, seeds=3)
        results, module = table(one), module_of(name)
        for folder in ("a", "b"):
            shuffled = results.sample(frac=1, random_state=len(folder))
            shown = module.table(shuffled, one, name)
            figure = module.draw(shown, one, name, None)
            assert figure.get_figwidth() <= style.PAGE_INCHES + 1e-9
            assert figure.get_figheight() < 9
            style.save(figure, [tmp_path / folder / f"f.{s}" for s in suffixes], shown)
        for suffix in suffixes:
            first, second = (tmp_path / folder / f"f.{suffix}" for folder in ("a", "b"))
            assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_no_word_of_a_table_is_lost_in_a_csv(demo, name):
    one, results = demo
    frame = module_of(name).table(results, one, name)
    read = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
    for column in ("domain", "condition"):
        assert {*read[column]} == {*frame[column]}


@pytest.mark.parametrize("name", FIGURES)
def test_no_results_are_an_error_with_the_figure(demo, name):
    one, results = demo
    others = results[results.method == "contrastive"]
    with pytest.raises(UserError, match=rf"^{name}: no .*make the table of contrastive"):
        module_of(name).table(others, one, name)


def test_what_settings_leave_out_is_not_offered():
    shown = {name for name in OURS if is_shown(name, SETTINGS)}
    assert shown == {*OURS}
    changes = {
        "datasets": {"two_axes", "invariances", "agreement"},
        "transformations": {"two_axes", "contrastive_invariance"},
    }
    for key, lost in changes.items():
        less = {**SETTINGS, "invariance": {**SETTINGS["invariance"], key: ["cifar10"]}}
        if key == "transformations":
            less["invariance"][key] = ["hue"]
        assert lost <= {name for name in OURS if not is_shown(name, less)}
    two = {**SETTINGS, "conditions": {"moco": ["ventral"], "supervised": [], "wide": []}}
    lost = {name for name in OURS if not is_shown(name, two)}
    assert lost == {"agreement", "contrastive_correlations"}


def text_of(name: str, settings: dict) -> str:
    one = study(settings, seeds=3)
    told = captions.caption_parameters(ARTEFACTS[name], one, SAID)
    page = caption(REPOSITORY / f"workflow/report/{ARTEFACTS[name].caption}.rst", name, told, {})
    assert f"<strong>{ARTEFACTS[name].label}.</strong>" in page
    assert "{" not in page and "system-message" not in page
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())


@pytest.mark.parametrize("name", FIGURES)
def test_captions_say_what_was_trained_drawn_and_replaced(name):
    text = text_of(name, SETTINGS)
    assert "reduced scale" in text and "Mean over 3 seeds" in text
    marks = ARTEFACTS[name].module in captions.MARKS
    assert ("are 95 % t intervals over seeds." in text) == marks
    if name != "agreement":
        assert "ventral (crop and flip)" in text and "three times as wide" in text
        assert "; supervised ones under default, ventral and dorsal views; untrained ones." in text
        assert "; MoCo v2 three times as wide under default views; " in text
    alone = {**SETTINGS, "conditions": DEMO["conditions"], "domains": ["t2d"], "fusions": []}
    text = text_of(name, alone)
    assert "three times as wide" not in text and "supervised" not in text
    assert ("coarse" in text) == (name == "agreement")
    drawn_of = "Transforms-2D and CIFAR-10" if name == "fusion" else "Transforms-2D"
    assert f"Drawings replace the photographs of {drawn_of}." in text


def test_captions_of_networks_without_views_and_of_wide_ones_alone():
    untrained = {"moco": [], "supervised": [], "wide": []}
    text = text_of("two_axes", {**SETTINGS, "conditions": untrained, "fusions": []})
    assert "Networks: untrained ones." in text
    wide = {**untrained, "wide": ["ventral"]}
    text = text_of("latents", {**SETTINGS, "conditions": wide, "fusions": []})
    told = "MoCo v2 three times as wide under ventral (crop and flip) views; untrained ones."
    assert f"Networks: {told}" in text


def test_switches_and_ways_are_those_of_the_settings():
    assert "a grid of at most 4 parameters" in text_of("invariances", SETTINGS)
    assert "change nothing are left out" in text_of("invariances", SETTINGS)
    other = {
        **SETTINGS,
        "invariance": {**SETTINGS["invariance"], "grid": 0, "draws": 3},
        "faithful": {"identity": True, "own_pairs": False},
    }
    text = text_of("invariances", other)
    assert "3 draws" in text and "change nothing count too" in text


def test_every_artefact_is_in_a_part_of_this_study():
    assert {one.report_category for one in OURS.values()} == {"Learnt invariances"}
    words = (REPOSITORY / "workflow/report/workflow.rst").read_text(encoding="utf-8")
    assert '"Learnt invariances": "`Learnt invariances`_' in words
