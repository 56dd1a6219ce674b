"""What pages, comments and settings refer to is there: files, headings, forks, sections."""

import re

import pytest
import yaml
from support.documents import FENCED, inline_commands, pages
from support.project import REPOSITORY

from invariance.artefacts import available, on_request
from invariance.config import loading
from invariance.config.requested_files import check_targets
from invariance.studies import load_studies
from invariance.studies.protocol import PRESETS, SWITCHES, resolve

DECISIONS = "docs/decisions.md"
FOLDERS = ("workflow", "config", "docs", "tests", "benchmarks", "profiles", "envs", ".github")
TEXTS = (".py", ".smk", ".md", ".yaml", ".yml", ".rst", ".html", ".toml", ".csv")
LINK = re.compile(r"\]\(([^)\s]+)\)")
LIST = r"((?:{0})(?:(?:, | and )(?:{0}))*)"
FORKS = re.compile(r"\bforks? " + LIST.format(r"\d+"), re.IGNORECASE)
SECTIONS = re.compile(r"\bsec(?:\.|tions?) " + LIST.format(r"[A-D]\b(?:\.\d)?|\d(?:\.\d)*"), re.I)
APPENDICES = re.compile(r"\bappendi(?:x|ces) " + LIST.format(r"[A-D]\b(?:\.\d)?"), re.I)
EQUATIONS = re.compile(r"\beq(?:uations?|\.) " + LIST.format(r"\d+"), re.I)
NOWHERE = re.compile(r"\b(?:decisions? \d|notes \d|fact sheet)", re.I)
PATH = re.compile(
    r"(?<![\w/.<{])(?:docs|config|tests|workflow|profiles|benchmarks|envs)/[\w./-]*\w"
)
# Files that docs/extending.md writes.
WRITTEN = set(re.findall(r"^# (\S+): new$", pages()["docs/extending.md"], re.MULTILINE))


def texts() -> dict[str, str]:
    """Every other text of the project, in one line without signs of comments, by its path."""
    found = [path for path in REPOSITORY.iterdir() if path.is_file() and path.suffix in TEXTS]
    found += [REPOSITORY / name for name in ("Makefile", "Snakefile")]
    for folder in FOLDERS:
        found += [path for path in (REPOSITORY / folder).rglob("*") if path.suffix in TEXTS]
    return {
        path.relative_to(REPOSITORY).as_posix(): " ".join(
            re.sub(r"\n\s*(?:# )?", " ", path.read_text(encoding="utf-8")).split()
        )
        for path in found
        if path.name not in ("test_references.py", "paper_values.csv")
    }


def rows(page: str, columns: int) -> list[list[str]]:
    """The rows of the tables of a page that have so many columns, without their heads."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in pages()[page].splitlines()]
    found = [[cell.strip() for cell in row] for row in cells if len(row) == columns]
    return [row for row in found if not set(row[0]) <= {"-", ""}][1:]


def named(pattern: re.Pattern) -> dict[str, set[str]]:
    """What a pattern's lists name, with the files that name it."""
    found: dict[str, set[str]] = {}
    for path, text in texts().items():
        for names in pattern.findall(text):
            for name in re.split(", | and ", names):
                found.setdefault(name, set()).add(path)
    return found


def test_forks_are_the_switches_of_the_protocol():
    forks = rows(DECISIONS, 6)
    assert [int(number) for number, *_ in forks] == list(range(1, len(SWITCHES) + 1))
    assert {switch.strip("`") for _, switch, *_ in forks} == set(SWITCHES)
    for _, switch, _, text, *sides in forks:
        assert 1 <= len(text.split()) <= 8, f"{switch}: {text!r} is not a few words"
        for preset, side in zip(PRESETS, sides, strict=True):
            value = resolve({"preset": preset})[switch.strip("`")]
            assert side.startswith(f"`{value}`"), f"{switch}: {side!r} is not {value} of {preset}"


