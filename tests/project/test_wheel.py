"""The package as it is installed: a wheel, in an environment that knows nothing of the checkout."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from support.project import REPOSITORY

PACKED = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "workflow/lib")


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


def addresses(text) -> list[str]:
    """Where the links and pictures of a page in Markdown lead."""
    return re.findall(r"\]\(([^)]*)\)", text) + re.findall(r'(?:src|href)="([^"]*)"', text)


def test_its_page_at_an_index_shows_and_links_nothing_that_is_not_there(installed):
    (metadata,) = installed.parent.glob("lib/*/site-packages/invariance_transfer-*/METADATA")
    text = metadata.read_text(encoding="utf-8")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    relative = [one for one in addresses(readme) if not one.startswith("https://")]
    assert any(one.endswith(".png") for one in relative) and "docs/decisions.md" in relative
    assert "Description-Content-Type: text/markdown" in text
    found = addresses(text.partition("\n\n")[2])
    assert found and all(one.startswith("https://") for one in found), found
    told = re.search(r"!\[([^\]]+)\]", readme)[1]
    assert f"(Picture: {told}.)" in text


def test_with_a_repository_its_page_shows_the_pictures_of_this_version(installed):
    """As soon as pyproject.toml has the address of one."""
    source, at = installed.parents[1] / "source", "https://example.org/someone/invariance-transfer"
    settings = (source / "pyproject.toml").read_text(encoding="utf-8")
    urls = f'[project.urls]\nRepository = "{at}/"\n'
    changed = settings.replace("[project.urls]\n", urls, 1)
    (source / "pyproject.toml").write_text(changed, encoding="utf-8")
    prepare = "from setuptools import build_meta as b; b.prepare_metadata_for_build_wheel('..')"
    run([sys.executable, "-c", prepare], cwd=source)
    (metadata,) = source.parent.glob("*.dist-info/METADATA")
    found = addresses(metadata.read_text(encoding="utf-8").partition("\n\n")[2])
    version = re.search(r'^version = "(.*)"', settings, re.MULTILINE)[1]
    assert f"{at}/raw/v{version}/docs/images/fig2.png" in found
    for address in found:
        assert address.startswith("https://")
        if address.startswith(at):
            kind, of, path = address.removeprefix(f"{at}/").split("/", 2)
            assert of == f"v{version}" and (REPOSITORY / path.partition("#")[0]).exists()
            assert kind == ("raw" if path.endswith((".png", ".svg")) else "blob")


def test_its_commands_work(installed, tmp_path):
    assert "explain" in run([installed / "invariance", "--help"], cwd=tmp_path)
    run(
        [installed / "transforms2d", "sheet", "--transform", "rotate", "--out", "sheet.png"],
        cwd=tmp_path,
    )
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_its_pages_have_their_templates(installed, tmp_path):
    files = "importlib.resources.files('invariance.report').iterdir()"
    listed = f"import importlib.resources; print([path.name for path in {files}])"
    assert "overview.html" in run([installed / "python", "-c", listed], cwd=tmp_path)
