"""What a trial asks, as a short digest: it tells whether an earlier result still answers the same question."""

from __future__ import annotations

import hashlib
import inspect
import re
from types import CodeType
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.identity import TRIAL, parameters, row_of

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

    def of(self, item: pytest.Item) -> str:
        """The digest of one item, the same for all trials of its case."""
        row = row_of(item)
        parts = [self._source(item)]
        for name, value in parameters(item).items():
            if name == "case" and row is not None:
                parts.append(_stable(dict(row), DEPTH))
            elif name != TRIAL:
                parts.append(f"{name}={_stable(value, DEPTH)}")
        words = "\0".join(parts).encode("utf-8", "backslashreplace")
        return hashlib.blake2b(words, digest_size=SIZE).hexdigest()

    def _source(self, item: pytest.Item) -> str:
        function = getattr(item, "function", None)
        if function is None:
            return type(item).__qualname__
        if id(function) not in self._sources:  # the item keeps it alive, so no other takes its id
            self._sources[id(function)] = _source(function)
        return self._sources[id(function)]


def _source(function: Callable[..., object]) -> str:
    """The function's source from its `def` on: what decorators say of a case is known of each case by itself."""
    code = None
    try:
        code = inspect.unwrap(function).__code__
        lines, start = inspect.findsource(code)
        head = re.compile(rf"\s*(async\s+)?def\s+{re.escape(code.co_name)}\b")
        start = next(number for number in range(start, len(lines)) if head.match(lines[number]))
        return "".join(inspect.getblock(lines[start:]))
    except Exception:  # noqa: BLE001 - generated code, a file that has changed meanwhile: whatever it is, no source
        return _compiled(code) if code is not None else getattr(function, "__qualname__", "")


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
