"""A network that cannot be compiled is one line that names the setting, and nothing is lost."""

import os
import shutil
import subprocess
import sys

import pytest

from invariance.jobs.compiling import compile_failures
from transforms2d.errors import UserError

TRAIN = """
import sys
from pathlib import Path
from support.small_training import SETTINGS, make_shard
from invariance.training.pretrain import pretrain
from transforms2d.errors import UserError
folder = Path(sys.argv[1])
try:
    pretrain(
        {**SETTINGS, "compile": True, "epochs": 1},
        make_shard(80), make_shard(20, seed=1), make_shard(20, seed=2),
        state_dir=folder / "state", metrics_path=folder / "metrics.jsonl", threads=1,
    )
except UserError as error:
    sys.exit(f"error: {error}")
"""
HEADERS = """case "$*" in *--version*) echo "g++ 12.2.0";; *)
echo "/x/main.cpp:1:10: fatal error: Python.h: No such file or directory" >&2; exit 1;; esac"""


def programs(folder, **scripts):
    """A PATH with these programs alone, and a shell."""
    folder.mkdir()
    for name in ("sh", "bash", "env", "cat", "rm", "uname"):
        (folder / name).symlink_to(shutil.which(name))
    for name, text in scripts.items():
        file = folder / name.replace("gxx", "g++")
        file.write_text(f"#!{shutil.which('sh')}\n{text}\n")
        file.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: programs(folder / "bin"), "No working C++ compiler"),
        (lambda folder: programs(folder / "bin", gxx=HEADERS), "fatal error: Python.h"),
        (lambda folder: {"TORCHINDUCTOR_CACHE_DIR": str(folder / "file/in")}, "file"),
    ],
    ids=["no compiler", "no headers", "nowhere to write"],
)
def test_what_compiling_needs_is_named(tmp_path, repository, harm, said):
    (tmp_path / "file").touch()
    path = [repository / "workflow/lib", repository / "tests"]
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("CXX", "CC")},
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled"),
        **harm(tmp_path),
    }
    trained = subprocess.run(
        [sys.executable, "-c", TRAIN, tmp_path],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert trained.returncode == 1, trained.stderr
    line = trained.stderr.splitlines()[-1]
    assert line.startswith("error: pretraining.compile: torch.compile fails here (")
    assert said in line and line.endswith("or set it to false")
    assert "Traceback" not in trained.stderr
    assert not (tmp_path / "metrics.jsonl").exists()


def test_other_failures_of_a_training_are_left_as_they_are():
    for error in (RuntimeError("CUDA out of memory"), UserError("the loss"), ValueError("x")):
        with pytest.raises(type(error)) as raised, compile_failures(True):
            raise error
        assert raised.value is error
    with pytest.raises(OSError, match="disk"), compile_failures(False):
        raise OSError("disk")
    said = r"torch.compile fails here \(gcc returned 1\)"
    with pytest.raises(UserError, match=said), compile_failures(True):
        raise subprocess.SubprocessError("gcc returned 1")
