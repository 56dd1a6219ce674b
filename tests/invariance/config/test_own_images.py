"""All that does not fit is named at once, before any job, and only if it is asked for."""

import re

import pytest
import yaml
from support.image_files import file_bytes, noise, write

from invariance.config.loading import CONFIG, SCHEMA
from invariance.config.schema_check import check
from invariance.config.selection import select
from invariance.config.settings_files import lay_over, read
from invariance.studies import load_studies
from transforms2d.errors import MOST, UserError, gather, quote

PLACEHOLDER = "path/to/images"


@pytest.fixture
def images(tmp_path):
    """A folder of 12 classes and 8 backgrounds, with notes and hidden files beside them."""
    folder = tmp_path / "images"
    for number in range(12):
        write(folder, f"foregrounds/kind{number}/a.png")
    for number in range(8):
        picture = file_bytes(noise((50, 40), number).convert("RGB"), "JPEG")
        write(folder, f"backgrounds/{number}.jpg", picture)
    write(folder, "backgrounds/.hidden.jpg", b"")
    write(folder, "backgrounds/notes.txt", b"")
    write(folder, "foregrounds/.hidden/a.png", b"")
    return folder


@pytest.fixture
def example(repository, images):
    """The settings of README's example, of the folder."""
    text = (repository / "README.md").read_text(encoding="utf-8")
    (block,) = [
        one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if PLACEHOLDER in one
    ]
    return yaml.safe_load(block.replace(PLACEHOLDER, str(images)))


def demo(repository, *overlays) -> dict:
    config = read(repository / CONFIG)
    for values in (read(repository / "config/demo.yaml"), *overlays):
        lay_over(config, values)
    return config


def refusals(repository, config, *targets) -> list[str]:
    """Every line that is said of a configuration and what is asked of it."""
    try:
        check(config, repository / SCHEMA, lambda: select(targets, config), folders=True)
    except UserError as error:
        return str(error).split("\nerror: ")
    return []


def test_the_example_of_the_readme_is_right(repository, example):
    config = demo(repository, example)
    for target in ("fig1", "fig2", "fig5", "results/my_images/figures/fig1.png", "fig6"):
        assert refusals(repository, config, target) == []


def test_the_example_of_the_readme_plans_and_draws(project, repository, example):
    project.overlay(example)
    overlays = ("--configfile", "config/demo.yaml", "config/overlay.yaml")
    planned = project.run("fig1", "fig2", "-n", *overlays)
    assert planned.returncode == 0, planned.stdout
    prepared = "results/my_images/base_images/images.safetensors"
    made = project.run(prepared, "--cores", "1", *overlays)
    assert made.returncode == 0, made.stdout
    assert (project.folder / prepared).is_file()
    refused = project.run("-n", *overlays)
    lines = [line for line in refused.stdout.splitlines() if line.startswith("error: ")]
    assert refused.returncode == 1 and "Traceback" not in refused.stdout
    assert sorted(line.partition(": needs")[0] for line in lines) == [
        "error: studies.influence.classes",
        "error: studies.invariance_mismatch.classes",
        "error: studies.invariance_transfer.classes",
    ]


def test_all_numbers_that_do_not_fit_are_named_at_once(repository, images):
    own = {"base_images": {"source": "folder", "folder": str(images)}}
    lines = refusals(repository, demo(repository, own))
    said = [line.partition(": ")[0] for line in lines]
    assert sorted(said) == [
        "base_images.backgrounds",
        "base_images.objects",
        "studies.influence.classes",
        "studies.invariance_mismatch.classes",
        "studies.invariance_transfer.classes",
        "studies.invariance_vs_factors.sizes.t2d.target_classes",
    ]
    assert "61, but" in "".join(lines) and "has 12 class folders; set it to 12" in "".join(lines)
    assert "867, but" in "".join(lines) and "has 8 images; set it to 8" in "".join(lines)
    assert "need 60, but there are 12; give 6 or fewer" in "".join(lines)


