"""Calls of Snakemake that would drop settings or end in a traceback are refused in one line."""

import os
import re

import pytest
import yaml
from support.project import only

from invariance.__main__ import main
from invariance.config import loading
from invariance.config.command_line_values import number_or_word, read_texts
from invariance.launch.command_line import check, check_entries
from transforms2d.errors import UserError


def write(folder, name, text="{image_size: 8}"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the settings a.yaml and b.yaml, to call from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        write(tmp_path, name)
    return tmp_path


def find_profile(name):
    from snakemake.cli import get_profile_dir

    return get_profile_dir(name)


def refusal(*arguments) -> str:
    with pytest.raises(UserError) as error:
        check(arguments, find_profile)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        "--configfile a.yaml --configfile b.yaml",
        "--configfile a.yaml -n --configfile b.yaml --cores 1",
        "--configfile=a.yaml --configfile=b.yaml",
        "--configfiles a.yaml --configfile b.yaml",
        "--configfil=a.yaml --configfiles b.yaml",
        "--configf a.yaml all --configfi b.yaml",
        "--configfile a.yaml --configfile b.yaml -- all",
    ],
)
def test_settings_files_named_twice_are_refused_with_the_right_call(here, arguments):
    words = refusal(*arguments.split())
    assert words.startswith("--configfile: given 2 times")
    assert re.search(r"--configfile a.yaml (all )?b.yaml$", words)


def test_of_many_times_all_are_told(here):
    words = refusal(
        *["--configfile", "a.yaml", "b.yaml", "--configfile", "c.yaml", "--configfile=a.yaml"]
    )
    assert words.endswith("--configfile a.yaml b.yaml c.yaml a.yaml")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("--config image_size=8 --config device=cpu", "--config"),
        ("-C image_size=8 --config device=cpu", "--config"),
        ("-Cimage_size=8 -nC device=cpu", "--config"),
        ("--resources gpu=1 --resources mem_mb=5", "--resources"),
        ("--set-resources a:mem=1 --set-resources b:mem=2", "--set-resources"),
        ("--set-threads a=1 --set-threads=b=2", "--set-threads"),
    ],
)
def test_other_options_that_drop_what_came_before(here, arguments, option):
    assert refusal(*arguments.split()).startswith(f"{option}: given 2 times")


@pytest.mark.parametrize(
    "arguments",
    [
        "--configfile a.yaml b.yaml --config image_size=8 device=cpu --cores 1",
        "--configfile=a.yaml --cores 1 --cores 2 -- --configfile b.yaml",
        "--profile one --profile two -n",
        "--config --cores 2",
        "--configfile a.yaml --conda-frontend conda --resources gpu=1",
    ],
)
def test_calls_that_lose_nothing_pass(here, arguments):
    check(arguments.split(), find_profile)


@pytest.mark.parametrize("key", ["configfile", "configfiles"])
@pytest.mark.parametrize("way", ["--profile", "--profile=", "--prof", "SNAKEMAKE_PROFILE"])
def test_a_profile_and_the_command_line_do_not_drop_each_other(here, monkeypatch, key, way):
    write(here, "mine/config.yaml", f"{key}: [a.yaml]\ncores: 1\n")
    call = ["--configfile", "b.yaml"]
    if way == "SNAKEMAKE_PROFILE":
        monkeypatch.setenv(way, "mine")
    else:
        call += [f"{way}mine"] if way.endswith("=") else [way, "mine"]
    words = refusal(*call)
    assert words.startswith("--configfile: given by the command line and by mine/config.yaml")
    check(call[2:], find_profile)


def test_two_profiles_and_the_workflow_profile_do_not_either(here):
    write(here, "one/config.yaml", "config: {image_size: 8}")
    write(here, "two/config.yaml", "config: [device=cpu]")
    words = refusal("--profile", "one", "--profile", "two")
    assert words.startswith("--config: given by one/config.yaml and by two/config.yaml")
    assert refusal("--profile", "one", "--config", "device=cpu").startswith("--config: given by")
    write(here, "profiles/default/config.yaml", "configfile: a.yaml")
    assert "profiles/default/config.yaml" in refusal("--configfile", "b.yaml")
    assert (
        "x/config.yaml: line 2: cores occurs twice"
        in (
            write(here, "x/config.yaml", "cores: 1\ncores: 2"),
            refusal("--profile", "x"),
        )[1]
    )


def test_files_of_profiles_are_looked_at_too(here):
    write(here, "mine/config.yaml", "configfile: own.yaml")
    write(here, "mine/own.yaml", "a: 1\na: 2")
    assert refusal("--profile", "mine").startswith("mine/own.yaml: line 2: a occurs twice")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("pretraining.epochs=3", '--config "pretraining={epochs: 3}"'),
        ("studies.x.seeds=2", '--config "studies={x: {seeds: 2}}"'),
        ("image_size", "--config image_size: no value; write KEY=VALUE"),
        ("2x=3", "--config 2x: not a valid key"),
        ("pretraining={epochs: 2, epochs: 3}", "--config pretraining: line 1: epochs occurs twi"),
        ("pretraining={epochs: 2", "--config pretraining: not YAML: line 1"),
        ('studies={"a": {"b": 1, "b": 2}}', "b occurs twice"),
    ],
)
def test_entries_of_config_that_would_not_count(here, entry, words):
    assert words in refusal("--config", entry)


def test_an_entry_twice_is_refused():
    with pytest.raises(UserError, match="--config image_size: given twice; write it once"):
        check_entries(["image_size=8", "device=cpu", "image_size=16"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("3", 3), ("-3", -3), ("0.002", 0.002), ("2e-3", 0.002), ("1E5", 1e5), (" 7 ", 7)],
        *[("true", True), ("False", False), ("null", None), ("None", None), ("", None)],
        *[("many", "many"), ("3x", "3x"), ("1,5", "1,5")],
    ],
)
def test_texts_become_what_they_say(text, value):
    found = number_or_word(text)
    assert found == value and type(found) is type(value)


