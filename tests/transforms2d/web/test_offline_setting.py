"""``HF_HUB_OFFLINE`` is read in one way, that of the Hub's client, for whatever may be fetched."""

import os
import re
import subprocess
import sys

import pytest

CLIENT = """
from huggingface_hub import constants
from transforms2d.web.offline import is_offline
assert is_offline() == constants.HF_HUB_OFFLINE
print(is_offline())
"""


def read(repository, **variables):
    environment = {key: value for key, value in os.environ.items() if "OFFLINE" not in key}
    environment |= {"PYTHONPATH": str(repository / "workflow" / "lib"), **variables}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("value", ["1", "yes", "True", "ON"])
def test_what_means_offline(repository, value):
    assert read(repository, HF_HUB_OFFLINE=value)


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_what_does_not(repository, value):
    assert not read(repository, HF_HUB_OFFLINE=value)


def test_nobody_reads_the_variable_for_himself(repository):
    """A second reader would read it in another way."""
    found = [
        path.name
        for path in (repository / "workflow").rglob("*")
        if path.suffix in (".py", ".smk") and re.search(r"environ.*OFFLINE", path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("offline", [True, False])
def test_the_jobs_ask_it(repository, tmp_path, monkeypatch, offline):
    from invariance.provenance import prepared_images
    from transforms2d.errors import UserError

    asked = []
    monkeypatch.setattr(
        prepared_images.base_images,
        "fetch",
        lambda used, offline: asked.append(offline) or {"a": 1},
    )
    hub = {"source": "huggingface", "repository": "a/b", "revision": "main"}
    numbers = {"objects": 5, "backgrounds": 7, "prototypes": 2}
    prepared_images.list_base(tmp_path / "index.json", {"base_images": {**hub, **numbers}}, offline)
    assert asked == [offline]
    monkeypatch.setattr(prepared_images.natural_images, "prepare", _refuse(asked))
    natural = {"cifar10": {"source": "torchvision"}}
    with pytest.raises(UserError, match="asked"):
        prepared_images.prepare_natural(
            [tmp_path / "a", tmp_path / "b"],
            "cifar10",
            {"natural_images": natural, "image_size": 32},
            offline,
        )
    assert asked == [offline] * 2
    for script in ("download_base_images", "prepare_natural_images"):
        text = (repository / "workflow" / "scripts" / f"{script}.py").read_text()
        assert "is_offline()" in text


def _refuse(asked):
    from transforms2d.errors import UserError

    def prepared_images(*arguments, offline, **options):
        asked.append(offline)
        raise UserError("asked")

    return prepared_images
