"""Files appear whole or not at all, with the same bytes each time, and notice damage."""

import json
import os
import platform
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import atomic_folder, atomic_path
from transforms2d.files.signed import (
    check_same,
    read_json,
    read_signed_json,
    read_tensors,
    write_json,
    write_signed_json,
    write_tensors,
)

TENSORS = {
    "images": torch.arange(3 * 4 * 4, dtype=torch.uint8).reshape(1, 3, 4, 4),
    "weight": torch.linspace(-1, 1, 10),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "flag": torch.tensor([True, False]),
    "count": torch.tensor(7),
}
METADATA = {"settings": {"b": 1, "a": [1.5, None, "ü"]}}


def test_what_was_written_is_read(tmp_path):
    write_tensors(tmp_path / "deep" / "a.safetensors", TENSORS, METADATA)
    tensors, metadata = read_tensors(tmp_path / "deep" / "a.safetensors")
    assert metadata == METADATA
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["a.safetensors"]


def test_files_are_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").touch()
    write_tensors(tmp_path / "a.safetensors", TENSORS)
    assert (tmp_path / "a.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_any_safetensors_reader_opens_them(tmp_path):
    write_tensors(tmp_path / "a.safetensors", TENSORS, METADATA)
    assert torch.equal(load_file(tmp_path / "a.safetensors")["weight"], TENSORS["weight"])


def test_same_content_same_bytes(tmp_path):
    write_tensors(tmp_path / "a.safetensors", TENSORS, METADATA)
    backwards = dict(reversed(TENSORS.items()))
    write_tensors(tmp_path / "b.safetensors", backwards, dict(reversed(METADATA.items())))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_tensors_begin_on_a_cache_line_wherever_they_lie_in_the_file(tmp_path):
    """So that products with them are rounded alike in every process."""
    tensors = {f"part {odd}": torch.arange(odd, dtype=torch.float32) for odd in range(1, 40)}
    write_tensors(tmp_path / "a.safetensors", tensors)
    read, _ = read_tensors(tmp_path / "a.safetensors")
    assert {tensor.data_ptr() % 64 for tensor in read.values()} == {0}
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, TENSORS, METADATA)
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        with pytest.raises(DamagedFileError) as error:
            read_tensors(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, -1])
def test_every_cut_is_noticed(tmp_path, keep):
    path = tmp_path / "a.safetensors"
    write_tensors(path, TENSORS, METADATA)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedFileError):
        read_tensors(path)


def test_a_missing_file_says_what_to_do(tmp_path):
    for read in (read_tensors, read_json):
        with pytest.raises(UserError, match="no such file; make it with the workflow"):
            read(tmp_path / "nothing")


def test_a_failure_leaves_nothing_and_keeps_what_was(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"kept": True})
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"kept": True}
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_json_is_sorted_and_refuses_nan(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": 2})
    assert list(json.loads((tmp_path / "a.json").read_text())) == ["a", "b"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_broken_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(DamagedFileError, match=r"a\.json: damaged"):
        read_json(tmp_path / "a.json")


VALUE = {"b": [1, 2.5e-05, None, True], "a": {"ü": "x", 10: "y", 9: "z"}, "c": ("t", -0.125)}
READ = {"b": [1, 2.5e-05, None, True], "a": {"ü": "x", "10": "y", "9": "z"}, "c": ["t", -0.125]}


def test_signed_json_is_read_as_it_was_written(tmp_path):
    write_signed_json(tmp_path / "a.json", VALUE)
    assert read_signed_json(tmp_path / "a.json") == READ
    assert set(read_json(tmp_path / "a.json")) == {*READ, "sha256"}


def test_every_flipped_bit_of_signed_json_is_noticed_or_changes_no_value(tmp_path):
    path = tmp_path / "a.json"
    write_signed_json(path, VALUE)
    whole, noticed = path.read_bytes(), 0
    for bit in range(len(whole) * 8):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        try:
            assert read_signed_json(path) == READ  # "2.5e-05" may as well be "2.5E-05"
        except DamagedFileError as error:
            noticed += 1
            assert str(path) in str(error) and "\n" not in str(error)
    assert noticed >= len(whole) * 8 - 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "1", '{"a": 1}', '{"a": NaN, "sha256": ""}'])
