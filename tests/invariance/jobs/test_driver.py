"""Jobs that need a CUDA card and find none end before torch is imported, and say what to do."""

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from invariance.jobs.cuda_driver import require_driver
from invariance.jobs.device import resolve
from transforms2d.errors import UserError

# Runs a rule's script as Snakemake does, with "cuda" and no card that the process may see.
RUN = """
import runpy, sys
from types import SimpleNamespace
log, out = sys.argv[2:]
job = SimpleNamespace(
    config={"device": "cuda"}, log=[log], threads=1, output=SimpleNamespace(model=out)
)
try:
    runpy.run_path(sys.argv[1], init_globals={"snakemake": job})
finally:
    print("torch" in sys.modules)
"""
GPU_SCRIPTS = ("pretrain", "extract_features", "linear_probe", "fine_tune", "score_sensitivity")


@pytest.fixture
def slurm_lends(monkeypatch):
    """The variables of a Slurm job that was given a GPU."""
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_GPUS", "3")


@pytest.fixture
def no_slurm(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def driver(monkeypatch, answer):
    """Put a driver in place whose ``cuInit`` answers so; none where it is ``None``."""

    def load(name):
        assert name == "libcuda.so.1"
        if answer is None:
            raise OSError(f"{name}: cannot open shared object file")
        return SimpleNamespace(cuInit=lambda flags: answer)

    monkeypatch.setattr(ctypes, "CDLL", load)


@pytest.mark.parametrize("script", GPU_SCRIPTS)
def test_gpu_scripts_end_before_torch_is_imported(repository, tmp_path, script):
    log = tmp_path / "log.txt"
    path = repository / "workflow/scripts" / f"{script}.py"
    ended = subprocess.run(
        [sys.executable, "-c", RUN, path, log, tmp_path / "model.safetensors"],
        env={
            **os.environ,
            "PYTHONPATH": str(repository / "workflow/lib"),
            "CUDA_VISIBLE_DEVICES": "",
        },
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout.split()) == (1, ["False"]), ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: device: 'cuda' was requested but ")
    assert "set device: cpu" in line
    assert line.removeprefix("error: ") in log.read_text()


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "cannot be loaded"), (100, "shows no card"), (804, "fails (804)")],
)
def test_what_is_wrong_with_the_driver_is_said(monkeypatch, slurm_lends, answer, said):
    driver(monkeypatch, answer)
    for device in ("cuda", "auto"):
        with pytest.raises(UserError) as refused:
            require_driver(device)
        assert "Slurm gave this job GPU 3" in str(refused.value) and said in str(refused.value)
    require_driver("cpu")


def test_without_slurm_auto_needs_no_driver(monkeypatch, no_slurm):
    driver(monkeypatch, None)
    require_driver("auto")
    with pytest.raises(UserError, match="'cuda' was requested"):
        require_driver("cuda")


def test_a_card_of_the_driver_that_torch_cannot_use_is_refused_by_torch(monkeypatch, slurm_lends):
    driver(monkeypatch, 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "auto"):
        require_driver(device)
        with pytest.raises(
            UserError, match=r"GPU 3 but torch sees no CUDA card \(torch \S+ .*CUDA"
        ):
            resolve(device)
    assert resolve("cpu") == torch.device("cpu")


def test_without_slurm_auto_is_the_cpu_where_there_is_no_card(monkeypatch, no_slurm):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve("auto") == torch.device("cpu")
