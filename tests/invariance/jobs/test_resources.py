"""What jobs ask for: it grows with tries, samples, epochs and networks, in strings with units."""

import copy
import re

import pytest
from support.project import only

from invariance.jobs import resources
from invariance.jobs.resources import Work, amount, request
from invariance.studies import load_studies

BASE = {"mem": "16GB", "runtime": "1h"}
NAME = "same/disjoint/n{}/{}"


def minutes(asked):
    return amount(asked["runtime"], resources.MINUTES)


@pytest.fixture
def study(config):
    return load_studies(config)["invariance_vs_factors"]


def with_epochs(config, **epochs):
    changed = copy.deepcopy(config)
    for stage, number in epochs.items():
        changed[stage]["epochs"] = number
    return load_studies(changed)["invariance_vs_factors"]


def test_the_reference_gets_the_base():
    assert request(BASE, Work(0, resources.REFERENCE), 32, 1) == {
        "mem": "16000MB",
        "runtime": "60m",
    }


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_every_try_asks_for_so_many_times_as_much(attempt):
    first = request(BASE, Work(70_000, 3e6), 32, 1)
    again = request(BASE, Work(70_000, 3e6), 32, attempt)
    assert minutes(again) == attempt * minutes(first)
    assert amount(again["mem"], resources.MEGABYTES) == attempt * amount(
        first["mem"], resources.MEGABYTES
    )


def test_little_work_gets_the_shortest_time_and_no_more_than_the_base():
    assert minutes(request(BASE, Work(10, 10), 32, 1)) == resources.SHORTEST
    assert minutes(request(BASE | {"runtime": "3m"}, Work(10, 10), 32, 1)) == 3
    assert minutes(request(BASE | {"runtime": "1d"}, Work(0, resources.REFERENCE), 32, 1)) == 1440


def test_images_are_held_in_memory():
    less, more = (
        request(BASE, Work(images, 1), size, 1) for images, size in ((0, 32), (10**6, 64))
    )
    held = amount(more["mem"], resources.MEGABYTES) - amount(less["mem"], resources.MEGABYTES)
    assert held == pytest.approx(resources.COPIES * 10**6 * 3 * 64 * 64 / 1e6, rel=1e-3)


def test_units_are_those_snakemake_reads():
    asked = request(BASE, Work(123_456, 7e6), 32, 2)
    assert re.fullmatch(r"\d+MB", asked["mem"]) and re.fullmatch(r"\d+m", asked["runtime"])


def test_pretraining_scales_with_samples_epochs_and_architecture(config, study):
    def passes(samples=50_000, architecture="resnet-18", of=study):
        return resources.pretraining(of, "t2d", 0, NAME.format(samples, architecture)).passes

    validation = 10_000 * 50 / 3
    assert passes() == pytest.approx(50_000 * 50 + validation)
    assert passes(500_000) == pytest.approx(500_000 * 50 + validation)
    assert passes(of=with_epochs(config, pretraining=5)) == pytest.approx(passes() / 10)
    assert passes(architecture="resnet-50") == pytest.approx(3 * passes())


def test_natural_images_without_a_number_are_all_of_their_classes(study):
    work = resources.pretraining(study, "cifar10", 0, "same/disjoint/n4500/resnet-18")
    assert work.images == 5 * (5000 + 1000)


def test_transfer_scales_with_its_epochs(config, study):
    name = NAME.format(50_000, "resnet-18")
    longer = with_epochs(config, linear_probe=400, fine_tuning=100)
    short, long = (resources.linear_probe(of, "t2d", 0, name) for of in (study, longer))
    assert long.passes == 2 * short.passes
    short, long = (resources.fine_tuning(of, "t2d", 0, name, "target") for of in (study, longer))
    once = 70_000 / 3
    assert long.passes - once == pytest.approx(2 * (short.passes - once))


def test_all_natural_images_are_those_of_the_source(config):
    def held(**settings):
        changed = copy.deepcopy(config)
        changed["natural_images"]["cifar10"] = settings
        of = load_studies(changed)["invariance_vs_factors"]
        return resources.rendering(of, "cifar10", 0, "target").images

    assert held(source="torchvision") == 5 * (5000 + 1000)
    assert held(source="procedural", seed=0, train_per_class=50, test_per_class=20) == 5 * (50 + 20)
    assert held(source="folder", folder="somewhere") == 60_000


def test_a_share_of_the_target_is_as_many_images(config):
    by_share = load_studies(config)["invariance_vs_factors"]
    changed = copy.deepcopy(config)
    sizes = changed["studies"]["invariance_vs_factors"]["sizes"]["cifar10"]
    sizes["fine_tuning_samples"] = [int(22_500 * share) for share in sizes["fine_tuning_samples"]]
    by_number = load_studies(changed)["invariance_vs_factors"]
    first, second = (
        resources.fine_tuning(study, "cifar10", 0, "same/disjoint/n4500/vit", "target")
        for study in (by_share, by_number)
    )
    assert first == second


def test_sensitivity_scales_with_pairs(config):
    study = load_studies(config)["invariance_transfer"]
    changed = copy.deepcopy(config)
    changed["sensitivity"]["pairs"] *= 3
    more = load_studies(changed)["invariance_transfer"]
    name = study.models("t2d")[0].name
    first, second = (resources.sensitivity(of, "t2d", 0, name).passes for of in (study, more))
    assert second == 3 * first


def test_the_plan_shows_them(project, config):
    """A rule's request, as Snakemake hands it to Slurm."""
    path = project.overlay({"studies": only("invariance_vs_factors")})
    target = f"results/invariance_vs_factors/t2d/seed0/pretrain/{NAME}/model.safetensors"
    plan = project.run("-n", target.format(500_000, "resnet-50"), "--configfile", path)
    assert plan.returncode == 0, plan.stdout
    (line,) = (
        line
        for line in plan.stdout.rpartition("rule pretrain:")[2].splitlines()
        if line.strip().startswith("resources:")
    )
    assert "gpu=1" in line
    (runtime,) = re.findall(r"runtime=(\d+)", line)
    (memory,) = re.findall(r"mem_mb=(\d+)", line)
    base = config["resources"]["pretraining"]
    times = 10 * 3 + 3 * 10_000 / 3 / 50_000  # samples, architecture, and validation
    assert int(runtime) == pytest.approx(times * amount(base["runtime"], resources.MINUTES), abs=1)
    assert 0 < int(memory) - amount(base["mem"], resources.MEGABYTES) < 6000
