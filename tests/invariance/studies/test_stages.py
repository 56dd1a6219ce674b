"""One table says what a stage is; rules, recipes, resources and records agree with it."""

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


def test_a_record_tells_the_time_of_its_stage_and_of_those_that_leave_none():
    assert names(counted_in("linear_probe")) == ["linear_probe", "features"]
    assert names(counted_in("pretraining")) == ["pretrain"]
    told = {stage.name for method in BY_METHOD for stage in counted_in(method)}
    assert told == set(STAGES) - {"dataset"}


def test_each_has_a_recipe_and_the_modules_it_depends_on():
    assert set(STAGES) <= set(RECIPES)
    assert all(MODULES[name] for name in STAGES)


def test_studies_name_stages_and_give_settings_and_work_of_each(config):
    for study in load_studies(config).values():
        domain = study.domains[0]
        model = study.models(domain)[0].name
        for name in {one.name for last in study.stages for one in up_to(last)}:
            stage = STAGES[name]
            where = [domain, 0, study.data(model) if name == "dataset" else model]
            assert getattr(study, stage.settings)(*where), (study.name, name)
            target = [study.targets[0]] if stage.is_per_target else []
            assert stage.work(study, *where, *target).passes > 0, (study.name, name)
