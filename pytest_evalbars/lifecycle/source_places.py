"""The places in Python source where a case's marks stand: its parameters, its function, its classes, its module."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from pytest_evalbars.run.plan import STATUSES

if TYPE_CHECKING:
    from pytest_evalbars.lifecycle.source_text import Mark, SourceText

#: Ids that pytest makes of texts longer than this depend on its version and its options.
LONG = 100
DISPLAYS = (cst.List, cst.Tuple, cst.Dict, cst.Set, cst.ListComp, cst.SetComp, cst.DictComp)
#: Plain values: what certainly is no `pytest.param` that other code made.
PLAIN = (*DISPLAYS, cst.FormattedString, cst.GeneratorExp, cst.Lambda)


@dataclass(eq=False)
class Place:
    """Somewhere that marks stand or can be put."""

    kind: Literal["parameter", "function", "class", "module"]
    node: Any
    marks: list[Mark] = field(default_factory=list)
    #: Why its marks cannot be changed, if they cannot.
    problem: str = ""
    #: Of a parameter that is a plain value: whether it is a tuple of several arguments.
    several: bool = False

    def of(self, attribute: str) -> list[Mark]:
        """Its marks that say the status, or the quarantine."""
        names = STATUSES if attribute == "status" else (attribute,)
        return [mark for mark in self.marks if mark.name in names]


@dataclass(eq=False)
class Param:
    """One parameter of a parametrize marker."""

    place: Place
    #: The forms in which its id may stand in a node id; none if only pytest knows.
    ids: tuple[str, ...]


@dataclass(eq=False)
class Axis:
    """One parametrize marker."""

    params: list[Param]
    #: Why not all ids of its parameters can be told.
    unknown: str = ""


class Axes:
    """Reads parametrize markers; each is read once, so that tests of one class share its parameters."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._known: dict[int, Axis] = {}
        self._places: dict[int, Place] = {}
        #: Names of lists of parameters, and how often they are named in a parametrize marker.
        self._named: Counter[str] = Counter()
        self._by_name: dict[str, list[Place]] = {}

    def of(self, marks: list[Mark]) -> list[Axis]:
        """The axes among the marks, in their order."""
        calls = [mark.call for mark in marks if mark.name == "parametrize" and mark.call is not None]
        for call in calls:
            if id(call) not in self._known:
                self._known[id(call)] = self._axis(call)
        return [self._known[id(call)] for call in calls]

    def close(self) -> None:
        """Say of lists that other code reads too that their parameters are not to be touched."""
        for name, count in self._named.items():
            if self._source.uses[name] > count + 1:
                for place in self._by_name[name]:
                    place.problem = f"{name} is used elsewhere in the file too; give the mark by hand"

    def _axis(self, call: cst.Call) -> Axis:
        given = _arguments(call, ("argnames", "argvalues", "indirect", "ids", "scope"))
        if given is None or "argvalues" not in given or "argnames" not in given:
            return Axis([], f"its arguments are made elsewhere (line {self._source.line(call)})")
        names, single = self._argnames(given["argnames"])
        values = self._source.resolved(given["argvalues"])
        if not isinstance(values, cst.List | cst.Tuple):
            return Axis([], f"its parameters are made by {_short(self._source.code(given['argvalues']))}")
        ids, wrong = self._ids(given.get("ids"))
        axis = Axis([], wrong)
        for index, element in enumerate(values.elements):
            if isinstance(element, cst.StarredElement):
                axis.unknown = f"its parameters are made by {_short(self._source.code(element))}"
                break
            place = self._place(element.value, several=not single)
            own = ids[index] if ids is not None and index < len(ids) else None
            axis.params.append(Param(place, () if wrong else self._param_ids(place, own, names, index)))
        counts = Counter(param.ids for param in axis.params)
        for param in axis.params:
            if counts[param.ids] > 1:
                param.ids = ()
            if not param.ids:
                axis.unknown = axis.unknown or "some of its parameters have ids that only pytest can tell"
        if isinstance(given["argvalues"], cst.Name):
            self._named[given["argvalues"].value] += 1
            self._by_name[given["argvalues"].value] = [param.place for param in axis.params]
        return axis

    def _argnames(self, node: cst.BaseExpression) -> tuple[list[str], bool]:
        """The names of the arguments, and whether a value is that of one and not a tuple of several."""
        found = self._source.literal(node)
        if isinstance(found, str):
            names = [name.strip() for name in found.split(",") if name.strip()]
            return names, len(names) == 1
        elements = getattr(self._source.resolved(node), "elements", ())
        return [str(self._source.literal(element.value)) for element in elements], False

    def _ids(self, node: cst.BaseExpression | None) -> tuple[list[Any] | None, str]:
        """What `ids=` gives each parameter, None where it gives none; or why that cannot be told."""
        resolved = None if node is None else self._source.resolved(node)
        if node is None or resolved is None or self._source.literal(resolved) is None:
            return None, ""
        if isinstance(resolved, cst.List | cst.Tuple):
            ids = [self._source.literal(element.value) for element in resolved.elements]
            if ... not in ids and not any(isinstance(each, bytes) for each in ids):
                return ids, ""
        return None, f"its ids are made by {_short(self._source.code(node))}"

    def _place(self, node: cst.BaseExpression, *, several: bool) -> Place:
        source, found = self._source, self._source.resolved(node)
        if id(found) in self._places:
            return self._places[id(found)]
        place = self._places[id(found)] = Place("parameter", found, several=several)
        if isinstance(found, cst.Call) and source.dotted(found.func) == "pytest.param":
            given = _arguments(found, ())
            if given is None:
                place.problem = "its pytest.param passes arguments on (**); write its marks out"
            elif marks := given.get("marks"):
                nodes, fixed = listed(marks, next(arg for arg in found.args if arg.value is marks))
                place.marks, others = source.marks(nodes)
                if others or fixed:
                    words = _short(", ".join(others) or source.code(marks))
                    place.problem = f"its marks are made elsewhere ({words}); write them out"
        elif found is not node or not (isinstance(found, PLAIN) or source.literal(found) is not ...):
            place.problem = "it is made elsewhere; write it as pytest.param(..., marks=...) in the list"
        return place

    def _param_ids(self, place: Place, own: Any, names: list[str], index: int) -> tuple[str, ...]:
        source, node = self._source, place.node
        values = [node]
        if isinstance(node, cst.Call) and source.dotted(node.func) == "pytest.param":
            given = _arguments(node, ())
            if given is None:
                return ()
            explicit = source.literal(given["id"]) if "id" in given else None
            if explicit is not None:
                return _forms(explicit) if isinstance(explicit, str) else ()
            values = []
            for arg in (arg for arg in node.args if arg.keyword is None):
                inside = arg.value.elements if isinstance(arg.value, cst.List | cst.Tuple) else None
                if arg.star and inside is None:
                    return _forms(own) if own is not None else ()
                values += [each.value for each in inside or ()] if arg.star else [arg.value]
        elif place.several:
            values = [one.value for one in node.elements] if isinstance(node, cst.Tuple | cst.List) else []
        if own is not None:
            return _forms(own)
        if len(values) != len(names) or not values:
            return ()
        made: tuple[str, ...] | None = None
        for name, value in zip(names, values, strict=True):
            forms = self._value_ids(value, name, index)
            made = forms if made is None else tuple(f"{a}-{b}" for a in made for b in forms)
        return made or ()

    def _value_ids(self, node: cst.BaseExpression, name: str, index: int) -> tuple[str, ...]:
        value = self._source.literal(node)
        if value is ... or isinstance(value, bytes):
            return (f"{name}{index}",) if isinstance(self._source.resolved(node), DISPLAYS) else ()
        forms = _forms(value)
        return (*forms, f"{name}{index}") if isinstance(value, str) and len(value) > LONG else forms


