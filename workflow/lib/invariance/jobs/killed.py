"""What a person is told of a job that did not end by itself."""

import re

# As Python says that a process was killed, and as a shell does that lived to report it.
BY_NAME = re.compile(r"died with <Signals\.(SIG[A-Z0-9]+)")
BY_STATUS = re.compile(r"returned non-zero exit status (1[2-9]\d)\b")
SCRIPT = re.compile(r"/scripts/tmp[^/ ]*?\.([a-z_]+)\.py")
# Those that somebody sends to end a run, who knows it.
ASKED_FOR = ("SIGINT", "SIGTERM", "SIGHUP")
CAUSES = {
    "SIGKILL": "the system does so when memory runs out (`dmesg` tells); run fewer jobs at a time "
    "or give them more memory",
    "SIGBUS": "a disk that is full or gone does so, /dev/shm too; make room",
    "SIGXCPU": "a limit of processor time was reached (`ulimit -t`); raise it",
    "SIGXFSZ": "a limit of a file's size was reached (`ulimit -f`); raise it",
}
OTHERWISE = "the fault is in a library or the machine; the job's log tells how far it came"


def told(words: str) -> str | None:
    """One line on the signal that ended a job; None where ``words`` tell of none.

    Parameters
    ----------
    words : str
        What was said of a process that failed, such as ``Command '...' died with
        <Signals.SIGKILL: 9>.``
    """
    name = _signal(words)
    if name is None or name in ASKED_FOR:
        return None
    script = SCRIPT.search(words)
    job = f"a job of {script[1]}" if script else "a job"
    return f"error: {job} was killed ({name}): {CAUSES.get(name, OTHERWISE)}"


def _signal(words: str) -> str | None:
    if found := BY_NAME.search(words):
        return found[1]
    if found := BY_STATUS.search(words):
        import signal

        number = int(found[1]) - 128
        return signal.Signals(number).name if number in set(signal.Signals) else None
    return None
