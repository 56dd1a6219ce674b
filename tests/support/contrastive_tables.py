"""Tidy tables of the study of invariances that are learnt, with numbers like those of a pilot."""

import itertools
import zlib
from types import SimpleNamespace

import pandas as pd

NAME = "contrastive"
FUSIONS = [["default", "ventral"], ["default", "dorsal"], ["ventral", "dorsal"]]
DEMO = {
    "domains": ["t2d"],
    "seeds": 3,
    "architecture": "resnet-18",
    "conditions": {"moco": ["ventral", "dorsal"], "supervised": [], "wide": []},
    "fusions": [["ventral", "dorsal"]],
    "faithful": {"identity": False, "own_pairs": False},
}
PILOT = {
    **DEMO,
    "conditions": {"moco": ["default", "ventral", "dorsal"], "supervised": [], "wide": []},
    "fusions": FUSIONS,
}
PAPER = {
    **DEMO,
    "domains": ["t2d", "cifar100"],
    "seeds": 5,
    "conditions": {
        "moco": ["default", "ventral", "dorsal", "geometric", "appearance"],
        "supervised": ["default", "ventral", "dorsal"],
        "wide": ["default"],
    },
    "fusions": [*FUSIONS, ["default", "ventral", "dorsal"]],
}
# By condition: values on the spatial and on the appearance axis, a pair per measure.
MEASURES = (
    "sensitivity",
    "whitened_cosine@0",
    "whitened_cosine@0.01",
    "whitened_cosine@0.1",
    "centred_cosine",
)
PLANTED = {
    "none/random": ((0.67, 0.55), (0.17, 0.46), (0.17, 0.46), (0.19, 0.47), (0.46, 0.56)),
    "moco/default": ((0.38, 0.44), (0.31, 0.52), (0.34, 0.53), (0.45, 0.56), (0.73, 0.69)),
    "moco/ventral": ((0.38, 0.51), (0.39, 0.45), (0.43, 0.46), (0.52, 0.48), (0.74, 0.59)),
    "moco/dorsal": ((0.61, 0.39), (0.22, 0.65), (0.23, 0.65), (0.27, 0.67), (0.52, 0.76)),
    "moco/geometric": ((0.31, 0.56), (0.41, 0.42), (0.46, 0.43), (0.56, 0.45), (0.78, 0.55)),
    "moco/appearance": ((0.64, 0.45), (0.20, 0.54), (0.21, 0.55), (0.24, 0.56), (0.50, 0.66)),
    "supervised/default": ((0.42, 0.46), (0.33, 0.51), (0.36, 0.52), (0.44, 0.55), (0.70, 0.67)),
    "supervised/ventral": ((0.44, 0.53), (0.36, 0.47), (0.39, 0.48), (0.47, 0.49), (0.69, 0.60)),
    "supervised/dorsal": ((0.58, 0.42), (0.25, 0.60), (0.26, 0.61), (0.30, 0.62), (0.55, 0.72)),
    "moco/default/wide": ((0.36, 0.43), (0.33, 0.54), (0.36, 0.55), (0.46, 0.57), (0.74, 0.70)),
}
SPECTRUM = {
    "none/random": (16, 450),
    "moco/default": (5, 7500),
    "moco/ventral": (8, 5000),
    "moco/dorsal": (11, 750),
}
SPATIAL = ("scale", "translate", "h_flip", "rotate", "shear")
APPEARANCE = ("hue", "brightness", "grayscale", "contrast", "blur")
LATENTS = {  # R2 by condition: untrained, default, ventral, dorsal
    "place": (0.05, 0.12, 0.16, 0.13),
    "scale": (0.11, 0.14, 0.12, 0.20),
    "hue": (0.04, 0.02, 0.05, -0.01),
    "brightness": (0.35, 0.40, 0.53, 0.30),
    "contrast": (0.50, 0.46, 0.55, 0.40),
}
TASKS = {  # score by condition, of a fusion of two, of an ensemble of one condition
    "classes": (0.13, 0.20, 0.19, 0.21),
    "place": (0.05, 0.12, 0.16, 0.13),
    "cifar10": (0.22, 0.31, 0.27, 0.30),
}
GAINS = {"fusion": 0.06, "ensemble": 0.045}


def study(settings=None, **changes):
    """What figures and tables ask of a study: name, domains, seeds and settings."""
    settings = {**(settings or DEMO), **changes}
    return SimpleNamespace(
        name=NAME,
        domains=tuple(settings["domains"]),
        seeds=tuple(range(settings["seeds"])),
        settings=settings,
    )


def conditions(settings: dict) -> list[str]:
    """Conditions of single networks in the order of figures."""
    chosen = settings["conditions"]
    return [
        "none/random",
        *(f"moco/{views}" for views in chosen["moco"]),
        *(f"moco/{views}/wide" for views in chosen["wide"]),
        *(f"supervised/{views}" for views in chosen["supervised"]),
    ]


