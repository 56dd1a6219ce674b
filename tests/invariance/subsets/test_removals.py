"""Removal of source classes: which network lacks what, and what its evaluation says."""

import numpy as np
import pytest
import torch

from invariance.records.results import write_record
from invariance.subsets import counterfactuals
from transforms2d.errors import UserError

ORDERS = {"bottom": [3, 1, 0, 2], "top": [2, 0, 1, 3], "wrong": [1, 0, 2, 3]}


def test_each_number_is_removed_in_each_order():
    plan = counterfactuals.plan(["bottom", "top"], [1, 3], ORDERS)
    assert [(one.arm, one.classes) for one in plan] == [
        ("none", ()),
        ("bottom", (3,)),
        ("bottom", (3, 1, 0)),
        ("top", (2,)),
        ("top", (2, 0, 1)),
        ("wrong", (1,)),
    ]
    masks = counterfactuals.masks_without(plan, 4)
    assert masks.dtype == np.uint8
    assert masks.tolist() == [
        [1, 1, 1, 1],
        [1, 1, 1, 0],
        [0, 0, 1, 0],
        [1, 1, 0, 1],
        [0, 0, 0, 1],
        [1, 0, 1, 1],
    ]


def test_an_evaluation_per_removal_counts_its_own_images():
    plan = counterfactuals.plan(["bottom"], [1], ORDERS)
    tensors = {
        "val/correct": torch.tensor([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]),
        "test/correct": torch.tensor([[1, 0], [0, 0], [1, 1]]),
    }
    found = counterfactuals.evaluations(tensors, plan, [1, 3])
    assert [(one["target"], one["change"]) for one in found] == [
        ("none", "0 removed"),
        ("bottom", "1 removed"),
        ("wrong", "1 removed"),
    ]
    assert [list(one["scores"].values()) for one in found] == [
        [0.5, 0.5, 0.5],
        [0.25, 0, 0],
        [0.75, 1, 0.5],
    ]


def test_orders_come_from_the_expected_influences_and_none_may_be_absent(tmp_path):
    path = tmp_path / "record.json"
    of = {"cell": {"study": "influence", "domain": "t2d", "seed": 0, "model": "half"}, "stages": {}}
    details = {"orders": ORDERS, "wrong_images": [2]}
    write_record(path, method="influence", evaluations=[], details=details, **of)
    settings = {
        "arms": ["bottom", "planted"],
        "removed": [1],
        "order_seed": 1,
        "network_seed": 1,
        "training": {"num_classes": 4},
    }

    def run(expected):
        of_kind = {"influence": {"half": expected}}
        counterfactuals.run({"influence": path}, {}, settings, of_kind)

    with pytest.raises(UserError, match=r"record\.json: has no order planted"):
        run(of)
    with pytest.raises(UserError, match=r"record\.json: made for something else: cell\.model"):
        run({**of, "cell": {**of["cell"], "model": "bernoulli"}})
