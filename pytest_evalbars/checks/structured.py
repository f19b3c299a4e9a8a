"""Answers in a formal language: JSON, a JSON schema, SQL."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_evalbars.checks.extras import extra
from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.wording import fenced, quote, text_of
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Longer SQL takes the parser minutes; no question is answered by it.
_MOST_SQL = 200_000
#: A document nested deeper than this may be too deep for a schema; a shallower one never is.
_SHALLOW = 15
_MOST_PROBLEMS = 3
_NOTHING = object()


def json_valid(answer: str, *, fences: bool = True) -> Result:
    """Is the answer JSON (RFC 8259: no NaN, no trailing comma), or does it hold a fenced block that is?

    Args:
        answer: what the model wrote: JSON alone, or text with a block fenced as `json` (the first one counts) or as
            nothing.
        fences: whether such a block will do; without, the whole answer must be JSON.
    """
    return _document(answer, fences=fences)[0]


def json_schema(answer: str, schema: Mapping[str, Any] | bool, *, fences: bool = True) -> Result:
    """Is the answer JSON that fits a JSON schema? The reason names the places in the document that do not.

    Formats ("format": "date") are annotations only, as in the standard. Nothing that it refers to is
    fetched.

    Args:
        answer: as `json_valid` reads it.
        schema: a JSON schema of any draft that jsonschema knows; without "$schema", of the newest.
        fences: as for `json_valid`.

    Raises:
        ValueError: the schema is none.
        MissingExtra: jsonschema is not installed.
    """
    jsonschema = extra("jsonschema", "a check by JSON schema")
    known = extra("jsonschema_specifications", "a check by JSON schema").REGISTRY
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as fault:
        raise ValueError(f"`schema` is no JSON schema, at {fault.json_path}: {safe(fault.message, 200)}") from fault
    result, document = _document(answer, fences=fences)
    if not result.passed:
        return result
    try:
        problems = list(islice(kind(schema, registry=known).iter_errors(document), _MOST_PROBLEMS + 1))
    except RecursionError:
        if _depth(document) <= _SHALLOW:
            raise  # a schema that refers to itself without end
        return Result(False, None, "is nested too deeply to be held against the schema")
    reasons = [f"{_place(problem)}: {safe(problem.message, 120)}" for problem in problems[:_MOST_PROBLEMS]]
    more = ["and more"] if len(problems) > _MOST_PROBLEMS else []
    return Result(not problems, None, "; ".join(reasons + more))


def sql_parses(answer: str, dialect: str | None = None, *, commands: bool = False) -> Result:
    """Is the answer SQL that parses? An expression is no statement: "hello world" is a miss.

    Nothing is executed, and tables and columns need not exist. The parser is lenient in details.

    Args:
        answer: SQL, one statement or several, or text with blocks fenced as `sql`.
        dialect: "postgres", "bigquery", "snowflake", "tsql" ...; None accepts what most of them share.
        commands: accept statements of which only the first word is known, such as EXPLAIN in most dialects. But
            "show me the way" and "drop it" are such, too.

    Raises:
        ValueError: no such dialect.
        MissingExtra: sqlglot is not installed.
    """
    text = text_of(answer)
    sqlglot = extra("sqlglot", "a check of SQL")
    sqlglot.Dialect.get_or_raise(dialect)
    text = ";\n".join(fenced(text, "sql", *([dialect] if dialect else []))) or text
    if len(text) > _MOST_SQL:
        return Result(False, None, f"is {len(text):,} characters long, too long to be SQL (most {_MOST_SQL:,})")
    try:
        statements = [each for each in sqlglot.parse(text, read=dialect) if each is not None]
    except RecursionError:
        return Result(False, None, "is nested too deeply to be parsed")
    except sqlglot.errors.SqlglotError as fault:
        return Result(False, None, f"does not parse: {safe(_UNDERLINED.sub('', str(fault)), 200)}")
    if not statements:
        return Result(False, None, f"holds no SQL: {quote(text)}")
    problems = filter(None, (_no_statement(each, sqlglot.exp, commands=commands) for each in statements))
    reason = next(problems, "")
    return Result(not reason, None, f"{reason}: {quote(text)}" if reason else "")


def _no_statement(parsed: Any, expressions: Any, *, commands: bool) -> str:
    """Why what was parsed is no complete statement, or nothing."""
    if isinstance(parsed, expressions.Command):
        return "" if commands else f'only its first word, "{safe(parsed.name, 20)}", is known in this dialect'
    if isinstance(parsed, expressions.Select):
        return "" if parsed.expressions or parsed.args.get("from_") or parsed.args.get("from") else "selects nothing"
    if isinstance(parsed, expressions.Update):
        return "" if parsed.expressions else "updates nothing"
    words = (expressions.Condition, expressions.Alias, expressions.Identifier, expressions.Tuple)
    return (
        "is an expression, no statement"
        if isinstance(parsed, words) and not isinstance(parsed, expressions.Query)
        else ""
    )


_UNDERLINED = re.compile(r"\x1b\[\d+m")


def _document(answer: str, *, fences: bool) -> tuple[Result, Any]:
    """The verdict on the syntax, and the document where there is one."""
    text = text_of(answer).strip().removeprefix("\ufeff")
    blocks = fenced(text, "json", "json5", "jsonc") if fences else []
    result, document = _parsed(text)
    if not result.passed and blocks:
        result, document = _parsed(blocks[0].strip())
    return result, document


def _parsed(text: str) -> tuple[Result, Any]:
    try:
        return Result(True, None), json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as fault:
        if not text:
            return Result(False, None, "is empty, which is no JSON"), _NOTHING
        place = quote(text[max(0, fault.pos - 20) : fault.pos + 20])
        return Result(
            False, None, f"is no JSON at line {fault.lineno}, column {fault.colno}: {fault.msg}, near {place}"
        ), _NOTHING
    except RecursionError:
        return Result(False, None, "is nested too deeply to be read as JSON"), _NOTHING
    except ValueError as fault:  # NaN, or a number of more digits than Python converts
        words = (
            "holds a number with thousands of digits" if "digits" in str(fault) else f"is no JSON: {safe(fault, 80)}"
        )
        return Result(False, None, words), _NOTHING


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _place(problem: Any) -> str:
    path = problem.json_path
    return path if len(path) <= 80 else f"{path[:40]}...{path[-37:]}"


def _depth(document: Any) -> int:
    """How deeply containers are nested, without recursion."""
    depth, level = 0, [document]
    while level := [
        inner
        for each in level
        if isinstance(each, dict | list)
        for inner in (each.values() if isinstance(each, dict) else each)
    ]:
        depth += 1
    return depth
