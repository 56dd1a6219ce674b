"""Wrong configurations and data as a user meets them: one line, before or instead of a result."""

import copy

import pytest
import yaml
from support.image_files import file_bytes, noise, write
from support.small_run import FOLDER, SMALL, run
from support.wrong_settings import WRONG

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


def test_no_wrong_configuration_reaches_a_job(small_project, config):
    """Edited in place: what is laid over the paper's with --configfile is completed by it."""
    for path, value, message in WRONG:
        wrong = copy.deepcopy(config)
        inner = wrong
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        file = small_project.folder / "config" / "config.yaml"
        file.write_text(yaml.safe_dump(wrong, sort_keys=False), encoding="utf-8")
        # One small job, of a rule that every configuration has: it must not be started.
        asked = small_project.run("write_config", "--cores", "1")
        lines = [line for line in asked.stdout.splitlines() if not line.startswith("Using")]
        assert asked.returncode != 0, f"{path}: {value!r} was accepted"
        assert lines and all(line.startswith("error: ") for line in lines), asked.stdout
        assert any(message in line for line in lines)
        assert not (small_project.folder / "results").exists()


BAD_IMAGES = {
    "truncated": file_bytes(noise((60, 60)))[:900],
    "without alpha": file_bytes(noise((20, 20)).convert("RGB")),
    "invisible": file_bytes(noise((20, 20)).point(lambda value: 0)),
    "a web page": b"<!DOCTYPE html><html></html>",
    "empty": b"",
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_named_and_nothing_is_made_of_it(small_project, name):
    where = small_project.folder / "images"
    for kind in range(12):
        write(where, f"foregrounds/kind {kind}/a.png")
    write(where, "backgrounds/a.jpg", file_bytes(noise((50, 40)).convert("RGB"), "JPEG"))
    bad = write(where, "foregrounds/kind 7/a.png", BAD_IMAGES[name])
    changed = copy.deepcopy(SMALL)
    changed["base_images"] = {
        "source": "folder",
        "folder": str(where),
        "objects": 12,
        "backgrounds": 1,
    }
    small_project.overlay(changed)
    refused = run(small_project, f"{FOLDER}/base_images/images.safetensors")
    assert refused.returncode != 0
    named = [line for line in refused.stdout.splitlines() if line.startswith("error: ")]
    assert named and all(str(bad) in line for line in named), refused.stdout
    assert not (small_project.folder / FOLDER / "base_images/images.safetensors").exists()
    write(where, "foregrounds/kind 7/a.png")
    mended = run(small_project, f"{FOLDER}/base_images/images.safetensors")
    assert mended.returncode == 0, mended.stdout
