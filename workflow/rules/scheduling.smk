import sys

from invariance.launch import executors
from transforms2d.errors import UserError


def check_executor():
    """Check before a run that its jobs can be submitted."""
    try:
        status = getattr(workflow.executor_settings, "status_command", None)
        executors.require(workflow.executor_plugin.name, status)
    except UserError as error:
        sys.exit(f"error: {error}")


# With a limit of jobs per second (the default is 100) Snakemake evaluates all ready jobs again one
# second after each evaluation, and every finished job starts another such series. With thousands of
# jobs this takes most of its time. So remove the limit unless a person set one.
def lift_limit(scheduler):
    limit = scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        scheduler.job_rate_limiter = None
