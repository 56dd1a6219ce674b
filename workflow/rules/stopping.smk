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
    "\nStopped. Finished work is kept: run the same command again to continue. "
    "A training continues at its last epoch.\n"
)
ENDING = (
    "\nEnding: running jobs finish, and no new job starts. Run the same command again to continue. "
    "Ctrl-C stops the running jobs too.\n"
)

# Ctrl-C reaches every process of a terminal, and each job would print its own traceback. So jobs
# ignore it, and Snakemake, which does not, ends them.
shell.prefix("set -euo pipefail; trap '' INT; ")


class Stop:
    """Ends a run at a signal with one line, and without messages about the jobs that it ends."""

    def __init__(self):
        self.announced, self.interrupted = threading.Event(), False
        self.jobs_may_run = False

    def announce(self, text):
        if not self.announced.is_set():
            self.announced.set()
            # Not by the logger: the interrupted code may hold its lock.
            os.write(sys.stderr.fileno(), text.encode())

    def interrupt(self, number, frame):
        """Ctrl-C: end the jobs of this machine. Snakemake cancels those of a cluster."""
        self.announce(STOPPED)
        if not self.jobs_may_run:
            if workflow.dryrun:
                os._exit(128 + number)  # a dry run holds no locks, and may swallow an exception
            # Python prints tracebacks for an unfinished plan; drop them.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        job_signal = signal.SIGKILL if self.interrupted else signal.SIGTERM
        self.interrupted = True
        for process in psutil.Process().children(recursive=True):
            try:
                if any(".snakemake/scripts/" in word for word in process.cmdline()):
                    process.send_signal(job_signal)
            except psutil.Error:
                pass  # it has ended in the meantime
        sys.exit(128 + number)

    def terminate(self, snakemake_handler):
        """A handler of SIGTERM: print a line, then let Snakemake finish the running jobs."""

        def handler(number, frame):
            self.announce(ENDING)
            snakemake_handler(number, frame)

        return handler


class HidesEndedJobs(logging.Filter):
    """Hides on the screen, not in the log, the errors of jobs that this run ended itself."""

    def __init__(self, stop):
        self.stop, self.ended = stop, 0

    def filter(self, record):
        text = str(record.msg)
        # A signal to all processes may end a job before it reaches Snakemake.
        if "died with <Signals.SIG" in text and self.stop.announced.wait(5):
            self.ended += 1
            return False
        if getattr(record, "event", None) == LogEvent.JOB_ERROR and self.ended:
            self.ended -= 1
            return False
        return not (self.stop.announced.is_set() and text.startswith("Cannot restore "))


# Only the main thread of a program receives signals and may set handlers.
HANDLES_SIGNALS = workflow.is_main_process and threading.current_thread() is threading.main_thread()
if HANDLES_SIGNALS:
    STOP = Stop()
    signal.signal(signal.SIGINT, STOP.interrupt)
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(HidesEndedJobs(STOP))


def begin():
    """Prepare a run before its first job."""
    check_executor()
    lift_limit(workflow.scheduler)
    if HANDLES_SIGNALS:
        STOP.jobs_may_run = True
        signal.signal(signal.SIGTERM, STOP.terminate(signal.getsignal(signal.SIGTERM)))


if IS_MODULE:
    # Snakemake runs the "onstart" of the main workflow only, so add this one to it.
    workflow._onstart = lambda log, main=workflow._onstart: (main(log), begin())


onstart:
    begin()
