"""The study of irrelevant features: its objects, datasets, models and jobs, and its figure."""

import itertools

import numpy as np
import pandas as pd
import pytest

from invariance.figures import style, sweeps
from invariance.studies.irrelevant_features import TASKS, Study
from transforms2d.errors import UserError
from transforms2d.rendering.natural_rows import natural_rows

NAME = "irrelevant_features"
RANDOM, CORNER = "cifar10_random", "cifar10_corner"
# The objects that the published runs studied, as far as they are known.
PUBLISHED = {
    0: [46, 21, 9, 51, 55, 39, 28, 8, 24, 38],
    1: [41, 48, 19, 0, 51, 29, 38, 54, 21, 18],
    2: [15, 22, 54, 60, 36, 38, 3, 42, 58, 43],
}
# Those of the other published seeds follow from the same draw.
DERIVED = {
    3: [17, 42, 18, 48, 3, 45, 58, 31, 59, 29],
    4: [35, 8, 37, 36, 40, 9, 51, 41, 3, 28],
    5: [12, 18, 29, 13, 4, 49, 6, 7, 38, 52],
    6: [16, 25, 49, 36, 23, 10, 59, 39, 20, 27],
    7: [16, 51, 47, 55, 42, 0, 21, 22, 31, 45],
    8: [41, 5, 56, 14, 37, 13, 17, 24, 18, 26],
    9: [33, 46, 16, 21, 48, 37, 2, 26, 20, 59],
}


@pytest.fixture
def study(config):
    return Study(config)


@pytest.mark.parametrize(("seed", "objects"), {**PUBLISHED, **DERIVED}.items())
def test_seeds_0_to_9_study_what_was_published(study, seed, objects):
    for name in TASKS:
        spec = study.dataset(CORNER, seed, name, "train")
        assert list(spec.classes) == objects


def test_seeds_after_the_published_ones_are_derived(config):
    config["studies"][NAME]["seeds"] = 30
    study = Study(config)
    seeds = [study.seed_pair(seed) for seed in range(30)]
    assert len(set(seeds)) == 30
    assert seeds[0] == (111, 694)
    assert study.objects(29) == Study(config).objects(29)


def test_what_figure_and_table_share_is_trained_once(study):
    assert [model.name for model in study.models(RANDOM)] == [f"{t}/resnet-18" for t in TASKS]
    names = [model.data for model in study.models(CORNER)]
    # 4 of table 1, 9 correlations of which 0 is CO_C, 6 availabilities of which 0 is C_C, 1 CO_C.
    assert len(names) == len(set(names)) == 4 + 8 + 4
    assert study.sweep("correlation", CORNER)[0.0] == "CO_C"
    assert study.sweep("correlation", CORNER)[0.85] == "CO_C_correlation0.85"
    assert study.sweep("availability", CORNER)[0.0] == "C_C"
    assert study.sweep("availability", CORNER)[1.0] == "CO_C"


@pytest.mark.parametrize("prefix", ["", "target/"])
def test_the_four_tasks(study, prefix):
    specs = {task: study.dataset(RANDOM, 0, prefix + task, "train") for task in TASKS}
    shown = {
        task: (spec.background, spec.availability, spec.labels) for task, spec in specs.items()
    }
    assert shown == {
        "C_C": ("natural", 0.0, "background"),
        "CO_C": ("natural", 1.0, "background"),
        "CO_O": ("natural", 1.0, "foreground"),
        "O_O": ("uniform", 1.0, "foreground"),
    }
    assert {task: spec.samples for task, spec in specs.items()} == {
        "C_C": 45000,
        "CO_C": 45000,
        "CO_O": 45000,
        "O_O": 50000,
    }
    assert {spec.num_classes for spec in specs.values()} == {10}
    assert {spec.object_scale for spec in specs.values()} == {0.55}
    assert {spec.transforms for spec in specs.values()} == {()}
    natural = {task: study.natural(RANDOM, prefix + task) for task in TASKS}
    assert natural == {"C_C": "cifar10", "CO_C": "cifar10", "CO_O": "cifar10", "O_O": None}


def test_swept_data_differ_from_co_c_in_one_probability(study):
    plain = study.dataset(CORNER, 0, "CO_C", "val").to_dict()
    for factor, value in [("correlation", 0.85), ("availability", 0.4)]:
        swept = study.dataset(CORNER, 0, f"CO_C_{factor}{value}", "val").to_dict()
        assert {key for key in plain if plain[key] != swept[key]} == {factor}
        assert swept[factor] == value


def test_the_domain_is_where_objects_are(study):
    anywhere = study.dataset(RANDOM, 0, "CO_O", "test").to_dict()
    corner = study.dataset(CORNER, 0, "CO_O", "test").to_dict()
    assert {key for key in corner if corner[key] != anywhere[key]} == {"placement"}
    assert (anywhere["placement"], corner["placement"]) == ("random", "corner")