def listed(
    node: cst.BaseExpression, holder: cst.CSTNode
) -> tuple[list[tuple[cst.BaseExpression, cst.CSTNode]], bool]:
    """The expressions of one mark or of a list of marks, with what holds each; and whether some cannot be seen."""
    if isinstance(node, cst.List | cst.Tuple | cst.Set):
        stars = any(isinstance(element, cst.StarredElement) for element in node.elements)
        return [(each.value, each) for each in node.elements if isinstance(each, cst.Element)], stars
    return [(node, holder)], False


def _arguments(call: cst.Call, positional: tuple[str, ...]) -> dict[str, cst.BaseExpression] | None:
    """A call's arguments by name; None if some are passed on."""
    found: dict[str, cst.BaseExpression] = {}
    for place, arg in enumerate(call.args):
        if arg.star == "**" or (arg.star and positional):
            return None
        if arg.keyword is not None:
            found[arg.keyword.value] = arg.value
        elif place < len(positional):
            found[positional[place]] = arg.value
    return found


def _forms(value: Any) -> tuple[str, ...]:
    """An id as pytest escapes it, and as it stands where escaping is switched off."""
    text = str(value)
    return tuple(dict.fromkeys((text.encode("unicode_escape", "replace").decode("ascii"), text)))


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 40 else f"{line[:37]}..."
