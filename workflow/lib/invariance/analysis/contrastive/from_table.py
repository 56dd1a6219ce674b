"""Numbers per network and seed from the tidy table of the study ``contrastive``.

All functions take the tidy table. They return one row per domain, seed, condition and what they are
about, so that differences between conditions are taken within seeds.
"""

import pandas as pd

from invariance.analysis.contrastive.conditions import condition, is_fusion, order
from invariance.studies.contrastive.shown import AXES, SHRINKAGE

# Methods, by a grid of parameters or by draws: the first that a transformation was scored by.
WAYS = ("invariance", "invariance_draws")
SOURCE = "source"  # images like those of pretraining, which no network has seen
OBJECTS = "objects"
# Latents that networks invariant on an axis may lose.
LATENTS = {"spatial": ("place", "scale"), "appearance": ("hue", "brightness", "contrast")}
SPECTRUM = ("effective_rank", "condition_number")
SENSITIVITY, WHITENED = "sensitivity", f"whitened_cosine@{SHRINKAGE:g}"
CENTRED = "centred_cosine"
# Measures in the order of figures and tables; others of the table are not shown.
MEASURES = (
    SENSITIVITY,
    "whitened_cosine@0",
    "whitened_cosine@0.001",
    WHITENED,
    "whitened_cosine@0.1",
    "whitened_cosine@ledoit_wolf",
    CENTRED,
)
TASKS = ("classes", "place", "cifar10", "cifar100")  # in their order; others come last
NETWORK = ["domain", "seed", "condition"]


def invariances(results: pd.DataFrame) -> pd.DataFrame:
    """Every measure of every transformation of whole images like those of pretraining.

    Returns
    -------
    DataFrame with columns domain, seed, condition, change (the transformation), quantity (of
    ``MEASURES``) and value. A transformation is scored in one way in all networks of a domain: over
    a grid of parameters, or, where it has none, over draws.
    """
    rows = results[results.method.isin(WAYS) & (results.target == SOURCE)]
    rows = _known(rows[rows.quantity.isin(MEASURES)])
    rows = first_way(rows, ["domain", "change"])
    return rows[[*NETWORK, "change", "quantity", "value"]]


def first_way(rows: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """The rows of the first of ``WAYS`` in which a transformation was scored, alike in ``of``."""
    way = rows.method.map(WAYS.index)
    return rows[way == way.groupby([rows[name] for name in of]).transform("min")]


def carried(results: pd.DataFrame) -> pd.DataFrame:
    """Sensitivity to changes that pretraining did not show: of objects alone, and of other images.

    Returns
    -------
    DataFrame with the columns of ``invariances`` and ``target`` (the set of twins).
    """
    rows = _known(results[results.method == "sensitivity"])
    rows = rows[rows.quantity.isin(["l2", SENSITIVITY])].assign(quantity=SENSITIVITY)
    return rows[[*NETWORK, "target", "change", "quantity", "value"]]


def on_axes(rows: pd.DataFrame) -> pd.DataFrame:
    """The means over the transformations of each axis.

    Parameters
    ----------
    rows : DataFrame
        Of ``invariances`` or ``carried``.

    Returns
    -------
    DataFrame with the column ``axis`` (``spatial`` or ``appearance``) in place of ``change``. A
    network that lacks a transformation which others of its domain have is left out.
    """
    return sort(axis_means(rows))


def axis_means(rows: pd.DataFrame) -> pd.DataFrame:
    """As ``on_axes``, not sorted; the rows may have any further columns, such as the study."""
    axis = {change: name for name, changes in AXES.items() for change in changes}
    rows = rows.assign(axis=rows.change.map(axis)).dropna(subset="axis")
    by = [name for name in rows.columns if name not in ("seed", "change", "value")]
    known = [name for name in by if name != "condition"]
    all_of_axis = rows.groupby(known).change.transform("nunique")
    own = rows.groupby([*by, "seed"]).change.transform("nunique")
    return rows[own == all_of_axis].groupby([*by, "seed"], as_index=False).value.mean()


def of_views(results: pd.DataFrame) -> pd.DataFrame:
    """Every measure of real or rendered views of one object.

    Returns
    -------
    DataFrame with columns domain, seed, condition, views (``photos``, or the name and the factor of
    a table of views, such as ``coil100 viewpoint``), quantity and value.
    """
    rows = results[(results.method == "views") & results.quantity.isin(MEASURES)]
    rows = _known(rows)
    same = rows.change.isna() | (rows.change == rows.target)
    views = rows.target.where(same, rows.target + " " + rows.change.astype(str))
    return rows.assign(views=views)[[*NETWORK, "views", "quantity", "value"]]


def spectra(results: pd.DataFrame) -> pd.DataFrame:
    """``effective_rank`` and ``condition_number`` of the features of unchanged images.

    Returns
    -------
    DataFrame with columns domain, seed, condition, quantity and value.
    """
    rows = results[(results.method == "spectrum") & (results.target == SOURCE)]
    rows = rows[rows.quantity.isin(SPECTRUM)]
    return _known(rows)[[*NETWORK, "quantity", "value"]]


def latents(results: pd.DataFrame) -> pd.DataFrame:
    """R2 of each latent, of networks and fusions.

    Returns
    -------
    DataFrame with columns domain, seed, condition, change (the latent) and value.
    """
    rows = results[(results.target == "latents") & (results.quantity == "r2")]
    return _known(rows)[[*NETWORK, "change", "value"]]


def scores(results: pd.DataFrame) -> pd.DataFrame:
    """The score of every downstream task, of networks and fusions.

    Returns
    -------
    DataFrame with columns domain, seed, condition, task (``classes`` or ``place`` of objects, or
    the dataset whose classes are told apart) and value: accuracy, or R2.
    """
    rows = results[(results.method == "downstream") & results.quantity.isin(["accuracy", "r2"])]
    rows = rows.assign(task=rows.change.where(rows.target == OBJECTS, rows.target))
    return _known(rows)[[*NETWORK, "task", "value"]]


def ordered_tasks(names) -> list[str]:
    """Tasks, each once, in the order of figures and tables."""
    return [name for name in dict.fromkeys([*TASKS, *sorted(names)]) if name in set(names)]


def of_networks(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of single networks."""
    return rows[~rows.condition.map(is_fusion)]


def sort(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows by domain, condition in the order of figures, and the rest."""
    rest = [name for name in rows.columns if name not in (*NETWORK, "value")]
    places = {one: at for at, one in enumerate(sorted(rows.condition.unique(), key=order))}
    domains = {one: at for at, one in enumerate(sorted(rows.domain.unique(), key=_domain))}
    keys = rows.assign(_domain=rows.domain.map(domains), _place=rows.condition.map(places))
    ordered = keys.sort_values(["_domain", "_place", "seed", *rest], kind="stable")
    return ordered.drop(columns=["_domain", "_place"]).reset_index(drop=True)


def _domain(name: str) -> tuple[bool, str]:
    return name != "t2d", name


def _known(rows: pd.DataFrame) -> pd.DataFrame:
    return sort(rows.assign(condition=rows.model.map(condition))[_columns(rows)])


def _columns(rows: pd.DataFrame) -> list[str]:
    named = [
        name for name in ("method", "target", "task", "change", "quantity") if name in rows.columns
    ]
    return [*NETWORK, *named, "value"]
