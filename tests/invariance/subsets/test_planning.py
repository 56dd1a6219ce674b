"""Masks as a file: drawn before any training, row by row, and compared when they are read."""

import csv

import numpy as np
import pytest

from invariance.subsets import planning
from transforms2d.errors import DamagedFileError, UserError

NAMES = [f"class {number}" for number in range(8)]
SETTINGS = {"classes": NAMES, "kind": "bernoulli", "network_seed": 5, "rows": [0, 12], "seed": 3}


def of(**changes):
    return planning.plan({**SETTINGS, **changes})


@pytest.mark.parametrize("kind", ["bernoulli", "half"])
def test_a_longer_list_begins_like_a_shorter_one_and_falls_into_parts(kind):
    whole, parts = of(kind=kind), [of(kind=kind, rows=[n, n + 4]) for n in (0, 4, 8)]
    for name in ("rows", "seeds", "masks"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(whole, name), joined)


def test_other_networks_of_the_same_masks_have_other_seeds():
    first, again = of(), of(network_seed=6)
    assert np.array_equal(first.masks, again.masks)
    assert not set(first.seeds) & set(again.seeds)
    assert len(set(first.seeds)) == 12 and first.seeds.min() >= 0


def test_a_file_has_a_row_per_network_and_a_column_per_class(tmp_path):
    path = tmp_path / "masks.csv"
    planning.write(path, SETTINGS)
    with path.open(newline="") as file:
        first, *rows = csv.reader(file)
    plan = planning.read(path, SETTINGS)
    assert first == ["row", "seed", *NAMES]
    assert [[int(value) for value in row] for row in rows] == [
        [row, seed, *mask]
        for row, seed, mask in zip(plan.rows, plan.seeds, plan.masks.tolist(), strict=True)
    ]


def test_a_changed_bit_or_seed_is_refused(tmp_path):
    path = tmp_path / "masks.csv"
    planning.write(path, SETTINGS)
    lines = path.read_text().splitlines()
    for column, name in ((1, "seeds"), (4, "masks"), (0, "rows")):
        values = lines[3].split(",")
        values[column] = str(1 - int(values[column])) if column == 4 else "77"
        path.write_text("\n".join([*lines[:3], ",".join(values), *lines[4:]]) + "\n")
        with pytest.raises(DamagedFileError, match=rf"masks.csv: damaged: its {name} are not"):
            planning.read(path, SETTINGS)
    with pytest.raises(UserError, match="made for other source classes"):
        planning.read(path, {**SETTINGS, "classes": [*NAMES[1:], "another"]})
