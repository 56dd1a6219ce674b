import functools

from snakemake.persistence import ParamsChange, PersistenceBase
from snakemake.settings.types import RerunTrigger

from invariance.provenance import notes, standing
from invariance.launch import writer
from invariance.jobs import version


class Standing:
    """Asks files what they are of where Snakemake has no record of them.

    Its records lie in this folder's ``.snakemake`` and tell with which parameters a file was made,
    and when. Where there is none, as for results that were copied here, or the file is of another
    time, as in a folder that two clones share, the file itself tells: what is of something else
    than what is asked for is made again, as after any change of parameters.
    """

    def __init__(self):
        self.faults = {}
        # Snakemake's own, also where an earlier run of this process put its Standing before them.
        self.recorded_params = inspect.unwrap(PersistenceBase.params_changed)
        self.recorded = inspect.unwrap(PersistenceBase.has_metadata)

    def has_metadata(self, persistence, job):
        return self.recorded(persistence, job) or bool(self.fault(persistence, job))

    def params_changed(self, persistence, job, file=None):
        if self.is_of_another(job) or self.is_known(persistence, job):
            return self.recorded_params(persistence, job, file)
        fault = self.fault(persistence, job)
        return ParamsChange({fault}, files=set(job.output)) if fault else ParamsChange()

    def is_of_another(self, job):
        """Whether another workflow, which uses this one as a module, has the rule."""
        return job.rule.module_globals is not globals()

    def is_known(self, persistence, job):
        """Whether Snakemake's records are of the very files that are there."""
        for path in job.output:
            record = persistence.metadata(path)
            at = Path(path, ".snakemake_timestamp") if path.is_directory else Path(path)
            if at.exists() and (record is None or record.endtime != at.stat().st_mtime):
                return False
        return True

    def fault(self, persistence, job):
        """What files that are there are of in the place of what is asked for, or None."""
        if self.is_of_another(job) or RerunTrigger.PARAMS not in workflow.rerun_triggers:
            return None
        if job not in self.faults:
            self.faults[job] = self.look(job)
        return self.faults[job]

    def look(self, job):
        there = [path for path in job.output if os.path.lexists(path)]
        where, name = dict(job.wildcards.items()), own_name(job.rule.name)
        try:
            if name in standing.RULES:
                standing.check(name, where, there, config, STUDIES)
            elif there:
                notes.check_all(config["results"], there, dict(job.params.items()))
        except (UserError, OSError) as error:
            return str(error)
        return None


# Of the one process that plans and starts jobs; each job is asked for in a process of its own.
if workflow.is_main_process:
    STANDING = Standing()
    PREPARE = inspect.unwrap(PersistenceBase.__init__)

    @functools.wraps(PREPARE)
    def prepare(persistence, *arguments, **options):
        """Before a run looks at what there is, it sees to it that nobody else writes there."""
        runs = workflow._executor_plugin is not None and not workflow.dryrun
        if runs:
            try:
                writer.take(config["results"])
            except UserError as error:
                sys.exit(f"error: {error}")
            version.tell(ROOT)
        PREPARE(persistence, *arguments, **options)

    PersistenceBase.__init__ = prepare
    PersistenceBase.has_metadata = functools.wraps(STANDING.recorded)(
        lambda *given: STANDING.has_metadata(*given)
    )
    PersistenceBase.params_changed = functools.wraps(STANDING.recorded_params)(
        lambda *given, **named: STANDING.params_changed(*given, **named)
    )
