import sys

from invariance.launch import executors
from transforms2d.errors import UserError


def check_executor():
    """Before a run begins: what takes its jobs must be there."""
    try:
        status = getattr(workflow.executor_settings, "status_command", None)
        executors.require(workflow.executor_plugin.name, status)
    except UserError as error:
        sys.exit(f"error: {error}")


# Under its limit of jobs a second (100 if nobody says otherwise) Snakemake looks at all that is
# ready once more a second after every look, and each job that ends begins another such chain of
# looks: with thousands of jobs it does little else. Where nobody asked for a limit, there is none.
def lift_limit(scheduler):
    limit = scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        scheduler.job_rate_limiter = None
