import functools
import json

from invariance.provenance import notes
from invariance.config.results_folder import public_name

# What is in the report besides figures and tables, each the first file of its job.
PAGES = {
    "scorecard": "scorecard/scorecard.html",
    "ledger": "ledger.csv",
    "overview": "overview.html",
}


def shown_in_report():
    """Every figure, table and page that is there, by name: the first file of its job."""
    found = {
        **{name: f"figures/{name}.png" for name in [*FIGURES, *PICTURES]},
        **{name: f"tables/{name}.csv" for name in TABLES},
        **PAGES,
    }
    paths = {name: Path(config["results"], path) for name, path in found.items()}
    return {name: path for name, path in paths.items() if path.exists()}


def with_script(prepare):
    """Let the report run a script of ours after its own, and have a title that names the run."""

    @functools.wraps(prepare)
    def prepared(reporter):
        prepare(reporter)
        read = reporter.env.filters["get_resource_as_string"]
        script = Path(at_root("workflow/report/report.js")).read_text(encoding="utf-8")
        title = json.dumps(f"Report of {public_name(config['results'])}")
        ours = f"\n{script}\ndocument.title = {title};\n"
        reporter.env.filters["get_resource_as_string"] = lambda part: (
            read(part) + ours * (part == "components/app.js")
        )

    return prepared


# A report makes nothing: it shows what is there, under this configuration's captions. These say it
# where results were not all made alike.
if any(argument.split("=")[0] == "--report" for argument in sys.argv):
    try:
        for name, path in shown_in_report().items():
            notes.check(config["results"], path, {"of": of_artefact(name, config, STUDIES)})
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
