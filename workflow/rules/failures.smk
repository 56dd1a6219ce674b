import logging

from snakemake import logging as snakemake_logging
from snakemake.jobs import GroupJob

from invariance.jobs.end_signals import explanation
from invariance.launch.answering_handler import AnsweringHandler

try:
    import snakemake_executor_plugin_slurm as slurm
except ImportError:
    slurm = None  # no job of this run goes to Slurm

# Snakemake 9 drops the executor's message about a failed job if that job is a group.
log_error_of_group = GroupJob.log_error


def log_error(group, msg=None, aux_logs=None, **more):
    if msg:
        logger.error(f"Error in group {group.groupid}:\n    message: {msg}")
    log_error_of_group(group, msg, aux_logs, **more)


GroupJob.log_error = log_error
# The executor reads this attribute when it reports an error. Without it the run hangs.
setattr(GroupJob, "rule", property(lambda group: min((job.rule for job in group.jobs), key=str)))

# Snakemake stops printing logs at the first one that is empty or missing. The log of a job that
# failed in its first second is empty, and the executor's log comes after it.
show_logs = snakemake_logging.show_logs
snakemake_logging.show_logs = lambda logs: [line for log in logs for line in show_logs([log])]

# The executor reads "CANCELLED by 1000" from sacct as a running job, and prints nothing when the
# status command gives no answer.
if slurm:
    query_job_status = slurm.query_job_status
    unanswered = []

    async def job_status(command, *more):
        states, seconds = await query_job_status(command, *more)
        if states is None and not unanswered:
            logger.warning(
                f"{command.split()[0]} does not give the status of jobs; it is called again"
            )
        unanswered[:] = [command] if states is None else []
        return states and {job: state.split()[0] for job, state in states.items() if state}, seconds

    slurm.query_job_status = job_status


class ExplainsSignals(AnsweringHandler):
    """Prints a likely cause after Snakemake's message about a process that was killed."""

    def emit(self, record):
        line = explanation(record.getMessage()) if record.levelno >= logging.ERROR else None
        if line:
            logger.error(line)


logger.addHandler(ExplainsSignals())
