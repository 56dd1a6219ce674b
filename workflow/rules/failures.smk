import logging

from snakemake import logging as snakemake_logging
from snakemake.jobs import GroupJob

from invariance.jobs.killed import told

try:
    import snakemake_executor_plugin_slurm as slurm
except ImportError:
    slurm = None  # jobs go elsewhere

# Snakemake 9 drops what the executor says of a failed job if that job is a group.
log_error_of_group = GroupJob.log_error


def log_error(group, msg=None, aux_logs=None, **more):
    if msg:
        logger.error(f"Error in group {group.groupid}:\n    message: {msg}")
    log_error_of_group(group, msg, aux_logs, **more)


GroupJob.log_error = log_error
# The executor asks for it when it reports an error, and would wait for ever without it.
setattr(GroupJob, "rule", property(lambda group: min((job.rule for job in group.jobs), key=str)))

# Snakemake shows no further log after one that is empty or missing: that of a job which failed in
# its first second, with the executor's own words after it.
show_logs = snakemake_logging.show_logs
snakemake_logging.show_logs = lambda logs: [line for log in logs for line in show_logs([log])]

# The executor takes the "CANCELLED by 1000" of sacct for a job that still runs, and does not say
# when nobody answers its question of how jobs are doing.
if slurm:
    query_job_status = slurm.query_job_status
    unanswered = []

    async def job_status(command, *more):
        states, seconds = await query_job_status(command, *more)
        if states is None and not unanswered:
            logger.warning(
                f"{command.split()[0]} does not tell how jobs are doing; it is asked again"
            )
        unanswered[:] = [command] if states is None else []
        return states and {job: state.split()[0] for job, state in states.items() if state}, seconds

    slurm.query_job_status = job_status


class SaysKilled(logging.Handler):
    """After Snakemake's words on a process that was killed, says what may have killed it."""

    def emit(self, record):
        line = told(record.getMessage()) if record.levelno >= logging.ERROR else None
        if line:
            logger.error(line)


logger.addHandler(SaysKilled())
