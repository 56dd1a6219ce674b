"""Lines about a job stay short, however many files it reads, and all of them are tracked."""

import copy
import re

from support.image_files import file_bytes, noise, write
from support.small_run import FOLDER, SMALL, run

TARGET = f"{FOLDER}/natural_images/cifar10/test.safetensors"
IMAGES = 40  # of a class in each split: 800 in all


def test_a_folder_of_many_pictures_is_a_short_line(small_project):
    root = small_project.folder / "photographs"
    content = file_bytes(noise((32, 32)).convert("RGB"))
    for label in range(10):
        for split in ("train", "test"):
            for number in range(IMAGES):
                write(root, f"{split}/class{label}/{number:04}.png", content)
    changed = copy.deepcopy(SMALL)
    changed["natural_images"]["cifar10"] = {"source": "folder", "folder": "photographs"}
    small_project.overlay(changed)

    made = run(small_project, TARGET)
    assert made.returncode == 0, made.stdout
    assert re.search(
        r"^    input: photographs/train/class0/0000.png, .*\(800 in all\)$", made.stdout, re.M
    )
    assert "Nothing to be done" in run(small_project, TARGET, "-n").stdout
    # The last of all, which no line shows.
    last = root / "test/class9" / f"{IMAGES - 1:04}.png"
    last.write_bytes(file_bytes(noise((32, 32), 5).convert("RGB")))
    for path in root.rglob("*.png"):
        path.write_bytes(path.read_bytes() + b"noted")
    plan = run(small_project, TARGET, "-n")
    assert "Updated input files: photographs" in plan.stdout
    for said in (made.stdout, plan.stdout):
        assert max(map(len, said.splitlines())) < 2000
    last.unlink()
    assert "rule prepare_natural_images" in run(small_project, TARGET, "-n").stdout
