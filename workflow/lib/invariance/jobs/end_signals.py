"""An explanation of the signal that ended a job, for the person who runs the workflow."""

import re

# How Python reports a killed process, and how a shell reports a killed command.
BY_NAME = re.compile(r"died with <Signals\.(SIG[A-Z0-9]+)")
BY_STATUS = re.compile(r"returned non-zero exit status (1[2-9]\d)\b")
SCRIPT = re.compile(r"/scripts/tmp[^/ ]*?\.([a-z_]+)\.py")
# Signals that a person sends to end a run. They need no explanation.
INTENDED = ("SIGINT", "SIGTERM", "SIGHUP")
CAUSES = {
    "SIGKILL": "the system sends it when memory runs out (see `dmesg`); run fewer jobs at a time "
    "or give them more memory",
    "SIGBUS": "the cause may be a full or missing disk, /dev/shm included; make room",
    "SIGXCPU": "the limit of processor time was reached (`ulimit -t`); raise it",
    "SIGXFSZ": "the limit of file size was reached (`ulimit -f`); raise it",
}
OTHER_CAUSE = "the fault is in a library or the machine; see the last lines of the job's log"


def explanation(message: str) -> str | None:
    """One line on the signal that ended a job; None if ``message`` names no signal.

    Parameters
    ----------
    message : str
        About a process that failed, such as ``Command '...' died with <Signals.SIGKILL: 9>.``
    """
    name = _signal(message)
    if name is None or name in INTENDED:
        return None
    script = SCRIPT.search(message)
    job = f"a job of {script[1]}" if script else "a job"
    return f"error: {job} was killed ({name}): {CAUSES.get(name, OTHER_CAUSE)}"


def _signal(message: str) -> str | None:
    if match := BY_NAME.search(message):
        return match[1]
    if match := BY_STATUS.search(message):
        import signal

        number = int(match[1]) - 128
        return signal.Signals(number).name if number in set(signal.Signals) else None
    return None
