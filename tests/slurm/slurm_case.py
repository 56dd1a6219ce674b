"""What tests on the cluster share: a tiny study whose trainings last, and looks at the queue."""

import copy
import re
import signal
import subprocess
import time
from pathlib import Path

import cluster
import pytest
from support.project import Project, only
from support.tiny_config import TINY

STUDY = "results/tiny/invariance_vs_factors"
MODELS = ("same/disjoint", "different/disjoint", "same/same", "different/same")
TASK = f"{STUDY}/t2d/seed0"
# How long to wait at most for what must happen, however busy the machine is, in seconds.
PATIENCE = 1500
# Long enough to be cut short in the middle: ten seconds or so.
EPOCHS = 60
QUICK = (
    *("--slurm-init-seconds-before-status-checks", "2"),
    *("--seconds-between-status-checks", "2"),
    *("--latency-wait", "10"),
)


def cluster_fixture(**how):
    """A fixture that gives the tests of a module a cluster, started as ``how`` says."""

    @pytest.fixture(scope="module", autouse=True)
    def slurm(tmp_path_factory):
        folder = tmp_path_factory.mktemp("cluster")
        try:
            cluster.start(folder, **how)
        except cluster.Unavailable as reason:
            pytest.skip(f"no test cluster: {reason}")
        yield
        cluster.stop(folder)

    return slurm


def model(name: str, file: str = "model.safetensors") -> str:
    return f"{TASK}/pretrain/{name}/n100/resnet-18/{file}"


def log_of(name: str) -> str:
    return f"{TASK.replace('tiny/', 'tiny/logs/')}/pretrain/{name}/n100/resnet-18.log"


class SlurmProject(Project):
    """A copy of the workflow that is run through its Slurm profile."""

    def __init__(self, folder: Path, **settings):
        folder.mkdir(parents=True)
        super().__init__(folder)
        self.values = copy.deepcopy(TINY)
        self.values["pretraining"]["epochs"] = EPOCHS
        self.values["studies"] |= only("invariance_vs_factors")
        self.options = QUICK
        for setting, value in settings.items():
            self.set(setting, value)

    def set(self, setting: str, value) -> None:
        """Change one of the profile's settings, as its user does."""
        path = self.folder / "profiles/slurm/config.yaml"
        text, count = re.subn(
            rf"^  {setting}: \S+", f"  {setting}: {value}", path.read_text(), flags=re.MULTILINE
        )
        assert count == 1, f"no setting {setting}"
        path.write_text(text)

    def arguments(self, *targets: str) -> tuple[str, ...]:
        config = self.overlay(self.values)
        return (*targets, "--profile", "slurm", "--configfile", config, *self.options)

    def start(self, *targets: str) -> subprocess.Popen:
        """Start the run in the background; its output goes to the file ``run.log``."""
        with (self.folder / "run.log").open("ab") as out:
            return subprocess.Popen(
                self.command(*self.arguments(*targets)),
                cwd=self.folder,
                env=self.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A shell that runs the tests in its background would have Ctrl-C be ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def output(self) -> str:
        return (self.folder / "run.log").read_text()

    def finish(self, process: subprocess.Popen) -> str:
        try:
            assert process.wait(PATIENCE) == 0, self.output()
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # cancels its jobs
                process.wait(PATIENCE)
        return self.output()

    def wait_until_training(self, name: str) -> None:
        """Return when the model's resume state has been written twice in this process."""
        state = self.folder / model(name, "resume/state.safetensors")
        first = until(lambda: state.exists() and state.stat().st_mtime_ns)
        until(lambda: state.exists() and state.stat().st_mtime_ns != first)


def until(test):
    """The first true value that ``test`` gives."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := test():
            return value
        time.sleep(0.1)
    raise AssertionError(f"nothing happened in {PATIENCE} s")


def jobs(project: Project) -> list[dict[str, str]]:
    """Every job of this project that Slurm still knows, as ``scontrol`` shows it."""
    shown = subprocess.run(
        ["scontrol", "--oneliner", "--details", "show", "job"], capture_output=True, text=True
    ).stdout
    found = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in shown.splitlines()]
    return [job for job in found if job.get("WorkDir") == str(project.folder)]


def running(project: Project, comment: str) -> list[str]:
    """Numbers of the running jobs whose comment begins so."""
    return [
        job["JobId"]
        for job in jobs(project)
        if job["JobState"] == "RUNNING" and job["Comment"].startswith(comment)
    ]


def process_of(project: Project, script: str) -> int:
    """The process that runs a script of a rule, by the folder it works in."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if folder.joinpath("cwd").resolve() == project.folder and any(
                word.endswith(f".{script}".encode()) for word in words
            ):
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError(f"no process runs {script}")
