"""The test cluster's accounting: slurmdbd, and a MariaDB of its own that nothing else uses."""

import secrets
import subprocess
from pathlib import Path

from daemons import answer, spawn, wait_for

PROGRAMS = ("mariadbd", "mariadb-install-db", "slurmdbd", "sacctmgr", "sacct")
ACCOUNT = "lab"  # the only one that jobs may be charged to
# In slurm.conf. A finished job is forgotten at once: only the database knows how it ended.
SETTINGS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=16819
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations
AccountingStorageTRES=gres/gpu
MinJobAge=2"""

SLURMDBD_CONF = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort=16819
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=16820
StorageLoc=slurm
StorageUser=slurm
StoragePass={password}
"""
SQL = """\
CREATE USER slurm@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON slurm.* TO slurm@'127.0.0.1';
"""


def configure(folder: Path, host: str) -> None:
    """Write ``slurmdbd.conf`` and what the database is told when it first starts."""
    values = {"folder": folder, "host": host, "password": secrets.token_hex(16)}
    for name, text in (("slurmdbd.conf", SLURMDBD_CONF), ("users.sql", SQL)):
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text.format(**values), encoding="utf-8")


def start(folder: Path, cluster: str) -> None:
    """Start the database and slurmdbd, and enter the cluster, an account and its user, root."""
    data = folder / "database"
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}"],
        check=True,
        capture_output=True,
    )
    socket = folder / "mariadb.socket"
    spawn(
        folder,
        "mariadbd",
        "--no-defaults",
        "--user=root",
        "--bind-address=127.0.0.1",
        "--port=16820",
        "--skip-name-resolve",
        f"--datadir={data}",
        f"--socket={socket}",
        f"--pid-file={folder}/mariadb.pid",
        f"--init-file={folder}/users.sql",
    )
    wait_for(socket.exists, folder, "mariadbd")
    spawn(folder, "slurmdbd", "-D")
    wait_for(lambda: "Cluster" in answer("sacctmgr", "show", "cluster"), folder, "slurmdbd")
    for what in (
        ("cluster", cluster),
        ("account", ACCOUNT, f"Cluster={cluster}"),
        ("user", "root", f"Account={ACCOUNT}", f"Cluster={cluster}"),
    ):
        subprocess.run(["sacctmgr", "--immediate", "add", *what], check=True, capture_output=True)
