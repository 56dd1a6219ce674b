"""Files of settings: keys once each, plain values, UTF-8; else one line with the file."""

import json
import os
import re

import pytest
import yaml

from invariance.__main__ import main
from invariance.config.settings_files import LARGEST, lay_over, parse, read
from transforms2d.errors import UserError

TWICE = {
    "at the top": "image_size: 8\nimage_size: 16",
    "below": "pretraining:\n  epochs: 2\n  width: 4\n  epochs: 2",
    "far below": "studies: {invariance_vs_factors: {sizes: {t2d: {target_classes: 2, "
    "target_classes: 3}}}}",
    "in a list": "studies:\n  - {a: 1, b: 2}\n  - {a: 1, a: 2}",
    "quoted": "image_size: 8\n'image_size': 16",
    "twice quoted": "\"a b\": 1\n'a b': 2",
    "escaped": '"\\u0069mage_size": 8\nimage_size: 9',
    "as a question": "? image_size\n: 8\nimage_size: 9",
    "in an anchor": "a: &x {b: 1, b: 2}\nc: *x",
    "merges": "a: &x {b: 1}\nc: &y {b: 2}\nd:\n  <<: *x\n  <<: *y",
    "JSON": '{"image_size": 8, "image_size": 8}',
    "JSON, below": '{"pretraining": {"epochs": 1, "epochs": 2}}',
    "JSON in a list": '{"a": [{"b": 1}, {"b": {"c": 1, "c": 2}}]}',
}


def written(folder, content, name="mine.yaml"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path) -> str:
    with pytest.raises(UserError) as error:
        read(path)
    line = str(error.value)
    assert line.startswith(f"{path}: ") and "\n" not in line and len(line) < 700
    return line


@pytest.mark.parametrize("content", TWICE.values(), ids=TWICE)
def test_a_key_that_is_there_twice_is_named(tmp_path, content):
    line = refused(written(tmp_path, content))
    assert re.search(r"(image_size|epochs|target_classes|\.a|a b|a\.b|<<|c) occurs twice", line)


def test_a_key_twice_is_named_with_its_line_and_what_it_is_part_of(tmp_path):
    line = refused(written(tmp_path, TWICE["below"]))
    assert "line 4: pretraining.epochs occurs twice; keep one" in line


@pytest.mark.parametrize(
    "content",
    [
        "a: 1\nb: {a: 1}\nc: {a: 1}",
        "a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}",
        "a: &x {b: 1}\nc: &y {d: 2}\ne: {<<: [*x, *y]}",
        "\ufeffimage_size: 8",
        "--- # one document\nimage_size: 8\n...\n",
        '{"a": {"b": [1, 2.5, true, null, "x"]}, "c": {"b": 1}}',
        '{"a":\t1}',
        "a: 1_000\nb: 0x1F\nc: -0.5\nd: 1.5e+3\ne: .5\nf: 0\ng: 0.0\nh: yes",
        "a: 'é ü 中'\nb: |\n  text\n",
    ],
)
def test_right_files_are_read_as_snakemake_reads_them(tmp_path, content):
    from snakemake.common.configfile import load_configfile

    path = written(tmp_path, content)
    assert read(path) == load_configfile(path)


def test_the_configurations_of_the_project_are_right(repository):
    for path in [*repository.glob("config/*.yaml"), *repository.glob("docs/evidence/*.yaml")]:
        assert read(path) == yaml.safe_load(path.read_text(encoding="utf-8"))


def bomb(levels: int, wide: int) -> str:
    lines = ["image_size:", "  - &a0 [" + ", ".join(["x"] * wide) + "]"]
    lines += [f"  - &a{n + 1} [{', '.join([f'*a{n}'] * wide)}]" for n in range(levels)]
    return "\n".join(lines)


