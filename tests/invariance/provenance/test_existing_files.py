"""Files say which settings and recipes of every stage before them they are of, and are compared."""

import copy
from dataclasses import replace

import pytest
from support.small_images import small_base, small_natural

from invariance.provenance import existing_files, lineage, notes, recipes, source_digests
from invariance.records.results import write_record
from invariance.studies import load_studies
from invariance.studies.stages import BY_RULE, STAGES
from transforms2d.errors import UserError
from transforms2d.files.signed import read_metadata, write_signed_json, write_tensors

FACTORS = "invariance_vs_factors"
MODEL = "same/disjoint/n50000/resnet-18"
WHERE = {"study": FACTORS, "domain": "t2d", "seed": "0", "model": MODEL}
UNIT = {"study": "influence", "domain": "t2d", "seed": "0"}
VIEWED = {"study": "contrastive", "domain": "t2d", "seed": "0"}
ENCODER = "moco/ventral/resnet-18"
FEATURE = "CO_O/resnet-18"  # with settings of pretraining of its own
# Rule, its wildcards, and its files.
JOBS = {
    "download_base_images": ({}, ["index.json"]),
    "prepare_base_images": ({}, ["images.safetensors"]),
    "prepare_natural_images": ({"natural": "cifar10"}, ["train.safetensors", "test.safetensors"]),
    "render_dataset": (
        {**WHERE, "dataset": "target"},
        [f"{split}.safetensors" for split in ("train", "val", "test")],
    ),
    "render_fig6": ({}, ["corner.safetensors", "images.safetensors"]),
    "pretrain": (WHERE, ["model.safetensors", "record.json"]),
    "extract_features": (WHERE, ["features.safetensors"]),
    "linear_probe": (WHERE, ["heads.safetensors", "record.json"]),
    "fine_tune": ({**WHERE, "target": "target"}, ["target.json"]),
    "score_sensitivity": (
        {**WHERE, "study": "invariance_transfer", "model": "image/hue/resnet-18"},
        ["record.json"],
    ),
    "measure_model": (
        {**WHERE, "study": "irrelevant_features", "domain": "cifar10_random", "model": FEATURE},
        ["record.json"],
    ),
    "train_subsets": ({**UNIT, "unit": "bernoulli/3"}, ["outputs.safetensors", "record.json"]),
    "estimate_influence": (
        {**UNIT, "unit": "bernoulli"},
        ["influence.safetensors", "record.json"],
    ),
    "train_counterfactuals": ({**UNIT, "unit": "repeat2"}, ["record.json"]),
    "prepare_views": ({**VIEWED, "unit": "places"}, ["views.safetensors"]),
    "pretrain_contrastive": ({**VIEWED, "model": ENCODER}, ["model.safetensors", "record.json"]),
    "represent": ({**VIEWED, "model": ENCODER}, ["record.json"]),
    "fuse": ({**VIEWED, "unit": "ventral-ventral"}, ["record.json"]),
    "manifest": ({}, ["manifest.json"]),
}
BASE = {*JOBS} - {"prepare_natural_images"}
FROZEN = {"measure_model"}
MODELS = {"pretrain", "extract_features", "linear_probe", "fine_tune", "score_sensitivity"} | FROZEN
TOGETHER = {"manifest"}
REMOVED = {"train_counterfactuals"}
NETWORKS = {"train_subsets", "estimate_influence"} | REMOVED
MEASURED = {"represent", "fuse"}
ENCODED = {"pretrain_contrastive"} | MEASURED
VIEWS = {"prepare_views"} | ENCODED
PROBED = {"linear_probe", "fine_tune"}
# A change of the configuration, and the jobs whose files it makes something else of.
CHANGES = {
    ("base_images", "prototypes"): BASE,
    ("base_images", "objects"): BASE,
    ("natural_images", "cifar10"): {
        *("prepare_natural_images", "render_fig6", "score_sensitivity", "manifest"),
        *MEASURED,
        *FROZEN,
    },
    ("image_size",): {*JOBS} - {"download_base_images"},
    ("pretraining", "epochs"): MODELS - FROZEN | TOGETHER,
    ("linear_probe", "epochs"): PROBED | TOGETHER,
    ("fine_tuning", "learning_rate"): {"fine_tune"} | TOGETHER,
    ("sensitivity", "pairs"): {"score_sensitivity"} | TOGETHER,
    ("measures", "grid"): FROZEN,
    ("studies", "contrastive", "moco", "queue"): ENCODED | TOGETHER,
    ("studies", "contrastive", "groups", "places", "views"): {"prepare_views", "represent"}
    | TOGETHER,
    ("studies", "contrastive", "downstream", "folds"): MEASURED | TOGETHER,
    ("studies", "influence", "list_size"): NETWORKS | TOGETHER,
    ("studies", "influence", "statistics", "resamples"): NETWORKS - {"train_subsets"} | TOGETHER,
}
RAISED = {
    "base_images": BASE,
    "natural_images": CHANGES["natural_images", "cifar10"],
    "dataset": {"render_dataset", "render_fig6"} | MODELS | NETWORKS | VIEWS | TOGETHER,
    "views": {"prepare_views", "represent"} | TOGETHER,
    "contrastive": ENCODED | TOGETHER,
    "represent": {"represent"} | TOGETHER,
    "fusion": {"fuse"} | TOGETHER,
    "pretrain": MODELS | TOGETHER,
    "features": {"extract_features"} | PROBED | TOGETHER,
    "linear_probe": PROBED | TOGETHER,
    "fine_tune": {"fine_tune"} | TOGETHER,
    "sensitivity": {"score_sensitivity"} | TOGETHER,
    "measures": FROZEN,
    "masks": NETWORKS | TOGETHER,
    "subsets": NETWORKS | TOGETHER,
    "influence": NETWORKS - {"train_subsets"} | TOGETHER,
    "counterfactuals": REMOVED | TOGETHER,
}