# Studies whose source and target show other objects.
PAIRED = ["influence", "invariance_mismatch", "invariance_transfer", "invariance_vs_factors"]


@pytest.mark.parametrize(
    ("targets", "named"),
    [
        (["fig4"], ["invariance_mismatch"]),
        (["invariance_mismatch"], ["invariance_mismatch"]),
        (["fig14"], []),
        (["counterfactuals"], ["influence"]),
        (["results/demo/influence/t2d/seed0/subsets/full/0/record.json"], ["influence"]),
        (["fig1"], []),
        (["fig16"], ["invariance_transfer"]),
        (["tab2", "fig2"], ["invariance_transfer", "invariance_vs_factors"]),
        (["fig7"], ["invariance_vs_factors"]),
        (["results/demo/invariance_vs_factors/cifar10/seed0/probe/x/record.json"], []),
        (["results/demo/invariance_vs_factors/t2d/seed0/x.json"], ["invariance_vs_factors"]),
        (["results/demo/export/invariance_transfer/t2d/seed0/models/x"], ["invariance_transfer"]),
        (["results/demo/tables/tab3.html"], ["invariance_transfer"]),
        (["./results/demo/figures/fig16.pdf"], ["invariance_transfer"]),
        (["fig5"], []),
        (["download"], []),
        ([], PAIRED),
        (["scorecard"], PAIRED),
        (["anything_else"], PAIRED),
    ],
)
def test_only_what_is_asked_for_must_fit(repository, images, targets, named):
    base = {"source": "folder", "folder": str(images), "objects": 12, "backgrounds": 8}
    lines = refusals(repository, demo(repository, {"base_images": base}), *targets)
    assert sorted({line.split(".")[1] for line in lines}) == named


@pytest.fixture
def cifar(tmp_path):
    """A folder of natural images: 10 classes of 20 and 5 images."""
    folder = tmp_path / "cifar"
    for kind in range(10):
        for split, images in (("train", 20), ("test", 5)):
            for image in range(images):
                write(folder, f"{split}/{kind}/{image}.png", b"")
    return folder


def test_natural_images_are_counted_where_they_are_needed(repository, cifar):
    own = {"natural_images": {"cifar10": {"source": "folder", "folder": str(cifar)}}}
    config = demo(repository, own)
    lines = refusals(repository, config)
    keys = "\n".join(line.partition(":")[0] for line in lines)
    # 18 of 20 are left for training, where the demo asks for 45 of each class.
    assert "studies.invariance_vs_factors.sizes.cifar10.default_samples" in keys
    assert "studies.invariance_vs_factors.sizes.cifar10.pretraining_samples" in keys
    assert "studies.irrelevant_features.samples.natural.train" in keys
    assert "studies.irrelevant_features.samples.natural.val" in keys
    assert "studies.irrelevant_features.samples.natural.test" in keys
    assert refusals(repository, config, "fig1") == [] == refusals(repository, config, "fig4")
    for image in (cifar / "test" / "3").iterdir():
        image.unlink()
    assert refusals(repository, config, "fig4") == []
    assert any("/test has no image of '3'" in one for one in refusals(repository, config, "fig6"))


def test_a_folder_of_natural_images_that_has_enough_passes(repository, cifar):
    for kind in range(10):
        for image in range(100):
            write(cifar, f"train/{kind}/more{image}.png", b"")
            write(cifar, f"test/{kind}/more{image}.png", b"")
    own = {"natural_images": {"cifar10": {"source": "folder", "folder": str(cifar)}}}
    config = demo(repository, own)
    assert refusals(repository, config) == []
    # What the data are does not follow from how many images are counted.
    study, usual = (
        load_studies(one)["invariance_vs_factors"] for one in (config, demo(repository))
    )
    name = "same/disjoint/n10"
    assert study.dataset("cifar10", 0, name, "train") == usual.dataset("cifar10", 0, name, "train")