def fusions(settings: dict) -> list[str]:
    """Names of fusions, then of the ensembles of the same sizes of one condition."""
    fused = ["-".join(parts) for parts in settings["fusions"]]
    controls = ["-".join([one] * len(parts)) for parts in settings["fusions"] for one in parts]
    return [*fused, *dict.fromkeys(controls)]


def table(study, value=None) -> pd.DataFrame:
    """The tidy table; ``value`` gives a row's value from its other columns."""
    return pd.DataFrame([{**row, "value": (value or planted)(row)} for row in rows(study)])


def rows(study):
    """Every row of the tidy table, without its value."""
    for domain in study.domains:
        for seed in study.seeds:
            cell = {"study": study.name, "domain": domain, "seed": seed}
            for condition in conditions(study.settings):
                own = {**cell, **_model(condition, study.settings["architecture"])}
                yield {**own, "method": "contrastive", "quantity": "knn_accuracy"}
                yield from ({**own, **row} for row in (*_measures(), *_readouts()))
            for name in fusions(study.settings):
                alone = len(set(name.split("-"))) == 1
                own = {**cell, "model": name, "objective": "ensemble" if alone else "fusion"}
                own |= {"condition": name, "architecture": study.settings["architecture"]}
                yield from ({**own, **row} for row in _readouts())


def _model(condition: str, architecture: str) -> dict:
    objective, views, *wide = condition.split("/")
    network = f"{architecture}-w3" if wide else architecture
    names = {"objective": objective, "condition": views, "architecture": network}
    return {"model": "/".join(names.values()), **names}


def _measures():
    for change in (*SPATIAL, *APPEARANCE):
        for method in ("invariance", "invariance_draws"):
            for target, quantity in itertools.product(("source", "cifar10"), MEASURES):
                row = {"method": method, "target": target, "change": change}
                yield {**row, "quantity": quantity}
        for target in ("objects", "cifar10"):
            row = {"method": "sensitivity", "target": target, "change": change}
            yield {**row, "quantity": "l2"}
    for target, change in (("photos", "photos"), ("own", "viewpoint")):
        for quantity in MEASURES:
            row = {"method": "views", "target": target, "change": change}
            yield {**row, "quantity": quantity}
    for target, quantity in itertools.product(
        ("source", "objects"), ("effective_rank", "condition_number")
    ):
        yield {"method": "spectrum", "target": target, "quantity": quantity}


def _readouts():
    for latent in LATENTS:
        yield {"method": "regression", "target": "latents", "change": latent, "quantity": "r2"}
    for target, change, *quantities in (
        ("objects", "classes", "accuracy", "class_accuracy"),
        ("objects", "place", "r2"),
        ("cifar10", "classes", "accuracy", "class_accuracy"),
    ):
        for quantity in quantities:
            row = {"method": "downstream", "target": target, "change": change}
            yield {**row, "quantity": quantity}


def planted(row: dict) -> float:
    """A row's value: that of its condition, shifted by its transformation, with a little noise."""
    noise = (
        _share(*(row.get(key) for key in ("domain", "seed", "model", "change", "target", "method")))
    ) / 40
    if row["method"] in ("regression", "downstream"):
        return _readout(row) + 0.6 * noise
    if row["method"] == "contrastive":
        return 0.3
    condition = condition_of(row["model"])
    if row["method"] == "spectrum":
        rank, number = SPECTRUM.get(condition, (7, 3000))
        value = rank if row["quantity"] == "effective_rank" else number
        return value * (1 + 4 * noise)
    measure = "sensitivity" if row["method"] == "sensitivity" else row["quantity"]
    pair = PLANTED[condition][MEASURES.index(measure)]
    change = row["change"]
    if row["method"] == "views":
        return sum(pair) / 2 + noise
    value = pair[change in APPEARANCE]
    shift = 0.12 * _share(change) * (-1 if measure == "sensitivity" else 1)
    return value + shift + noise


def _readout(row: dict) -> float:
    change = row["change"]
    task = row["target"] if row["target"] == "cifar10" else change
    values = LATENTS[change] if row["method"] == "regression" else TASKS[task]
    known = dict(zip(("random", "default", "ventral", "dorsal"), values, strict=True))
    parts = row["model"].split("-")
    if "/" not in row["model"]:
        kind = "fusion" if len(set(parts)) > 1 else "ensemble"
        return max(known[part] for part in parts) + GAINS[kind] * (len(parts) - 1)
    objective, views, network = row["model"].split("/")
    value = known.get(views, 0.6 * sum(values) / 2)
    return value + 0.03 * (objective == "supervised") + 0.02 * network.endswith("w3")


def condition_of(model: str) -> str:
    """``moco/default`` of ``moco/default/resnet-18``."""
    name, _, network = model.rpartition("/")
    return f"{name}/wide" if network.endswith("-w3") else name


def _share(*parts) -> float:
    """A number in -1..1 that is the same in every process."""
    return zlib.crc32(" ".join(map(str, parts)).encode()) % 2001 / 1000 - 1
