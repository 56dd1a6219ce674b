"""Two runs at once: in one folder the second is refused; two that share a cache both finish."""

import copy
import json
import os
import signal
import subprocess
import sys
import time
from hashlib import md5

from support.cifar_server import Server, archive, cifar10_members
from support.hub_layouts import CLASSES, backgrounds, classes_layout, parquet_layout
from support.hub_server import Hub
from support.small_run import FOLDER, SMALL, new_project, run
from torchvision.datasets import CIFAR10

IMAGES = f"{FOLDER}/base_images/images.safetensors"


def start(project, config: str) -> subprocess.Popen:
    return subprocess.Popen(
        project.command(IMAGES, "--cores", "1", "--configfile", config),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_second_run_in_a_folder_is_refused(small_project):
    config = str(small_project.folder / "config" / "overlay.yaml")
    first = start(small_project, config)
    locks = small_project.folder / ".snakemake" / "locks"
    while first.poll() is None and not (locks.is_dir() and any(locks.iterdir())):
        time.sleep(0.02)
    assert first.poll() is None
    os.kill(first.pid, signal.SIGSTOP)  # it holds the folder however long the second one takes
    try:
        second = run(small_project, IMAGES)
    finally:
        os.kill(first.pid, signal.SIGCONT)
    output, _ = first.communicate(timeout=600)
    assert second.returncode != 0
    (line,) = [line for line in second.stdout.splitlines() if line.startswith("error: ")]
    assert f"{FOLDER}: another run writes there, process {first.pid} on" in line
    assert "Traceback" not in second.stdout
    assert first.returncode == 0, output
    assert run(small_project, IMAGES).returncode == 0


BASE = """
import json, sys
from transforms2d.base_images import fetch
print(json.dumps(fetch(json.loads(sys.argv[1]), cache_dir=sys.argv[2])["origin"]))
"""
NATURAL = """
import sys
from torchvision.datasets import CIFAR10
CIFAR10.tgz_md5 = sys.argv[2]
from transforms2d import natural_images
settings = {"source": "torchvision", "base_url": sys.argv[1]}
print(len(natural_images.prepare("cifar10", settings, "train", cache_dir=sys.argv[3]).images))
"""


def side_by_side(count, code, *arguments, environment):
    """Start the same program several times at once; what each of them printed."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    answers = [process.communicate(timeout=300) for process in started]
    assert all(process.returncode == 0 for process in started), answers
    return [out.strip() for out, _ in answers]


def test_downloads_to_a_shared_cache(tmp_path, repository):
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository / "workflow" / "lib"),
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "*",
    }
    with Hub(parquet_layout()) as hub:
        settings = {
            "source": "huggingface",
            "repository": Hub.repository,
            "revision": "main",
            "objects": len(CLASSES),
            "backgrounds": 4,
            "prototypes": 1,
        }
        asked = {**environment, "HF_ENDPOINT": hub.url}
        cache = tmp_path / "hub"
        answers = side_by_side(3, BASE, json.dumps(settings), cache, environment=asked)
    assert len(set(answers)) == 1
    content = archive(CIFAR10, cifar10_members())
    cache = tmp_path / "cifar"
    with Server(content) as server:
        digest = md5(content).hexdigest()
        answers = side_by_side(3, NATURAL, server.url, digest, cache, environment=environment)
    assert answers == ["100"] * 3
    assert [path.read_bytes() for path in cache.iterdir()] == [content]


def test_runs_in_two_folders_share_a_cache(tmp_path, monkeypatch):
    changed = copy.deepcopy(SMALL)
    changed["base_images"] = {
        **{"source": "huggingface", "repository": Hub.repository, "revision": "main"},
        **{"objects": 12, "backgrounds": len(backgrounds())},
    }
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    started, projects = [], []
    with Hub(classes_layout(12)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            project = new_project(tmp_path / name)
            config = project.overlay(changed)
            started.append(start(project, config))
            projects.append(project)
        answers = [process.communicate(timeout=500)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], answers
    first, second = ((project.folder / IMAGES).read_bytes() for project in projects)
    assert first == second
    assert list((tmp_path / "home").rglob("*.png")), (
        "nothing lies in the cache that both were given"
    )
