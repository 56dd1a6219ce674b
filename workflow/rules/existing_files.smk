import functools

from snakemake.persistence import ParamsChange, PersistenceBase
from snakemake.settings.types import RerunTrigger

from invariance.provenance import existing_files, notes
from invariance.launch import results_lock
from invariance.jobs import version


class ExistingFiles:
    """Checks existing files by their own content where Snakemake has no record of them.

    Snakemake's records are in this folder's ``.snakemake``. They hold the parameters and the time
    with which a file was made. There is no record for results that were copied here. In a folder
    that two clones share, the record may be older than the file. In these cases the file itself
    says what it was made from. If that is not what the configuration requests, the job runs again,
    as after any change of parameters.
    """

    def __init__(self):
        self.faults = {}
        # Snakemake's own methods, even if an earlier run in this process replaced them.
        self.recorded_params = inspect.unwrap(PersistenceBase.params_changed)
        self.recorded = inspect.unwrap(PersistenceBase.has_metadata)

    def has_metadata(self, persistence, job):
        return self.recorded(persistence, job) or bool(self.fault(persistence, job))

    def params_changed(self, persistence, job, file=None):
        if self.is_foreign(job) or self.is_recorded(persistence, job):
            return self.recorded_params(persistence, job, file)
        fault = self.fault(persistence, job)
        return ParamsChange({fault}, files=set(job.output)) if fault else ParamsChange()

    def is_foreign(self, job):
        """Whether the rule belongs to another workflow, which uses this one as a module."""
        return job.rule.module_globals is not globals()

    def is_recorded(self, persistence, job):
        """Whether Snakemake's records are about exactly the existing files."""
        for path in job.output:
            record = persistence.metadata(path)
            file = Path(path, ".snakemake_timestamp") if path.is_directory else Path(path)
            if file.exists() and (record is None or record.endtime != file.stat().st_mtime):
                return False
        return True

    def fault(self, persistence, job):
        """How the existing files differ from what the configuration requests, or None."""
        if self.is_foreign(job) or RerunTrigger.PARAMS not in workflow.rerun_triggers:
            return None
        if job not in self.faults:
            self.faults[job] = self.check(job)
        return self.faults[job]

    def check(self, job):
        outputs = [path for path in job.output if os.path.lexists(path)]
        wildcards, name = dict(job.wildcards.items()), own_name(job.rule.name)
        try:
            if name in existing_files.RULES:
                existing_files.check(name, wildcards, outputs, config, STUDIES)
            elif outputs:
                notes.check_all(config["results"], outputs, dict(job.params.items()))
        except (UserError, OSError) as error:
            return str(error)
        return None


# Only in the process that plans and starts jobs. Each job runs in a separate process.
if workflow.is_main_process:
    EXISTING_FILES = ExistingFiles()
    PREPARE = inspect.unwrap(PersistenceBase.__init__)

    @functools.wraps(PREPARE)
    def prepare(persistence, *arguments, **options):
        """Lock the folder of results before a run reads it, so that no other run writes there."""
        runs = workflow._executor_plugin is not None and not workflow.dryrun
        if runs:
            try:
                results_lock.take(config["results"])
            except UserError as error:
                sys.exit(f"error: {error}")
            version.to_environment(ROOT)
        PREPARE(persistence, *arguments, **options)

    PersistenceBase.__init__ = prepare
    PersistenceBase.has_metadata = functools.wraps(EXISTING_FILES.recorded)(
        lambda *arguments: EXISTING_FILES.has_metadata(*arguments)
    )
    PersistenceBase.params_changed = functools.wraps(EXISTING_FILES.recorded_params)(
        lambda *arguments, **options: EXISTING_FILES.params_changed(*arguments, **options)
    )