def test_one_sampling_seed_parts_training_and_validation_everywhere(study):
    names = [*TASKS, *study.targets, "CO_C_correlation1", "CO_C_availability0.2"]
    assert {study.dataset(CORNER, 3, name, "train").seed for name in names} == {303}


@pytest.mark.parametrize(("preset", "same"), [("paper", True), ("released_code", False)])
def test_stages_part_cifar_alike_but_in_the_released_code(config, preset, same):
    config["protocol"]["preset"] = preset
    config["studies"][NAME]["samples"]["natural"] = {"train": 300, "val": 30, "test": 30}
    study, labels = Study(config), np.repeat(np.arange(10), 50)
    pretraining, target = (
        natural_rows(study.dataset(CORNER, 0, name, "train"), labels).tolist()
        for name in ("CO_C", "target/CO_C")
    )
    assert (pretraining == target) == same


@pytest.mark.parametrize(
    ("placement", "of_random"), [("as_trained", "random"), ("corner", "corner")]
)
@pytest.mark.parametrize("domain", [RANDOM, CORNER])
def test_twins_are_where_asked_and_differ_in_image_or_object(config, placement, of_random, domain):
    config["protocol"]["twin_placement"] = placement
    study = Study(config)
    sets = [study.sensitivity_sets(domain, 1, f"{task}/resnet-18") for task in TASKS]
    assert all(one == sets[0] for one in sets)
    [(name, twins)] = sets[0].items()
    assert (name, twins["changes"], twins["natural"]) == ("CO", ["background", "object"], "cifar10")
    assert twins["spec"]["placement"] == (of_random if domain == RANDOM else "corner")
    assert twins["spec"]["split"] == "test"
    assert (twins["spec"]["availability"], twins["spec"]["correlation"]) == (1.0, 0.0)


def test_epochs_and_normalisation_are_the_study_s_own(study, config):
    settings = study.pretraining(CORNER, 0, "C_C/resnet-18")
    assert settings["epochs"] == 200
    assert settings["mean"] == settings["std"] == [0.5, 0.5, 0.5]
    assert settings["init_seed"] == 111 + 493
    assert study.linear_probe(CORNER, 0, "C_C/resnet-18")["epochs"] == 100
    assert (config["pretraining"]["epochs"], config["linear_probe"]["epochs"]) == (50, 200)


def test_rows_of_the_table_say_what_a_model_saw(study):
    assert study.factors("C_C/resnet-18") == {
        "data": "C_C",
        "correlation": 0.0,
        "availability": 0.0,
    }
    swept = study.cell(CORNER, 2, "CO_C_correlation0.9/resnet-18")
    assert swept["data"] == "CO_C_correlation0.9"
    assert (swept["correlation"], swept["availability"]) == (0.9, 1.0)


def test_settings_that_cannot_be_met_are_refused(config):
    config["base_images"]["objects"] = 9
    with pytest.raises(UserError, match=r"base_images.objects: .* needs 10, one per class"):
        Study(config).check()
    config["base_images"]["objects"] = 10
    Study(config).check()
    config["studies"][NAME]["samples"]["objects"]["train"] = 100
    with pytest.raises(UserError, match=r"batch_size: 512 is more than .*samples.objects.train"):
        Study(config).check()


def accuracy(model, target: str, seed: int) -> float:
    """A known accuracy: CIFAR labels 0.9, object labels a tenth plus half the correlation."""
    bases = {"target/C_C": 0.95, "target/CO_C": 0.9, "target/O_O": 1.0}
    return bases.get(target, 0.1 + 0.5 * model["correlation"]) + 0.01 * seed


def sensitivity(model, change: str, seed: int) -> float:
    """A known score: from the image to the object with the correlation."""
    half = model["correlation"] / 2
    return (1 - half if change == "background" else 0.2 + half) + 0.01 * seed


@pytest.fixture
def results(study):
    rows = []
    for domain, seed in itertools.product(study.domains, range(2)):
        for model in study.models(domain):
            cell = study.cell(domain, seed, model.name)
            for target in study.targets:
                probe = {**cell, "method": "linear_probe", "target": target}
                value = accuracy(cell, target, seed)
                rows.append({**probe, "quantity": "test_accuracy", "value": value})
                rows.append({**probe, "quantity": "pooled_macro_accuracy", "value": value / 2})
            for change in ("background", "object"):
                twins = {"method": "sensitivity", "target": "CO", "change": change}
                value = sensitivity(cell, change, seed)
                rows.append({**cell, **twins, "quantity": "l2", "value": value})
                rows.append({**cell, **twins, "quantity": "cosine", "value": -value})
            own = {"method": "pretraining", "quantity": "test_accuracy", "value": 0.5}
            rows.append({**cell, **own})
    return pd.DataFrame(rows)


def scores(table, feature, quantity, seed=0) -> dict[str, pd.Series]:
    """Scores by the factor's value, or by the data of reference models, by factor."""
    rows = table[(table.feature == feature) & (table.quantity == quantity) & (table.seed == seed)]
    parts = dict(list(rows.groupby("factor")))
    index = {factor: "data" if factor == "reference" else "value" for factor in parts}
    return {factor: part.set_index(index[factor]).score for factor, part in parts.items()}


