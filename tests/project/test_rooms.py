"""The house: rooms with one reason each, imports that go down, files that are short."""

import ast
import collections
import itertools
import re
import statistics
from functools import cache
from pathlib import Path

import pytest
from support.project import REPOSITORY

LIBRARY = REPOSITORY / "workflow/lib"
LIBRARIES = ("transforms2d", "invariance")
MOST_MODULES, LONGEST_FILE, LONGEST_FUNCTION = 12, 300, 50
MOST_TESTS = 15  # modules of tests in a folder
# What lies beside the rooms: entry points, the catalogue, and the public names of the dataset.
AT_THE_TOP = {
    "invariance": {"__init__", "__main__", "architectures", "artefact", "artefacts"},
    "transforms2d": {
        *("__init__", "__main__", "names", "protocol", "spec", "seeds", "dataset"),
        *("contact_sheet", "errors", "checks", "spelling"),
    },
}


def modules(library: str) -> list[Path]:
    return sorted((LIBRARY / library).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(path: Path) -> str:
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """The folder below its library that a module lies in, or its own name at the top."""
    parts = module.split(".")
    return ".".join(parts[:2])


def imported(path: Path, names: set[str]) -> set[str]:
    """Modules of the libraries that a module imports, anywhere in its code."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                found.add(whole if whole in names else node.module)
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
    return found & names


@cache
def arrows(library: str) -> dict[str, dict[str, str]]:
    """From a room to the rooms that it imports, with a module that does."""
    paths = {dotted(path): path for path in modules(library)}
    found: dict[str, dict[str, str]] = {}
    for module, path in paths.items():
        for other in imported(path, set(paths)):
            if room(other) not in (room(module), library) and room(module) != library:
                found.setdefault(room(module), {})[room(other)] = f"{module} -> {other}"
    return found


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_two_rooms_form_a_circle(library):
    below = arrows(library)
    floors: dict[str, int] = {}

    def floor(one, above=()):
        assert one not in above, " -> ".join([*above, one, str(below[above[-1]][one])])
        if one not in floors:
            floors[one] = 1 + max((floor(o, (*above, one)) for o in below.get(one, ())), default=0)
        return floors[one]

    assert max(map(floor, below)) > 1


def test_the_dataset_knows_nothing_of_the_studies():
    names = {dotted(path) for library in LIBRARIES for path in modules(library)}
    for path in modules("transforms2d"):
        others = [one for one in imported(path, names) if one.startswith("invariance")]
        assert not others, f"{path}: {others}"


@pytest.mark.parametrize("library", LIBRARIES)
def test_neither_library_knows_of_snakemake(library):
    for path in modules(library):
        for node in ast.walk(tree(path)):
            names = [one.name for one in getattr(node, "names", []) if hasattr(one, "name")]
            module = getattr(node, "module", None) or ""
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert not any(one.startswith("snakemake") for one in (module, *names)), path


@pytest.mark.parametrize("library", LIBRARIES)
def test_rooms_are_small_and_only_entry_points_lie_beside_them(library):
    top = {path.stem for path in (LIBRARY / library).glob("*.py")}
    assert top <= AT_THE_TOP[library], top - AT_THE_TOP[library]
    folders = {path.parent for path in modules(library)} - {LIBRARY / library}
    for folder in folders:
        inside = [path for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(inside) <= MOST_MODULES, f"{folder} has {len(inside)} modules"
        assert ast.get_docstring(tree(folder / "__init__.py")), f"{folder}: no sentence"


def test_files_are_short():
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for library in LIBRARIES
        for path in modules(library)
    }
    assert statistics.median(lengths.values()) < 110
    assert {str(path): n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def lines_of_code(node, source: list[str]) -> int:
    """Lines of a function without its docstring, comments and empty lines."""
    first = node.body[0]
    text = ast.get_docstring(node) is not None
    skipped = set(range(first.lineno, first.end_lineno + 1)) if text else set()
    return sum(
        number not in skipped and bool(re.match(r"\s*[^\s#]", source[number - 1]))
        for number in range(node.lineno, node.end_lineno + 1)
    )


def test_functions_fit_on_a_screen():
    long = []
    for path in itertools.chain(*map(modules, LIBRARIES)):
        source = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                lines = lines_of_code(node, source)
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path}: {node.name} has {lines} lines")
    assert not long, "\n".join(long)


def public_functions(path: Path):
    """Functions and classes of a module, and methods of classes that stand on their own."""
    module = tree(path)
    classes = [one for one in module.body if isinstance(one, ast.ClassDef) and not one.bases]
    for place in (module, *classes):
        for one in place.body:
            is_one = isinstance(one, ast.FunctionDef | ast.ClassDef)
            if is_one and not one.name.startswith("_"):
                yield one


def test_public_functions_say_what_they_do():
    """But the drawings of objects, whose names say it; a method that overrides is told of once."""
    silent = [
        f"{path.relative_to(LIBRARY)}: {one.name}"
        for path in itertools.chain(*map(modules, LIBRARIES))
        if "procedural" not in path.parts
        for one in public_functions(path)
        if not ast.get_docstring(one)
    ]
    assert not silent, "\n".join(silent)


def test_tests_lie_in_small_folders_named_like_the_rooms():
    tests = REPOSITORY / "tests"
    for library in LIBRARIES:
        rooms = {path.parent.name for path in (LIBRARY / library).glob("*/__init__.py")}
        folders = {path.parent.name for path in (tests / library).glob("*/test_*.py")}
        assert folders and folders <= rooms, folders - rooms
    counts = collections.Counter(path.parent for path in tests.rglob("test_*.py"))
    assert {str(folder): n for folder, n in counts.items() if n > MOST_TESTS} == {}
    assert not counts[tests], "every test lies in a folder"


def test_the_page_about_the_house_shows_its_rooms():
    page = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1)
    for library in LIBRARIES:
        block = shown.split(f"workflow/lib/{library}/")[1]
        lines = itertools.takewhile(
            lambda line: not line or line.startswith("  "), block.split("\n")[1:]
        )
        told = {line.split()[0].rstrip("/") for line in lines if "/" in line.split()[0]}
        there = {path.parent.name for path in (LIBRARY / library).glob("*/__init__.py")}
        assert told == there, told ^ there


def test_files_of_tests_have_names_of_their_own():
    """Pytest imports them by their names alone."""
    names = [path.name for path in (REPOSITORY / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)), sorted(n for n in set(names) if names.count(n) > 1)
