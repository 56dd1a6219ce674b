"""Starts jobs without imports, which often take most of the processor time of a short job.

The first job of a run starts a process that imports heavy packages and waits (``warm_process``).
Each job hands over to it: the process forks, and the copy, which has the packages, runs the script
of the job from the beginning. The job's own process waits for its copy and ends like the copy, with
its status or by its signal. If the job's process is killed, the kernel kills the copy.

If there is no such process, or it has another environment, the job runs normally and writes the
same bytes. This needs features of Linux: abstract sockets, and signals and descriptors of
processes.
"""

import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import zlib
from pathlib import Path

# ``<name of the socket>:<number of the process that runs the jobs>``. Empty: no warm start.
VARIABLE = "WORKFLOW_WARM_START"
TENSORS = (
    "torch",
    "torch._dynamo",  # loaded at the first step of an optimiser
    "invariance.training.pretrain",
    "invariance.training.fine_tune",
    "invariance.training.linear_probe",
    "invariance.measures.sensitivity",
)
READOUTS = (
    *TENSORS,
    "invariance.measures.of_datasets",
    "sklearn.kernel_ridge",  # regressions import it only when they run: most jobs need none
    "sklearn.linear_model",
    "sklearn.covariance",
)
FIGURES = ("pandas", "invariance.figures.plotting:pyplot", "seaborn")
TABLES = ("pandas", "invariance.records.results")
LOG = Path(".snakemake", "warm_start.log")
SIZE, STATUS = struct.Struct("!I"), struct.Struct("!i")
ACCEPTED = b"+"
# Seconds until a job runs without a copy, since the process may hang. Imports from a network disk
# are slow.
PATIENCE = 300
# The packages of this project. A copy loads them again if one of their files has changed.
OWN = ("invariance", "transforms2d")
# Variables that Snakemake sets per job. They have no effect on the import of packages, but for
# numbers of threads, which ``context.job`` sets again.
PER_JOB = {
    "OMP_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TMPDIR",
    "TMP",
    "TEMPDIR",
    "TEMP",
    "SHLVL",
    "_",
}
LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


def hand_over(*modules: str) -> None:
    """Run this script in a copy of a process that has imported ``modules``.

    Returns if there is no such process, and in the copy itself. Otherwise the script ends here,
    when its copy ends.

    Parameters
    ----------
    *modules : str
        ``TENSORS``, ``READOUTS``, ``FIGURES`` or ``TABLES``: names for ``pkgutil.resolve_name``; a
        function is called.
    """
    address = os.environ.pop(VARIABLE, "")
    if not address or sys.platform != "linux" or _has_options() or _has_memory_limit():
        return
    try:
        with _connect(address) as connection:
            if not same_user(connection):
                return
            connection.settimeout(PATIENCE)
            _request(connection, modules)
            accepted = connection.recv(1) == ACCEPTED
            connection.settimeout(None)
            answer = connection.recv(STATUS.size, socket.MSG_WAITALL) if accepted else b""
    except (OSError, ValueError):  # ValueError: not of text, such as the name of a group
        return
    if not accepted:
        return
    if len(answer) < STATUS.size:
        sys.exit("error: the process that ran this job has ended; run the workflow again")
    _end(STATUS.unpack(answer)[0])


def identity() -> dict:
    """Properties that two processes share if one may run the jobs of the other."""
    packages = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    code = Path(__file__).parent.glob("warm_*.py")
    return {
        "python": [sys.executable, sys.version],
        "versions": {str(path): Path(path).stat().st_mtime_ns for path in (*packages, *code)},
        "user": [os.getuid(), os.geteuid(), os.getgid(), os.getegid(), sorted(os.getgroups())],
        "environment": {k: v for k, v in os.environ.items() if k not in PER_JOB | {VARIABLE}},
        "group": Path("/proc/self/cgroup").read_text(),
        "most": {str(limit): resource.getrlimit(limit)[1] for limit in LIMITS},
    }


def same_user(connection: socket.socket) -> bool:
    """Whether the other end is of this user. All users of a machine share the names of sockets."""
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(peer[4:8], sys.byteorder) == os.geteuid()


def _has_options() -> bool:
    """Whether Python itself was given options, such as ``-O``, which a copy would not have."""
    return len(sys.orig_argv) > 1 + len(sys.argv)


def _has_memory_limit() -> bool:
    """Whether ``ulimit`` limits the memory: a copy holds packages that its job does not need."""
    kinds = resource.RLIMIT_AS, resource.RLIMIT_DATA
    return any(resource.getrlimit(kind)[0] != resource.RLIM_INFINITY for kind in kinds)


def _connect(address: str) -> socket.socket:
    """A connection to the run's process; start it if there is none."""
    name, _, keeper = address.partition(":")
    # One name per installation of Python. The leading 0 makes the socket abstract, not a file.
    place = f"\0{name}-{zlib.crc32(sys.executable.encode()):x}"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(place)
        except OSError:
            pass  # another job started it
        else:
            # It answers after it has imported a package; until then, connections wait.
            listener.listen(socket.SOMAXCONN)
            _start(listener, keeper)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(place)
    return connection


def _start(listener: socket.socket, keeper: str) -> None:
    # With -P, files of the working folder do not hide packages.
    module = ["-P", "-m", f"{__package__}.warm_process"]
    with LOG.open("ab") as log:
        subprocess.Popen(
            [sys.executable, *module, str(listener.fileno()), keeper],
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A process must not fork while it has threads; OpenBLAS starts its own at import.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )


def _request(connection: socket.socket, modules: tuple[str, ...]) -> None:
    """Send everything that makes the copy like this process."""
    body = json.dumps(
        {
            "identity": identity(),
            "modules": [*_imported(), *modules],
            "arguments": sys.argv,
            "path": sys.path,
            "environment": dict(os.environ),
            "folder": str(Path.cwd()),
            "mask": _mask(),
            "limits": {limit: resource.getrlimit(limit) for limit in LIMITS},
            "cores": sorted(os.sched_getaffinity(0)),
        }
    ).encode()
    socket.send_fds(connection, [SIZE.pack(len(body))], [0, 1, 2])
    connection.sendall(body)


def _imported() -> list[str]:
    """Modules that the script itself has imported, such as those of its argument classes."""
    return [name for name in sys.modules if name.partition(".")[0] not in (*OWN, "__main__")]


def _mask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def _end(status: int) -> None:
    """End like a process whose status from ``os.waitpid`` is this."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if code != -signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    # This process has nothing left to do; the copy has run the script.
    os._exit(code)
