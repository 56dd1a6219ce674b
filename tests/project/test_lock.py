"""The lock file serves Linux (x86-64 and aarch64) and macOS (arm64), on Python 3.11 to 3.13."""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.project import REPOSITORY

PYTHONS = ("3.11", "3.12", "3.13")
# What a wheel for the platform may be called: glibc 2.28 and macOS 14, and all before them.
GLIBC = range(28, 4, -1)
PLATFORMS = {
    ("Linux", "x86_64"): [
        *(f"manylinux_2_{minor}_x86_64" for minor in GLIBC),
        "manylinux2014_x86_64",
        "manylinux2010_x86_64",
        "manylinux1_x86_64",
    ],
    ("Linux", "aarch64"): [
        *(f"manylinux_2_{minor}_aarch64" for minor in GLIBC),
        "manylinux2014_aarch64",
    ],
    ("Darwin", "arm64"): [
        *(
            f"macosx_{major}_0_{kind}"
            for major in (14, 13, 12, 11)
            for kind in ("arm64", "universal2")
        ),
        "macosx_10_13_universal2",
        "macosx_10_9_universal2",
    ],
}
CASES = [(*platform, python) for platform in PLATFORMS for python in PYTHONS]
UV_PLATFORMS = {"Linux": "manylinux_2_28", "Darwin": "apple-darwin"}
FOR_CUDA = ("nvidia-", "cuda-", "triton")
NO_WHEEL = "connection_pool"  # pure Python, published as source alone


def environment(system: str, machine: str, python: str) -> dict:
    return {
        "platform_system": system,
        "platform_machine": machine,
        "sys_platform": system.lower(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
    }


def applies(requirement: Requirement, where: dict, extras=("",)) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**where, "extra": extra}) for extra in extras)


def pins(where: dict) -> dict[str, Requirement]:
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in found if applies(one, where)}


def needed(where: dict) -> set[str]:
    """All that the project and its locked extras require there, by the installed packages."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["workflow"], *extras["dev"]]
    todo, seen = [Requirement(line) for line in lines], {}
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if name in seen and one.extras <= seen[name]:
            continue
        seen[name] = seen.get(name, set()) | one.extras
        inner = map(Requirement, requires(name) or [])
        todo += [each for each in inner if applies(each, where, ("", *seen[name]))]
    return set(seen)


@pytest.mark.parametrize(("system", "machine", "python"), CASES)
def test_all_that_is_needed_has_its_pin(system, machine, python):
    where = environment(system, machine, python)
    assert sorted(needed(where) - set(pins(where))) == []


def test_every_pin_is_one_version():
    for one in pins(environment("Linux", "x86_64", "3.11")).values():
        assert [each.operator for each in one.specifier] == ["=="], one


def test_packages_for_cuda_are_for_linux_alone():
    linux, mac = (
        pins(environment(*platform, "3.13"))
        for platform in (("Linux", "x86_64"), ("Darwin", "arm64"))
    )
    for_cuda = {name for name in linux if name.startswith(FOR_CUDA)}
    assert {"nvidia-cublas", "triton"} <= for_cuda
    assert set(linux) - set(mac) == for_cuda


@pytest.mark.slow
@pytest.mark.parametrize(("system", "machine", "python"), CASES)
def test_every_pin_has_a_file_for_the_platform(system, machine, python, tmp_path):
    """pip finds each; its dependencies are those of the test above."""
    chosen = pins(environment(system, machine, python)).values()
    lock = tmp_path / "lock.txt"
    lock.write_text("\n".join(f"{one.name}{one.specifier}" for one in chosen), encoding="utf-8")
    platforms = [f"--platform={tag}" for tag in PLATFORMS[system, machine]]
    options = ["--dry-run", "--ignore-installed", "--no-deps", f"--target={tmp_path / 'nothing'}"]
    wheels = ["--only-binary=:all:", f"--no-binary={NO_WHEEL}", f"--python-version={python}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *wheels, *platforms, "-r", str(lock)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if (
        "Temporary failure in name resolution" in done.stderr
        or "No module named pip" in done.stderr
    ):
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not on PATH")
@pytest.mark.parametrize(("system", "machine", "python"), CASES)
def test_uv_finds_the_same_pins(system, machine, python, tmp_path):
    """It takes the lock as it is, and finds that the pins agree with all that they require."""
    where = f"{machine.replace('arm64', 'aarch64')}-{UV_PLATFORMS[system]}"
    wheels = ["--only-binary=:all:", f"--no-binary={NO_WHEEL}"]
    target = [f"--python-platform={where}", f"--python-version={python}"]
    written = ["--quiet", "--no-annotate", "--no-header", f"--output-file={tmp_path / 'found.txt'}"]
    done = subprocess.run(
        ["uv", "--no-config", "pip", "compile", *wheels, *target, *written, "requirements.txt"],
        cwd=REPOSITORY,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if "dns error" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr[-2000:]
    lines = (tmp_path / "found.txt").read_text(encoding="utf-8").splitlines()
    found = {canonicalize_name(one.name): one.specifier for one in map(Requirement, lines)}
    expected = pins(environment(system, machine, python))
    assert found == {name: one.specifier for name, one in expected.items()}
