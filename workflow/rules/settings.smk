from snakemake.cli import get_argument_parser, get_profile_dir
from snakemake.settings.enums import Quietness

from invariance.config import other_settings
from invariance.launch.command_line import refuse
from invariance.config.schema_check import check
from invariance.config.command_line_values import read_texts
from invariance.studies import load_studies
from invariance.config.requested_files import check_targets
from invariance.config.wanted import NOTHING, wanted

# Jobs are given their files by the run that began them; a program that calls Snakemake's library
# has a command line of its own.
BY_COMMAND = workflow.is_main_process and Path(sys.argv[0]).stem in ("snakemake", "__main__")
LINE = sys.argv[1:] if BY_COMMAND else []


def targets(*options):
    """What this call asks for; with ``options``, also what it names after these."""
    end = LINE.index("--") if "--" in LINE else len(LINE)
    found, _ = get_argument_parser().parse_known_args(LINE[:end])
    named = [name for option in options for name in getattr(found, option)]
    return [*found.targets, *named, *LINE[end + 1 :]]


def asked_for():
    """What the settings must be fit for: the targets of this call."""
    # The run that began a job looked at them.
    return wanted(map(own_name, targets()), config) if workflow.is_main_process else NOTHING


SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
if BY_COMMAND:
    refuse(LINE, get_profile_dir)
try:
    read_texts(config, workflow.config_settings.config, SCHEMA)
    check(config, SCHEMA, asked_for, folders=True)
    STUDIES = load_studies(config)
    check_targets(targets("forcerun", "until", "omit_from"), config["results"], STUDIES)
except UserError as error:
    sys.exit(f"error: {error}")

if workflow.is_main_process and Quietness.ALL not in (workflow.output_settings.quiet or ()):
    if line := other_settings.note(config):
        print(line, file=sys.stderr)
