"""What the documents say to type is typed: with the demo's networks and precision, on few images.

Blocks that are edits or need files of their own are run by the tests named in ``PYTHON``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.documents import Block, blocks, commands
from support.image_files import file_bytes, noise
from support.project import Project, one_seed, only

from invariance.config import loading
from invariance.config.settings_files import lay_over

pytestmark = pytest.mark.timeout(900)

# The pages with Python, and the test below tests/ that runs it.
PYTHON = {
    "docs/walkthrough.md": "documents/test_documents.py",
    "docs/looking.md": "documents/test_documents.py",
    "docs/take-away.md": "invariance/sharing/test_take_away.py",
    "docs/transforms2d.md": "transforms2d/test_dataset.py",
    "docs/extending.md": "documents/test_extending.py",
    "docs/deploying.md": "workflow/test_module.py",
}
EDITS = "docs/extending.md"
# Commands that change the machine or need a network: not typed.
LEFT_OUT = ("git", "cd", "source", "$EDITOR", "pip", "snakedeploy", "uv")
# Laid over config/demo.yaml: its networks, precision and formats, one panel of one study. So many
# test images that features in another precision give another count.
LESS = {
    "base_images": {"backgrounds": 50},
    "pretraining": {"epochs": 2},
    "linear_probe": {"epochs": 5},
    "fine_tuning": {"epochs": 1},
    "studies": {
        **only("invariance_vs_factors"),
        "invariance_vs_factors": {
            "seeds": 1,
            "domains": ["t2d"],
            "target_samples": {"train": 300, "val": 60, "test": 2000},
            "factors": {"class_relationship": ["disjoint"], "architecture": ["resnet-18"]},
            "sizes": {
                "t2d": {
                    "pretraining_samples": [1200],
                    "fine_tuning_samples": [50],
                    "target_samples": [],
                }
            },
        },
    },
}
ONE_SEED = {"studies": one_seed()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A project in which the demo, or less of it, was made."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    folder.mkdir()
    project = Project(folder)
    demo = yaml.safe_load((folder / "config/demo.yaml").read_text(encoding="utf-8"))
    lay_over(demo, LESS)
    (folder / "config/demo.yaml").write_text(yaml.safe_dump(demo), encoding="utf-8")
    (folder / "one_seed.yaml").write_text(yaml.safe_dump(ONE_SEED), encoding="utf-8")
    made = project.run("fig2", "--cores", "2", "--configfile", "config/demo.yaml", timeout=800)
    assert made.returncode == 0, made.stdout
    return project


def python(project, *arguments):
    done = project.python(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def typed(program: str) -> list[list[str]]:
    """Commands of one program in all blocks of shell, each once."""
    found = [
        words for block in blocks() if block.language in ("sh", "") for words in commands(block)
    ]
    of_program = [words for words in found if words[0] == program]
    return [words for at, words in enumerate(of_program) if words not in of_program[:at]]


def option(words: list[str], name: str) -> list[str]:
    """Values of an option, up to the next one."""
    if name not in words:
        return []
    rest = words[words.index(name) + 1 :]
    end = next((at for at, word in enumerate(rest) if word.startswith("-")), len(rest))
    return rest[:end]


def test_every_block_is_of_a_kind_that_is_run(repository):
    kinds = {block.language for block in blocks()}
    assert kinds == {"python", "yaml", "sh", "", "mermaid", "text"}, "pictures and trees are shown"
    assert {block.page for block in blocks() if block.language == "python"} == set(PYTHON)
    for page, test in PYTHON.items():
        text = (repository / "tests" / test).read_text(encoding="utf-8")
        assert page.rpartition("/")[2] in text, page
    known = {"make", "snakemake", "python", "hf", *LEFT_OUT}
    found = {
        words[0] for block in blocks() if block.language in ("sh", "") for words in commands(block)
    }
    assert found <= known


@pytest.mark.parametrize("page", [page for page, test in PYTHON.items() if test in __file__])
def test_python_of_a_page_runs_on_the_demo(demo, page):
    code = "".join(b.text for b in blocks() if b.page == page and b.language == "python")
    if page == "docs/looking.md":
        code += "assert len(frame) and 'seed' in frame.columns"
    said = python(demo, "-c", code)
    if page == "docs/walkthrough.md":
        assert "features 3" in said and "translate.shift_x" in said
        assert (demo.folder / "one_image.png").stat().st_size


def test_the_demo_has_what_the_walkthrough_must_cope_with(demo):
    merged = yaml.safe_load((demo.folder / "config/demo.yaml").read_text(encoding="utf-8"))
    assert merged["pretraining"]["precision"] == "bf16" and merged["pretraining"]["channels_last"]


@pytest.mark.parametrize(
    "block",
    [b for b in blocks() if b.language == "yaml" and b.page != EDITS],
    ids=lambda block: block.page,
)
def test_settings_of_a_page_are_valid(repository, tmp_path, monkeypatch, block: Block):
    monkeypatch.chdir(repository)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(block.text, encoding="utf-8")
    # Images of one's own are few: enough for the figures that the page asks for.
    names = ["fig1", "fig2"] if "path/to/images" in block.text else []
    loading.read_config(["config/demo.yaml", str(overlay)], names)


def test_targets_of_make_exist(repository):
    for words in typed("make"):
        done = subprocess.run(
            ["make", "-n", *words[1:]], cwd=repository, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def plans() -> dict[tuple, set[str]]:
    """Targets that pages ask Snakemake for, by profile and files of settings."""
    found = {}
    for words in typed("snakemake"):
        values = {name: option(words, name) for name in ("--configfile", "--config", "--quiet")}
        values |= {name: option(words, name)[:1] for name in ("--profile", "--cores")}
        targets = {word for word in words[1:] if not word.startswith("-")}
        targets -= {value for group in values.values() for value in group}
        key = *values["--profile"], *values["--configfile"]
        found.setdefault((bool(values["--profile"]), *key), set()).update(targets or {"all"})
    return found


@pytest.fixture
def own_images(project, repository):
    """A project with the folders of pictures that README and the evidence name."""
    (block,) = [b for b in blocks() if "path/to/images" in b.text]
    counts = yaml.safe_load(block.text)["base_images"]
    write_images(project.folder / "path/to/images", counts["objects"], counts["backgrounds"])
    write_images(project.folder / "../shared/data/photo_base", 61, 867)
    one = project.folder / "one.png"
    one.write_bytes(file_bytes(noise((32, 32)).convert("RGB")))
    for split, count in (("train", 1000), ("test", 250)):  # as many as the evidence takes
        for name in range(10):
            folder = project.folder / f"../data/cifar10/{split}/{name}"
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number}.png").hardlink_to(one)
    (project.folder / "docs/evidence").mkdir(parents=True)
    for path in (repository / "docs/evidence").glob("*.yaml"):
        shutil.copy(path, project.folder / "docs/evidence")
    one_seed = yaml.safe_dump(ONE_SEED)
    (project.folder / "one_seed.yaml").write_text(one_seed, encoding="utf-8")
    return project


def write_images(folder: Path, objects: int, backgrounds: int) -> None:
    """Objects and backgrounds, each of them the same picture."""
    for name in range(objects):
        path = folder / f"foregrounds/thing {name}/one.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(file_bytes(noise((9, 9))))
    (folder / "backgrounds").mkdir()
    picture = file_bytes(noise((16, 16)).convert("RGB"), "JPEG")
    for name in range(backgrounds):
        (folder / f"backgrounds/{name}.jpg").write_bytes(picture)


def test_commands_of_snakemake_plan_what_they_name(own_images):
    """Dry runs; of the whole paper one seed, as ten take ten times as long."""
    for block in blocks():
        if block.language == "yaml" and block.page != EDITS and "/" not in (block.named or "/"):
            path = own_images.folder / block.named
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            path.write_text(f"{before}{block.text}", encoding="utf-8")
    (own_images.folder / "mine.yaml").write_text("device: cpu", encoding="utf-8")
    for (of_slurm, *names), targets in plans().items():
        profile = ["--profile", names.pop(0)] if of_slurm else []
        if not names and targets == {"all"}:
            names = ["one_seed.yaml"]
        settings = ["--configfile", *names] if names else []
        plan = own_images.run(*sorted(targets), "-n", "--quiet", "rules", *profile, *settings)
        assert plan.returncode == 0, plan.stdout
        assert "Job stats" in plan.stdout, (names, targets)


def test_commands_of_invariance_run_on_the_demo(demo):
    """Those that speak of the whole paper with one seed, those of a variant as far as it goes."""
    (demo.folder / "wider.yaml").write_text("results: results/wider", encoding="utf-8")
    for words in typed("python"):
        if words[1:3] != ["-m", "invariance"]:
            continue
        settings = option(words, "--configfile")
        if settings == ["config/demo.yaml"]:
            # Figure 4 is not among the few that were made.
            said = python(demo, *(word.replace("fig4", "fig2") for word in words[1:]))
            assert "results/demo/figures/" in said
        elif not settings:
            said = python(demo, *words[1:], "--configfile", "one_seed.yaml")
            assert "294 pretrainings" in said and "free on the disk of results" in said
        else:
            with pytest.raises(AssertionError, match=r"results/wider/\S+: not made yet; run: "):
                python(demo, *words[1:])


def test_commands_of_transforms2d_run_on_its_shards(demo):
    data = demo.folder / "results/demo/invariance_vs_factors/t2d/seed0/data/target"
    for split in ("train", "test"):
        shutil.copy(data / f"{split}.safetensors", demo.folder)
    ran = [words for words in typed("python") if words[1:3] == ["-m", "transforms2d"]]
    for words in ran:
        python(demo, *words[1:])
        assert (demo.folder / option(words, "--out")[0]).exists()
    assert len(ran) == 3


def test_commands_of_the_hub_have_these_options(tmp_path):
    program = Path(sys.executable).with_name("hf")

    def ask(*words):
        environment = {**os.environ, "HF_HOME": str(tmp_path)}
        command = [program, *words, "--help"]
        return subprocess.run(command, env=environment, capture_output=True, check=False)

    for words in typed("hf"):
        assert ask(*words[1:]).returncode == 0
    assert ask(*words[1:], "--no-such-option").returncode


def test_the_demo_goes_on_where_it_ended(demo):
    for target in ("fig2", "results/demo/figures/fig2.png"):
        plan = demo.run(target, "-n", "--configfile", "config/demo.yaml")
        assert "Nothing to be done" in plan.stdout
