"""JSON, JSON schemas and SQL."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import checks
from pytest_evalbars.checks import languages
from pytest_evalbars.errors import MissingExtra

JSON = [
    '{"a": 1}',
    " [1] ",
    "null",
    "\ufeff{}",
    '"\\ud800"',
    '```json\n{"a": 1}\n```',
    "Here:\n```\n[1]\n```\nDone.",
    "```json\n[1"[:11] + "]",
]
# From the JSON test suites of Nicolas Seriot's "Parsing JSON is a minefield", and what models write.
NO_JSON = [
    "",
    "[1,]",
    "{'a': 1}",
    '{"a": NaN}',
    "[Infinity]",
    "[01]",
    '{"a": 1',
    '["\t"]',
    "[1]x",
    "// c\n1",
    "{a: 1}",
    "True",
    '["\x00"]',
    "[+1]",
]
JSON_REASONS = {
    "": "is empty, which is no JSON",
    "[1,]": 'is no JSON at line 1, column 4: Expecting value, near "[1,]"',
    '{"a": NaN}': "is no JSON: NaN is no JSON value",
}


@pytest.mark.parametrize("answer", JSON)
def test_json(answer):
    assert checks.json_valid(answer) == (True, None, "")


@pytest.mark.parametrize("answer", NO_JSON)
def test_no_json(answer):
    result = checks.json_valid(answer)

    assert not result.passed
    assert JSON_REASONS.get(answer, result.reason) == result.reason


def test_a_fence_can_be_forbidden():
    assert not checks.json_valid("```json\n[1]\n```", fences=False).passed


@pytest.mark.parametrize("answer", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_deep_json_is_a_miss(answer):
    assert checks.json_valid(answer) == (False, None, "is nested too deeply to be read as JSON")


def test_a_number_too_long_is_a_miss():
    assert checks.json_valid("1" * 5000).reason == "holds a number with thousands of digits"


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_json_writes_is_json(document):
    for text in (json.dumps(document), f"So:\n```json\n{json.dumps(document, indent=1)}\n```"):
        assert checks.json_valid(text).passed
    assert checks.json_schema(json.dumps(document), {"const": document}).passed


NODE = {"type": "object", "properties": {"c": {"$ref": "#/$defs/n"}, "v": {"type": "integer"}}, "required": ["v"]}
TREE = {"$defs": {"n": NODE}, "$ref": "#/$defs/n"}


def nested(depth, leaf='{"v": 1}'):
    return '{"v": 1, "c": ' * depth + leaf + "}" * depth


def test_a_schema_names_the_place():
    assert checks.json_schema(nested(2), TREE).passed
    assert checks.json_schema(nested(2, '{"v": "x"}'), TREE).reason == "$.c.c.v: 'x' is not of type 'integer'"
    assert checks.json_schema("[1]", TREE).reason == "$: [1] is not of type 'object'"
    assert checks.json_schema("nope", TREE).reason.startswith("is no JSON at line 1")
    many = checks.json_schema(json.dumps(["x"] * 1000), {"items": {"type": "integer"}})
    places = [f"$[{place}]: 'x' is not of type 'integer'" for place in range(3)]
    assert many.reason == "; ".join([*places, "and more"])


def test_too_deep_for_a_schema_is_a_miss():
    assert checks.json_schema(nested(300), TREE).reason == "is nested too deeply to be held against the schema"


def test_a_wrong_schema_is_an_error(monkeypatch):
    with pytest.raises(ValueError, match=r"`schema` is no JSON schema, at \$\.type"):
        checks.json_schema("[1]", {"type": "nope"})
    with pytest.raises(RecursionError):
        checks.json_schema("[1]", {"$ref": "#"})
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("asked the network"))
    with pytest.raises(Exception, match=r"Unresolvable.*example\.com"):
        checks.json_schema("[1]", {"$ref": "https://example.com/x"})


SQL = [
    "SELECT 1",
    "```sql\nSELECT a FROM t;\n```",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "(SELECT 1)",
    "SELECT a FROM t; DELETE FROM t",
]
NO_SQL = [
    *("", "-- nothing", "hello world", "yes", "1", "(1, 2)", "SELECT", "select * frm t", "SELECT 'abc", "update me"),
    *("I can't answer that", "SELECT a FROM t WHERE", "drop it", "show me the way", "Sure: SELECT 1"),
]


@pytest.mark.parametrize("answer", SQL)
def test_sql(answer):
    assert checks.sql_parses(answer).passed


@pytest.mark.parametrize("answer", NO_SQL)
def test_no_sql(answer):
    result = checks.sql_parses(answer)

    assert not result.passed
    assert result.reason


def test_dialects():
    assert checks.sql_parses("SELECT TOP 3 a FROM [t]", "tsql").passed
    assert not checks.sql_parses("SELECT TOP 3 a FROM [t]", "postgres").passed
    assert not checks.sql_parses("EXPLAIN SELECT 1").passed
    assert checks.sql_parses("EXPLAIN SELECT 1", commands=True).passed
    with pytest.raises(ValueError, match="Did you mean mysql"):
        checks.sql_parses("SELECT 1", "mysqll")


def test_deep_and_endless_sql_are_misses():
    assert checks.sql_parses("SELECT " + "(" * 5000 + "1" + ")" * 5000).reason == "is nested too deeply to be parsed"
    assert "too long to be SQL" in checks.sql_parses("SELECT 1," * 100_000).reason


@pytest.mark.parametrize(
    ("library", "call"),
    [
        ("jsonschema", lambda: checks.json_schema("1", {})),
        ("sqlglot", lambda: checks.sql_parses("SELECT 1")),
        ("py3langid.langid", lambda: checks.language("a text", "en")),
    ],
)
def test_a_missing_library_says_how_to_install_it(monkeypatch, library, call):
    monkeypatch.setitem(sys.modules, library, None)
    languages._identifier.cache_clear()  # noqa: SLF001 - kept for the whole process
    name = library.partition(".")[0]
    with pytest.raises(MissingExtra, match=rf"needs {name}: pip install 'pytest-evalbars\[checks\]'"):
        call()
