"""``python -m invariance``: what a result needs and would take, and its numbers."""

import argparse
import os
import sys

from invariance.cli.explain import explain
from invariance.cli.show_numbers import show
from transforms2d.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Print what was asked for; the status to end the process with."""
    parser = argparse.ArgumentParser(prog="python -m invariance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    said = "what a result needs, what of it exists, what would run, and for how long"
    one = commands.add_parser("explain", help=said, description=said)
    one.add_argument("name", help="a figure, table, study, scorecard, or a file of the results")
    said = "the numbers of a figure, table, study or the scorecard"
    other = commands.add_parser("table", help=said, description=said)
    other.add_argument("name", help="a figure, table, study, scorecard or ledger")
    other.add_argument("--results", help="folder of the results, if not the configuration's")
    for command in (one, other):
        command.add_argument(
            "--configfile",
            "--configfiles",
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help="laid over config/config.yaml, as for snakemake",
        )
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "explain":
            print(explain(asked.name, asked.configfile))
        else:
            print(show(asked.name, asked.configfile, asked.results))
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # who reads has seen enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
