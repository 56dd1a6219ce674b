"""Fixtures shared by all tests."""

from pathlib import Path

import pytest
import yaml
from support.project import REPOSITORY, Project
from support.small_run import FOLDER, content, new_project, run

# Folders whose tests start runs, which take minutes a file.
LONG = ("workflow", "documents", "invariance/cli", "invariance/launch", "invariance/config")


def pytest_collection_modifyitems(items):
    """The long files first: one that began last would keep one worker busy, and the others idle."""

    def place(item) -> int:
        folder = item.path.parent.relative_to(REPOSITORY / "tests").as_posix()
        return next((n for n, name in enumerate(LONG) if folder.startswith(name)), len(LONG))

    items.sort(key=place)


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real images, ../shared/data, is not beside this checkout")
    return folder


@pytest.fixture
def config() -> dict:
    """The configuration of the full paper."""
    return yaml.safe_load((REPOSITORY / "config/config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


@pytest.fixture(scope="session")
def finished_small(tmp_path_factory):
    """An undisturbed small run: its project, not to be changed, and the content of its results."""
    project = new_project(tmp_path_factory.mktemp("small"))
    done = run(project)
    assert done.returncode == 0, done.stdout
    return project, content(project.folder / FOLDER)


@pytest.fixture
def small_project(tmp_path):
    """A project with the small run's configuration and no results."""
    return new_project(tmp_path)
