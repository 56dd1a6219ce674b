import logging
import os
import signal
import sys

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

    told = None  # the signal that came first

    def say(self, text, number):
        if not self.told:
            # Not by the logger, whose lock may be held where the signal came.
            os.write(sys.stderr.fileno(), text.encode())
        self.told = self.told or number

    def now(self, number, frame):
        """Ctrl-C: jobs of this machine end, those of a cluster are cancelled by Snakemake."""
        again = self.told == signal.SIGINT
        self.say(STOPPED, number)
        self.told = signal.SIGINT
        for process in psutil.Process().children(recursive=True):
            try:
                if any(".snakemake/scripts/" in word for word in process.cmdline()):
                    process.send_signal(signal.SIGKILL if again else signal.SIGTERM)
            except psutil.Error:
                pass  # it has ended since
        sys.exit(128 + number)

    def later(self, snakemakes_own):
        """SIGTERM: as Snakemake has it, jobs are finished."""

        def asked(number, frame):
            self.say(ENDING, number)
            snakemakes_own(number, frame)

        return asked


class HidesEndedJobs(logging.Filter):
    """Keeps from the screen that jobs which were told to end did not succeed."""

    def __init__(self, stop):
        self.stop, self.ended = stop, 0

    def filter(self, record):
        if not self.stop.told:
            return True
        if "died with <Signals.SIG" in str(record.msg):
            self.ended += 1
            return False
        if getattr(record, "event", None) == LogEvent.JOB_ERROR and self.ended:
            self.ended -= 1
            return False
        return not str(record.msg).startswith("Cannot restore ")


if workflow.is_main_process:
    STOP = Stop()
    signal.signal(signal.SIGINT, STOP.now)
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(HidesEndedJobs(STOP))


onstart:
    check_executor()
    lift_limit(workflow.scheduler)
    if workflow.is_main_process:
        signal.signal(signal.SIGTERM, STOP.later(signal.getsignal(signal.SIGTERM)))