def write(folder, config):
    """Files of every rule as its job writes them, but for their tensors and numbers."""
    studies = load_studies(config)
    for rule, (where, names) in JOBS.items():
        for path in (folder / rule / name for name in names):
            if path.suffix == ".json":
                _write_json(path, rule, where, config, studies)
            else:
                metadata = existing_files._tensor_metadata(rule, where, str(path), config, studies)
                write_tensors(path, {}, metadata)


def _write_json(path, rule, where, config, studies):
    content = existing_files._json_content(rule, where, config, studies)
    if not (rule in BY_RULE and BY_RULE[rule].method):
        write_signed_json(path, content)
        return
    content = {key: value for key, value in content.items() if key != "target"}
    write_record(path, evaluations=[{"target": where.get("target")}], **content)


def refused(folder, config) -> set[str]:
    studies, found = load_studies(config), set()
    for rule, (where, names) in JOBS.items():
        try:
            existing_files.check(
                rule, where, [folder / rule / name for name in names], config, studies
            )
        except UserError as error:
            assert str(folder / rule) in str(error) and "\n" not in str(error)
            found.add(rule)
    return found


@pytest.fixture
def files(tmp_path, config):
    config["natural_images"]["cifar10"] = dict(CIFAR, seed=1)
    write(tmp_path, config)
    assert refused(tmp_path, config) == set()
    return tmp_path


CIFAR = {"source": "procedural", "train_per_class": 9, "test_per_class": 9}


@pytest.mark.parametrize("key", CHANGES, ids=".".join)
def test_a_changed_setting_is_noticed_in_every_file_after_it(files, config, key):
    changed = copy.deepcopy(config)
    *path, last = key
    inner = changed
    for part in path:
        inner = inner[part]
    inner[last] = dict(CIFAR, seed=2) if last == "cifar10" else inner[last] * 2
    if last == "objects":
        inner[last] = config["base_images"]["objects"] - 1
    assert refused(files, changed) == CHANGES[key]


@pytest.mark.parametrize("stage", RAISED)
def test_a_raised_recipe_is_noticed_in_every_file_after_it(files, config, monkeypatch, stage):
    monkeypatch.setitem(recipes.RECIPES, stage, recipes.RECIPES[stage] + 1)
    assert refused(files, copy.deepcopy(config)) == RAISED[stage]


def test_files_that_do_not_say_what_they_are_of_are_refused(tmp_path, config):
    for rule, (_, names) in JOBS.items():
        for path in (tmp_path / rule / name for name in names):
            if path.suffix == ".json":
                write_signed_json(path, {"evaluations": 3})
            else:
                write_tensors(path, {}, {"spec": {}, "split": "train"})
    assert refused(tmp_path, config) == {*JOBS}


def test_damaged_and_missing_files_are_refused(files, config):
    for rule, (_, names) in JOBS.items():
        path = files / rule / names[-1]
        path.write_bytes(path.read_bytes()[:20])
    assert refused(files, config) == {*JOBS}
    for rule, (_, names) in JOBS.items():
        (files / rule / names[-1]).unlink()
    assert refused(files, config) == {*JOBS}


def test_what_a_model_is_of_is_the_same_for_all_who_read_it(config):
    """Its own data alone: whatever images the targets and the twins of a stage after it show."""
    for study in load_studies(config).values():
        models = study.units(study.domains[-1], "pretrain")
        if not models:
            continue
        where = {"study": study, "domain": study.domains[-1], "seed": 0, "model": models[0]}
        said = [
            lineage.identities(config, where, STAGES[stage].method)["pretrain"]
            for stage in ("pretrain", *study.stages)
        ]
        assert all(one == said[0] for one in said)


