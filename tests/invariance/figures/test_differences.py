"""Figures 3, 12 and 13: differences with known answers, and bars where they belong."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invariance.analysis.cells import measured_cells
from invariance.artefacts import figures
from invariance.figures import differences
from invariance.scorecard.judging import judge_all
from invariance.studies.invariance_vs_factors import Study
from transforms2d.errors import UserError

RELATIONSHIPS = {"subset": 0.5, "disjoint": 0.6, "same": 0.9, "superset": 0.8}


def make(config, domains=("t2d", "cifar10", "cifar100"), seeds=3):
    """The study and a table: ``same`` varies twice as much, and seeds are 0.01 apart."""
    config["studies"]["invariance_vs_factors"] |= {"seeds": seeds, "domains": list(domains)}
    study, rows = Study(config), []
    for domain, seed in itertools.product(study.domains, study.seeds):
        for model in study.models(domain):
            level = RELATIONSHIPS[model.class_relationship]
            accuracy = level if model.transforms == "same" else 0.2 + level / 2
            cell = {**study.cell(domain, seed, model.name), "quantity": "test_accuracy"}
            value = accuracy + 0.01 * seed
            rows.append({**cell, "method": "linear_probe", "value": value})
            for samples in study.settings["sizes"][domain]["fine_tuning_samples"]:
                tuned = {"method": "fine_tuning", "target_samples": samples}
                rows.append({**cell, **tuned, "value": value + samples / 1e5})
    return study, pd.DataFrame(rows)


def bar(table, domain, factor, name):
    rows = table[(table.domain == domain) & (table.factor == factor) & (table.bar == name)]
    return rows.squeeze()


@pytest.mark.parametrize("name", ["fig3", "fig12", "fig13"])
def test_differences_are_those_of_means_over_seeds(config, name):
    table = differences.table(*make(config)[::-1], name)
    assert len(table) == 3 * 3 * 3
    for domain in ("t2d", "cifar10", "cifar100"):
        expected = {"within_same": 0.4, "within_different": 0.2, "same_vs_different": 0.15}
        for which, value in expected.items():
            found = bar(table, domain, "class_relationship", which)
            assert found.difference == pytest.approx(value)
            # All seeds agree, so the interval is a point.
            assert (found.low, found.high) == pytest.approx((value, value))
        # All other models share one class relationship.
        assert bar(table, domain, "architecture", "within_same").difference == pytest.approx(0)


def test_the_interval_of_the_difference_is_the_paired_one():
    rng = np.random.default_rng(0)
    cube = rng.normal(0.5, 0.1, size=(5, 1, 1)) + 0.02 * rng.normal(size=(5, 2, 4))
    bars = {bar["bar"]: bar for bar in differences._bars(cube)}
    same, different = cube.mean(axis=2).T
    ends = stats.ttest_rel(same, different).confidence_interval(0.95)
    found = bars["same_vs_different"]
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high))
    assert found["difference"] == pytest.approx((same - different).mean())


def test_the_interval_of_a_range_covers_what_seeds_differ_in():
    rng = np.random.default_rng(0)
    inside, runs = 0, 300
    for _ in range(runs):
        cube = 0.5 + 0.1 * rng.standard_normal((3, 2, 4))
        cube[:, 0, 0] += 0.3
        within = differences._bars(cube)[0]
        inside += within["low"] <= 0.3 <= within["high"]
    assert inside / runs > 0.93


def test_a_whisker_is_the_interval_of_the_scorecard(config, repository):
    """Where both show the same bar, both say the same of it, to rounding."""
    rng = np.random.default_rng(0)
    study, results = make(config, seeds=5)
    results["value"] += 0.02 * rng.standard_normal(len(results))
    whiskers = differences.table(results, study, "fig3")
    cells = {study.name: measured_cells(results, study, "test")}
    _, conditions = judge_all(cells, cells, "test")
    rows = conditions[conditions.check == "samples: same against disjoint > 0"]
    assert set(rows.condition) == {"cifar10", "cifar100"}
    for row in rows.itertuples():
        found = bar(whiskers, row.condition, "pretraining_samples", "same_vs_different")
        assert found.high > found.low
        ours = row.value, row.low, row.high
        assert (found.difference, found.low, found.high) == pytest.approx(ours, rel=1e-12)


def test_a_mean_is_taken_before_the_largest_and_smallest():
    # Each seed prefers another value; the means are equal.
    cube = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.8, 0.2], [0.5, 0.5]]])
    found = [bar["difference"] for bar in differences._bars(cube)]
    assert found == pytest.approx([0, 0, 0])


@pytest.mark.parametrize("domains", [("t2d",), ("t2d", "cifar100")])
@pytest.mark.parametrize("seeds", [1, 3])
def test_bars_stand_for_the_domains_that_are_configured(config, repository, domains, seeds):
    published = pd.read_csv(repository / "config/paper_values.csv")
    published = published[published.artefact == "fig3"]
    study, results = make(config, domains, seeds)
    assert {"fig3", "fig12", "fig13"} <= set(figures({study.name: study}))
    table = differences.table(results, study, "fig3")
    axes = differences.draw(table, study, "fig3", published).axes
    assert len(axes) == len(domains)
    heights = [patch.get_height() for patch in axes[0].patches]
    assert sorted(heights) == pytest.approx(sorted(table[table.domain == "t2d"].difference))
    marks = [m.get_offsets()[:, 1] for m in axes[0].collections if hasattr(m, "get_offsets")]
    known = published[(published.domain == "t2d") & (published.quantity == "accuracy_difference")]
    drawn = sorted(np.concatenate([m for m in marks if len(m) == 3]).tolist())
    assert drawn == pytest.approx(sorted(known.value))


def test_no_results_is_an_error_with_the_figure(config):
    study, results = make(config, ("t2d",))
    with pytest.raises(UserError, match="fig12: no results of fine_tuning in domain t2d"):
        differences.table(results[results.method == "linear_probe"], study, "fig12")


def test_they_are_not_drawn_where_no_factor_varies(config):
    settings = config["studies"]["invariance_vs_factors"]
    settings["domains"] = ["t2d"]
    settings["factors"] = {"class_relationship": ["disjoint"], "architecture": ["resnet-18"]}
    assert {"fig3", "fig12", "fig13"} <= set(figures({Study.name: Study(config)}))
    settings["sizes"]["t2d"]["pretraining_samples"] = [1000]
    assert list(figures({Study.name: Study(config)})) == ["fig2", "fig9"]
