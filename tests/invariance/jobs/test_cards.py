"""Which cards a job may use, by ``CUDA_VISIBLE_DEVICES``, and how jobs share them out."""

import os
import tempfile

import pytest
import torch

from invariance.jobs.cuda_driver import require_driver, slurm_gpu, visible_cards
from invariance.jobs.device import own_card, resolve
from transforms2d.errors import UserError

UUID = "3f2b1c9a-0d7e-4a51-9a11-0c2d4e6f8a10"
NONE = ("NoDevFiles", "-1", "", "none", "  ", "-1,0", "void", "N/A", ",0", "GPU-", "0x1")


@pytest.fixture
def slurm(monkeypatch):
    """A job of Slurm's that was lent a GPU."""
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_GPUS", "3")


@pytest.mark.parametrize("value", NONE)
def test_values_that_name_no_card_lend_none(monkeypatch, slurm, value):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert slurm_gpu() is None
    require_driver("auto")
    assert resolve("auto") == torch.device("cpu")
    with pytest.raises(UserError) as refused:
        require_driver("cuda")
    assert f"CUDA_VISIBLE_DEVICES is {value!r}" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("0", ["0"]),
        ("0,1", ["0", "1"]),
        (" 2, 0 ", ["2", "0"]),
        ("1,-1,0", ["1"]),
        (f"GPU-{UUID}", [f"GPU-{UUID}"]),
        (f"MIG-{UUID},MIG-{UUID[::-1]}", [f"MIG-{UUID}", f"MIG-{UUID[::-1]}"]),
        (f"MIG-GPU-{UUID}/1/0", [f"MIG-GPU-{UUID}/1/0"]),
    ],
)
def test_values_that_name_cards(monkeypatch, slurm, value, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert visible_cards() == names
    assert slurm_gpu() == "3"
    monkeypatch.delenv("SLURM_JOB_GPUS")
    assert slurm_gpu() == value


@pytest.fixture
def cards(monkeypatch, tmp_path):
    """Two cards, and a temporary folder of this test alone; the list of those that were taken."""
    taken = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    return taken


@pytest.mark.parametrize(
    "names", ["0,1", f"GPU-{UUID},GPU-{UUID[::-1]}", "MIG-GPU-a/1/0,MIG-b", ""]
)
def test_jobs_take_a_card_each_whatever_cards_are_called(monkeypatch, cards, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)
    with own_card(), own_card(), own_card():
        assert cards == [0, 1]
    with own_card():
        assert cards == [0, 1, 0]


def folder(tmp_path):
    return tmp_path / f"invariance-cards-{os.getuid()}"


def foreign(path):
    path.mkdir()
    os.chown(path, 12345, 12345)


def linked(path):
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


def open_to_all(path):
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize("planted", [foreign, linked, open_to_all, lambda path: path.touch()])
def test_a_folder_of_locks_that_is_not_ours_alone_is_refused(cards, tmp_path, planted):
    if planted is foreign and os.geteuid() != 0:
        pytest.skip("giving a folder away needs root")
    planted(folder(tmp_path))
    with pytest.raises(UserError, match="set TMPDIR"), own_card():
        pass
    assert cards == [] and not list((tmp_path / "elsewhere").glob("*"))


def test_a_link_in_the_place_of_a_lock_is_not_followed(cards, tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    folder(tmp_path).mkdir(mode=0o700)
    (folder(tmp_path) / "0").symlink_to(tmp_path / "planted")
    with pytest.raises(OSError), own_card():
        pass
    assert not (tmp_path / "planted").exists()
