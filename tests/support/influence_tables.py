"""Tidy tables of the study of source classes, with numbers like those of a small run."""

import json
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

NAME = "influence"
DEMO = {
    "domains": ["t2d"],
    "seeds": 3,
    "classes": {"leaks": 3, "carriers": 4, "partial": 5, "neutral": 12},
    "target": {"objects": 8, "transformations": ["rotate", "hue"]},
    "list_size": 2,
    "masks": {"kinds": ["bernoulli"], "models": 64, "per_job": 64, "repeated": 0},
    "training": {"fixed": "steps"},
    "counterfactuals": {
        "removed": [0.25, 0.5, 0.75],
        "arms": ["bottom", "top", "random", "planted"],
        "repeats": 2,
        "estimator": "least_squares",
        "order_from": "val",
    },
    "statistics": {"resamples": 1000, "permutations": 500},
}
PAPER = {
    **DEMO,
    "domains": ["t2d", "cifar"],
    "seeds": 5,
    "classes": {"leaks": 3, "carriers": 5, "partial": 10, "neutral": 28},
    "target": {"objects": 16, "transformations": 3},
    "list_size": 3,
    "masks": {"kinds": ["bernoulli", "half"], "models": 600, "per_job": 50, "repeated": 0.1},
    "counterfactuals": {
        **DEMO["counterfactuals"],
        "removed": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "arms": ["bottom", "top", "random", "planted", "mapping"],
        "repeats": 5,
    },
}
KINDS = {"leaks": "leak", "carriers": "carrier", "partial": "partial", "neutral": "neutral"}
EFFECTS = {"leak": 0.012, "carrier": 0.014, "partial": 0.006, "neutral": 0.0}
RELIABILITY = ("lds", "lds_difference_of_means", "split_half", "r2", "null_band")


def study(settings=None, **changes):
    """What figures and tables ask of a study: name, domains, seeds and settings."""
    settings = {**(settings or DEMO), **changes}
    return SimpleNamespace(
        name=NAME,
        domains=tuple(settings["domains"]),
        seeds=tuple(range(settings["seeds"])),
        settings=settings,
    )


def sources(settings: dict, domain: str) -> list[str]:
    """Names of the source classes in label order."""
    if domain == "cifar":
        return [f"class {number}" for number in range(100)]
    counts = settings["classes"]
    return [f"{KINDS[kind]} {n}" for kind in KINDS for n in range(1, counts[kind] + 1)]


def targets(settings: dict, domain: str) -> list[str]:
    """Names of the target classes in label order."""
    number = 10 if domain == "cifar" else settings["target"]["objects"]
    return [f"class {n}" for n in range(1, number + 1)]


def table(study, value=None) -> pd.DataFrame:
    """The tidy table; ``value`` gives a row's value from its other columns."""
    if value is None:
        return _plausible(json.dumps([study.settings, study.seeds])).copy()
    return pd.DataFrame([{**row, "value": value(row)} for row in rows(study)])


@cache
def _plausible(key: str) -> pd.DataFrame:
    """The table of a study with these settings and seeds, made once."""
    settings, seeds = json.loads(key)
    one = study({**settings, "seeds": len(seeds)})
    return table(one, Values(one))


def rows(study):
    """Every row of the tidy table, without its value."""
    for domain in study.domains:
        for seed in study.seeds:
            cell = {"study": study.name, "domain": domain, "seed": seed}
            yield from ({**cell, **row} for row in _rows(study.settings, domain))