def test_prepared_images_of_an_older_workflow_are_refused(tmp_path, config):
    from invariance.provenance.input_images import load_base, load_natural

    config["base_images"] |= {"source": "procedural", "seed": 3}
    config["natural_images"]["cifar10"] = dict(CIFAR, seed=3)
    base, natural = tmp_path / "base.safetensors", tmp_path / "natural.safetensors"
    origin = {"seed": 3}
    replace(small_base(), origin=origin).save(base)
    replace(small_natural(), origin=origin).save(natural)
    for read in (
        lambda: load_base(base, config),
        lambda: load_natural(natural, "train", None, config),
    ):
        with pytest.raises(UserError, match="made for something else: recipe is missing"):
            read()
    replace(small_base(), origin=origin, identity=lineage.prepared_identity(config)).save(base)
    of = lineage.prepared_identity(config, "cifar10")
    replace(small_natural(), origin=origin, identity=of).save(natural)
    assert load_base(base, config).identity == lineage.prepared_identity(config)
    assert load_natural(natural, "train", None, config).identity == of
    assert read_metadata(base)["of"]["image_size"] == config["image_size"]


def test_a_study_is_told_from_itself_with_any_other_setting(config):
    found = {}

    def of(name, **changes):
        changed = copy.deepcopy(config)
        for key, value in changes.items():
            section, _, last = key.rpartition("__")
            (changed[section] if section else changed)[last] = value
        study = load_studies(changed)[name]
        return found.setdefault(source_digests.study_digest(study), (name, changes))

    for name in config["studies"]:
        of(name)
    assert len(found) == len(config["studies"])
    plain = of(FACTORS)
    # Neither is a setting of this study's stages.
    assert of(FACTORS, sensitivity__pairs=7) == of(FACTORS, device="cpu") == plain
    for changes in ({"image_size": 64}, {"pretraining__epochs": 7}, {"fine_tuning__batch_size": 7}):
        assert of(FACTORS, **changes) != plain
    seeds = {**config["studies"][FACTORS], "seeds": 3}
    assert of(FACTORS, studies__invariance_vs_factors=seeds) != plain


@pytest.fixture
def noted(tmp_path):
    (tmp_path / "figures").mkdir()
    made = [tmp_path / f"figures/fig2.{suffix}" for suffix in ("png", "pdf", "csv")]
    for path in made:
        path.write_text(path.name)
    told = {"of": {FACTORS: "1"}, "recipe": 3, "description": {"seeds": 1}}
    notes.write(tmp_path, made, told)
    notes.check_all(tmp_path, made, told)
    return tmp_path, made, told


@pytest.mark.parametrize(
    "change", [{"of": {FACTORS: "2"}}, {"recipe": 4}, {"description": {"seeds": 2}}, {"more": 1}]
)
def test_a_figure_of_other_settings_is_refused(noted, change):
    folder, made, told = noted
    with pytest.raises(UserError, match=r"fig2\.png: made for something else"):
        notes.check_all(folder, made, {**told, **change})


@pytest.mark.parametrize("which", [0, 1, 2])
def test_another_figure_in_the_place_of_a_figure_is_refused(noted, which):
    folder, made, told = noted
    made[which].write_text("drawn from something else")
    with pytest.raises(UserError, match=made[which].name) as error:
        notes.check_all(folder, made, told)
    assert "\n" not in str(error.value)


def test_a_figure_without_its_note_or_with_a_changed_one_is_refused(noted):
    folder, made, told = noted
    note = folder / "made_from/figures/fig2.png.json"
    text = note.read_text()
    note.write_text(text.replace('"recipe": 3', '"recipe": 4'))
    with pytest.raises(UserError, match=r"fig2\.png\.json: damaged"):
        notes.check_all(folder, made, {**told, "recipe": 4})
    for content in ({}, {"of": 3, "files": 4}, {"of": {}, "files": []}):
        write_signed_json(note, content)
        with pytest.raises(UserError, match=r"fig2\.png"):
            notes.check_all(folder, made, told)
    note.unlink()
    with pytest.raises(UserError, match="its sources are unknown"):
        notes.check_all(folder, made, told)


def test_a_folder_is_told_from_one_whose_files_differ(tmp_path):
    shared = tmp_path / "export/model"
    (shared / "data").mkdir(parents=True)
    (shared / "README.md").write_text("a")
    (shared / "data/a").write_text("a")
    of = {"of": {"model": "1"}}
    notes.write(tmp_path, [shared], of)
    notes.check_all(tmp_path, [shared], of)
    (shared / "data/a").write_text("b")
    with pytest.raises(UserError, match="export/model"):
        notes.check_all(tmp_path, [shared], of)