def test_several_wrong_keys_are_named_at_once(config, repository):
    config["pretraining"] |= {"epochs": 0, "precision": "fp16", "epoch": 3, "widht": 2}
    config["image_size"] = "32"
    del config["protocol"]["preset"]
    with pytest.raises(UserError) as refused:
        check(config, repository / SCHEMA)
    keys = [line.partition(":")[0] for line in str(refused.value).split("\nerror: ")]
    assert sorted(keys) == [
        "image_size",
        "pretraining.epoch",
        "pretraining.epochs",
        "pretraining.precision",
        "pretraining.widht",
        "protocol.preset",
    ]


def test_many_refusals_are_cut_and_none_is_said_twice():
    def refuse(words):
        raise UserError(words)

    checks = [lambda n=n: refuse(f"key{n % 30}: wrong") for n in range(60)]
    with pytest.raises(UserError) as refused:
        gather(*checks)
    lines = str(refused.value).splitlines()
    assert len(lines) == MOST + 1 and lines[-1] == "error: ... and 10 more settings"
    gather(lambda: None)


HUGE = {
    "a long text": "x" * 10**6,
    "a long list": list(range(10**5 - 10)),
    "a wide mapping": {f"key{n}": "y" * 50 for n in range(1000)},
    "deep lists": [[[[[[[["x" * 99] * 9] * 9] * 9] * 9]]]],
    "a huge number": 10**5000,
    "a negative one": -(10**5000),
}


@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize(
    "path",
    [
        ("image_size",),
        ("device",),
        ("results",),
        ("pretraining", "learning_rate"),
        ("base_images", "repository"),
        ("natural_images", "cifar10", "base_url"),
        ("studies", "invariance_transfer", "transformations"),
        ("studies", "invariance_vs_factors", "sizes", "t2d", "target_samples"),
        ("protocol", "preset"),
    ],
)
def test_no_error_quotes_a_huge_value(config, repository, path, value):
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(UserError) as refused:
        check(config, repository / SCHEMA)
    lines = str(refused.value).splitlines()
    assert any(path[-1] in line for line in lines) and max(map(len, lines)) < 700


def test_aliases_that_stand_for_very_many_values_are_named(config, repository):
    value = ["x"] * 9
    for _ in range(9):
        value = [value] * 9
    config["image_size"] = value
    with pytest.raises(UserError, match=r"^image_size: too many values"):
        check(config, repository / SCHEMA)
    value.append(value)
    with pytest.raises(UserError, match=r"^image_size: too many values"):
        check(config, repository / SCHEMA)


def test_what_is_short_is_quoted_whole():
    for value in ("fp16", 0.5, -3, True, None, [[1, 2], [1, 2]], {"a": [0.01, 0.5, 1]}, "é\n"):
        assert quote(value) == repr(value)
    assert quote(10**200) == "a number of 201 digits"


def test_explain_says_all_that_snakemake_refuses(repository, tmp_path, monkeypatch, images):
    from invariance.cli.explain import explain

    monkeypatch.chdir(repository)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = {"base_images": {"source": "folder", "folder": str(images)}}
    overlay = write(tmp_path, "own.yaml", yaml.safe_dump(own).encode())
    with pytest.raises(UserError) as refused:
        explain("fig4", ["config/demo.yaml", str(overlay)])
    lines = str(refused.value).split("\nerror: ")
    keys = [line.partition(":")[0] for line in lines]
    assert keys == [
        "base_images.objects",
        "base_images.backgrounds",
        "studies.invariance_mismatch.classes",
    ]


@pytest.mark.parametrize("value", [5, "x", [1], 2.5, True])
def test_a_part_that_is_no_mapping_is_told_its_keys(config, repository, value):
    config["linear_probe"] = value
    with pytest.raises(UserError, match=r"^linear_probe: .* its keys are epochs, batch_size, lea"):
        check(config, repository / SCHEMA)
