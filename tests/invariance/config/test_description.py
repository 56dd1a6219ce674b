"""A run says what it is; anything that makes it smaller than the paper's is found.

The paper's scale is recorded in ``config/paper_scale.yaml``, away from the configuration that a
user may edit. Where ``config/config.yaml`` as committed changes on purpose, run
``python tests/invariance/config/test_description.py`` to record it anew.
"""

from pathlib import Path

import pytest
import yaml

from invariance.config.run_description import (
    describe,
    differences,
    protocol_text,
    scale,
    scale_text,
    seeds_text,
)

REPOSITORY = Path(__file__).resolve().parents[3]
RECORD = REPOSITORY / "config/paper_scale.yaml"
HEADER = "# The scale of the paper; the scorecard compares a run with it.\n"


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def paper():
    return load(RECORD)


def test_the_record_is_the_committed_configuration(config, paper):
    assert scale(config) == paper, __doc__


def test_the_paper_has_its_own_scale(config, paper):
    description = describe(config, paper)
    assert set(description["scale"].values()) == {"paper"} and description["differences"] == []
    assert scale_text(description) == "the paper's scale"
    assert protocol_text(description) == "protocol paper"


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("image_size",), 16),
        (("pretraining", "epochs"), 5),
        (("pretraining", "width"), 8),
        (("pretraining", "precision"), "bf16"),
        (("base_images", "source"), "procedural"),
        (("base_images", "objects"), 60),
        (("natural_images", "cifar10", "source"), "procedural"),
        (("linear_probe", "epochs"), 20),
        (("sensitivity", "pairs"), 100),
        (("studies", "invariance_transfer", "samples", "train"), 100),
        (("studies", "invariance_transfer", "seeds"), 9),
    ],
)
def test_a_smaller_run_is_told_apart(config, paper, keys, value):
    inner = config
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    description = describe(config, paper)
    assert list(differences(config, paper)) == [".".join(keys)]
    assert description["differences"][0].startswith(f"{'.'.join(keys)} ")
    assert description["scale"]["invariance_transfer"] == "reduced"
    assert "not the paper's" in scale_text(description)


def test_a_study_is_not_reduced_by_another(config, paper):
    config["studies"]["invariance_mismatch"]["classes"] = 10
    description = describe(config, paper)
    assert description["scale"].pop("invariance_mismatch") == "reduced"
    assert set(description["scale"].values()) == {"paper"}
    assert scale_text({**description, "scale": {"a": "paper", "b": "reduced"}}).startswith("partly")


def test_what_only_chooses_cells_or_adds_seeds_is_no_difference(config, paper):
    config["studies"]["invariance_mismatch"] |= {"sizes": [1, 8], "seeds": 30}
    config["studies"]["invariance_transfer"]["architectures"] = ["resnet-18"]
    config["studies"].pop("irrelevant_features")
    config["pretraining"]["channels_last"] = True
    config["base_images"] |= {"source": "folder", "folder": "images"}
    config["results"], config["device"] = "results/other", "cuda"
    assert differences(config, paper) == {}


def test_protocol_and_seeds_in_words(config, paper):
    config["protocol"] = {"preset": "released_code", "accuracy": "test"}
    description = describe(config, paper)
    assert protocol_text(description) == "protocol released_code with accuracy=test"
    assert seeds_text({"a": 1}) == "1 seed"
    assert seeds_text({"a": 3, "b": 3}) == "3 seeds"
    assert seeds_text({"a": 3, "b": 10}) == "3 to 10 seeds"


if __name__ == "__main__":
    text = yaml.safe_dump(scale(load(REPOSITORY / "config/config.yaml")), sort_keys=False)
    RECORD.write_text(HEADER + text, encoding="utf-8")
