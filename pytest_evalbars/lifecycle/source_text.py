"""Python source as a concrete syntax tree: where its parts stand in the text, and which markers it names."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from pytest_evalbars.lifecycle.spans import CannotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What `from pytest import *` gives, as far as it matters.
STARRED = ("mark", "param", "fixture")


@dataclass(frozen=True, eq=False)
class Mark:
    """One marker, where it is written."""

    name: str
    #: The expression at that place, and the name in it; None where another name stands for the marker.
    node: cst.BaseExpression
    token: cst.Name | None
    #: The marker's call, if it is one, wherever it is written.
    call: cst.Call | None
    #: What holds the expression: a decorator, an element of a list, an argument or an assignment.
    holder: cst.CSTNode


class SourceText:
    """The text of a Python file and its tree."""

    def __init__(self, text: str) -> None:
        """Read the text; it is known to be valid Python."""
        self.text = text
        self._raw = b"" if text.isascii() else text.encode()
        self.module = cst.parse_module(text)
        if self.module.code != text:
            raise CannotError("the file is written in a way that cannot be edited safely; change the mark by hand")
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._spans: Any = wrapper.resolve(ByteSpanPositionProvider)
        self.newline = self.module.default_newline
        tree = ast.parse(text)
        #: What local names are in pytest: `pytest`, `pytest.mark`.
        self.imported = dict(_imports(tree))
        #: How often each name is written, whatever it means there.
        self.uses = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        self.constants = dict(_constants(self.module.body))

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a part stands, as offsets into the text; without the brackets around it."""
        span = self._spans[node]
        start, end = span.start, span.start + span.length
        if self._raw:
            start = len(self._raw[:start].decode())
            end = start + len(self._raw[span.start : end].decode())
        return start, end

    def outer(self, node: Any) -> tuple[int, int]:
        """Where an expression stands, with the brackets around it."""
        start, end = self.span(node)
        return (
            self.span(node.lpar[0])[0] if node.lpar else start,
            self.span(node.rpar[-1])[1] if node.rpar else end,
        )

    def line_start(self, at: int) -> int:
        """Where the line of a place begins."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """Where the next line begins, or the text ends."""
        while at < len(self.text) and self.text[at] not in "\r\n":
            at += 1
        return at + (2 if self.text.startswith("\r\n", at) else 1) if at < len(self.text) else at

    def line(self, node: cst.CSTNode) -> int:
        """The number of the line on which a part begins."""
        return len(self.text[: self.span(node)[0]].splitlines()) or 1

    def resolved(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a name stands for that the module gives once, as in `CASES = [...]`."""
        for _ in range(10):
            if not isinstance(node, cst.Name) or node.value not in self.constants:
                break
            node = self.constants[node.value]
        return node

    def dotted(self, node: cst.BaseExpression) -> str:
        """The full name of something in pytest, as in `pytest.mark.slow`; empty if it is nothing of pytest's."""
        node = self.resolved(node)
        if isinstance(node, cst.Name):
            return self.imported.get(node.value, "")
        if isinstance(node, cst.Attribute):
            base = self.dotted(node.value)
            return base and f"{base}.{node.attr.value}"
        return ""

    def mark(self, node: cst.BaseExpression, holder: cst.CSTNode) -> Mark | None:
        """The marker that an expression is; None if it is none, or one that other code makes."""
        found = self.resolved(node)
        call = found if isinstance(found, cst.Call) else None
        head, _, name = self.dotted(call.func if call else found).rpartition(".")
        if head != "pytest.mark":
            return None
        written = node.func if isinstance(node, cst.Call) else node
        return Mark(name, node, written.attr if isinstance(written, cst.Attribute) else None, call, holder)

    def marks(self, nodes: Sequence[tuple[cst.BaseExpression, cst.CSTNode]]) -> tuple[list[Mark], list[str]]:
        """The markers among expressions, and the source of the others."""
        found = [self.mark(*node) for node in nodes]
        others = [self.code(node) for (node, _), mark in zip(nodes, found, strict=True) if mark is None]
        return [mark for mark in found if mark], others

    def written(self, name: str) -> str:
        """How the file writes `mark` or `param` of pytest."""
        for local, meaning in self.imported.items():
            if meaning == "pytest":
                return f"{local}.{name}"
        for local, meaning in self.imported.items():
            if meaning == f"pytest.{name}":
                return local
        raise CannotError(f"the file does not import pytest's {name}; write `import pytest` at its top")

    def code(self, node: cst.CSTNode) -> str:
        """The source of a part."""
        return self.module.code_for_node(node)

    def literal(self, node: cst.BaseExpression) -> Any:
        """The value of a text, a number, a truth or None; Ellipsis for all else."""
        node = self.resolved(node)
        plain = (cst.SimpleString, cst.ConcatenatedString, cst.Integer, cst.Float, cst.Imaginary, cst.UnaryOperation)
        if isinstance(node, plain) or (isinstance(node, cst.Name) and node.value in ("True", "False", "None")):
            try:
                return ast.literal_eval(f"({self.code(node)})")
            except (ValueError, SyntaxError):
                return ...
        return ...


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What local names stand for in pytest."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or "pytest", "pytest") for alias in node.names if alias.name == "pytest")
        elif isinstance(node, ast.ImportFrom) and node.module == "pytest" and not node.level:
            for alias in node.names:
                names = STARRED if alias.name == "*" else [alias.name]
                yield from ((alias.asname or name, f"pytest.{name}") for name in names)


def statements(body: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The statements of a block, with those of the `if`, `try` and `with` in it, but not of classes and functions."""
    for one in body:
        if isinstance(one, cst.SimpleStatementLine):
            yield from one.body
        elif isinstance(one, cst.ClassDef | cst.FunctionDef):
            yield one
        else:
            for child in one.children:
                if isinstance(child, cst.IndentedBlock):
                    yield from statements(child.body)
                elif isinstance(child, cst.If | cst.Else | cst.ExceptHandler | cst.Finally):
                    yield from statements([child])


def assigned(node: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """The name and the value of `name = value`."""
    if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
        return node.targets[0].target.value, node.value
    if isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name) and node.value is not None:
        return node.target.value, node.value
    return None


def _constants(body: Sequence[cst.CSTNode]) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names to which a module gives a value once."""
    pairs = [pair for one in statements(body) if (pair := assigned(one))]
    counts = Counter(name for name, _ in pairs)
    counts.update(
        one.target.value
        for one in statements(body)
        if isinstance(one, cst.AugAssign) and isinstance(one.target, cst.Name)
    )
    return ((name, value) for name, value in pairs if counts[name] == 1)
