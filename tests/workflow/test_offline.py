"""``snakemake download`` fetches all there is; what comes after runs where there is no network."""

import copy
import shutil
import subprocess

import pytest
from support.hub_layouts import backgrounds, classes_layout
from support.hub_server import Hub
from support.project import only
from support.tiny_config import TINY

CLASSES = 8
MODEL = (
    "results/tiny/invariance_vs_factors/t2d/seed0/pretrain/same/disjoint/n100/resnet-18/"
    "model.safetensors"
)
# A network of its own for the process: without one address, not even that of this machine.
NO_NETWORK = ("unshare", "--map-root-user", "--net")


@pytest.fixture
def refused():
    if shutil.which(NO_NETWORK[0]) is None or subprocess.run([*NO_NETWORK, "true"]).returncode:
        pytest.skip("this system lets no process be cut off from the network")


def test_nothing_after_the_download_needs_the_network(project, tmp_path, monkeypatch, refused):
    values = copy.deepcopy(TINY)
    values["studies"] |= only("invariance_vs_factors")
    values["base_images"] = {
        **{"source": "huggingface", "repository": Hub.repository, "revision": "main"},
        **{"objects": CLASSES, "backgrounds": len(backgrounds())},
    }
    config = project.overlay(values)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    with Hub(classes_layout(CLASSES)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        done = project.run("download", "--cores", "1", "--configfile", config)
        assert done.returncode == 0, done.stdout
        assert hub.requests
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    command = project.command(MODEL, "fig6", "--cores", "1", "--configfile", config)
    done = subprocess.run(
        [*NO_NETWORK, *command],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for made in (MODEL, "results/tiny/figures/fig6.png"):
        assert (project.folder / made).stat().st_size
