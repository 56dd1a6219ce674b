from snakemake.cli import get_argument_parser

from invariance.config.loading import KNOWN_NAMES, OTHERS
from invariance.config.unknown_names import many_files, unknown_name, unknown_path

SHOWN_AS = {"figures": ("png", "pdf", "csv"), "tables": ("html", "csv", "md", "tex")}
UNIT_TESTS = (
    "--generate-unit-tests: these tests compare files byte by byte, and records hold the times of "
    "their jobs, so they would always fail; run the workflow's own tests with make test"
)


def files_by_name():
    """Files that can be requested and are known without a plan."""
    folder = config["results"]
    artefact_files = [
        f"{folder}/{artefact.kind}/{name}.{suffix}"
        for name, artefact in {**ARTEFACTS, **ON_REQUEST}.items()
        for suffix in SHOWN_AS[artefact.kind]
    ]
    fixed = [str(file) for r in workflow.rules if not r.has_wildcards() for file in r.output]
    tables = [f"{folder}/{study}/results.csv" for study in STUDIES]
    tables += [f"{folder}/{study.name}/measures.csv" for study in MEASURED]
    return list(dict.fromkeys([*artefact_files, *tables, *fixed]))


def check_request(request, option=None):
    """Refuse a request that no rule makes. A rule of many files is valid only after an option."""
    path = os.path.normpath(request)
    if workflow.is_rule(request):
        if not option and workflow.get_rule(request).has_wildcards():
            raise many_files(request, config["results"])
    elif not any(r.is_producer(path) for r in workflow.rules):
        if "/" in request:
            raise unknown_path(request, files_by_name(), config["results"])
        others = [name for name in OTHERS if workflow.is_rule(name)]
        valid = [r.name for r in workflow.rules] if option else others
        raise unknown_name(request, [*ARTEFACTS, *ON_REQUEST, *STUDIES, *valid], KNOWN_NAMES)


def check_requests(line):
    """Refuse a command line of Snakemake with a target that cannot be made."""
    arguments, _ = get_argument_parser().parse_known_args(line)
    if arguments.generate_unit_tests:
        raise UserError(UNIT_TESTS)
    for request in arguments.targets:
        check_request(request)
    for option in ("forcerun", "until", "omit_from"):
        for request in getattr(arguments, option):
            check_request(request, option)


# Inside another workflow the rules are complete only after all of it is read.
if BY_COMMAND and not IS_MODULE:
    try:
        check_requests(LINE)
    except UserError as error:
        sys.exit(f"error: {error}")
