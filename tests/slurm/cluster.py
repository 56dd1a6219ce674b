"""A Slurm cluster of one node on this machine, for tests: ``cluster.py start | stop``.

Its daemons are Debian's; they listen on 127.0.0.1, keep everything in one folder and use a munge of
their own. The node has a cpu and a gpu partition and two GPUs that are none (``File=/dev/null``).
Only what was started is stopped, and a Slurm that is configured here already is left alone.
"""

import argparse
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import accounting as database
from daemons import Unavailable, answer, require, spawn, terminate, until, wait_for

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")
# Snakemake's plugin drops SLURM_CONF before it calls srun, so the default place it must be.
ETC = Path("/etc/slurm")
CONFIGURATIONS = ("slurm.conf", "gres.conf", "slurmdbd.conf")
NAME = "test"
GPUS = ("/dev/null", "/dev/zero")
CPUS = 8  # more than the machine may have: tests count jobs, they do not time them
MEMORY_MB = 8000

SLURM_CONF = """
ClusterName={name}
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
WITHOUT_ACCOUNTING = """\
AccountingStorageType=accounting_storage/none
MinJobAge=3600"""


def check(accounting: bool) -> None:
    """Raise ``Unavailable`` where the cluster cannot be started."""
    require(DAEMONS + (database.PROGRAMS if accounting else ()))
    if os.geteuid() != 0:
        raise Unavailable("starting Slurm's daemons needs root")
    conf = ETC / "slurm.conf"
    if conf.is_symlink():
        folder = conf.readlink().parent
        raise Unavailable(
            f"{conf} belongs to a test cluster; if no test runs any more, "
            f"`python tests/slurm/cluster.py stop --folder {folder}` clears up after it"
        )
    if conf.exists():
        raise Unavailable(f"{conf} exists: this machine has a Slurm of its own")


def start(folder: Path, accounting: bool = False) -> None:
    """Start the cluster in ``folder`` and return when its node is idle.

    With ``accounting`` a database keeps how jobs ended and who pays, and nothing else does.

    Raises
    ------
    Unavailable
        If it cannot be started, with the reason; nothing is left running then.
    """
    check(accounting)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir(exist_ok=True)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    storage = database.SETTINGS if accounting else WITHOUT_ACCOUNTING
    values = {
        "name": NAME,
        "host": socket.gethostname().split(".")[0],
        "folder": folder,
        "cpus": CPUS,
        "memory": MEMORY_MB,
        "gpus": len(GPUS),
        "accounting": storage.format(folder=folder),
    }
    (folder / "slurm.conf").write_text(SLURM_CONF.format(**values), encoding="utf-8")
    gres = "".join(f"Name=gpu File={device}\n" for device in GPUS)
    (folder / "gres.conf").write_text(gres, encoding="utf-8")
    if accounting:
        database.configure(folder, values["host"])
    ETC.mkdir(exist_ok=True)
    for name in CONFIGURATIONS:
        if (folder / name).exists():
            (ETC / name).symlink_to(folder / name)
    try:
        spawn(
            folder,
            "munged",
            "--foreground",
            "--force",
            *(f"--{what}={folder}/munge.{what[:-5]}" for what in ("key-file", "pid-file")),
            f"--socket={folder}/munge.socket",
            f"--log-file={folder}/munged.log",
            f"--seed-file={folder}/munge.seed",
        )
        wait_for((folder / "munge.socket").exists, folder, "munged")
        if accounting:
            database.start(folder, NAME)
        spawn(folder, "slurmctld", "-D", "-i")
        spawn(folder, "slurmd", "-D")
        wait_for(_idle, folder, "slurmctld")
    except BaseException:
        stop(folder)
        raise


def stop(folder: Path) -> None:
    """Cancel the cluster's jobs, stop the daemons that ``start`` started, remove its links."""
    if _idle():
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
        until(lambda: not answer("squeue", "--noheader", "--states=running,completing"), 20)
    for name in ("slurmd", "slurmctld", "slurmdbd", "mariadbd", "munged"):
        terminate(folder, name)
    for name in CONFIGURATIONS:
        link = ETC / name
        if link.is_symlink() and link.readlink() == folder / name:
            link.unlink()


def _idle() -> bool:
    return answer("sinfo", "--noheader", "--Node", "--format=%T").split()[:1] in (
        ["idle"],
        ["mixed"],
        ["allocated"],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("--accounting", action="store_true", help="with slurmdbd and MariaDB")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/slurm-test-cluster"))
    asked = parser.parse_args()
    try:
        if asked.action == "start":
            start(asked.folder.resolve(), asked.accounting)
        else:
            stop(asked.folder.resolve())
    except Unavailable as error:
        sys.exit(f"error: {error}")
