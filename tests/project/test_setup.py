"""``make setup`` with and without CUDA, on a package index of small packages of the same names."""

import os
import shutil
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("make") is None or find_spec("ensurepip") is None,
    reason="make or ensurepip is not here",
)
PINS = (
    "cuda-toolkit==13.0; platform_system == 'Linux'",
    "nvidia-cublas==13.1; platform_system == 'Linux'",
    "torch==2.14.1",
    "torchmetrics==1.0",
    "torchvision==0.29.1",
    "triton==3.5; platform_system == 'Linux'",
)
WITHOUT_CUDA = {"torch": "2.14.1+cpu", "torchmetrics": "1.0", "torchvision": "0.29.1+cpu"}


def publish(index: Path, name: str, version: str) -> None:
    """Put an empty package into a folder that pip reads as an index."""
    metadata = f"{name.replace('-', '_')}-{version}.dist-info"
    wheel = index / name / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(
            f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        file.writestr(
            f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{metadata}/RECORD", "")
    links = "".join(f'<a href="{one.name}">{one.name}</a>' for one in wheel.parent.glob("*.whl"))
    (wheel.parent / "index.html").write_text(links)


@pytest.fixture
def make(tmp_path, repository):
    """Runs make in a folder of its own, whose packages come from indexes in the same place."""
    folder = tmp_path / "project"
    shutil.copytree(repository / "workflow/lib", folder / "workflow/lib")
    shutil.copy(repository / "Makefile", folder)
    (folder / "pyproject.toml").touch()
    (folder / "requirements.txt").write_text("\n".join(PINS) + "\n")
    for pin in PINS:
        publish(tmp_path / "index", *pin.split(";")[0].split("=="))
    for name in ("torch", "torchvision"):
        publish(tmp_path / "cpu", name, WITHOUT_CUDA[name])
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "MAKE", "MFLAGS", "TORCH"))
    }
    environment = {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": (tmp_path / "index").as_uri(),
        "TORCH_INDEX": (tmp_path / "cpu").as_uri(),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["make", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    run.folder = folder
    return run


def installed(folder: Path) -> dict[str, str]:
    (packages,) = (folder / ".venv/lib").glob("python3*/site-packages")
    pairs = (one.name.removesuffix(".dist-info").split("-") for one in packages.glob("*.dist-info"))
    return {name: version for name, version in pairs if name != "pip" and name != "setuptools"}


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="macOS has no torch for CUDA")
def test_without_cuda(make):
    done = make("setup", "TORCH=cpu")
    assert done.returncode == 0 and "without CUDA" in done.stdout, done.stdout
    assert installed(make.folder) == WITHOUT_CUDA
    assert "Installing" not in make("setup", "TORCH=cpu").stdout
    # The environment stays one without CUDA, whoever asks and whatever is pinned next.
    (make.folder / "requirements.txt").touch()
    os.utime(make.folder / ".venv/ready", (0, 0))
    again = make("setup")
    assert again.returncode == 0 and "without CUDA" in again.stdout, again.stdout
    assert installed(make.folder) == WITHOUT_CUDA
    refused = make("setup", "TORCH=")
    assert refused.returncode != 0
    assert refused.stdout.startswith("error: .venv was made with TORCH='cpu'; remove that folder")


def test_with_cuda(make, tmp_path):
    # A build that is not there is said to be missing, and no other one is taken for it.
    shutil.move(tmp_path / "cpu", tmp_path / "away")
    done = make("setup", "TORCH=cpu")
    assert done.returncode != 0 and "torch==2.14.1+cpu" in done.stdout
    assert not (make.folder / ".venv/ready").exists()
    done = make("setup")
    assert done.returncode == 0, done.stdout
    found = installed(make.folder)
    assert found["torch"] == "2.14.1" and len(found) == len(PINS)
    refused = make("setup", "TORCH=cpu")
    assert refused.returncode != 0
    assert refused.stdout.startswith("error: .venv was made with TORCH=''; remove that folder")


@pytest.mark.parametrize("value", ["gpu", "CPU", "cu130", "cpu cpu", "a'b"])
def test_other_values_are_refused(make, value):
    done = make("setup", f"TORCH={value}")
    assert done.returncode != 0
    assert done.stdout.startswith(f"error: TORCH: '{value}' is not known; give cpu")
    assert not (make.folder / ".venv").exists()
