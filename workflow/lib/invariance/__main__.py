"""``python -m invariance``: the inputs, time and disk space of a result, and its numbers."""

import argparse
import os
import sys

from invariance.cli.explain import explain
from invariance.cli.show_numbers import show
from transforms2d.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Print the requested page; returns the exit status of the process."""
    parser = argparse.ArgumentParser(prog="python -m invariance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    text = "the inputs of a result, which of them exist, which jobs would run, and for how long"
    page = commands.add_parser("explain", help=text, description=text)
    page.add_argument("name", help="a figure, table, study, scorecard, or a file of the results")
    text = "the numbers of a figure, table, study or the scorecard"
    numbers = commands.add_parser("table", help=text, description=text)
    numbers.add_argument("name", help="a figure, table, study, scorecard or ledger")
    numbers.add_argument("--results", help="folder of the results, if not the configuration's")
    for command in (page, numbers):
        command.add_argument(
            "--configfile",
            "--configfiles",
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help="settings that replace those of config/config.yaml, as for snakemake",
        )
    options = parser.parse_args(arguments)
    try:
        if options.command == "explain":
            print(explain(options.name, options.configfile))
        else:
            print(show(options.name, options.configfile, options.results))
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader closed the pipe, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
