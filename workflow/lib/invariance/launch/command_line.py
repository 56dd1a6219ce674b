"""Looks at a call of Snakemake, and at the settings it names, before Snakemake does.

Of an option that is given twice Snakemake keeps the last without a word, and settings files that it
cannot read end in tracebacks. ``profiles/default/config.yaml`` calls ``refuse`` when Snakemake
reads it, which is before it reads any settings; parsing the workflow does so again, for calls with
another workflow profile.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from invariance.config.settings_files import CONFIG, parse, read
from transforms2d.errors import UserError, quote
from transforms2d.web.addresses import ADVICE, mentions_secret

# Options whose values belong together, by the shortest form that Snakemake takes for each.
SHORTEST = {
    "--configfiles": "--configf",
    "--config": "--config",
    "--profile": "--pro",
    "--workflow-profile": "--wo",
    "--resources": "--res",
    "--set-resources": "--set-resources",
    "--set-threads": "--set-t",
    "--default-resources": "--default-r",
}
ADD_UP = ("--profile",)  # the only one that may be given more than once
FILE_KEYS = ("configfile", "configfiles")  # in a profile
SHORT_CONFIG = re.compile(r"-[a-zA-Z]*?C(.*)", re.DOTALL)  # maybe behind flags, as in -nC
NAME = re.compile(r"[A-Za-z_][\w-]*\w")


def refuse(arguments: Sequence[str], find_profile: Callable) -> None:
    """End the process with one line if ``check`` finds something."""
    try:
        check(arguments, find_profile)
    except UserError as error:
        sys.exit(f"error: {error}")


def check(arguments: Sequence[str], find_profile: Callable) -> None:
    """Refuse options that drop each other, and settings that cannot be read or say a thing twice.

    Parameters
    ----------
    arguments : sequence of str
        Of the call, without the program's name.
    find_profile : callable
        From a profile's name to (its folder, its file), or None; Snakemake's ``get_profile_dir``.

    Raises
    ------
    UserError
        One line with the option or the file.
    """
    given = {option: [] for option in SHORTEST}
    for option, values in options(arguments):
        given[option].append(values)
    for option, times in given.items():
        if len(times) > 1 and option not in ADD_UP:
            raise _dropped(option, times)
    profiles = _joined(given["--profile"]) or _listed(os.environ.get("SNAKEMAKE_PROFILE", ""))
    profiles += _joined(given["--workflow-profile"]) or ["profiles/default"]
    found = [(folder, path, read_profile(path)) for folder, path in _found(profiles, find_profile)]
    files, entries = (_joined(given[option]) for option in ("--configfiles", "--config"))
    for option, keys, here in (
        ("--configfile", FILE_KEYS, files),
        ("--config", ("config",), entries),
    ):
        places = ["the command line"] * bool(here)
        places += [str(path) for _, path, settings in found if any(map(settings.get, keys))]
        if len(places) > 1:
            raise UserError(
                f"{option}: given by {' and by '.join(places)}, of which Snakemake would drop one; "
                "give all in one place"
            )
    for folder, _, settings in found:
        files += [file for key in FILE_KEYS for file in _named(settings.get(key), folder)]
    for path in ([CONFIG] if Path(CONFIG).is_file() else []) + files:
        read(path)
    check_entries(entries)


def _found(profiles: list[str], find_profile: Callable) -> list[tuple]:
    return [one for one in map(find_profile, profiles) if one]


def _named(value, folder) -> list[str]:
    """Files that a profile names; Snakemake looks for a single one beside the profile first."""
    if not isinstance(value, str):
        return value or []
    beside = Path(folder, value)
    return [str(beside) if beside.exists() else value]


def _listed(text: str) -> list[str]:
    return re.findall(r"[^\[\],\s]+", text)


def options(arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The options of ``SHORTEST`` in a call, in order, each with the values that follow it."""
    option, values = None, []
    for argument in arguments:
        if argument == "--":
            break
        if not argument.startswith("-") or argument == "-":
            values.append(argument)
            continue
        if option:
            yield option, values
        name, equals, value = argument.partition("=")
        option = next((o for o, short in SHORTEST.items() if _is(name, o, short)), None)
        values = [value] if equals else []
        if short := SHORT_CONFIG.fullmatch(argument):
            option, values = "--config", [short[1]] if short[1] else []
    if option:
        yield option, values


def _joined(times: list[list[str]]) -> list[str]:
    return [value for values in times for value in values]


def _is(name: str, option: str, shortest: str) -> bool:
    return option.startswith(name) and name.startswith(shortest)


def _dropped(option: str, times: list[list[str]]) -> UserError:
    name = option.removesuffix("s") if option == "--configfiles" else option
    values = " ".join(_joined(times))
    say = "" if mentions_secret(values) else f": {name} {quote(values)[1:-1]}"
    return UserError(
        f"{name}: given {len(times)} times, of which Snakemake would keep the last alone; "
        f"write all values after one{say}"
    )


def read_profile(path) -> dict:
    """The keys of a profile that are there once each, without what its templates make of them."""
    try:
        settings = parse(Path(path).read_text(encoding="utf-8-sig"))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); correct it") from None
    return settings if isinstance(settings, dict) else {}


def check_entries(entries: Sequence[str]) -> None:
    """Refuse entries of ``--config`` that Snakemake would refuse, drop or read as a text.

    Raises
    ------
    UserError
        One line with the entry's key, and the form in which it is taken.
    """
    seen = set()
    for entry in entries:
        key, equals, value = entry.partition("=")
        if mentions_secret(value):
            raise UserError(f"--config {key}: holds a name, password or key; {ADVICE}")
        if not equals:
            raise UserError(f"--config {quote(entry)[1:-1]}: no value; write KEY=VALUE")
        if "." in key:
            *outer, last = key.split(".")
            form = "".join(f"{name}{'=' if name == outer[0] else ': '}{{" for name in outer)
            raise UserError(
                f"--config {quote(key)[1:-1]}: dots are not read; write "
                f'--config "{form}{last}: {quote(value)[1:-1]}{"}" * len(outer)}"'
            )
        if not NAME.fullmatch(key):
            raise UserError(f"--config {quote(key)[1:-1]}: no name of a setting; write KEY=VALUE")
        if key in seen:
            raise UserError(f"--config {key}: given twice; write it once")
        seen.add(key)
        if value.lstrip()[:1] in ("{", "["):
            try:
                parse(value)
            except UserError as error:
                raise UserError(f"--config {key}: {error}") from None
