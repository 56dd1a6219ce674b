"""Checks of Snakemake's command line and of the settings files that it names.

If an option is given twice, Snakemake silently keeps the last one. For settings files that it
cannot read it prints tracebacks. ``profiles/default/config.yaml`` calls ``refuse``, because
Snakemake reads the profile before any settings. Parsing the workflow calls it again, for calls
with another workflow profile.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from invariance.config.settings_files import CONFIG, parse, read
from transforms2d.errors import UserError, quote
from transforms2d.web.addresses import ADVICE, mentions_secret

# Options that take several values, with the shortest form that Snakemake accepts for each.
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
SHORT_CONFIG = re.compile(r"-[a-zA-Z]*?C(.*)", re.DOTALL)  # perhaps after flags, as in -nC
NAME = re.compile(r"[A-Za-z_][\w-]*\w")


def refuse(arguments: Sequence[str], find_profile: Callable) -> None:
    """End the process with one line if ``check`` finds something."""
    try:
        check(arguments, find_profile)
    except UserError as error:
        sys.exit(f"error: {error}")


def check(arguments: Sequence[str], find_profile: Callable) -> None:
    """Refuse repeated options, and settings that are unreadable or repeated.

    Parameters
    ----------
    arguments : sequence of str
        Arguments of the call, without the program's name.
    find_profile : callable
        Maps a profile's name to (its folder, its file) or None; Snakemake's ``get_profile_dir``.

    Raises
    ------
    UserError
        One line with the option or the file.
    """
    uses = {option: [] for option in SHORTEST}
    for option, values in options(arguments):
        uses[option].append(values)
    for option, groups in uses.items():
        if len(groups) > 1 and option not in ADD_UP:
            raise _repeated(option, groups)
    names = _flat(uses["--profile"]) or _words(os.environ.get("SNAKEMAKE_PROFILE", ""))
    names += _flat(uses["--workflow-profile"]) or ["profiles/default"]
    places = filter(None, map(find_profile, names))
    profiles = [(folder, path, read_profile(path)) for folder, path in places]
    files, entries = (_flat(uses[option]) for option in ("--configfiles", "--config"))
    for option, keys, values in (
        ("--configfile", FILE_KEYS, files),
        ("--config", ("config",), entries),
    ):
        sources = ["the command line"] * bool(values)
        sources += [str(path) for _, path, settings in profiles if any(map(settings.get, keys))]
        if len(sources) > 1:
            raise UserError(
                f"{option}: given by {' and by '.join(sources)}, and Snakemake would drop one; "
                "give all values in one place"
            )
    for folder, _, settings in profiles:
        files += [file for key in FILE_KEYS for file in _profile_files(settings.get(key), folder)]
    for path in ([CONFIG] if Path(CONFIG).is_file() else []) + files:
        read(path)
    check_entries(entries)


def _profile_files(value, folder) -> list[str]:
    """Files that a profile names. Snakemake looks for a single file beside the profile first."""
    if not isinstance(value, str):
        return value or []
    beside = Path(folder, value)
    return [str(beside) if beside.exists() else value]


def _words(text: str) -> list[str]:
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


def _flat(groups: list[list[str]]) -> list[str]:
    return [value for values in groups for value in values]


def _is(name: str, option: str, shortest: str) -> bool:
    return option.startswith(name) and name.startswith(shortest)


def _repeated(option: str, groups: list[list[str]]) -> UserError:
    name = option.removesuffix("s") if option == "--configfiles" else option
    values = " ".join(_flat(groups))
    example = "" if mentions_secret(values) else f": {name} {quote(values)[1:-1]}"
    return UserError(
        f"{name}: given {len(groups)} times, and Snakemake would keep only the last; "
        f"write all values after one{example}"
    )


def read_profile(path) -> dict:
    """The keys of a profile, each of which must occur once. Its templates are not evaluated."""
    try:
        settings = parse(Path(path).read_text(encoding="utf-8-sig"))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); correct it") from None
    return settings if isinstance(settings, dict) else {}


def check_entries(entries: Sequence[str]) -> None:
    """Refuse entries of ``--config`` that Snakemake would refuse, drop or read as text.

    Raises
    ------
    UserError
        One line with the entry's key, and the valid form.
    """
    seen = set()
    for entry in entries:
        key, equals, value = entry.partition("=")
        if mentions_secret(value):
            raise UserError(f"--config {key}: contains a name, password or key; {ADVICE}")
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
            raise UserError(f"--config {quote(key)[1:-1]}: not a valid key; write KEY=VALUE")
        if key in seen:
            raise UserError(f"--config {key}: given twice; write it once")
        seen.add(key)
        if value.lstrip()[:1] in ("{", "["):
            try:
                parse(value)
            except UserError as error:
                raise UserError(f"--config {key}: {error}") from None