BROKEN = {
    "UTF-16": ("image_size: 8".encode("utf-16"), "UTF-8"),
    "UTF-16 without a mark": ("image_size: 8".encode("utf-16-le"), "UTF-8"),
    "UTF-32": ("image_size: 8".encode("utf-32"), "UTF-8"),
    "Latin-1": ("a: 1\nb: caf\xe9".encode("latin-1"), "line 2 is not UTF-8"),
    "a null": (b"image_size: 8\0", "UTF-8"),
    "a bell": ("image_size: \x07", "position 12"),
    "an alias of itself": ("a: &x [*x]", "line 1: a.0: an alias of its own parent"),
    "an alias above": ("a: &x {b: {c: *x}}", "a.b.c: an alias of its own parent"),
    "a merge of itself": ("a: &x {<<: *x}", "an alias of its own parent"),
    "deep lists": ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    "deep mappings": ("".join(f"{' ' * n}k{n}:\n" for n in range(120)), "nested too deeply"),
    "deep JSON": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "a bomb": (bomb(9, 9), "image_size"),
    "a wide bomb": (bomb(2, 200), "image_size"),
    "a huge number": ("a: " + "9" * 5000, "line 1: a: a number of 5000 digits"),
    "a huge number in JSON": ('{"a": ' + "9" * 5000 + "}", "a number of 5000 digits"),
    "a date": ("a: 2024-01-01", "line 1: a: a value of type timestamp"),
    "binary": ("a: !!binary aGk=", "a: a value of type binary"),
    "a set": ("a: !!set {b, c}", "a: a value of type set"),
    "an object": ("a: !!python/object:os.system {}", "a: a value of type"),
    "a call": ("a: !!python/object/apply:os.system ['true']", "a: a value of type"),
    "a name": ("a: !!python/name:os.system ''", "a: a value of type"),
    "an own tag": ("a: !mine 3", "a: a value of type !mine"),
    "a false tag": ("a: !!int [1]", "a: a value of type int"),
    "octal": ("a: {b: 010}", "line 1: a.b: YAML reads 010 as another number"),
    "sexagesimal": ("runtime: 1:30", "runtime: YAML reads 1:30 as another number"),
    "a number as key": ("1: 2", "the key '1' is not text"),
    "a truth as key": ("on: 2", "the key 'on' is not text"),
    "null as key": ("~: 2", "the key '~' is not text"),
    "an empty key": ("?\n: 2", "the key '' is not text"),
    "a list as key": ("? [1]\n: 2", "the key a list or mapping is not text"),
    "a list": ("- a\n- b", "must contain keys with values"),
    "a text": ("image_size 8", "must contain keys with values"),
    "a number": ("8", "must contain keys with values"),
    "a tab": ("a:\n\tb: 1", "line 2: .*a tab; indent with spaces"),
    "two documents": ("a: 1\n---\nb: 2", "line 2: but found another document"),
    "an open bracket": ("a: [1, 2", "line 1: expected ',' or ']'"),
    "no alias": ("a: *x", "undefined alias"),
    "nothing": ("", "contains no setting"),
    "comments": ("# a: 1\n\n  # b: 2\n", "contains no setting"),
    "a mark alone": ("\ufeff", "contains no setting"),
    "dashes": ("---\n", "contains no setting"),
    "null": ("null", "contains no setting"),
    "Python": ("__use_yte__: true\na: ?1 + 1", "__use_yte__ would run Python"),
    "too much": (b"a: " + b"x" * LARGEST, "bytes are too many"),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_settings_is_one_line_with_the_file(tmp_path, content, words):
    assert re.search(words, refused(written(tmp_path, content)))


def test_what_is_no_file_is_one_line_and_is_not_waited_for(tmp_path):
    assert "no such file" in refused(tmp_path / "none.yaml")
    assert "a folder, not a file" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "a pipe or device, not a file" in refused(tmp_path / "pipe")
    assert "a pipe or device, not a file" in refused("/dev/zero")
    (tmp_path / "circle").symlink_to("circle")
    assert "cannot be read" in refused(tmp_path / "circle")
    assert "cannot be read" in refused(tmp_path / ("a" * 300))
    for name in ("a\0b", "a\nb"):
        with pytest.raises(UserError, match=r"^'a\\(x00|n)b': (cannot be read|no such file)"):
            read(name)


def test_a_file_that_changes_is_read_again(tmp_path):
    path = written(tmp_path, "image_size: 8")
    read(path)["image_size"] = 9
    assert read(path) == {"image_size": 8}
    written(tmp_path, "image_size: 16")
    assert read(path) == {"image_size": 16}


def test_settings_are_laid_over_key_by_key():
    config = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    lay_over(config, {"a": {"c": [3]}, "d": {"e": 1}})
    lay_over(config, {"a": {"b": {"x": 1}}})
    assert config == {"a": {"b": {"x": 1}, "c": [3]}, "d": {"e": 1}}


def test_numbers_of_json_and_yaml_are_the_same():
    values = {"a": [1, -2, 0.5, 1e-3, 1e22, True, None, "1e-3", "é"]}
    assert parse(json.dumps(values)) == values == parse(yaml.safe_dump(values, allow_unicode=True))


@pytest.mark.parametrize("command", ["explain", "table"])
@pytest.mark.parametrize("kind", ["merges", "JSON, below"])
def test_the_commands_read_as_strictly(repository, tmp_path, monkeypatch, capsys, command, kind):
    path = written(tmp_path, TWICE[kind])
    monkeypatch.chdir(repository)
    assert main([command, "fig4", "--configfile", "config/demo.yaml", str(path)]) == 1
    errors = capsys.readouterr().err
    assert re.fullmatch(rf"error: {re.escape(str(path))}: [^\n]* occurs twice[^\n]*\n", errors)
