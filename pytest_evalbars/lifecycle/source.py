"""Changes the marks of cases in Python source, and reads it again to see that nothing else has changed."""

from __future__ import annotations

import ast
import importlib.util
import io
import tokenize
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.lifecycle.change import NOT_HELD, UNPROTECTED
from pytest_evalbars.lifecycle.spans import CannotError, spliced
from pytest_evalbars.run.plan import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_evalbars.lifecycle.change import Change
    from pytest_evalbars.lifecycle.source_cases import Case, SourceCases

BOM = b"\xef\xbb\xbf"
#: The marks that a change may touch.
TOUCHED = (*STATUSES, "quarantine")
BY_HAND = "the file is written in a way that cannot be edited safely; change the mark by hand"


def needs() -> None:
    """Check that the library that reads source is there.

    Raises:
        EvalbarsError: it is not.
    """
    if importlib.util.find_spec("libcst") is None:
        raise EvalbarsError(
            'changing marks in Python source needs libcst; pip install "pytest-evalbars[lifecycle]"',
        )


def edited_source(path: Path, data: bytes, changes: Mapping[str, Change]) -> tuple[bytes, dict[str, str]]:
    """A Python file after changes.

    Args:
        path: the file; not looked at.
        data: what it holds.
        changes: by the case's id, which is its node id.

    Returns:
        What it is to hold, and why some changes cannot be made, by the case's id.

    Raises:
        CannotError: none of them can be made.
    """
    del path
    body = data.removeprefix(BOM)
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data.replace(b"\r", b"\n")).readline)[0].removesuffix("-sig")
        text = body.decode(encoding)
        ast.parse(text)
        after, failed = _edited(text, {case.partition("::")[2]: change for case, change in changes.items()})
        edited = data[: len(data) - len(body)] + after.encode(encoding)
    except (SyntaxError, ValueError, LookupError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise CannotError(
            f"the file is not valid Python{line}, or not in the encoding that it says; mend it"
        ) from None
    except (RecursionError, MemoryError):
        raise CannotError(BY_HAND) from None
    return edited, {case: failed[name] for case in changes if (name := case.partition("::")[2]) in failed}


def _edited(text: str, changes: Mapping[str, Change]) -> tuple[str, dict[str, str]]:
    """The text after all changes that can be made; a change is made in full or not at all."""
    from pytest_evalbars.lifecycle.source_cases import SourceCases  # noqa: PLC0415 - imports libcst

    failed: dict[str, str] = {}
    first = SourceCases(text, changes)
    while True:
        left = {name: change for name, change in changes.items() if name not in failed}
        after, file, wrong = text, first, {}
        for attribute in ("quarantine", "status"):
            wanted = {}
            for name, change in left.items():
                if name not in file.by_name:
                    wrong[name] = file.missing(name)
                elif change.quarantine and (status := file.value(file.by_name[name], "status")) in UNPROTECTED:
                    wrong[name] = NOT_HELD.format(status=status)
                elif (value := _value(attribute, change)) is not ...:
                    wanted[file.by_name[name]] = value
            after, why = _once(after, file, attribute, wanted)
            wrong |= {name: why[file.by_name[name]] for name in left if file.by_name.get(name) in why}
            file = SourceCases(after, changes) if after != file.source.text else file
        failed |= wrong
        if not wrong:
            break
    _check(text, after, first, file, left)
    return after, failed


def _value(attribute: str, change: Change) -> Any:
    """What a change wants the case's marks to say; Ellipsis for what they say now."""
    if attribute == "status":
        return ... if change.quarantine else change.status
    return change.quarantine or (None if change.releases else ...)


def _once(text: str, file: SourceCases, attribute: str, wanted: Mapping[Case, Any]) -> tuple[str, dict[Case, str]]:
    from pytest_evalbars.lifecycle.source_edits import edits  # noqa: PLC0415 - imports libcst
    from pytest_evalbars.lifecycle.source_plan import planned  # noqa: PLC0415

    places, failed = planned(file, attribute, wanted)
    made = [edit for place, value in places.items() for edit in edits(file.source, place, attribute, value)]
    return spliced(text, made), failed


# -- the check -----------------------------------------------------------------------------------------------


def _check(before: str, after: str, old: SourceCases, new: SourceCases, changes: Mapping[str, Change]) -> None:
    """See that every case says what it said or was to say, and that all else of the source is the same."""
    if list(old.by_name) != list(new.by_name):
        raise CannotError(BY_HAND)
    for attribute in ("status", "quarantine"):
        wanted = {
            old.by_name[name]: value for name in changes if (value := _value(attribute, changes[name])) is not ...
        }
        for case, same in zip(old.cases, new.cases, strict=True):
            if new.value(same, attribute) != wanted.get(case, old.value(case, attribute)):
                raise CannotError(BY_HAND)
    marks = {name: old.source.mark(value, value) for name, value in old.source.constants.items()}
    aliases = {name for name, mark in marks.items() if mark and mark.name in TOUCHED}
    trees = [ast.dump(_Without(aliases).visit(ast.parse(text))) for text in (before, after)]
    if trees[0] != trees[1]:
        raise CannotError(BY_HAND)


class _Without(ast.NodeTransformer):
    """Takes the marks that a change may touch out of a tree, and writes parameters in one form."""

    def __init__(self, aliases: set[str]) -> None:
        self._aliases = aliases

    def visit(self, node: ast.AST) -> Any:
        node = super().generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.decorator_list = [one for one in node.decorator_list if not self._touched(one)]
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [getattr(target, "id", "") for target in targets] == ["pytestmark"]:
                node.value = self._rest(node.value)
        elif isinstance(node, ast.Call) and self._name(node.func) == "param":
            return self._parameter(node)
        return node

    def _parameter(self, node: ast.Call) -> ast.AST:
        for keyword in node.keywords:
            if keyword.arg == "marks":
                keyword.value = self._rest(keyword.value)
        node.keywords = [one for one in node.keywords if one.arg != "marks" or getattr(one.value, "elts", None) != []]
        if node.keywords or not node.args:
            return node
        if len(node.args) > 1:
            return ast.Tuple(node.args, ast.Load())
        only = node.args[0]
        return only.value if isinstance(only, ast.Starred) else only

    def _rest(self, node: ast.expr) -> ast.expr:
        inside = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
        return ast.List([one for one in inside if not self._touched(one)], ast.Load())

    def _touched(self, node: ast.expr) -> bool:
        node = node.func if isinstance(node, ast.Call) else node
        return self._name(node) in TOUCHED or getattr(node, "id", None) in self._aliases

    @staticmethod
    def _name(node: ast.expr) -> str:
        return str(getattr(node, "attr", "") or getattr(node, "id", ""))