def _rows(settings: dict, domain: str):
    masks, removal = settings["masks"], settings["counterfactuals"]
    names, network = sources(settings, domain), {"architecture": "small-cnn"}
    for model in ("bernoulli/0", "full/0"):
        for quantity in ("val_accuracy", "test_accuracy", "source_accuracy"):
            row = {"method": "subsets", "target": "target", "quantity": quantity}
            yield {"model": model, **network, **row}
    for kind in masks["kinds"]:
        cell = {"model": kind, **network}
        for target in ("all", *targets(settings, domain)):
            whole = target == "all"
            estimates = ["influence", "difference_of_means", "standard_error"]
            estimates += ["low", "high"] if whole else []
            known = ["similarity", "mapping", *(["source_accuracy"] if whole else [])]
            known += ["overlap"] if whole and domain != "cifar" else []
            for name in names:
                row = {**cell, "target": target, "change": name}
                for quantity in estimates:
                    yield {**row, "method": "influence", "quantity": quantity}
                for quantity in known:
                    yield {**row, "method": "influence_baselines", "quantity": quantity}
        for name in names:
            row = {"target": "all", "change": name, "quantity": "influence"}
            yield {**cell, "method": "influence_wrong", **row}
        for models in (masks["models"] // 4, masks["models"] // 2, masks["models"]):
            row = {"target": "all", "change": f"{models} models"}
            for quantity in (*RELIABILITY, *(["ceiling"] if masks["repeated"] else [])):
                yield {**cell, "method": "influence_reliability", **row, "quantity": quantity}
    numbers = [round(share * len(names)) for share in removal["removed"]]
    arms = [arm for arm in removal["arms"] if domain != "cifar" or arm != "planted"]
    points = [("none", 0), *((arm, n) for arm in arms for n in numbers), ("wrong", min(numbers))]
    for repeat in range(removal["repeats"]):
        for arm, removed in points:
            row = {"model": f"repeat{repeat}", **network, "method": "counterfactuals"}
            row |= {"target": arm, "change": f"{removed} removed"}
            for quantity in ("val_accuracy", "test_accuracy", "wrong_accuracy"):
                yield {**row, "quantity": quantity}


class Values:
    """Values of rows: planted kinds have their effects, and more models give less noise."""

    def __init__(self, study):
        self.settings = study.settings

    @cache  # noqa: B019 - one per test
    def design(self, domain: str, seed: int) -> dict:
        """True influences, [source, target], and predictors of one design."""
        random = np.random.default_rng([seed, domain == "cifar"])
        names, count = sources(self.settings, domain), len(targets(self.settings, domain))
        kinds = np.array([name.rpartition(" ")[0] for name in names])
        if domain == "cifar":
            effect = np.random.default_rng(9).normal(0, 0.006, (len(names), count))
            effect[:, :3] += 0.02 * (np.arange(len(names)) % 7 == 0)[:, None]
            effect += random.normal(0, 0.0015, effect.shape)
        else:
            effect = np.array([EFFECTS[kind] for kind in kinds])[:, None]
            effect = effect + random.normal(0, 0.007, (len(names), count)) - 0.003
            for leak in range(self.settings["classes"]["leaks"]):
                effect[leak, leak] += 0.15
        mean = effect.mean(axis=1)
        mapping = random.gamma(1.2, 1 / (1.2 * len(names)), effect.shape)
        mapping += np.clip(effect, 0, None) * 3
        return {
            "names": {name: at for at, name in enumerate(names)},
            "effect": effect,
            "similarity": 0.4 + 4 * mean[:, None] + random.normal(0, 0.05, effect.shape),
            "mapping": mapping / mapping.sum(axis=0),
            "source_accuracy": np.clip(
                0.6 - 4 * mean + random.normal(0, 0.08, len(names)), 0.1, 0.98
            ),
            "level": 0.52 + 0.05 * random.normal(),
            "noise": random.normal(0, 0.003, (2, len(names))),
        }

    def __call__(self, row: dict) -> float:
        design = self.design(row["domain"], row["seed"])
        if row["method"] == "subsets":
            return design["level"] - 0.05
        if row["method"] == "counterfactuals":
            return self._accuracy(row, design)
        if row["method"] == "influence_reliability":
            return self._reliability(row)
        at, quantity = design["names"][row["change"]], row["quantity"]
        columns = slice(None)
        if row["target"] != "all":
            first = 0 if row["domain"] == "cifar" and row["target"] == "class 0" else 1
            columns = int(row["target"].rpartition(" ")[2]) - first
        if quantity == "overlap":
            size = self.settings["list_size"]
            kind = row["change"].rpartition(" ")[0]
            return {"leak": 1.0, "carrier": 1.0, "partial": 1 / size, "neutral": 0.0}[kind]
        if quantity == "source_accuracy":
            return float(design[quantity][at])
        if quantity in ("similarity", "mapping"):
            return float(np.mean(design[quantity][at, columns]))
        if quantity == "standard_error":
            return 0.003
        noise = design["noise"][int(row["model"] == "half"), at]
        noise *= 1.5 if quantity == "difference_of_means" else 1
        shift = {"low": -0.006, "high": 0.006}.get(quantity, 0)
        value = np.mean(design["effect"][at, columns]) + noise + shift
        if row["model"] == "half":  # centred
            value -= design["effect"].mean()
        return float(value)

    def _accuracy(self, row: dict, design: dict) -> float:
        classes = len(design["names"])
        share = int(row["change"].split()[0]) / classes
        arm, level = row["target"], design["level"]
        gain = {
            "bottom": 0.9 * share * (1.15 - share),
            "planted": 0.75 * share * (1.12 - share),
            "mapping": 0.6 * share * (1.1 - share),
            "top": -0.35 * share,
        }.get(arm, 0)
        accuracy = level + gain * (0.4 if row["domain"] == "cifar" else 0.8) - 0.12 * share**2.5
        accuracy += 0.01 * ((hash_of(arm, row["change"], row["model"], row["seed"]) % 100) / 50 - 1)
        if row["quantity"] == "wrong_accuracy":
            more = {"wrong": 0.14, "random": 0.03}.get(arm, 0) * min(1, share * 4)
            return float(np.clip(0.22 + more + 0.3 * (level - 0.52), 0, 1))
        return float(np.clip(accuracy, 0, 1))

    def _reliability(self, row: dict) -> float:
        models = int(row["change"].split()[0])
        share = models / (models + (60 if row["model"] == "half" else 30))
        noise = 0.04 * ((hash_of(row["quantity"], row["seed"], models) % 100) / 50 - 1)
        return {
            "lds": 0.97 * share,
            "lds_difference_of_means": 0.9 * share,
            "split_half": share**2,
            "r2": 0.95 - 0.25 * share,
            "ceiling": 0.96,
            "null_band": 0.06 / models**0.5,
        }[row["quantity"]] + (noise if row["quantity"] != "null_band" else 0)


def hash_of(*parts) -> int:
    """A number that is the same in every process."""
    import zlib

    return zlib.crc32(" ".join(map(str, parts)).encode())
