"""The package as it is installed: a wheel, in an environment that knows nothing of the checkout."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKED = ("pyproject.toml", "README.md", "LICENSE", "workflow/lib")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of commands of an environment with the wheel, and what runs there."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for part in PACKED:
        target = source / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(REPOSITORY / part, target, ignore=ignored)
        else:
            shutil.copy(REPOSITORY / part, target)
    pip = [sys.executable, "-m", "pip"]
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder]
    run([*pip, "wheel", *options, source])
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    run([*pip, "--python", python, "install", "--no-deps", "--quiet", wheel])
    return python.parent


def run(command, **options) -> str:
    """What a command prints; it must end well."""
    # Where the packages are that the wheel requires. No .pth file is read there, as one of them
    # leads to the checkout.
    packages = Path(pytest.__file__).parents[1]
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_is_what_is_imported(installed, tmp_path):
    said = "import invariance, transforms2d; print(invariance.__file__, transforms2d.__version__)"
    path, version = run([installed / "python", "-c", said], cwd=tmp_path).split()
    assert str(installed.parent) in path
    assert run([installed / "python", "-m", "pip", "show", "invariance-transfer"]).find(version) > 0


def test_its_commands_work(installed, tmp_path):
    assert "explain" in run([installed / "invariance", "--help"], cwd=tmp_path)
    run(
        [installed / "transforms2d", "sheet", "--transform", "rotate", "--out", "sheet.png"],
        cwd=tmp_path,
    )
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_its_pages_have_their_templates(installed, tmp_path):
    files = "importlib.resources.files('invariance.pages').iterdir()"
    listed = f"import importlib.resources; print([path.name for path in {files}])"
    assert "overview.html" in run([installed / "python", "-c", listed], cwd=tmp_path)
