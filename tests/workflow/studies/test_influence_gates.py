"""Planted truths are found at the scale of the demo: takes minutes, so these tests are slow ones.

The settings are the demo's, and were fixed before the first run of these tests.
"""

import numpy as np
import pytest
import yaml
from support.project import REPOSITORY, Project, only

from invariance.analysis.influence import from_table, predictors
from invariance.analysis.seed_statistics import half_width, interval_of
from invariance.records.results import read_results

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def results(folder, **changes):
    """The tidy table of the demo's study, with changes of its blocks."""
    folder.mkdir()
    demo = yaml.safe_load((REPOSITORY / "config/demo.yaml").read_text())
    study = demo["studies"]["influence"]
    for block, values in changes.items():
        study[block] = study[block] | values if isinstance(values, dict) else values
    demo["studies"] = {**only("influence"), "influence": study}
    project = Project(folder)
    table = f"{demo['results']}/influence/results.csv"
    config = project.overlay(demo)
    done = project.run(table, "--configfile", config, "--cores", "2", timeout=3000)
    assert done.returncode == 0, done.stdout
    return read_results(project.folder / table)


@pytest.fixture(scope="module")
def designs(tmp_path_factory):
    return results(tmp_path_factory.mktemp("designs") / "project")


def areas(table) -> dict[str, np.ndarray]:
    """The area of each arm per design."""
    rows = from_table.areas(table).sort_values("seed")
    return {arm: part.area.to_numpy() for arm, part in rows.groupby("arm")}


def lower_end(values) -> float:
    return float(interval_of(values)[0])


def test_removal_of_harmful_classes_beats_random_removal(designs):
    area = areas(designs)
    assert len(area["random"]) == 5
    assert lower_end(area["bottom"] - area["random"]) > 0


def test_removal_of_useful_classes_is_worse_than_random_removal(designs):
    area = areas(designs)
    assert lower_end(area["random"] - area["top"]) > 0


def test_less_data_can_be_better(designs):
    best = from_table.best_points(designs).sort_values("seed")
    assert lower_end(best.test_accuracy - best.full) > 0


def test_leaks_help_their_own_class_more_than_other_classes_do(designs):
    leaks = predictors.leaks(designs, "bernoulli")
    leaks = leaks[leaks.quantity == "influence"]
    assert lower_end(leaks.groupby("seed").lead.mean()) > 0
    assert lower_end(leaks.groupby("seed").above.mean()) > 0.9


def test_removal_of_the_classes_behind_wrong_predictions_mends_them(designs):
    mended = from_table.mending(designs).sort_values("seed")
    assert lower_end(mended.wrong - mended.random) > 0


def test_a_shuffled_order_is_like_a_random_one(tmp_path):
    """One design, six random orders: each lies where the five others predict it, in 95 % of cases.

    The order by influence lies above all of them.
    """
    table = results(
        tmp_path / "project",
        seeds=1,
        counterfactuals={"repeats": 6, "arms": ["random", "bottom"]},
    )
    rows = table[(table.method == "counterfactuals") & (table.quantity == "test_accuracy")]
    area = rows.groupby(["target", "model"]).value.mean()
    shuffled, *others = area["random"].to_numpy()
    spread = np.std(others, ddof=1) * np.sqrt(1 + 1 / len(others))
    within = half_width(len(others)) * np.sqrt(len(others)) * spread
    assert abs(shuffled - np.mean(others)) < within
    assert area["bottom"].mean() > max(area["random"])
