import secrets
import time

LIBRARY = str(ROOT / "workflow" / "lib")
sys.path.insert(0, LIBRARY)

from invariance.launch.project_path import check_place, check_root, extended
from transforms2d.errors import UserError

try:
    check_place(ROOT, sys.executable)
    if IS_MODULE:
        check_place(Path.cwd())
    else:
        check_root(ROOT)
except UserError as error:
    sys.exit(f"error: {error}")

# Scripts run in separate processes, perhaps in another environment, and find the library here.
os.environ.update(PYTHONPATH=extended(os.environ.get("PYTHONPATH"), LIBRARY))
# The start time of the run. Jobs inherit it, on Slurm too, so all jobs of a run share one time.
# A new run never inherits the time of the process that starts it.
if workflow.is_main_process or "WORKFLOW_RUN_STARTED" not in os.environ:
    os.environ.update(WORKFLOW_RUN_STARTED=str(time.time()))


# Jobs of this machine start in copies of one process that has loaded the packages already, but for a
# Slurm job of a single job, which would gain nothing. An empty value from outside switches it off.
def warm_start():
    jobs = getattr(workflow.dag_settings, "target_jobs", ())  # a list of rules has no jobs
    several = workflow.is_main_process or len(jobs) > 1
    return f"{secrets.token_hex(16)}:{os.getpid()}" if several else ""


if os.environ.get("WORKFLOW_WARM_START") != "":
    os.environ.update(WORKFLOW_WARM_START=warm_start())
