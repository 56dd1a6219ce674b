"""Files about the project agree with each other and name nothing that is not there."""

import os
import re
import tomllib

import pytest
import yaml

import invariance
import transforms2d

FOLDERS = ("config", "envs", "profiles", "workflow", ".github")
PAGES = ("README.md", "CONTRIBUTING.md", "ATTRIBUTION.md", "CHANGELOG.md")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def pyproject(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def make_targets(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def pages(repository):
    return [*(repository / page for page in PAGES), *(repository / "docs").glob("*.md")]


def test_yaml_files_parse(repository):
    files = [path for folder in FOLDERS for path in (repository / folder).rglob("*.y*ml")]
    files += [*repository.glob(".*.yaml"), *repository.glob(".*.yml"), repository / "CITATION.cff"]
    assert len(files) > 10
    assert [path.name for path in files if not isinstance(load(path), dict)] == []


def test_licence_is_the_same_everywhere(repository, pyproject):
    text = (repository / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert pyproject["project"]["license"] == "Apache-2.0"
    assert load(repository / "CITATION.cff")["license"] == "Apache-2.0"


def test_citation_names_the_paper_and_this_version(repository, pyproject):
    citation = load(repository / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= set(citation)
    assert citation["version"] == pyproject["project"]["version"]
    assert invariance.__version__ == transforms2d.__version__ == citation["version"]
    assert citation["title"].startswith(pyproject["project"]["name"])
    paper = citation["preferred-citation"]
    assert [author["family-names"] for author in paper["authors"]] == [
        "Speicher",
        "Nanda",
        "Gummadi",
    ]
    assert (paper["journal"], paper["year"]) == ("Transactions on Machine Learning Research", 2024)


def test_the_installed_library_has_its_templates(repository, pyproject):
    library = repository / "workflow" / "lib"
    taken = {
        path
        for package, patterns in pyproject["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (library / package).glob(pattern)
    }
    files = {path for path in library.rglob("*.*") if path.is_file()}
    files = {path for path in files if not re.search(r"__pycache__|egg-info", str(path))}
    assert taken == {path for path in files if path.suffix != ".py"}


def test_hooks_are_those_of_make_lint_in_the_pinned_versions(repository):
    pinned = dict(
        line.split(";")[0].split("==")
        for line in (repository / "requirements.txt").read_text().splitlines()
        if "==" in line
    )
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    hooks = [
        hook
        for repo in load(repository / ".pre-commit-config.yaml")["repos"]
        for hook in repo["hooks"]
    ]
    assert {hook["entry"] for hook in hooks} == {"ruff format", "ruff check", "snakefmt"}
    for hook in hooks:
        assert f"$(BIN)/{hook['entry']} " in makefile
        for needed in hook["additional_dependencies"]:
            name, version = needed.split("==")
            assert version == pinned[name], f".pre-commit-config.yaml: {needed}"


def test_ci_runs_what_decides_here(repository, pyproject, make_targets):
    job = load(repository / ".github/workflows/ci.yml")["jobs"]["check"]
    steps, versions = job["steps"], job["strategy"]["matrix"]["python"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    script = repository / ".ci/run"
    assert os.access(script, os.X_OK)
    named = re.findall(r"^make (\S+)", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert named and set(named) <= make_targets
    (python,) = [step["with"] for step in steps if "setup-python" in step.get("uses", "")]
    assert (repository / python["cache-dependency-path"]).is_file()
    assert python["python-version"] == "${{ matrix.python }}"
    assert f">={min(versions)}" == pyproject["project"]["requires-python"]
    named = [one for one in pyproject["project"]["classifiers"] if ":: 3." in one]
    assert [f"Programming Language :: Python :: {version}" for version in versions] == named


def test_the_catalog_says_what_the_workflow_can(repository):
    usage = load(repository / ".snakemake-workflow-catalog.yml")["usage"]
    rules = "".join(
        path.read_text(encoding="utf-8") for path in (repository / "workflow/rules").glob("*.smk")
    )
    named = re.findall(r'conda:\s+"../../(\S+)"', rules)
    assert usage["software-stack-deployment"]["conda"] is True and named
    assert all((repository / path).is_file() for path in named)
    assert usage["report"] is True and "report(" in rules
    # What it looks for, and shows as the instructions.
    assert (repository / "workflow/Snakefile").is_file()
    assert (repository / "config/README.md").is_file()


def test_make_targets_named_in_the_docs_exist(repository, make_targets):
    for page in pages(repository):
        code = re.findall(r"```.*?```|`[^`]+`", page.read_text(encoding="utf-8"), re.DOTALL)
        named = re.findall(r"^`?make ([a-z-]+)", "\n".join(code), re.MULTILINE)
        assert set(named) <= make_targets, page.name
