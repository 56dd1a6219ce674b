"""Runs of the workflow in a project, under one configuration."""


class Runs:
    """Calls of Snakemake under ``settings()``, unless another configuration is given."""

    def __init__(self, settings):
        self.settings = settings

    def run(self, project, *arguments, config=None, **options):
        path = project.overlay(config or self.settings())
        return project.run(*arguments, "--configfile", path, **options)

    def make(self, project, *arguments, **options) -> str:
        """What a call says that must end well."""
        done = self.run(project, *arguments, "--cores", "2", timeout=800, **options)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def planned(self, project, *arguments, **options) -> dict[str, int]:
        """Jobs of each rule that a call would run."""
        plan = self.run(project, *arguments, "-n", **options)
        assert plan.returncode == 0, plan.stdout
        _, _, stats = plan.stdout.rpartition("Job stats:")
        rows = (line.split() for line in stats.splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
