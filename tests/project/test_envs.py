"""The environments of ``--sdm conda``: locked versions, and all that their scripts import."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from support.project import REPOSITORY

LIBRARY = REPOSITORY / "workflow" / "lib"
OURS = ("invariance", "transforms2d")
ENVIRONMENTS = sorted(path.name for path in (REPOSITORY / "envs").glob("*.yaml"))


def pinned(lines) -> dict[str, str]:
    pairs = (line.split(";")[0].split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version.strip() for name, version in pairs}


def packages(environment: str) -> dict[str, str]:
    """Packages of an environment with their versions, python among them."""
    content = yaml.safe_load((REPOSITORY / "envs" / environment).read_text(encoding="utf-8"))
    (from_pip,) = (one["pip"] for one in content["dependencies"] if isinstance(one, dict))
    assert all("==" in line for line in from_pip), "every version is exact"
    return pinned(from_pip)


def with_dependencies(names) -> set[str]:
    """These distributions and all that they require."""
    found, todo = set(), list(names)
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in found:
            found.add(name)
            needed = map(Requirement, requires(name) or [])
            todo += [
                one.name
                for one in needed
                if one.marker is None or one.marker.evaluate({"extra": ""})
            ]
    return found


def imported(path: Path, seen: set[Path]) -> set[str]:
    """Modules of others that a file of ours imports, itself or through other files of ours.

    What it can do without, an import whose ImportError it catches, is not among them.
    """
    seen.add(path)
    names = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    optional = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.Try)
        and any(getattr(one.type, "id", None) == "ImportError" for one in block.handlers)
        for node in block.body
    }
    for node in ast.walk(tree):
        if node in optional:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    others = set()
    for parts in (name.split(".") for name in names):
        if parts[0] in OURS:
            for end in range(1, len(parts) + 1):
                module = LIBRARY.joinpath(*parts[:end])
                for file in (module.with_suffix(".py"), module / "__init__.py"):
                    if file.is_file() and file not in seen:
                        others |= imported(file, seen)
        elif parts[0] not in sys.stdlib_module_names:
            others.add(parts[0])
    return others


def scripts() -> list[tuple[str, str]]:
    """Every script with the environment of its rule."""
    text = "".join(
        path.read_text(encoding="utf-8") for path in sorted(REPOSITORY.glob("workflow/rules/*.smk"))
    )
    pattern = r'envs/(\S+\.yaml)"(?:(?!envs/).)*?scripts/(\S+\.py)"'
    return sorted({(script, env) for env, script in re.findall(pattern, text, re.DOTALL)})


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_versions_are_those_of_the_lock_file(environment):
    lock = pinned((REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines())
    named = packages(environment)
    assert named == {name: lock.get(name) for name in named}


def test_all_environments_have_one_python_that_the_project_supports():
    # One, since Snakemake hands objects to scripts as pickles of its own Python: docs/cluster.md.
    contents = [
        yaml.safe_load((REPOSITORY / "envs" / name).read_text(encoding="utf-8"))
        for name in ENVIRONMENTS
    ]
    named = {one for content in contents for one in content["dependencies"] if "python" in one}
    (version,) = (one.removeprefix("python =") for one in named)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert SpecifierSet(project["requires-python"]).contains(version)
    cluster = (REPOSITORY / "docs" / "cluster.md").read_text(encoding="utf-8")
    assert f"Python {version}" in cluster


def test_the_cuda_build_is_the_one_torch_was_made_for():
    torch = {Requirement(one).name: Requirement(one) for one in requires("torch")}
    named = packages("torch.yaml")
    for name in ("cuda-toolkit", "nvidia-cudnn-cu13"):
        assert torch[name].specifier.contains(named[name])


def test_every_script_has_an_environment():
    files = {path.name for path in (REPOSITORY / "workflow" / "scripts").glob("*.py")}
    assert {script for script, _ in scripts()} == files


@pytest.mark.parametrize(("script", "environment"), scripts())
def test_scripts_find_what_they_import(script, environment):
    there = with_dependencies(packages(environment))
    distributions = packages_distributions()
    missing = [
        module
        for module in imported(REPOSITORY / "workflow" / "scripts" / script, set())
        if not {canonicalize_name(name) for name in distributions[module]} & there
    ]
    assert missing == []
