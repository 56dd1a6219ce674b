"""Where the project lies, who starts it and from where: it runs, or one line says what is wrong."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import snakemake_server
from support.project import Project

from invariance.launch.project_path import check_place, check_root, extended
from transforms2d.errors import UserError

FITTING = (
    "/home/me/project-2_b",
    "/data/a+b,c@d=e^f.g",
    "/home/größe/日本語",
    "/home/e\u0301t\u00e9",
)
HARMFUL = {
    "/home/my project": "a space",
    "/home/a\tb": r"'\t'",
    "/home/a\nb": r"'\n'",
    "/home/it's": '"\'"',
    '/home/a"b': "'\"'",
    "/home/a\\b": r"'\\'",
    "/home/$HOME": "'$'",
    "/home/`id`": "'`'",
    "/home/a;id": "';'",
    "/home/a&b": "'&'",
    "/home/a|b": "'|'",
    "/home/a(b)": "'('",
    "/home/[a]": "'['",
    "/home/{a}": "'{'",
    "/home/<a>": "'<'",
    "/home/a:b": "':'",
    "/home/a*": "'*'",
    "/home/a?": "'?'",
    "/home/a#b": "'#'",
    "/home/~a": "'~'",
    "/home/a!b": "'!'",
    "/home/%u": "'%'",
    "/home/a\u00a0b": r"'\xa0'",
    "/home/a\u202eb": r"'\u202e'",
    "/home/a\udcff": r"'\udcff'",
}


@pytest.mark.parametrize("path", FITTING)
def test_letters_of_all_languages_may_stand_in_the_path(path):
    check_place(path, path)


@pytest.mark.parametrize("path", HARMFUL)
def test_what_a_shell_or_a_pattern_reads_may_not(path):
    for arguments, what in (
        ((path,), "rename the folder"),
        (("/a", path), "this is the path of Python"),
    ):
        with pytest.raises(UserError) as refused:
            check_place(*arguments)
        text = str(refused.value)
        assert f"{HARMFUL[path]} in this path" in text and what in text
        assert text.isprintable(), "one line, and nothing that a terminal would obey"
        assert path in text or not path.isprintable()


def one_error(done: subprocess.CompletedProcess) -> str:
    """The only line of a refusal, but for what Snakemake says of its profile."""
    assert done.returncode != 0
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Using ")]
    assert len(lines) == 1, done.stdout
    return lines[0]


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("two words", (("-n",), ("--lint",))),
        ("x $(touch pwned); touch pwned", (("--cores", "1"),)),
        ("a{b}", (("-n",),)),
    ],
)
def test_the_workflow_says_so_before_any_job(tmp_path, name, ways):
    (tmp_path / name).mkdir()
    project = Project(tmp_path / name)
    for more in ways:
        assert one_error(project.refused(*more)).startswith(f"error: {project.folder}: ")
    assert not (project.folder / "results").exists()
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
@pytest.mark.parametrize("name", ["two words", "a`touch pwned`", "ten%", "great"])
def test_make_says_so_before_it_installs(tmp_path, repository, name):
    folder = tmp_path / name
    shutil.copytree(repository / "workflow/lib", folder / "workflow/lib")
    shutil.copy(repository / "Makefile", folder)
    for part in ("requirements.txt", "pyproject.toml"):
        (folder / part).touch()
    # The suite itself may have been started by a make, which says so to those within.
    alone = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    command = ["make", "setup", "BIN=bin"]
    asked = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)
    assert not list(tmp_path.rglob("pwned"))
    if name == "great":
        assert "Installing" in asked.stdout
        return
    assert asked.returncode != 0 and asked.stdout == ""
    assert asked.stderr.startswith(f"error: {folder}: ") and "Traceback" not in asked.stderr
    assert not (folder / ".venv").exists() and not (folder / "bin").exists()


def test_a_python_whose_path_has_a_space_is_named(project, tmp_path):
    python = tmp_path / "my env" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    done = subprocess.run(
        [python, "-m", "snakemake", "-n"],
        cwd=project.folder,
        env={**project.environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert one_error(done).startswith(
        f"error: {python}: a space in this path; this is the path of Python"
    )


def elsewhere(project, folder, *arguments) -> subprocess.CompletedProcess:
    return snakemake_server.ask(arguments, folder, project.environment(), 300)


def test_from_another_folder_one_line_says_where_to_go(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    snakefile, root = str(project.folder / "Snakefile"), str(project.folder)
    (other / "x.yaml").write_text("device: cpu\n")
    said = one_error(elsewhere(project, other, "-s", snakefile, "--configfile", "x.yaml", "-n"))
    assert said.startswith(f"error: {other}: ") and f"cd {root}" in said
    said = one_error(project.run("-n", "--directory", str(other)))
    assert said.startswith(f"error: {other}: ") and f"cd {root}" in said
    below = project.folder / "config"
    assert f"cd {root}" in one_error(elsewhere(project, below, "-s", "../Snakefile", "-n"))
    # The root by another name is the root.
    link = tmp_path / "link"
    link.symlink_to(project.folder)
    for where, arguments in (
        (link, ()),
        (link, ("-s", snakefile)),
        (other, ("-d", root, "-s", snakefile)),
    ):
        plan = elsewhere(project, where, *arguments, "fig5", "-n", "--quiet", "rules")
        assert plan.returncode == 0, plan.stdout


def test_the_root_is_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_root(tmp_path)
    with pytest.raises(UserError, match="run this in the repository's root: cd /usr"):
        check_root("/usr")


def test_a_list_of_paths_is_extended():
    assert extended(None, "/lib") == extended("", "/lib") == "/lib"
    assert extended("/a:/b", "/lib") == "/lib:/a:/b"
    assert extended("/a:/lib:/b", "/lib") == "/lib:/a:/b"
    assert extended(":/a", "/lib") == "/lib::/a", "an empty one is the current folder, and stays"


def test_jobs_find_packages_that_only_pythonpath_names(project, tmp_path):
    """As on a cluster whose modules set it."""
    alone = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", alone], check=True)
    packages = os.pathsep.join(path for path in sys.path if path.endswith("-packages"))
    done = subprocess.run(
        [alone / "bin/python", "-m", "snakemake", "results/config.yaml", "--cores", "1"],
        cwd=project.folder,
        env={**project.environment(), "PYTHONPATH": packages},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert (project.folder / "results/config.yaml").exists()


@pytest.mark.parametrize("outside", ["yesterday", "99999999999.0", "1.5"])
def test_when_a_run_began_is_not_taken_from_outside(project, monkeypatch, outside):
    monkeypatch.setenv("WORKFLOW_RUN_STARTED", outside)
    with (project.folder / "Snakefile").open("a") as snakefile:
        snakefile.write('\nprint("began", os.environ["WORKFLOW_RUN_STARTED"], file=sys.stderr)\n')
    before = time.time()
    listed = project.run("--list-rules")
    (began,) = [line.split()[1] for line in listed.stdout.splitlines() if line.startswith("began")]
    assert before <= float(began) <= time.time()
    # A job is started by a run, and keeps what that told it.
    if outside == "1.5":
        assert "began 1.5" in project.run("--list-rules", "--mode", "subprocess").stdout


def test_a_profile_needs_no_link(project):
    """As where links are checked out as files that hold their target: Windows, some archives."""
    for path in [path for path in project.folder.rglob("*") if path.is_symlink()]:
        target = path.readlink()
        path.unlink()
        path.write_text(str(target))
    plan = project.run(
        *("--profile", "slurm", "-n", "--quiet", "rules", "--configfile", "config/demo.yaml")
    )
    assert plan.returncode == 0 and "pretrain" in plan.stdout, plan.stdout


def test_make_clean_removes_what_it_says(project, repository):
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    shutil.copy(repository / "Makefile", project.folder)
    kept = (
        "results/other/fig1.png",
        ".snakemake/metadata/a",
        ".snakemake/conda/b",
        "config/demo.yaml",
    )
    for name in (*kept, "results/demo/figures/fig1.png"):
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    done = subprocess.run(["make", "clean"], cwd=project.folder, capture_output=True, text=True)
    assert done.returncode == 0 and "Removed results/demo and nothing else" in done.stdout
    assert not (project.folder / "results/demo").exists()
    assert all((project.folder / name).is_file() for name in kept)
    assert Path(project.folder, "Snakefile").is_file()
