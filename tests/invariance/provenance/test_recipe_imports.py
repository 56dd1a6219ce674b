"""Every module that a stage's job runs belongs to the stage's recipe, or says why it need not."""

import ast
from functools import cache
from pathlib import Path

import pytest
from support.project import REPOSITORY

from invariance.provenance.recipes import HARMLESS, MODULES, RECIPES

LIBRARY = REPOSITORY / "workflow/lib"
# The scripts that make each stage's files, and what they import by name at run time.
SCRIPTS = {
    "base_images": ("download_base_images", "prepare_base_images"),
    "natural_images": ("prepare_natural_images",),
    "dataset": ("render_dataset", "render_examples"),
    "pretrain": ("pretrain",),
    "views": ("prepare_views",),
    "contrastive": ("pretrain_contrastive",),
    "represent": ("represent",),
    "fusion": ("fuse",),
    "features": ("extract_features",),
    "linear_probe": ("linear_probe",),
    "fine_tune": ("fine_tune",),
    "sensitivity": ("score_sensitivity",),
    "measures": ("measure_model",),
    "masks": ("draw_masks",),
    "subsets": ("train_subsets",),
    "influence": ("estimate_influence",),
    "counterfactuals": ("train_counterfactuals",),
    "results": ("collect_results", "collect_measures"),
    "figures": ("draw_figure", "draw_gallery", "draw_subpopulations"),
    "tables": ("write_table",),
    "scorecard": ("make_scorecard",),
    "ledger": ("write_ledger",),
    "pages": ("write_overview", "write_figures_page"),
}


@cache
def imported(path: Path) -> frozenset[str]:
    """Files of the libraries, relative to them, that a file imports anywhere in its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            continue
        for name in names:
            base = LIBRARY / name.replace(".", "/")
            for file in (base.with_suffix(".py"), base / "__init__.py"):
                if file.is_file():
                    found.add(str(file.relative_to(LIBRARY)))
    return frozenset(found)


def reached(scripts) -> dict[str, str]:
    """Every file that scripts import, at any depth, with one that imports it."""
    waiting = [(REPOSITORY / f"workflow/scripts/{script}.py", script) for script in scripts]
    by: dict[str, str] = {}
    while waiting:
        path, _ = waiting.pop()
        for file in imported(path) - set(by):
            by[file] = str(path.relative_to(REPOSITORY))
            # What lies behind a module that cannot change results is looked at on other ways.
            if not is_in(file, HARMLESS):
                waiting.append((LIBRARY / file, file))
    return by


def holds_no_code(path: Path) -> bool:
    """A docstring, and a version at most."""
    return all(
        isinstance(one, ast.Expr | ast.Assign)
        for one in ast.parse(path.read_text(encoding="utf-8")).body
    )


def is_in(file: str, parts) -> bool:
    return any(file == part or file.startswith(f"{part}/") for part in parts)


@pytest.mark.parametrize("stage", RECIPES)
def test_every_module_of_a_stage_is_listed_or_named_harmless(stage):
    listed = {part for parts in MODULES.values() for part in parts}
    for file, importer in reached(SCRIPTS[stage]).items():
        if holds_no_code(LIBRARY / file):
            continue
        assert is_in(file, listed) or is_in(file, HARMLESS), (
            f"{file}, which {importer} imports, is in no stage of recipes.MODULES: add it to the "
            f"stage {stage!r}, or to HARMLESS with the reason"
        )


def test_every_script_that_makes_results_is_of_a_stage():
    told = {script for scripts in SCRIPTS.values() for script in scripts}
    others = {"export_dataset", "export_model", "write_config", "write_manifest"}
    assert told | others == {path.stem for path in (REPOSITORY / "workflow/scripts").glob("*.py")}
    assert set(SCRIPTS) == set(RECIPES)


@pytest.mark.parametrize("part", HARMLESS)
def test_harmless_modules_exist_and_are_in_no_recipe(part):
    assert (LIBRARY / part).exists()
    assert HARMLESS[part].strip()
    assert not any(is_in(part, parts) for parts in MODULES.values())


def test_a_module_that_is_imported_inside_a_function_is_found(tmp_path):
    path = tmp_path / "a.py"
    lines = (
        "def f():",
        "    from invariance.records import accuracy",
        "    import transforms2d.seeds",
    )
    path.write_text("\n".join(lines))
    assert imported(path) >= {"invariance/records/accuracy.py", "transforms2d/seeds.py"}
