from snakemake.cli import get_profile_dir
from snakemake.settings.enums import Quietness

from invariance import other_settings
from invariance.command_line import refuse
from invariance.config import check
from invariance.config_texts import read_texts
from invariance.studies import load_studies
from invariance.studies.targets import check_targets
from invariance.wanted import wanted

SCHEMA = Path(workflow.basedir, "workflow", "schemas", "config.schema.yaml")
if workflow.is_main_process:
    refuse(sys.argv[1:], get_profile_dir)
try:
    read_texts(config, workflow.config_settings.config, SCHEMA)
    targets = workflow.dag_settings.targets if workflow.dag_settings else ()
    check(config, SCHEMA, lambda: wanted(targets, config), folders=True)
    STUDIES = load_studies(config)
    check_targets(sys.argv[1:], config["results"], STUDIES)
except UserError as error:
    sys.exit(f"error: {error}")

if workflow.is_main_process and Quietness.ALL not in (workflow.output_settings.quiet or ()):
    if line := other_settings.note(config):
        print(line, file=sys.stderr)