def test_figure_14_shows_both_features_of_the_mixed_images(study, results):
    table = sweeps.table(results, study, "fig14")
    assert len(table) == (9 + 6 + 3) * 2 * 2 * 2
    key = ["factor", "value", "data", "feature", "quantity", "seed"]
    assert not table.duplicated(key).any()
    image = scores(table, "image", "accuracy", seed=1)
    assert set(image["correlation"]) == set(image["availability"]) == {0.91}
    objects = scores(table, "object", "accuracy")
    correlation = objects["correlation"]
    assert correlation.to_dict() == pytest.approx({c: 0.1 + 0.5 * c for c in correlation.index})
    assert sorted(objects["availability"].index) == [0, 0.2, 0.4, 0.6, 0.8, 1]


def test_figure_14_shows_sensitivity_over_correlation(study, results):
    table = sweeps.table(results, study, "fig14")
    correlation = scores(table, "object", "sensitivity", seed=1)["correlation"]
    assert sorted(correlation.index) == [0, 0.2, 0.4, 0.6, 0.8, 0.85, 0.9, 0.95, 1]
    assert correlation.to_dict() == pytest.approx({c: 0.21 + c / 2 for c in correlation.index})
    image = scores(table, "image", "sensitivity")["correlation"]
    assert image.to_dict() == pytest.approx({c: 1 - c / 2 for c in image.index})


def test_figure_14_has_the_models_of_table_1_as_references(study, results):
    table = sweeps.table(results, study, "fig14")
    for feature in ("image", "object"):
        for quantity in ("accuracy", "sensitivity"):
            found = scores(table, feature, quantity)["reference"]
            assert sorted(found.index) == ["CO_O", "C_C", "O_O"]
    assert table[table.factor == "reference"].value.isna().all()


def test_figure_14_takes_the_accuracy_of_the_protocol(config, results):
    config["protocol"]["accuracy"] = "pooled_macro"
    table = sweeps.table(results, Study(config), "fig14")
    assert table[table.quantity == "accuracy"].score.max() == pytest.approx(0.91 / 2)


@pytest.mark.parametrize(
    ("method", "keeps"),
    [
        ("linear_probe", lambda rows: rows.domain == RANDOM),
        ("sensitivity", lambda rows: rows.quantity != "l2"),
    ],
)
def test_figure_14_needs_probes_and_scores_from_the_corner(study, results, method, keeps):
    with pytest.raises(UserError, match=f"fig14: no results of {method} in domain cifar10_co"):
        sweeps.table(results[keeps(results)], study, "fig14")


@pytest.mark.parametrize("seeds", [1, 2, 4])
def test_figure_14_draws_a_row_of_panels_for_each_feature(study, results, seeds, tmp_path):
    more = [results.assign(seed=results.seed + 2 * k) for k in range(2)]
    results = pd.concat(more)
    table = sweeps.table(results[results.seed < seeds], study, "fig14")
    figure = sweeps.draw(table, study, "fig14", pd.DataFrame())
    panels = itertools.product(("image", "object"), sweeps.PANELS)
    for axis, (feature, (quantity, factor)) in zip(figure.axes, panels, strict=True):
        rows = table[(table.feature == feature) & (table.quantity == quantity)]
        means = rows[rows.factor == factor].groupby("value").score.mean()
        (line,) = (line for line in axis.lines if len(line.get_xdata()) > 2)
        assert list(line.get_xdata()) == list(means.index)
        assert list(line.get_ydata()) == pytest.approx(list(means))
        references = rows[rows.factor == "reference"].groupby("data").score.mean()
        for data, look in sweeps.REFERENCES.items():
            (line,) = (line for line in axis.lines if line.get_color() == look["color"])
            assert line.get_ydata()[0] == pytest.approx(references[data])
            assert line.get_linestyle() == "--"
        # An interval of the swept line, and one of each reference.
        assert len(axis.collections) == (seeds > 2) and len(axis.patches) == 3 * (seeds > 2)
    style.save(figure, [tmp_path / "fig14.png"], table)
    assert (tmp_path / "fig14.png").stat().st_size > 1000


def test_the_whole_study_plans_each_job_once(project):
    plan = project.run("-n", NAME)
    assert plan.returncode == 0, plan.stdout
    _, _, stats = plan.stdout.rpartition("Job stats:")
    rows = (line.split() for line in stats.splitlines())
    jobs = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    # 10 seeds of 4 models anywhere and 16 in the corner; 4 targets in each domain.
    models = 10 * (4 + 16)
    assert jobs["pretrain"] == jobs["linear_probe"] == jobs["score_sensitivity"] == models
    assert jobs["extract_features"] == models
    assert jobs["render_dataset"] == models + 10 * 2 * 4
    assert "fine_tune" not in jobs
    # CIFAR-10, and no images that this study does not show.
    assert jobs["prepare_natural_images"] == jobs["prepare_base_images"] == 1
    assert jobs["draw_sweeps"] == 1