def test_forks_that_are_named_are_listed():
    listed = {number for number, *_ in rows(DECISIONS, 6)}
    found = named(FORKS)
    assert {name: found[name] for name in set(found) - listed} == {}
    assert len(found) > 10


@pytest.mark.parametrize(
    "pattern", [SECTIONS, APPENDICES, EQUATIONS], ids=["sections", "appendices", "equations"]
)
def test_sections_that_are_named_are_those_of_the_paper(pattern):
    table = ", ".join(row[0] for row in rows(DECISIONS, 2))
    listed = {name for names in pattern.findall(table) for name in re.split(", | and ", names)}
    # A part of an appendix that is named as a whole.
    found = named(pattern)
    unknown = {name for name in found if name not in listed and name[0] not in listed}
    assert {name: found[name] for name in unknown} == {}
    assert found


def test_nothing_refers_to_notes_that_stand_nowhere():
    assert {
        path: NOWHERE.findall(text) for path, text in texts().items() if NOWHERE.search(text)
    } == {}


@pytest.mark.parametrize("page", pages())
def test_links_lead_to_files_and_headings(page):
    folder = (REPOSITORY / page).parent
    for link in LINK.findall(FENCED.sub("", pages()[page])):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (folder / name).resolve() if name else REPOSITORY / page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            text = target.read_text(encoding="utf-8")
            assert anchor in anchors(text), f"{page}: {link}; headings: {sorted(anchors(text))}"


def anchors(text: str) -> set[str]:
    """The headings of a page as links name them: small letters, - for spaces, no other signs."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_wrong_anchor_would_be_seen():
    assert anchors("# One, two\n\n## `a.b`: c-d\n```\n# no\n```\n") == {"one-two", "ab-c-d"}


def test_paths_that_are_named_exist():
    missing = {
        (page, path)
        for page, text in texts().items()
        if not page.startswith("tests/")
        for path in PATH.findall(text)
        if path not in WRITTEN and not list(REPOSITORY.glob(f"{path}*"))
    }
    assert missing == set()


@pytest.fixture(scope="module")
def names():
    """What Snakemake can be asked for by name."""
    config = yaml.safe_load((REPOSITORY / loading.CONFIG).read_text(encoding="utf-8"))
    rules = " ".join(text for path, text in texts().items() if path.endswith(".smk"))
    studies = load_studies(config)
    return {
        *re.findall(r"\brule (\w+):", rules),
        *available(studies),
        *on_request(studies),
        *studies,
        "all",
    }


def test_commands_of_snakemake_in_running_text_can_be_typed(names, config):
    from snakemake.cli import get_argument_parser

    parser, studies = get_argument_parser(), load_studies(config)
    found = [
        (page, words) for page, words in inline_commands("snakemake") if page != "CHANGELOG.md"
    ]
    assert len(found) > 10
    for page, words in found:
        try:
            targets = parser.parse_args(words[1:]).targets
        except SystemExit:
            pytest.fail(f"{page}: {' '.join(words)}: an option is unknown")
        check_targets(targets, "results", studies)
        if "--configfile" in words:  # a whole command, not the name of a target
            assert {"--cores", "--profile", "-n"} & set(words), f"{page}: {' '.join(words)}"
        for target in targets:
            assert target in {*names, "partial_invariance"} or "/" in target, f"{page}: {target}"


def test_commands_of_python_in_running_text_can_be_typed(config):
    studies = load_studies(config)
    valid = {*available(studies), *on_request(studies), *studies, *loading.OTHERS}
    for program in ("python", ".venv/bin/python", "pytest"):
        for page, words in inline_commands(program):
            if words[1:3] == ["-m", "invariance"] and len(words) > 4:
                assert words[3] in ("explain", "table") and words[4] in valid, f"{page}: {words}"
            for path in (word for word in words[1:] if "/" in word and "--configfile" not in words):
                assert (REPOSITORY / path).exists(), f"{page}: {path}"
