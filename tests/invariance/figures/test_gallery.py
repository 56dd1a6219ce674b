"""Pictures of the data: each is drawn from shards, and its table says what it shows."""

import io

import pandas as pd
import pytest
import torch
from support.picture_tables import SHOWN, check_rows
from support.small_images import small_base, small_natural

from invariance.figures import gallery, style
from invariance.studies.examples import CATEGORIES, FIGURES, examples
from transforms2d.names import ALL
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard
from transforms2d.transformations import TRANSFORMATIONS


@pytest.fixture
def specs(config):
    config["base_images"]["objects"] = 12
    return examples(config)


def shards_of(specs) -> dict:
    base, natural = small_base(classes=12), small_natural("test")
    return {name: make_shard(spec, base, natural) for name, spec in specs.items()}


def test_every_dataset_is_a_plain_value_that_comes_back(specs):
    assert tuple(specs) == FIGURES == tuple(gallery.FIGURES)
    assert set(specs["fig5"]) == {"none", *ALL}
    for spec in (spec for of in specs.values() for spec in of.values()):
        assert DatasetSpec.from_dict(spec.to_dict()) == spec


@pytest.mark.parametrize("figure", FIGURES)
def test_the_table_holds_the_latents_of_what_is_shown(specs, figure):
    shards = shards_of(specs[figure])
    table = gallery.FIGURES[figure](shards).table()
    assert len(table) == SHOWN[figure]
    assert set(table.example) == set(shards)
    text = io.StringIO(table.to_csv(index=False))
    check_rows(pd.read_csv(text), shards)


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_shards_give_the_same_files(specs, figure, tmp_path):
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        page = gallery.FIGURES[figure](shards_of(specs[figure]))
        assert page.figure.get_size_inches()[0] <= style.PAGE_INCHES
        paths = [folder / f"{figure}.{suffix}" for suffix in ("png", "pdf", "csv")]
        style.save(page.figure, paths, page.table())
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]


def test_figure_1_shows_one_object_each_under_rotate_hue_and_blur(specs):
    shards = shards_of(specs["fig1"])
    assert list(shards) == ["rotate", "hue", "blur"]
    for name, shard in shards.items():
        assert {key.partition(".")[0] for key in shard.latents if "." in key} == {name}
        assert len(set(shard.latents["object"].tolist())) == 1
        assert torch.equal(shard.latents["background"], shards["blur"].latents["background"])
    assert len({int(shard.latents["object"][0]) for shard in shards.values()}) == 3


@pytest.mark.parametrize(("objects", "numbers"), [(61, [28, 5, 34]), (12, [4, 5, 10])])
def test_figure_1_has_the_published_objects_where_there_are_so_many(config, objects, numbers):
    config["base_images"]["objects"] = objects
    assert [spec.classes for spec in examples(config)["fig1"].values()] == [(n,) for n in numbers]


def test_figure_1_needs_no_study_and_no_natural_images(project):
    plan = project.run("-n", "fig1")
    assert plan.returncode == 0, plan.stdout
    assert "render_fig1" in plan.stdout
    assert not [
        word for word in ("natural_images", "pretrain", "render_dataset") if word in plan.stdout
    ]


def test_every_coin_of_figure_15_shows_its_transformation(specs):
    shards = shards_of(specs["fig15"])
    assert "cifar10_elastic" in shards and len(shards) == 3 * 11
    for example, shard in shards.items():
        name = example.rpartition("_")[2]
        if name in TRANSFORMATIONS and TRANSFORMATIONS[name].coin is not None:
            assert shard.latents[f"{name}.applied"].all(), example


def test_columns_differ_in_nothing_but_the_transformation(specs):
    shards = shards_of(specs["fig5"])
    for shard in shards.values():
        for latent in ("object", "background"):
            assert torch.equal(shard.latents[latent], shards["none"].latents[latent])


def test_both_sides_of_every_coin_are_shown(specs):
    shards = shards_of(specs["fig5"])
    for block, names in enumerate(CATEGORIES.values()):
        for name in names:
            if TRANSFORMATIONS[name].coin is not None:
                fallen = shards[name].latents[f"{name}.applied"][4 * block : 4 * block + 4]
                assert 0 < fallen.sum() < 4, name


def test_a_pasted_object_covers_the_image_where_it_stands_alone(specs):
    shards = shards_of(specs["fig6"])
    for place in ("corner", "random"):
        both, alone = shards[place], shards[f"{place}_alone"]
        assert torch.equal(both.latents["object"], alone.latents["object"])
        changed = (both.images != shards["images"].images).any(1)
        covered = (alone.images > 0).any(1)
        assert changed.any((1, 2)).all()
        # A dark or faint pixel of an object may show on one of the two and not on the other.
        assert (changed & ~covered).float().mean() < 0.01
        for name in ("placement.x", "placement.y"):
            assert torch.equal(
                both.latents.get(name, torch.empty(0)), alone.latents.get(name, torch.empty(0))
            )


def test_figure_5_needs_no_natural_images(project):
    plan = project.run("-n", "fig5")
    assert plan.returncode == 0, plan.stdout
    assert "render_fig5" in plan.stdout
    assert "natural_images" not in plan.stdout
