import functools
import json

from invariance.provenance import notes
from invariance.config.results_folder import public_name

# Pages of the report besides figures and tables: the first file of each page's job.
PAGES = {
    "scorecard": "scorecard/scorecard.html",
    "ledger": "ledger.csv",
    "overview": "overview.html",
}


def report_files():
    """Every existing figure, table and page by name: the first file of its job."""
    files = {
        **{name: f"figures/{name}.png" for name in PAGE_FIGURES},
        **{name: f"tables/{name}.csv" for name in TABLES},
        **PAGES,
    }
    paths = {name: Path(config["results"], path) for name, path in files.items()}
    return {name: path for name, path in paths.items() if path.exists()}


def with_script(prepare):
    """Add a script of this workflow to the report, and a title that names the run."""

    @functools.wraps(prepare)
    def prepared(reporter):
        prepare(reporter)
        read = reporter.env.filters["get_resource_as_string"]
        script = Path(at_root("workflow/report/report.js")).read_text(encoding="utf-8")
        title = json.dumps(f"Report of {public_name(config['results'])}")
        added = f"\n{script}\ndocument.title = {title};\n"
        reporter.env.filters["get_resource_as_string"] = lambda part: (
            read(part) + added * (part == "components/app.js")
        )

    return prepared


# A report runs no job: it shows existing files under this configuration's captions. So first check
# that the files were made with this configuration. Captions name different versions or devices.
if any(argument.split("=")[0] == "--report" for argument in sys.argv):
    try:
        for name, path in report_files().items():
            notes.check(config["results"], path, {"of": artefact_digests(name, config, STUDIES)})
    except UserError as error:
        sys.exit(f"error: {error}")
    config["made_with"] = {
        name: notes.made_with(
            config["results"], Path(config["results"], artefact.study, "results.csv")
        )
        for name, artefact in {**FIGURES, **TABLES}.items()
    }
    from snakemake.report.html_reporter import Reporter

    Reporter.__post_init__ = with_script(inspect.unwrap(Reporter.__post_init__))
