from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from invariance.launch.answering_handler import AnsweringHandler
from invariance.launch.run_progress import TimeLeft
from invariance.studies.stages import BY_RULE


class PrintsTimeLeft(AnsweringHandler):
    """Prints an estimate of the time left after Snakemake's line on the steps that are done."""

    left = None

    def emit(self, record):
        try:
            self.follow(getattr(record, "event", None), record)
        except Exception:
            self.handleError(record)  # a run must not fail because of an estimate

    def follow(self, event, record):
        if event == LogEvent.RUN_INFO:
            jobs = {own_name(rule): n for rule, n in record.stats.items() if rule != "total"}
            self.left = TimeLeft(jobs, BY_RULE)
        elif self.left and event == LogEvent.JOB_INFO:
            self.left.start(record.jobid, own_name(record.rule_name), record.created)
        elif self.left and event == LogEvent.JOB_FINISHED:
            self.left.end(record.job_id, record.created)
        elif self.left and event == LogEvent.PROGRESS:
            text = self.left.text()
            if text:
                logger.info(text, extra={"quietness": Quietness.PROGRESS})


logger.addHandler(PrintsTimeLeft())
