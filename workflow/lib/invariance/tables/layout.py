"""The layouts of any table: Markdown, LaTeX with booktabs, and HTML.

The content of a table comes from its module, ``ARTEFACTS[name].module`` below
``invariance.tables``, with three functions: ``numbers(results, name, accuracy)`` gives its CSV;
``grid(name, numbers, description, latex)`` the texts and the boldness of its cells, as two
DataFrames with the labels of rows and columns; ``caption(name, numbers, description)`` its caption.
"""

import re
from importlib import import_module
from types import ModuleType

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.report.links import Links
from invariance.report.template import render
from transforms2d.errors import UserError

# Characters with a meaning in LaTeX; a folder's name may contain them.
ESCAPED = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def module_of(name: str) -> ModuleType:
    """The module of ``invariance.tables`` that makes a table."""
    return import_module(f"invariance.tables.{ARTEFACTS[name].module}")


def require(rows: pd.DataFrame, name: str) -> None:
    """Refuse a table without rows.

    Raises
    ------
    UserError
        With the table and the study whose results lack them.
    """
    if rows.empty:
        source = ARTEFACTS[name].study or "the measures of the models"
        raise UserError(f"{name}: no results for it; make the table of {source} again")


def markdown(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table in Markdown, its caption above."""
    module = module_of(name)
    texts, bold = module.grid(name, numbers, description, latex=False)
    texts = texts.where(~bold, "**" + texts + "**")
    heads = [*texts.index.names, *(" ".join(column) for column in pairs(texts.columns))]
    lines = [heads, ["---"] * len(heads)]
    lines += [
        [*row, *values] for row, values in zip(pairs(texts.index), texts.to_numpy(), strict=True)
    ]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{module.caption(name, numbers, description)}\n\n{body}\n"


def latex(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table in LaTeX; it needs the packages booktabs and multirow."""
    styled = _styled(name, numbers, description, "textbf:--rwrap;", latex=True)
    text = styled.to_latex(
        hrules=True,
        clines="skip-last;data" if styled.data.index.nlevels > 1 else None,
        column_format="l" * (styled.data.index.nlevels + styled.data.shape[1]),
        multicol_align="c",
        multirow_align="t",
        position_float="centering",
        caption=module_of(name).caption(name, numbers, description).translate(ESCAPED),
        label=f"tab:{name.removeprefix('tab').replace('_', '-')}",
    )
    # Use rules of booktabs between blocks, and none above the last rule.
    text = re.sub(r"\\cline\{.*\}\n(?=\\bottomrule)", "", text)
    return re.sub(r"\\cline\{.*\}", r"\\midrule", text)


def html(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table as a separate page."""
    styled = _styled(name, numbers, description, "font-weight: bold;", latex=False)
    return render(
        "table.html",
        links=Links(f"tables/{name}.html", ()),
        run=description["run"],
        name=name,
        number=ARTEFACTS[name].label,
        title=ARTEFACTS[name].title,
        body=styled.to_html(table_uuid=name),
        caption=module_of(name).caption(name, numbers, description),
    )


FORMATS = {".md": markdown, ".tex": latex, ".html": html}


def labelled(index: pd.Index, labels: dict) -> pd.Index:
    """An index with labels in place of its keys; a key without a label stays as it is."""
    rows = [tuple(labels.get(part, part) for part in pair) for pair in pairs(index)]
    return pd.MultiIndex.from_tuples(rows) if index.nlevels > 1 else pd.Index([r[0] for r in rows])


def pairs(index: pd.Index) -> list[tuple]:
    """The entries of an index as tuples, also where it has one level."""
    return [pair if isinstance(pair, tuple) else (pair,) for pair in index]


def _styled(name: str, numbers: pd.DataFrame, description: dict, mark: str, latex: bool):
    texts, bold = module_of(name).grid(name, numbers, description, latex=latex)
    marks = bold.map(lambda least: mark if least else "")
    return texts.style.apply(lambda _: marks, axis=None)
