import logging
import os
import signal
import sys
import threading

import psutil
from snakemake.logging import logger
from snakemake.shell import shell
from snakemake_interface_logger_plugins.common import LogEvent

STOPPED = (
    "\nStopped. What is finished is kept: start the same command again, and the run goes on; "
    "a training goes on at its last epoch.\n"
)
ENDING = (
    "\nAsked to end: jobs that run are finished, and no other begins. Start the same command again, "
    "and the run goes on. Ctrl-C ends the jobs, too.\n"
)

# Ctrl-C reaches every process of a terminal, and each job would print a traceback of its own. Jobs
# are deaf to it; Snakemake, which is not, ends them.
shell.prefix("set -euo pipefail; trap '' INT; ")


class Stop:
    """What a run does when it is told to end: one line, and no words about jobs that it ended."""

    def __init__(self):
        self.told, self.interrupted = threading.Event(), False
        self.runs = False  # whether jobs may run by now

    def say(self, text):
        if not self.told.is_set():
            self.told.set()
            # Not by the logger, whose lock may be held where the signal came.
            os.write(sys.stderr.fileno(), text.encode())

    def now(self, number, frame):
        """Ctrl-C: jobs of this machine end, those of a cluster are cancelled by Snakemake."""
        self.say(STOPPED)
        if not self.runs:
            if workflow.dryrun:
                os._exit(128 + number)  # a plan holds nothing, and may not hear an exception
            # A plan that is left half made is told by Python with tracebacks.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        how = signal.SIGKILL if self.interrupted else signal.SIGTERM
        self.interrupted = True
        for process in psutil.Process().children(recursive=True):
            try:
                if any(".snakemake/scripts/" in word for word in process.cmdline()):
                    process.send_signal(how)
            except psutil.Error:
                pass  # it has ended since
        sys.exit(128 + number)

    def later(self, snakemakes_own):
        """SIGTERM: as Snakemake has it, jobs are finished."""

        def asked(number, frame):
            self.say(ENDING)
            snakemakes_own(number, frame)

        return asked


class HidesEndedJobs(logging.Filter):
    """Keeps from the screen, not from the log, that jobs which were told to end did not succeed."""

    def __init__(self, stop):
        self.stop, self.ended = stop, 0

    def filter(self, record):
        text = str(record.msg)
        # A signal to all of them may end a job before Snakemake has heard of it.
        if "died with <Signals.SIG" in text and self.stop.told.wait(0.5):
            self.ended += 1
            return False
        if getattr(record, "event", None) == LogEvent.JOB_ERROR and self.ended:
            self.ended -= 1
            return False
        return not (self.stop.told.is_set() and text.startswith("Cannot restore "))


# Only the main thread of a program is told of signals, and may ask for them.
HEARS = workflow.is_main_process and threading.current_thread() is threading.main_thread()
if HEARS:
    STOP = Stop()
    signal.signal(signal.SIGINT, STOP.now)
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(HidesEndedJobs(STOP))


def begin():
    """What a run does before its first job."""
    check_executor()
    lift_limit(workflow.scheduler)
    if HEARS:
        STOP.runs = True
        signal.signal(signal.SIGTERM, STOP.later(signal.getsignal(signal.SIGTERM)))


if IS_MODULE:
    # Snakemake does what "onstart" says in the main workflow alone.
    workflow._onstart = lambda log, mains=workflow._onstart: (mains(log), begin())


onstart:
    begin()
