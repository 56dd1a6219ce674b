"""Users without a name, a home or a cache to write to, as in containers, run the workflow too."""

import os
import pwd
import shutil
import subprocess

import pytest

from transforms2d.errors import UserError
from transforms2d.web.download import cache_folder

TARGET = "results/demo/config.yaml"
ARGUMENTS = (TARGET, "--cores", "1", "--configfile", "config/demo.yaml")
NOBODY = 54321
# Of root's rights the one to read is kept: Python may stand in a folder of root's.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)


def run(project, *before, **environment):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
    return subprocess.run(
        [*before, *project.command(*ARGUMENTS)],
        cwd=project.folder,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_folder_that_cannot_be_made(project, variable):
    (project.folder.parent / "file").touch()
    nowhere = str(project.folder.parent / "file/folder")
    ended = run(project, **{"HOME": str(project.folder.parent), variable: nowhere})
    assert ended.returncode == 0, ended.stdout
    assert (project.folder / TARGET).is_file()


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv"
)
@pytest.mark.parametrize("home", ["/", "/nonexistent"])
def test_a_user_who_is_a_number(project, home):
    for path in (project.folder, *project.folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    project.folder.parent.chmod(0o755)
    ended = run(project, *AS_NOBODY, HOME=home)
    assert ended.returncode == 0, ended.stdout
    assert (project.folder / TARGET).stat().st_uid == NOBODY


def test_downloads_of_a_user_without_a_home_need_a_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(UserError, match="set XDG_CACHE_HOME to a folder"):
        cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "transforms2d"
