"""What a trial asks, as a short digest: it tells whether an earlier result still answers the same question."""

from __future__ import annotations

import hashlib
import inspect
import re
import tokenize
from contextlib import suppress
from types import CodeType
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.identity import TRIAL, parameters, row_of
from pytest_evalbars.cases.rows import RESERVED

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

#: Bytes of a digest: two of a few thousand cases being alike by chance does not matter, nor does it happen.
SIZE = 6
#: How deep parameters are followed before their own `repr` speaks for them.
DEPTH = 6
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Contents:
    """Takes digests; remembers the source of every test function, which many items share."""

    def __init__(self) -> None:
        self._sources: dict[int, str] = {}
        self._files: dict[str, list[str]] = {}

    def of(self, item: pytest.Item) -> str:
        """The digest of one item, the same for all trials of its case.

        What names, labels or groups a row is no part of what it asks: a case that is renamed or promoted asks the
        same as before.
        """
        row = row_of(item)
        parts = [self._source(item)]
        for name, value in parameters(item).items():
            if name == "case" and row is not None:
                own = {key: value for key, value in row.items() if key not in RESERVED}
                parts.append(_stable(own, DEPTH))
            elif name != TRIAL:
                parts.append(f"{name}={_stable(value, DEPTH)}")
        words = "\0".join(parts).encode("utf-8", "backslashreplace")
        return hashlib.blake2b(words, digest_size=SIZE).hexdigest()

    def _source(self, item: pytest.Item) -> str:
        function = getattr(item, "function", None)
        if function is None:
            return type(item).__qualname__
        if id(function) not in self._sources:  # the item keeps it alive, so no other takes its id
            self._sources[id(function)] = self._read(function)
        return self._sources[id(function)]

    def _read(self, function: Callable[..., object]) -> str:
        """The function's source from its `def` on: what decorators say of a case is known of each case by itself."""
        code = None
        try:
            code = inspect.unwrap(function).__code__
            head = re.compile(rf"\s*(async\s+)?def\s+{re.escape(code.co_name)}\b")
            lines = self._lines(code.co_filename)
            start = next(n for n in range(code.co_firstlineno - 1, len(lines)) if head.match(lines[n]))
            return _bare("".join(_block(lines, start)))
        except Exception:  # noqa: BLE001 - generated code, a file that has changed meanwhile: it has no source
            return _compiled(code) if code is not None else getattr(function, "__qualname__", "")

    def _lines(self, path: str) -> list[str]:
        if path not in self._files:
            with tokenize.open(path) as file:
                self._files[path] = file.readlines()
        return self._files[path]


def _block(lines: list[str], start: int) -> list[str]:
    """The lines of the function that starts at `start`; most are short, and a file may have thousands."""
    for reach in (50, 1000):
        near = lines[start : start + reach]
        try:
            block = inspect.getblock(near)
        except (SyntaxError, tokenize.TokenError):  # cut within a bracket or a text
            continue
        if len(block) < len(near):
            return block
    return inspect.getblock(lines[start:])


def _bare(source: str) -> str:
    """A function's source without comments, blank lines and blanks at the ends of lines: they ask nothing."""
    lines = source.splitlines()
    with suppress(SyntaxError, tokenize.TokenError):
        for kind, _, (row, column), *_ in tokenize.generate_tokens(iter(source.splitlines(keepends=True)).__next__):
            if kind == tokenize.COMMENT:
                lines[row - 1] = lines[row - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line and not line.isspace())


def _compiled(code: CodeType) -> str:
    """What a function does, where nobody can read how it was written."""
    inner = [_compiled(each) for each in code.co_consts if isinstance(each, CodeType)]
    constants = [each for each in code.co_consts if not isinstance(each, CodeType)]
    return f"{code.co_code.hex()} {code.co_names} {_stable(constants, DEPTH)} {inner}"


def _stable(value: Any, depth: int) -> str:
    """Like `repr`, but the same in every process: no addresses, no order of hashes."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return repr(value)
    if depth:
        if kind in (list, tuple):
            return f"[{', '.join(_stable(each, depth - 1) for each in value)}]"
        if kind in (set, frozenset):
            return f"{{{', '.join(sorted(_stable(each, depth - 1) for each in value))}}}"
        if kind is dict:
            pairs = (f"{_stable(key, depth - 1)}: {_stable(each, depth - 1)}" for key, each in value.items())
            return f"{{{', '.join(sorted(pairs))}}}"
    try:
        return ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001 - an object of the user's own
        return kind.__qualname__
