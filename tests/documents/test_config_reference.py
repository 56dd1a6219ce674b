"""The page about the configuration says what schema and defaults say, and is up to date."""

import difflib

import pytest
import yaml
from make_config_reference import reference, write
from support.project import REPOSITORY

from transforms2d.errors import UserError

SCHEMA = yaml.safe_load(r"""
type: object
properties:
  name: {description: A name with <angles> and *stars*, type: string, pattern: ^(a|b)$}
  free: {description: Any words, type: string}
  size: {description: A size, type: [integer, "null"], minimum: 1}
  share: {description: A share, type: number, exclusiveMinimum: 0, exclusiveMaximum: 1}
  flag: {description: On or off, type: boolean}
  fixed: {description: One value, const: 3}
  amounts:
    description: Amounts
    type: array
    minItems: 2
    maxItems: 4
    items: {anyOf: [{type: integer, minimum: 1}, {type: number, maximum: 1}]}
  long: {description: Many, type: array, items: {type: integer}}
  left: {$ref: "#/$defs/side"}
  right: {$ref: "#/$defs/side"}
  other: {$ref: "#/$defs/side", description: Another side}
  people:
    description: By name
    type: object
    additionalProperties: {description: Age, type: integer, minimum: 0}
$defs:
  side:
    description: A side
    type: object
    properties:
      colour: {description: Colour, enum: [red, blue]}
      shade: {$ref: "#/$defs/shade"}
    allOf:
      - {if: {properties: {colour: {const: red}}}, then: {required: [shade]}}
  shade: {description: Shade, type: number}
""")
DEFAULTS = {
    "name": "a|b",
    "size": None,
    "amounts": [1, 0.5],
    "long": list(range(9)),
    "left": {"colour": "red", "shade": 0.5},
    "right": {"colour": "blue"},
}


@pytest.fixture
def page():
    return reference(SCHEMA, DEFAULTS, "schema.yaml", "defaults.yaml")


def test_the_committed_page_is_the_one_that_would_be_made(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(repository)
    made = tmp_path / "README.md"
    write("workflow/schemas/config.schema.yaml", "config/config.yaml", made)
    found = (repository / "config/README.md").read_text(encoding="utf-8").splitlines()
    drift = difflib.unified_diff(
        found,
        made.read_text(encoding="utf-8").splitlines(),
        "config/README.md",
        "made",
        lineterm="",
    )
    text = "\n".join(drift)
    assert not text, f"config/README.md is out of date: run make docs\n{text}"


def test_every_key_of_the_schema_has_its_row(repository):
    schema = yaml.safe_load((repository / "workflow/schemas/config.schema.yaml").read_text())
    page = reference(schema, {}, "schema", "defaults")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| `")}

    def leaves(node):
        for key, child in node.get("properties", {}).items():
            while "$ref" in child:
                child = schema["$defs"][child["$ref"].rpartition("/")[2]]
            named = child.get("additionalProperties")  # of keys that a person names
            child = named if isinstance(named, dict) else child
            yield from leaves(child) if "properties" in child else [key]

    assert rows == {f"`{key}`" for key in leaves(schema)}


@pytest.mark.parametrize(
    "row",
    [
        r"| `name` | text like `^(a\|b)$` | `a\|b` | A name with \<angles> and \*stars\* |",
        "| `free` | text | not set | Any words |",
        "| `size` | integer ≥ 1 or `null` | `null` | A size |",
        "| `share` | number > 0, < 1 | not set | A share |",
        "| `flag` | `true`, `false` | not set | On or off |",
        "| `fixed` | `3` | not set | One value |",
        "| `amounts` | list of 2 to 4 (integer ≥ 1 or number ≤ 1) | `[1, 0.5]` | Amounts |",
        "| `long` | list of (integer) | 9 values | Many |",
        "| `<name>` | integer ≥ 0 | not set | Age |",
    ],
)
def test_rows(page, row):
    assert row in page.splitlines()


def test_objects_of_one_definition_share_a_table(page):
    assert page.count("| `colour` | `red`, `blue` | `red` | `blue` | Colour |") == 1
    assert "## `{left, right}`\n\nA side.\n\n| key | value | left | right | meaning |" in page
    assert "| `shade` | number | `0.5` | not set | Shade |" in page
    assert "## `other`\n\nAnother side.\n" in page
    assert page.count("With `colour: red`: set `shade`.") == 2


@pytest.mark.parametrize(
    "node",
    [
        {"not": {"type": "string"}},
        {"type": "object"},
        {"properties": {"key": {"type": "string"}}, "allOf": [{"not": {"required": ["key"]}}]},
    ],
)
def test_what_has_no_words_is_refused(node):
    schema = {"properties": {"odd": {"description": "Odd", **node}}}
    with pytest.raises(UserError, match="no words for"):
        reference(schema, {}, "schema", "defaults")


def without_value(node) -> list:
    """Mappings in which a key has no value."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [node] if isinstance(node, dict) and None in node.values() else []
    return found + [one for part in inner for one in without_value(part)]


def test_no_description_is_cut_at_a_comma():
    """In a mapping on one line, text after a comma becomes a key of its own, without a value."""
    schema = REPOSITORY / "workflow/schemas/config.schema.yaml"
    assert without_value(yaml.safe_load(schema.read_text(encoding="utf-8"))) == []
