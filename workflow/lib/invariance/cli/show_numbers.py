"""The numbers of a figure, a table or a study as plain text, for a terminal or a pipe."""

import contextlib
import math
import shlex
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from invariance.analysis.seed_statistics import decimals, interval_of
from invariance.artefacts import available, on_request
from invariance.config import loading
from invariance.provenance import notes
from invariance.provenance.source_digests import artefact_digests
from invariance.records.accuracy import QUANTITIES
from invariance.records.results import read_results
from invariance.report.ledger_words import in_words, read_ledger, uniform
from invariance.studies import load_studies
from invariance.studies.protocol import resolve
from transforms2d.errors import UserError

# What is printed as it was written, and the table of all its numbers.
WRITTEN = {"scorecard": ("scorecard/summary.txt", "scorecard/scorecard.csv")}
STATISTICS = ("mean", "low", "high", "lowest", "highest", "difference", "start", "end", "centre")
ENDS = ["low", "high"]


def show(name: str, configfiles: Iterable[str] = (), results: str | None = None) -> str:
    """The numbers of what was asked for, and the path of the table that holds them all.

    Figures: the mean over seeds, the number of seeds and the 95 % t interval of every value of
    every series, a block a panel; pictures of the data: what each image was made with. Tables and
    the scorecard as they were written. Studies: means over models and seeds.

    Raises
    ------
    UserError
        One line, for an unknown name, for what was not made yet, with the command that makes it,
        and for what lies in the configuration's folder and was made with another configuration.
    """
    configfiles = list(configfiles)
    config = loading.read_config(configfiles, [name])
    studies = load_studies(config)
    artefacts = {**available(studies), **on_request(studies)}
    loading.check_name(name, [*artefacts, *studies, "scorecard", "ledger"])
    folder = Path(results or config["results"])

    def made(path: str) -> Path:
        if (folder / path).is_file():
            if results is None:  # another folder may be of any configuration
                of = {"of": artefact_digests(name, config, studies)}
                notes.check_all(folder, [folder / _first(path), folder / path], of)
            return folder / path
        run = loading.command(name, configfiles)
        run += (
            f" --config {shlex.quote(f'results={folder}')}"
            if str(folder) != config["results"]
            else ""
        )
        raise UserError(f"{folder / path}: not made yet; run: {run}")

    if name in WRITTEN or (name in artefacts and artefacts[name].kind == "tables"):
        written, table = WRITTEN.get(name, (f"tables/{name}.md", f"tables/{name}.csv"))
        return f"{made(written).read_text(encoding='utf-8').rstrip()}\n\n{made(table)}"
    if name in studies:
        path = made(f"{name}/results.csv")
        accuracy = QUANTITIES[resolve(config["protocol"])["accuracy"]]
        return f"{_blocks(of_study(read_results(path), accuracy))}\n\n{path}"
    if name == "ledger":
        path = made("ledger.csv")
        table = read_ledger(path)
        parts = [
            _text(in_words(table).rename_axis("Result").reset_index()),
            *filter(None, [uniform(table)]),
            str(path),
        ]
        return "\n\n".join(parts)
    import pandas as pd

    path = made(f"figures/{name}.csv")
    frame = pd.read_csv(path)
    return f"{_blocks(over_seeds(frame))}\n\n{path}"


def _first(path: str) -> str:
    """The first file of the job that made one: the note of all of them is about that."""
    place = PurePosixPath(path)
    if place.parts[0] == "tables":
        return str(place.with_suffix(".csv"))
    first = {"figures": f"{place.stem}.png", "scorecard": "scorecard.html"}.get(place.parts[0])
    return str(place.with_name(first)) if first else path


def over_seeds(frame):
    """Mean, number of seeds and 95 % t interval of the last column of a figure's table.

    Returns
    -------
    pandas.DataFrame
        A row for every combination of the other columns, in their order, with ``mean``, ``n``,
        ``low`` and ``high``, the latter NaN below 3 seeds. A table without seeds as it is.
    """
    import pandas as pd

    value = frame.columns[-1]
    by = [name for name in frame.columns if name not in ("seed", value)]
    if "seed" not in frame.columns:
        return frame
    rows = []
    for key, part in frame.groupby(by, sort=False, dropna=False):
        values = part[value].to_numpy()
        low, high = interval_of(values)
        rows.append([*key, values.mean(), len(values), low, high])
    return pd.DataFrame(rows, columns=[*by, "mean", "n", "low", "high"])


def of_study(table, accuracy: str):
    """A study's tidy table in short: means over models and seeds, and the range over models.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``results.read_results`` gives it.
    accuracy : str
        The quantity that the protocol calls accuracy; the other readings of it are left out.

    Returns
    -------
    pandas.DataFrame
        ``domain``, ``method``, ``target``, ``target_samples`` (where the table has them),
        ``quantity``, ``models``, ``seeds``, ``mean``, and ``lowest`` and ``highest`` of the models'
        means over seeds (and over what twins differ in).
    """
    kept = (table.quantity == accuracy) | ~table.quantity.str.endswith("accuracy")
    names = ("domain", "method", "target", "target_samples", "quantity")
    by = [name for name in names if name in table.columns and table[name].notna().any()]
    groups = table[kept].groupby([*by, "model"], sort=False, dropna=False)
    models = groups.agg(value=("value", "mean"), seeds=("seed", "nunique")).reset_index()
    return (
        models.groupby(by, sort=False, dropna=False)
        .agg(
            models=("model", "count"),
            seeds=("seeds", "max"),
            mean=("value", "mean"),
            lowest=("value", "min"),
            highest=("value", "max"),
        )
        .reset_index()
    )


def _blocks(frame) -> str:
    """A block of rows for each value of the first column, without columns that are empty there."""
    parts = (part for _, part in frame.groupby(frame.columns[0], sort=False, dropna=False))
    return "\n\n".join(_text(_tidied(part.dropna(axis="columns", how="all"))) for part in parts)


def _tidied(part):
    """Numbers as such, where a column of several panels had words too; rows of one value together.

    Words stay in the order in which they appear.
    """
    import pandas as pd

    part, rank = part.copy(), {}
    for name in part.columns:
        with contextlib.suppress(ValueError, TypeError):
            part[name] = pd.to_numeric(part[name])
        words = not pd.api.types.is_numeric_dtype(part[name])
        rank[name] = pd.factorize(part[name])[0] if words else part[name]
    return part.iloc[pd.DataFrame(rank).reset_index(drop=True).sort_values(list(rank)).index]


def _text(frame) -> str:
    """All rows and columns, none shortened, whatever the terminal's width.

    Numbers with an interval have as many decimals as its width makes worth showing.
    """
    formats = {
        name: "{:.3f}".format if name in STATISTICS else "{:.6g}".format
        for name in frame.select_dtypes("float").columns
    }
    if set(ENDS) <= set(frame.columns):
        digits = [decimals(*ends) for ends in frame[ENDS].to_numpy()]
        aligned = [name for name in formats if name in STATISTICS]
        texts = {
            name: [_aligned(*each) for each in zip(frame[name], digits, strict=True)]
            for name in aligned
        }
        frame = frame.assign(**texts)
        formats = {name: form for name, form in formats.items() if name not in aligned}
    text = frame.to_string(index=False, na_rep="", formatters=formats)
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _aligned(value: float, digits: int) -> str:
    """A number whose point stands where that of one of four decimals does; nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.{digits}f}".ljust(len(f"{value:.4f}"))
