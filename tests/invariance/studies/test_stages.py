"""One table says what a stage is; rules, recipes, resources and records agree with it."""

import re

from invariance.provenance.recipes import MODULES, RECIPES
from invariance.studies import load_studies
from invariance.studies.stages import BY_FOLDER, BY_METHOD, BY_RULE, STAGES, counted_in, up_to


def names(stages) -> list[str]:
    return [stage.name for stage in stages]


def test_names_folders_rules_and_methods_are_each_of_one_stage():
    for table in (BY_FOLDER, BY_RULE):
        assert list(table.values()) == list(STAGES.values())
    assert len(BY_METHOD) == sum(stage.method is not None for stage in STAGES.values())


def test_a_stage_stands_after_all_that_it_needs():
    seen = set()
    for stage in STAGES.values():
        assert set(stage.inputs) <= seen, stage.name
        seen.add(stage.name)


def test_what_stands_behind_each_stage():
    assert names(up_to("pretrain")) == ["dataset", "pretrain"]
    assert names(up_to("linear_probe")) == ["dataset", "pretrain", "features", "linear_probe"]
    assert names(up_to("fine_tune")) == [*names(up_to("linear_probe")), "fine_tune"]
    assert names(up_to("sensitivity")) == ["dataset", "pretrain", "sensitivity"]
    removals = ["dataset", "masks", "subsets", "influence", "counterfactuals"]
    assert names(up_to("counterfactuals")) == removals


def test_a_record_tells_the_time_of_its_stage_and_of_those_that_leave_none():
    assert names(counted_in("linear_probe")) == ["linear_probe", "features"]
    assert names(counted_in("pretraining")) == ["pretrain"]
    told = {stage.name for method in BY_METHOD for stage in counted_in(method)}
    assert told == set(STAGES) - {"dataset", "masks", "views"}  # no time that is worth a record


def test_each_has_a_recipe_and_the_modules_it_depends_on():
    assert set(STAGES) <= set(RECIPES)
    assert all(MODULES[name] for name in STAGES)


def test_studies_name_stages_and_give_settings_and_work_of_each(config):
    for study in load_studies(config).values():
        domain = study.domains[0]
        stages = (*study.recorded, *study.on_request)
        for name in {one.name for last in stages for one in up_to(last)}:
            stage = STAGES[name]
            where = [domain, 0, study.units(domain, name)[0]]
            assert getattr(study, stage.settings)(*where), (study.name, name)
            target = [study.targets[0]] if stage.is_per_target else []
            assert stage.work(study, *where, *target).passes > 0, (study.name, name)


def test_every_unit_of_a_stage_is_matched_and_no_other(config):
    for study in load_studies(config).values():
        for domain in study.domains:
            for stage in STAGES:
                names, pattern = study.units(domain, stage), study.pattern(stage)
                assert all(re.fullmatch(pattern, name) for name in names)
                assert not names or not re.fullmatch(pattern, "other/0")


def test_stages_that_come_before_name_their_units(config):
    """All of them, and none that a stage does not have."""
    for study in load_studies(config).values():
        domain = study.domains[0]
        for last in (*study.recorded, *study.on_request):
            for unit in study.units(domain, last):
                for before in up_to(last):
                    if before.name != "dataset":
                        units = study.units_before(domain, last, unit, before.name)
                        assert units and set(units) <= set(study.units(domain, before.name))