def test_texts_become_numbers_where_the_schema_wants_them(config, repository):
    from snakemake.cli import parse_config
    from snakemake.utils import update_config

    given = parse_config(
        [
            "pretraining={learning_rate: 1e-3, epochs: '3', width: null, compile: TRUE}",
            "protocol={pixelate: 0.3, fine_tuning_decay_epochs: 5, preset: paper}",
            "base_images={source: procedural, seed: 7, revision: 1234567, prototypes: 0}",
            "sensitivity={metrics: [l2, cosine], pairs: 40}",
            "natural_images={cifar10: {source: procedural, seed: 1, train_per_class: 5000, "
            "test_per_class: 1000, folder: 0.5}}",
            "studies={invariance_mismatch: null, invariance_transfer: {seeds: 2, published_seeds: "
            "[[1, 2], [3, 4]]}, invariance_vs_factors: {sizes: {t2d: {fine_tuning_samples: [0.5]},"
            " cifar10: {target_samples: [1.0, 0.5]}}}}",
        ]
    )
    update_config(config, given)
    read_texts(config, given, repository / loading.SCHEMA)
    assert config["pretraining"] == {
        **config["pretraining"],
        **{"learning_rate": 0.001, "epochs": 3, "width": None, "compile": True},
    }
    assert config["protocol"]["pixelate"] == 0.3
    assert config["protocol"]["fine_tuning_decay_epochs"] == 5
    assert config["base_images"]["revision"] == "1234567" and config["base_images"]["seed"] == 7
    assert config["natural_images"]["cifar10"]["folder"] == "0.5"
    assert config["studies"]["invariance_mismatch"] is None
    assert config["studies"]["invariance_transfer"]["published_seeds"] == [[1, 2], [3, 4]]
    sizes = config["studies"]["invariance_vs_factors"]["sizes"]
    assert sizes["t2d"]["fine_tuning_samples"] == [0.5]
    assert sizes["cifar10"]["target_samples"] == [1.0, 0.5]
    loading.check(config, repository / loading.SCHEMA)


def test_texts_of_files_stay_texts(config, repository):
    config["pretraining"]["learning_rate"] = "1e-3"
    with pytest.raises(UserError, match=r"learning_rate: '1e-3' is not .*write a decimal point"):
        loading.check(config, repository / loading.SCHEMA)


@pytest.mark.parametrize("command", ["explain", "table"])
def test_the_commands_count_every_file_in_the_order_given(
    repository, tmp_path, monkeypatch, capsys, command
):
    monkeypatch.chdir(repository)
    first = write(tmp_path, "first.yaml", "{results: results/none, image_size: 16}")
    second = write(tmp_path, "second.yaml", "{image_size: 3}")
    call = [command, "fig4", "--configfile", "config/demo.yaml", "--configfile", str(first)]
    assert main([*call, f"--configfiles={second}"]) == 1
    assert capsys.readouterr().err.startswith("error: image_size: 3 is less than")
    read = loading.read_config(["config/demo.yaml", str(first)])
    assert (read["results"], read["image_size"]) == ("results/none", 16)


def errors(done) -> list[str]:
    assert done.returncode == 1 and "Traceback" not in done.stdout, done.stdout
    return [line for line in done.stdout.splitlines() if line.startswith("error: ")]


def test_snakemake_itself_says_these_lines_before_any_job(project):
    write(project.folder, "twice.json", '{"image_size": 8, "image_size": 16}')
    write(project.folder, "wide.yaml").write_bytes("image_size: 8".encode("utf-16"))
    os.mkfifo(project.folder / "pipe")
    demo = ("write_config", "--cores", "1", "--configfile", "config/demo.yaml")
    for call, words in (
        ((*demo, "twice.json"), "twice.json: image_size occurs twice"),
        ((*demo, "wide.yaml"), "wide.yaml: is UTF-16"),
        ((*demo, "pipe"), "pipe: a pipe or device"),
        ((*demo, "--configfile", "config/pilot.yaml"), "--configfile: given 2 times"),
        ((*demo, "--workflow-profile", "none", "twice.json"), "twice.json"),
    ):
        call = [*call[:-3], *call[-1:], *call[-3:-1]] if "none" in call else call
        assert words in errors(project.refused(*call))[0]
        assert not (project.folder / "results").exists()


def test_numbers_of_the_command_line_reach_the_settings(project):
    project.overlay({"results": "results/x", "studies": only("invariance_mismatch")})
    entry = "pretraining={learning_rate: 2e-3, batch_size: 64}"
    call = ["write_config", "--cores", "1", "--configfile", "config/overlay.yaml"]
    done = project.run(*call, "--config", entry)
    assert done.returncode == 0, done.stdout
    text = (project.folder / "results/x/config.yaml").read_text(encoding="utf-8")
    used = yaml.safe_load(text)["pretraining"]
    assert (used["learning_rate"], used["batch_size"]) == (0.002, 64)
    # The same folder with other settings: said in one line; not where all is to be quiet.
    again = [*call, "-n", "--config", "pretraining={batch_size: 32}", "device=cpu"]
    notes = [one for one in project.run(*again).stdout.splitlines() if one.startswith("note: ")]
    assert len(notes) == 1 and "pretraining.batch_size: 64 there, 32 now" in notes[0]
    assert "learning_rate: 0.002 there, 0.001 now" in notes[0] and "device" not in notes[0]
    assert "note: " not in project.run(*again, "--quiet", "all").stdout
    assert "note: " not in project.run(*call, "-n", "--config", entry).stdout
