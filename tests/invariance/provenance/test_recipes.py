"""A stage's code changed: someone decides whether its results did, and says so here.

After a change of code, either raise the stage's number in ``invariance/provenance/recipes.py`` (its
results change: everything made with it is made again) or leave it; then run
``python tests/invariance/provenance/test_recipes.py`` to record the decision.
"""

import ast
import hashlib
import json
from pathlib import Path

from invariance.provenance.recipes import MODULES, RECIPES

LIBRARY = Path(__file__).resolve().parents[3] / "workflow" / "lib"
KINDS = (".py", ".html", ".css", ".js", ".rst", ".txt")
RECORD = Path(__file__).with_name("recipes.json")


def code(path: Path) -> str:
    """A module's code without comments, docstrings and layout; a template as it stands."""
    if path.suffix != ".py":
        return path.read_text(encoding="utf-8")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                body[0].value = ast.Constant("")
    return written(tree)


def written(node) -> str:
    """A tree as ``ast.dump`` of Python 3.11 writes it, under which digests are the same anywhere.

    Later ones leave out empty lists and have a field for what the project's Python has not.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: getattr(node, name, None) for name in node._fields if name != "type_params"}
    kept = {
        name: value
        for name, value in fields.items()
        if value is not None or (name == "value" and isinstance(node, ast.Constant))
    }
    return f"{type(node).__name__}({', '.join(f'{n}={written(v)}' for n, v in kept.items())})"


def digest(stage: str) -> str:
    found = hashlib.sha256()
    for part in MODULES[stage]:
        path = LIBRARY / part
        there = sorted(path.rglob("*.*")) if path.is_dir() else [path]
        files = [file for file in there if file.suffix in KINDS]
        assert files, f"recipes.MODULES[{stage!r}] names {part}, which is not there"
        for file in files:
            found.update(f"{file.relative_to(LIBRARY)}\n{code(file)}\n".encode())
    return found.hexdigest()[:16]


def current() -> dict:
    return {stage: {"recipe": RECIPES[stage], "code": digest(stage)} for stage in MODULES}


def test_changes_of_code_were_decided():
    recorded, now = json.loads(RECORD.read_text()), current()
    undecided = [stage for stage in now if now[stage] != recorded.get(stage)]
    assert not undecided, f"{', '.join(undecided)}: code or recipe changed. {__doc__}"


def test_every_stage_has_a_recipe_and_the_other_way_round():
    assert set(MODULES) == set(RECIPES)


def test_a_comment_is_no_change(tmp_path):
    (tmp_path / "a.py").write_text('"""Doc."""\n\n\ndef f(x):\n    """Doc."""\n    return x + 1\n')
    (tmp_path / "b.py").write_text(
        '"""Other."""\ndef f(x):\n    """Other."""\n    return (x + 1)  # why\n'
    )
    (tmp_path / "c.py").write_text('"""Doc."""\n\n\ndef f(x):\n    """Doc."""\n    return x + 2\n')
    assert code(tmp_path / "a.py") == code(tmp_path / "b.py") != code(tmp_path / "c.py")


if __name__ == "__main__":
    RECORD.write_text(json.dumps(current(), indent=1) + "\n")
