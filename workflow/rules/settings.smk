from snakemake.cli import get_argument_parser, get_profile_dir
from snakemake.settings.enums import Quietness

from invariance.config import other_settings
from invariance.launch.command_line import refuse
from invariance.config.schema_check import check
from invariance.config.command_line_values import read_texts
from invariance.studies import load_studies
from invariance.config.requested_files import check_targets
from invariance.config.selection import NOTHING, select

# Jobs get their files from the run that starts them. A program that calls Snakemake's library has
# another command line.
BY_COMMAND = workflow.is_main_process and Path(sys.argv[0]).stem in ("snakemake", "__main__")
LINE = sys.argv[1:] if BY_COMMAND else []


def targets(*options):
    """The targets of this call, and the names that it gives after ``options``."""
    end = LINE.index("--") if "--" in LINE else len(LINE)
    arguments, _ = get_argument_parser().parse_known_args(LINE[:end])
    names = [name for option in options for name in getattr(arguments, option)]
    return [*arguments.targets, *names, *LINE[end + 1 :]]


def selection():
    """The studies and images that this call needs. The settings must fit only these."""
    # A job checks nothing: the run that started it did.
    return select(map(own_name, targets()), config) if workflow.is_main_process else NOTHING


SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
if BY_COMMAND:
    refuse(LINE, get_profile_dir)
try:
    read_texts(config, workflow.config_settings.config, SCHEMA)
    check(config, SCHEMA, selection, folders=True)
    STUDIES = load_studies(config)
    check_targets(targets("forcerun", "until", "omit_from"), config["results"], STUDIES)
except UserError as error:
    sys.exit(f"error: {error}")

if workflow.is_main_process and Quietness.ALL not in (workflow.output_settings.quiet or ()):
    if line := other_settings.note(config):
        print(line, file=sys.stderr)