def test_json_without_its_digest_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DamagedFileError, match=r"a\.json: damaged"):
        read_signed_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    "text", ['{"a": 2, "a": 1, "sha256": ""}', '{"b": {"a": 2, "a": 1}}', "[" * 100_000]
)
def test_json_that_hides_a_value_or_is_too_deep_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    for read in (read_json, read_signed_json):
        with pytest.raises(DamagedFileError, match=r"a\.json: damaged: .*(twice|too deeply)"):
            read(tmp_path / "a.json")


def test_a_second_value_of_a_key_is_not_covered_by_the_first(tmp_path):
    path = tmp_path / "a.json"
    write_signed_json(path, {"a": 1})
    path.write_text(path.read_text().replace("{", '{"a": 99,', 1))
    assert json.loads(path.read_text())["a"] == 1
    with pytest.raises(DamagedFileError, match="a key occurs twice"):
        read_signed_json(path)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    with pytest.raises(UserError, match="a folder, not a file"):
        read_signed_json(tmp_path)


SAID = {"cell": {"model": "a", "seed": 0}, "data": {"classes": [1, 2], "protocol": {"x": 1}}}


def test_what_is_the_same_passes():
    check_same("a", {**SAID, "more": 1}, SAID)
    check_same("a", SAID, {"cell": SAID["cell"]})
    check_same("a", SAID, {**SAID, "data": {"classes": (1, 2), "protocol": {"x": 1}}})


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (None, 'cell is missing, not {"model": "a", "seed": 0}'),
        ("text", "cell is missing"),
        ({**SAID, "cell": {"model": "b", "seed": 0}}, 'cell.model is "b", not "a"'),
        ({**SAID, "cell": {"model": "a"}}, "cell.seed is missing, not 0"),
        ({**SAID, "cell": {**SAID["cell"], "y": 2}}, "cell.y is 2, not missing"),
        ({**SAID, "data": {"classes": [2, 1], "protocol": {"x": 1}}}, "data.classes is"),
        ({**SAID, "data": {"classes": [1, 2], "protocol": {"x": 2}}}, "data.protocol.x is 2"),
        ({**SAID, "data": {"classes": [1] * 900, "protocol": {"x": 1}}}, "data.classes is"),
    ],
)
def test_what_differs_is_named_in_one_short_line(found, line):
    with pytest.raises(UserError) as error:
        check_same("some/file", found, SAID)
    message = str(error.value)
    assert message.startswith("some/file: made for something else: ") and line in message
    assert message.endswith("; delete it and run the workflow again") and "\n" not in message
    assert len(message) < 300


DIES = """
import os, signal, sys
from transforms2d.files.atomic import atomic_folder, atomic_path
with atomic_path(sys.argv[1]) as file, atomic_folder(sys.argv[2]) as folder:
    file.write_text("half")
    (folder / "part").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_killed_writers_left_is_removed_by_the_next(tmp_path, repository):
    file, folder = tmp_path / "a.json", tmp_path / "folder"
    environment = {**os.environ, "PYTHONPATH": str(repository / "workflow" / "lib")}
    for _ in range(3):
        subprocess.run([sys.executable, "-c", DIES, file, folder], env=environment, check=False)
        left = sorted(path.name for path in tmp_path.iterdir())
        assert len(left) == 2 and all(name.startswith(".") for name in left)
    # Others may be writing the same file: here, and on other machines.
    mine = tmp_path / f".a.json.{platform.node()}.{os.getppid()}.0a1b2c3d.tmp.json"
    elsewhere = tmp_path / ".a.json.elsewhere.1.0a1b2c3d.tmp.json"
    for path in (mine, elsewhere):
        path.touch()
    write_json(file, 1)
    with atomic_folder(folder):
        pass
    assert sorted(tmp_path.iterdir()) == sorted([file, folder, mine, elsewhere])
