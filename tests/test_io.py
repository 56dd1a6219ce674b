"""Files appear whole or not at all, with the same bytes each time, and notice damage."""

import json

import pytest
import torch
from safetensors.torch import load_file

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.io import atomic_path, read_json, read_tensors, write_json, write_tensors

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
        with pytest.raises(UserError, match="no such file; ask the workflow to make it"):
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
