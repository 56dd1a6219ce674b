"""A Slurm cluster of one node on this machine, for tests: ``cluster.py start | stop``.

Its daemons are Debian's; they listen on 127.0.0.1, keep everything in one folder and use a munge of
their own. The node has a cpu and a gpu partition and two GPUs that are none (``File=/dev/null``).
Only what was started is stopped, and a Slurm that is configured here already is left alone.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")
# Snakemake's plugin drops SLURM_CONF before it calls srun, so the default place it must be.
ETC = Path("/etc/slurm")
GPUS = ("/dev/null", "/dev/zero")
CPUS = 8  # more than the machine may have: tests count jobs, they do not time them
MEMORY_MB = 8000

SLURM_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
# A requeued job waits until credentials of the first try have run out: by default two minutes.
AuthInfo=socket={folder}/munge.socket,cred_expire=20
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=3600
KillWait=2
OverTimeLimit=0
SchedulerParameters=sched_interval=1,bf_interval=1
{accounting}
# Without control groups: a job over its memory is killed at the next look.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=cpu Nodes={host} Default=YES MaxTime=1-0
PartitionName=gpu Nodes={host} MaxTime=1-0
"""


class Unavailable(RuntimeError):
    """Why there can be no test cluster here."""


def check() -> None:
    """Raise ``Unavailable`` where the cluster cannot be started."""
    missing = [name for name in DAEMONS if shutil.which(name) is None]
    if missing:
        raise Unavailable(
            f"{missing[0]} is not installed; as root, `make test-slurm INSTALL=1` installs it"
        )
    if os.geteuid() != 0:
        raise Unavailable("starting Slurm's daemons needs root")
    if (ETC / "slurm.conf").exists() or (ETC / "slurm.conf").is_symlink():
        raise Unavailable(f"{ETC}/slurm.conf exists: this machine has a Slurm of its own")


def start(folder: Path) -> None:
    """Start the cluster in ``folder`` and return when its node is idle.

    Raises
    ------
    Unavailable
        If it cannot be started, with the reason; nothing is left running then.
    """
    check()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir(exist_ok=True)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    values = {
        "host": socket.gethostname().split(".")[0],
        "folder": folder,
        "cpus": CPUS,
        "memory": MEMORY_MB,
        "gpus": len(GPUS),
        "accounting": "AccountingStorageType=accounting_storage/none",
    }
    (folder / "slurm.conf").write_text(SLURM_CONF.format(**values), encoding="utf-8")
    gres = "".join(f"Name=gpu File={device}\n" for device in GPUS)
    (folder / "gres.conf").write_text(gres, encoding="utf-8")
    ETC.mkdir(exist_ok=True)
    for name in ("slurm.conf", "gres.conf"):
        (ETC / name).symlink_to(folder / name)
    try:
        _spawn(
            folder,
            "munged",
            "--foreground",
            "--force",
            *(f"--{what}={folder}/munge.{what[:-5]}" for what in ("key-file", "pid-file")),
            f"--socket={folder}/munge.socket",
            f"--log-file={folder}/munged.log",
            f"--seed-file={folder}/munge.seed",
        )
        _wait_for((folder / "munge.socket").exists, folder, "munged")
        _spawn(folder, "slurmctld", "-D", "-i")
        _spawn(folder, "slurmd", "-D")
        _wait_for(_idle, folder, "slurmctld")
    except BaseException:
        stop(folder)
        raise


def stop(folder: Path) -> None:
    """Cancel the cluster's jobs, stop the daemons that ``start`` started, remove its links."""
    if _idle():
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
        _until(lambda: not _answer("squeue", "--noheader", "--states=running,completing"), 20)
    for name in ("slurmd", "slurmctld", "munged"):
        file = folder / f"{name}.started"
        if file.exists():
            _terminate(int(file.read_text()))
            file.unlink()
    for name in ("slurm.conf", "gres.conf"):
        link = ETC / name
        if link.is_symlink() and link.readlink() == folder / name:
            link.unlink()


def _spawn(folder: Path, *command: str) -> None:
    with (folder / f"{command[0]}.out").open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    (folder / f"{command[0]}.started").write_text(str(process.pid))


def _terminate(pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            if _until(lambda: not _alive(pid), 10):
                return
        except ProcessLookupError:
            return


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # where it is our own child
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _answer(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def _idle() -> bool:
    return _answer("sinfo", "--noheader", "--Node", "--format=%T").split()[:1] in (
        ["idle"],
        ["mixed"],
        ["allocated"],
    )


def _until(test, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.2)
    return False


def _wait_for(test, folder: Path, name: str) -> None:
    if not _until(test, 30):
        tail = (folder / f"{name}.out").read_text(errors="replace").splitlines()[-3:]
        raise Unavailable(f"{name} did not come up: {' / '.join(tail)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("--folder", type=Path, default=Path("/tmp/slurm-test-cluster"))
    asked = parser.parse_args()
    try:
        (start if asked.action == "start" else stop)(asked.folder.resolve())
    except Unavailable as error:
        sys.exit(f"error: {error}")
