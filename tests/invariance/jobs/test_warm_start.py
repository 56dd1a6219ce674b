"""A job that starts in a copy of a warm process does what it does without one."""

import json
import os
import pty
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from support.project import REPOSITORY

from invariance.jobs.warm_start import VARIABLE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm starts are for Linux")

HEAVY = "decimal"  # stands for what takes long to import
SCRIPT = f"""
from invariance.jobs.warm_start import hand_over
hand_over({HEAVY!r})
import json, os, resource, sys, threading
facts = {{
    "heavy": {HEAVY!r} in sys.modules,
    "parent": os.getppid(),
    "pid": os.getpid(),
    "name": __name__,
    "arguments": sys.argv,
    "folder": os.getcwd(),
    "file": __file__,
    "mine": os.environ.get("MINE"),
    "warm": os.environ.get({VARIABLE!r}),
    "processor": resource.getrlimit(resource.RLIMIT_CPU)[0],
    "mask": os.umask(0),
    "cores": sorted(os.sched_getaffinity(0)),
    "threads": threading.active_count(),
    "input": sys.stdin.read(),
}}
print(json.dumps(facts), flush=True)
print("to stderr", file=sys.stderr, flush=True)
"""


class Run:
    """Stands for a run of Snakemake: a process that lives on while its jobs run."""

    def __init__(self, folder: Path):
        (folder / ".snakemake" / "scripts").mkdir(parents=True)
        self.folder = folder
        self.process = subprocess.Popen(["sleep", "600"])
        self.address = f"{secrets.token_hex(16)}:{self.process.pid}"

    def environment(self, **more) -> dict:
        library = str(REPOSITORY / "workflow" / "lib")
        return {**os.environ, "PYTHONPATH": library, VARIABLE: self.address, **more}

    def start(self, body: str, script: str = SCRIPT, **more) -> subprocess.Popen:
        path = self.folder / ".snakemake" / "scripts" / f"tmp{secrets.token_hex(4)}.job.py"
        path.write_text(script + body)
        return subprocess.Popen(
            [sys.executable, str(path), "word"],
            cwd=self.folder,
            env=self.environment(**more.pop("environment", {})),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def job(self, body: str = "", **more) -> tuple[dict, subprocess.CompletedProcess]:
        """Run a job to its end: the facts that it prints, and how it ended."""
        process = self.start(body, **more)
        out, err = process.communicate("from here", timeout=60)
        first, _, rest = out.partition("\n")
        done = subprocess.CompletedProcess(process.args, process.returncode, rest, err)
        return json.loads(first), done


@pytest.fixture
def run(tmp_path):
    one = Run(tmp_path)
    yield one
    one.process.kill()
    one.process.wait()


def process_name(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def gone(pid: int) -> bool:
    """Whether a process ends within seconds."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_a_job_is_the_same_warm_and_cold(run):
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (77, 99))  # noqa: E731
    more = {"preexec_fn": limit, "environment": {"OMP_NUM_THREADS": "3", "MINE": "x"}}
    warm, ended = run.job("print('more')", **more)
    run.address = ""
    cold, as_well = run.job("print('more')", **more)
    assert "warm_process" in process_name(warm["parent"])
    assert warm["heavy"] and not cold["heavy"]
    for facts in (warm, cold):
        for name in ("heavy", "parent", "pid", "arguments", "file"):
            facts[name] = None if name not in ("arguments", "file") else facts[name][-1]
    assert warm == cold
    assert cold["warm"] is None and cold["processor"] == 77 and cold["input"] == "from here"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "more\n", "to stderr\n")
    assert (as_well.returncode, as_well.stdout, as_well.stderr) == (0, "more\n", "to stderr\n")


def test_jobs_of_a_run_share_one_process_and_nothing_else(run):
    first, _ = run.job("sys.mark = 1")
    second, done = run.job("assert not hasattr(sys, 'mark')")
    assert done.returncode == 0 and first["parent"] == second["parent"]


def test_changed_code_is_never_served(run):
    library = run.folder / "lib"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "workflow" / "lib", library, ignore=ignored)
    script = SCRIPT.replace(
        f"hand_over({HEAVY!r}", f"hand_over({HEAVY!r}, 'invariance.studies.seeds'"
    )
    body = "import invariance.studies.seeds as one; print(getattr(one, 'MARK', None))"
    environment = {"PYTHONPATH": str(library)}
    first, done = run.job(body, script=script, environment=environment)
    assert done.stdout == "None\n" and first["heavy"]
    with (library / "invariance" / "studies" / "seeds.py").open("a") as file:
        file.write("MARK = 7\n")
    second, done = run.job(body, script=script, environment=environment)
    assert done.stdout == "7\n" and second["heavy"] and second["parent"] == first["parent"]


@pytest.mark.parametrize("status", [0, 3, 255])
def test_the_status_of_a_job_is_its_own(run, status):
    _, done = run.job(f"sys.exit({status})")
    assert done.returncode == status


@pytest.mark.parametrize("body", ["raise ValueError('wrong')", "sys.exit('error: wrong')"])
def test_an_error_is_told_as_ever(run, body):
    _, done = run.job(body)
    assert done.returncode == 1 and done.stderr.rstrip().endswith("wrong")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGXCPU])
def test_a_job_that_dies_of_a_signal_dies_of_it(run, number):
    _, done = run.job(f"os.kill(os.getpid(), {int(number)})")
    assert done.returncode == -number


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_who_kills_a_job_kills_its_copy(run, number):
    process = run.start("import time; time.sleep(600)")
    process.stdin.close()
    copy = json.loads(process.stdout.readline())["pid"]
    assert copy != process.pid
    process.send_signal(number)
    assert process.wait(30) == -number
    assert gone(copy)
    # The run goes on.
    assert run.job()[0]["heavy"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_run_ends(run, number):
    process = run.start("import time; time.sleep(600)")
    process.stdin.close()
    facts = json.loads(process.stdout.readline())
    run.process.send_signal(number)
    run.process.wait(30)
    assert gone(facts["parent"]) and gone(facts["pid"])
    assert process.wait(30) == 1
    assert process.stderr.read().splitlines()[-1].startswith("error: the process that ran this job")


def test_a_job_survives_a_killed_warm_process_of_earlier_jobs(run):
    first, _ = run.job()
    os.kill(first["parent"], signal.SIGKILL)
    assert gone(first["parent"])
    second, done = run.job()
    assert done.returncode == 0 and second["heavy"] and second["parent"] != first["parent"]


def test_another_environment_is_not_served(run):
    first, _ = run.job()
    other, done = run.job(environment={"CUDA_VISIBLE_DEVICES": "7"})
    assert done.returncode == 0 and first["heavy"] and not other["heavy"]
    assert other["parent"] == os.getpid()
    fewer = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # noqa: E731
    other, done = run.job(preexec_fn=fewer)
    assert done.returncode == 0 and not other["heavy"]
    assert run.job()[0]["heavy"]


def place(run) -> str:
    """Where the warm process of a run listens."""
    return f"\0{run.address.partition(':')[0]}-{zlib.crc32(sys.executable.encode()):x}"


@pytest.mark.parametrize("message", [b"[]", b"1", b"{}", b"no JSON"])
def test_a_message_that_is_no_job_ends_nothing(run, message):
    first, _ = run.job()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(place(run))
        socket.send_fds(stranger, [len(message).to_bytes(4)], [0, 1, 2])
        stranger.sendall(message)
        assert stranger.recv(1) == b""
    assert run.job()[0]["parent"] == first["parent"]


def test_who_connects_and_says_nothing_does_not_keep_others_waiting(run):
    first, _ = run.job()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(place(run))
        process = run.start("")
        assert process.communicate("", timeout=60)[0] and process.returncode == 0
        run.process.kill()
        run.process.wait()
        assert gone(first["parent"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_neither_takes_the_name_nor_delays_a_job(run):
    ready, write = os.pipe()
    stranger = os.fork()
    if not stranger:
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(place(run))
            listener.listen()
            os.write(write, b".")
            connection, _ = listener.accept()
            os._exit(len(connection.recv(1)))
    os.read(ready, 1)
    facts, done = run.job()
    assert done.returncode == 0 and not facts["heavy"]
    assert os.waitstatus_to_exitcode(os.waitpid(stranger, 0)[1]) == 0  # it has received nothing
    assert run.job()[0]["heavy"]
    stranger = os.fork()
    if not stranger:
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place(run))
            os.write(write, b".")
            time.sleep(600)
    os.read(ready, 1)
    began = time.monotonic()
    assert run.job()[0]["heavy"] and time.monotonic() - began < 5
    os.kill(stranger, signal.SIGKILL)
    os.waitpid(stranger, 0)


def test_python_with_options_is_not_served(run):
    path = run.folder / ".snakemake" / "scripts" / "tmp.job.py"
    path.write_text(SCRIPT + "print(sys.flags.optimize)")
    command = [sys.executable, "-O", str(path)]
    environment = run.environment()
    done = subprocess.run(command, env=environment, cwd=run.folder, input=b"", capture_output=True)
    first, optimized = done.stdout.splitlines()
    assert not json.loads(first)["heavy"] and optimized == b"1"


def test_files_of_the_working_folder_hide_no_package(run):
    for name in ("selectors", HEAVY):
        (run.folder / f"{name}.py").write_text("raise SystemExit('wrong file')")
    facts, done = run.job()
    assert facts["heavy"] and done.returncode == 0


def test_a_limit_of_memory_holds_for_what_the_job_needs(run):
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))  # noqa: E731
    facts, done = run.job(preexec_fn=limit)
    assert not facts["heavy"] and done.returncode == 0


def test_more_jobs_than_files_may_be_open(run):
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))  # noqa: E731
    processes = [run.start("import time; time.sleep(2)", preexec_fn=limit) for _ in range(12)]
    for process in processes:
        process.stdin.close()
    warm = [json.loads(process.stdout.readline())["heavy"] for process in processes]
    assert [process.wait(60) for process in processes] == 12 * [0]
    assert any(warm) and not all(warm)


def test_a_job_runs_as_it_is_if_there_can_be_no_copy(run):
    """As if the system had no room for a process."""
    script = SCRIPT.replace(f"hand_over({HEAVY!r})", f"hand_over({HEAVY!r}, 'no_fork')")
    (run.folder / "lib").mkdir()
    refuse = "import os\ndef fork(): raise BlockingIOError('full')\nos.fork = fork\n"
    (run.folder / "lib" / "no_fork.py").write_text(refuse)
    library = f"{REPOSITORY / 'workflow' / 'lib'}:{run.folder / 'lib'}"
    facts, done = run.job(script=script, environment={"PYTHONPATH": library})
    assert done.returncode == 0 and not facts["heavy"]


def test_a_terminal_shows_lines_at_once(run):
    environment = {"PYTHONUNBUFFERED": ""}
    body = f"hand_over({HEAVY!r})\nprint('line')\nimport time; time.sleep(600)"
    path = run.folder / ".snakemake" / "scripts" / "tmp.job.py"
    path.write_text(SCRIPT.partition("hand_over(")[0] + body)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(path)],
        cwd=run.folder,
        env=run.environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    )
    os.set_blocking(ours, False)
    for _ in range(500):
        time.sleep(0.02)
        try:
            assert os.read(ours, 100).startswith(b"line")
            break
        except BlockingIOError:
            pass
    else:
        pytest.fail("the line is not shown")
    process.kill()
    process.wait()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    "body",
    [
        "def wrong():\n    1 / 0\nwrong()",
        "sys.stdout = None",
        "sys.stdout.close()",
        "sys.exit(300)",
        "os.dup2(os.open('/dev/full', os.O_WRONLY), 1); print('lost')",
    ],
)
def test_an_unusual_end_is_the_same_warm_and_cold(run, body):
    ends = []
    for address in (run.address, ""):
        run.address = address
        facts, done = run.job(body, environment={"PYTHONUNBUFFERED": ""})
        lines = [line for line in done.stderr.splitlines() if "Exception ignored" not in line]
        ends.append((done.returncode, done.stdout, [x.replace(facts["file"], "") for x in lines]))
    assert ends[0] == ends[1]


def test_a_process_that_cannot_start_costs_nothing(run):
    (run.folder / ".snakemake" / "warm_start.log").mkdir()
    facts, done = run.job()
    assert done.returncode == 0 and not facts["heavy"]


def test_what_cannot_be_imported_fails_in_the_job_alone(run):
    script = SCRIPT.replace(f"hand_over({HEAVY!r})", f"hand_over('nothing.here', {HEAVY!r})")
    facts, done = run.job("import nothing", script=script)
    assert facts["heavy"] and done.returncode == 1
    assert "No module named 'nothing'" in done.stderr


def test_many_jobs_at_once(run):
    processes = [run.start(f"sys.exit({number})") for number in range(12)]
    facts = []
    for process in processes:
        out, _ = process.communicate("", timeout=60)
        facts.append(json.loads(out))
    assert [process.returncode for process in processes] == list(range(12))
    assert len({each["parent"] for each in facts}) == 1 and all(each["heavy"] for each in facts)


def test_the_warm_process_has_one_thread_and_no_device(run):
    script = (
        "from invariance.jobs.warm_start import TENSORS, hand_over\nhand_over(*TENSORS)\n"
        "import json, os, sys\n"
        "print(json.dumps({'parent': os.getppid(), 'torch': 'torch' in sys.modules}))\n"
        "import torch; torch.set_num_threads(2); print(torch.cuda.is_initialized())\n"
    )
    facts, done = run.job(script=script)
    assert facts["torch"] and done.stdout == "False\n"
    assert len(list(Path(f"/proc/{facts['parent']}/task").iterdir())) == 1


def test_regressions_find_their_packages_and_start_their_own_threads(run):
    script = (
        "from invariance.jobs.warm_start import READOUTS, hand_over\nhand_over(*READOUTS)\n"
        "import json, os, sys\n"
        "before = 'sklearn.linear_model' in sys.modules\n"
        "print(json.dumps({'parent': os.getppid(), 'sklearn': before}), flush=True)\n"
        "import numpy as np\nfrom invariance.measures.readouts.penalty_grid import logistic\n"
        "rows = np.random.default_rng(0).normal(size=(90, 3))\n"
        "data = rows, (rows[:, 0] > 0).astype(int)\n"
        "print(logistic(data, data, seed=0, folds=3, penalties=[1.0])['accuracy'] > 0.9)\n"
    )
    facts, done = run.job(script=script)
    assert facts["sklearn"] and done.stdout == "True\n"
    # pyarrow, which pandas imports, has a thread for its memory; a copy does without it.
    tasks = Path(f"/proc/{facts['parent']}/task").iterdir()
    names = [(task / "comm").read_text(encoding="utf-8").strip() for task in tasks]
    assert len([name for name in names if not name.startswith("jemalloc")]) == 1
