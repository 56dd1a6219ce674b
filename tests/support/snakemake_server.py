"""Dry runs of Snakemake, each in a process of its own that begins with Snakemake imported.

Importing Snakemake takes most of the time of a dry run. This program imports it once and is asked,
a line of JSON each, for runs: it forks, and the child does what ``python -m snakemake`` does. Runs
that start jobs are no business of it: they begin as a user's do, with hashes of their own.
"""

import atexit
import gc
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# Of a call that starts no job.
NO_JOBS = frozenset(
    (
        *("-n", "--unlock", "--list-rules", "--list-target-rules"),
        *("--detailed-summary", "--filegraph"),
    )
)


def serve() -> int:
    """Answer requests up to an empty line; in a child, the status of its run."""
    import snakemake.cli  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        if not line.strip():
            break
        asked = json.loads(line)
        child = os.fork()
        if not child:
            return run(**asked)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def run(arguments: list[str], folder: str, environment: dict, output: str, timeout: int) -> int:
    """What ``python -m snakemake`` does in a folder; all that it says goes to a file."""
    signal.alarm(timeout)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said = os.open(output, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    try:
        runpy.run_module("snakemake", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@cache
def _server() -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    server = subprocess.Popen([sys.executable, __file__], **pipes)
    atexit.register(_end, server, os.getpid())
    return server


def _end(server: subprocess.Popen, owner: int) -> None:
    if os.getpid() == owner:
        server.communicate("\n")


def ask(arguments, folder, environment, timeout: int) -> subprocess.CompletedProcess:
    """The run with these arguments; output is text, stderr within stdout."""
    server = _server()
    with tempfile.NamedTemporaryFile() as output:
        asked = {"arguments": arguments, "folder": str(folder), "environment": environment}
        asked |= {"output": output.name, "timeout": timeout}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        said = Path(output.name).read_text(encoding="utf-8")
    return subprocess.CompletedProcess(arguments, status, said)


if __name__ == "__main__":
    sys.exit(serve())
