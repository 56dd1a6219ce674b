"""The packages that each script loads before its work: a job that starts cold pays for each."""

import ast
import sys
from pathlib import Path

import pytest
from support.project import REPOSITORY

LIBRARY = REPOSITORY / "workflow" / "lib"
SCRIPTS = {path.stem: path for path in (REPOSITORY / "workflow" / "scripts").glob("*.py")}
# Beyond these, which take 0.15 s of processor time: what each script loads. Here torch takes 1.8 s,
# seaborn with matplotlib 0.9, pandas 0.5, Jinja2 and docutils 0.1.
LIGHT = {"yaml", "numpy", "PIL"}
LOADED = {
    "collect_measures": set(),
    "collect_results": set(),
    "download_base_images": {"torch"},
    "draw_masks": set(),
    "draw_figure": {"pandas"},
    "draw_gallery": {"pandas", "torch"},
    "estimate_influence": {"torch"},
    "draw_subpopulations": {"pandas", "torch"},
    "export_dataset": {"torch"},
    "export_model": {"torch"},
    "extract_features": {"torch"},
    "fine_tune": {"torch", "tqdm"},
    "fuse": {"torch"},
    "linear_probe": {"torch"},
    "measure_model": {"torch"},
    "make_scorecard": {"jinja2", "pandas"},
    "prepare_base_images": {"torch"},
    "prepare_natural_images": {"torch"},
    "prepare_views": {"torch"},
    "pretrain": {"torch", "tqdm"},
    "pretrain_contrastive": {"torch", "tqdm"},
    "render_dataset": {"torch"},
    "render_examples": {"torch"},
    "represent": {"torch"},
    "score_sensitivity": {"torch"},
    "train_counterfactuals": {"torch"},
    "train_subsets": {"torch"},
    "write_config": set(),
    "write_figures_page": {"docutils", "jinja2"},
    "write_ledger": {"jinja2"},
    "write_manifest": set(),
    "write_overview": {"jinja2", "pandas"},
    "write_table": {"jinja2", "pandas"},
}


def loaded(path: Path, seen: set[Path]) -> set[str]:
    """Packages of others that the import of a file loads, itself or through files of ours."""
    seen.add(path)
    found = set()
    for name in names(ast.parse(path.read_text(encoding="utf-8"))):
        top = name.partition(".")[0]
        if top in ("invariance", "transforms2d"):
            for file in files(name):
                if file not in seen:
                    found |= loaded(file, seen)
        elif top not in sys.stdlib_module_names:
            found.add(top)
    return found


def names(tree: ast.AST):
    """What runs when a file is imported imports these: all but what functions import."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
        yield from names(node)


def files(name: str):
    """Files that the import of a name of ours runs: those of its packages, and its own."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        base = LIBRARY.joinpath(*parts[:depth])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                yield file


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_a_script_loads_what_it_needs_and_no_more(script):
    assert loaded(SCRIPTS[script], set()) - LIGHT == LOADED[script]


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_what_takes_long_comes_with_the_warm_start(script):
    text = SCRIPTS[script].read_text(encoding="utf-8")
    has_torch = "*TENSORS" in text or "*READOUTS" in text
    assert has_torch == ("torch" in LOADED[script])
    if "pandas" in LOADED[script]:
        assert "*TABLES" in text or "*FIGURES" in text
