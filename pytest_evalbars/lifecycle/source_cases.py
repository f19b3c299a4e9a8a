"""The cases that a Python file writes, each with the places around it whose marks it heeds, the closest first."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from pytest_evalbars.cases.rows import printable
from pytest_evalbars.lifecycle.source_places import Axes, Axis, Param, Place, listed
from pytest_evalbars.lifecycle.source_text import SourceText, assigned, statements
from pytest_evalbars.run.plan import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_evalbars.lifecycle.source_text import Mark

#: A function with more combinations of parameters is not looked through.
MOST = 10_000
#: Names of decorators that say something of a case, wherever they come from.
SAYING = (*STATUSES, "quarantine")


@dataclass(eq=False)
class Class:
    """A class of tests."""

    name: str
    node: cst.ClassDef
    place: Place
    outer: tuple[Class, ...]
    #: Its bases in this file, the nearest first; whether there are others.
    bases: list[Class] = field(default_factory=list)
    foreign: bool = False
    functions: dict[str, Function] = field(default_factory=dict)

    @property
    def lineage(self) -> list[Class]:
        """Itself and what it inherits from, the closest first."""
        return list(dict.fromkeys([self, *(each for base in self.bases for each in base.lineage)]))


@dataclass(eq=False)
class Function:
    """A test, as it is written."""

    name: str
    place: Place


@dataclass(eq=False)
class Test:
    """A test, as it is collected: a function in its class, or in one that inherits it."""

    #: `TestA::test_x`
    name: str
    function: Function
    axes: list[Axis]
    #: The places beyond its function, the closest first.
    around: list[Place]
    #: Why not all of its cases are known.
    unknown: str = ""


@dataclass(eq=False)
class Case:
    """One case: a test with one parameter of each axis."""

    #: Its id without the path; other forms of it.
    names: tuple[str, ...]
    test: Test
    params: tuple[Param, ...]

    @property
    def levels(self) -> list[list[Place]]:
        """The places around it; the parameters stand at one level."""
        return [
            [param.place for param in self.params],
            *([place] for place in (self.test.function.place, *self.test.around)),
        ]

    def governors(self, attribute: str) -> tuple[Place, ...]:
        """The closest places that say the attribute."""
        return next((found for level in self.levels if (found := tuple(p for p in level if p.of(attribute)))), ())


class SourceCases:
    """All that can be told of a file's cases without running it."""

    def __init__(self, text: str, asked: Iterable[str]) -> None:
        """Read the text; `asked` are the ids, without the path, that it is read for."""
        self.source = SourceText(text)
        self.asked = {name.partition("[")[0] for name in asked}
        self._any_name = any(not name.rpartition("::")[2].startswith("test") for name in self.asked)
        self._axes = Axes(self.source)
        body = self.source.module.body
        self.module, self._module_axes = self._marked("module", self.source.module, body, ())
        self._classes: list[Class] = []
        self.tests = [
            Test(function.name, function, [*self._function_axes(function), *self._module_axes], [self.module])
            for function in self._functions(body)
        ]
        self._read_classes(body, ())
        for one in self._classes:
            self.tests += self._collected(one)
        self._axes.close()
        self._counts = Counter(test.name for test in self.tests)
        self.cases = [case for test in self.tests for case in self._cases(test)]
        self.by_name: dict[str, Case] = {}
        for case in self.cases:
            for name in case.names:
                self.by_name.setdefault(name, case)

    def value(self, case: Case, attribute: str) -> Any:
        """What the case's marks say: its status, or what its quarantine is called with; None if nothing."""
        found = [self._said(mark) for place in case.governors(attribute)[:1] for mark in place.of(attribute)]
        return found[0] if found else None

    def missing(self, name: str) -> str:
        """Why the file has no such case, and what to do."""
        head = name.partition("[")[0]
        test = next((test for test in self.tests if test.name == head), None)
        if test is None:
            return "the file has no such test; it was renamed or removed, or is inherited: change its mark by hand"
        if self._counts[head] > 1:
            return "two tests of the file have this name; rename one"
        if test.unknown:
            return f"{test.unknown}; give the mark where they are made, as in pytest.param(..., marks=...)"
        if not test.axes:
            return "nothing in the file gives the test this parameter (a fixture may); change the mark by hand"
        return f"no parameter of {head} has this id; was it renamed or removed?"

    def _said(self, mark: Mark) -> Any:
        if mark.name in STATUSES:
            return mark.name
        args = mark.call.args if mark.call else ()
        said = {arg.keyword.value if arg.keyword else "": self.source.literal(arg.value) for arg in args}
        return said if ... not in said.values() else {"": [self.source.code(arg) for arg in args]}

    def _marked(
        self, kind: Any, node: Any, body: Sequence[cst.CSTNode], decorators: Sequence[cst.Decorator]
    ) -> tuple[Place, list[Axis]]:
        """The place that a module or a class is, and what parametrizes all tests in it."""
        nodes, hidden = [], False
        for one in statements(body):
            if (pair := assigned(one)) and pair[0] == "pytestmark":
                inner, stars = listed(pair[1], one)
                nodes += inner
                hidden |= stars
        marks, others = self.source.marks(nodes)
        above, strange = self.source.marks([(one.decorator, one) for one in reversed(decorators)])
        hidden |= bool(others) or any(_last(other) in SAYING for other in strange)
        place = Place(kind, node, [*marks, *above], "some of its marks are made elsewhere" if hidden else "")
        return place, self._axes.of(place.marks)

    def _functions(self, body: Sequence[cst.CSTNode]) -> Iterator[Function]:
        for node in statements(body):
            if not isinstance(node, cst.FunctionDef):
                continue
            marks, others = self.source.marks([(one.decorator, one) for one in reversed(node.decorators)])
            if any(self.source.dotted(_head(one.decorator)) == "pytest.fixture" for one in node.decorators):
                continue
            name = node.name.value
            if name.startswith("test") or marks or (self._any_name and not name.startswith("_")):
                place = Place("function", node, marks)
                if strange := [other for other in others if _last(other) in SAYING]:
                    place.problem = (
                        f"what @{printable(strange[0], 60)} means stands in another file; change it by hand"
                    )
                yield Function(name, place)

    def _function_axes(self, function: Function) -> list[Axis]:
        return self._axes.of(function.place.marks)

    def _read_classes(self, body: Sequence[cst.CSTNode], outer: tuple[Class, ...]) -> None:
        for node in statements(body):
            if isinstance(node, cst.ClassDef):
                place, _ = self._marked("class", node, node.body.body, node.decorators)
                one = Class(node.name.value, node, place, outer)
                one.functions = {function.name: function for function in self._functions(node.body.body)}
                if len(one.functions) < len(list(self._functions(node.body.body))):
                    place.problem = "two of its tests have one name"
                for base in node.bases:
                    known = [
                        each for each in self._classes if each.name == self.source.code(base.value) and not each.outer
                    ]
                    one.bases += known[-1:]
                    one.foreign |= not known and self.source.code(base.value) != "object"
                self._classes.append(one)
                self._read_classes(node.body.body, (*outer, one))

    def _collected(self, one: Class) -> Iterator[Test]:
        """The tests of a class with those that it inherits; none of a base that is there only to be inherited."""
        name = "::".join(each.name for each in (*one.outer, one))
        inherited = any(one in other.bases for other in self._classes)
        if (
            inherited
            and not one.name.startswith("Test")
            and not any(asked.startswith(f"{name}::") for asked in self.asked)
        ):
            return
        lineage = one.lineage
        around = [each.place for each in lineage]
        axes = [axis for each in reversed(lineage) for axis in self._axes.of(each.place.marks)]
        for outside in reversed(one.outer):
            around += [each.place for each in outside.lineage]
            axes += [axis for each in reversed(outside.lineage) for axis in self._axes.of(each.place.marks)]
        functions: dict[str, Function] = {}
        for each in lineage:
            functions = each.functions | functions
        for function in functions.values():
            mine = [*self._function_axes(function), *axes, *self._module_axes]
            yield Test(f"{name}::{function.name}", function, mine, [*around, self.module])
        if any(each.foreign for each in lineage):  # inherits tests that stand in no line of this file
            yield Test(f"{name}::", Function("", Place("function", None)), [], [*around, self.module], "inherited")

    def _cases(self, test: Test) -> Iterator[Case]:
        if any(mark.name == "cases" for place in (test.function.place, *test.around) for mark in place.marks):
            test.unknown = "its cases are rows of case files"
            return
        if self._counts[test.name] > 1:
            test.unknown = "another test has its name"
            return
        for axis in test.axes:
            test.unknown = test.unknown or axis.unknown
        if math.prod(len(axis.params) for axis in test.axes) > MOST:
            test.unknown = "its parameters make too many combinations"
            return
        for params in itertools.product(*([param for param in axis.params if param.ids] for axis in test.axes)):
            inner = (
                [""] if not params else [f"[{'-'.join(ids)}]" for ids in itertools.product(*(p.ids for p in params))]
            )
            yield Case(tuple(test.name + each for each in inner), test, params)


def _head(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _last(code: str) -> str:
    """The last name of a decorator: `capability` of `marks.capability()`."""
    return code.partition("(")[0].rpartition(".")[2].strip()
