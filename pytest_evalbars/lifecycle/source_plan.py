"""Chooses the places where marks change, so that exactly the cases that are meant get another status."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.rows import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_evalbars.lifecycle.source_cases import Case, SourceCases
    from pytest_evalbars.lifecycle.source_places import Place

NOT_ALONE = "it is one combination of several parametrize markers, which cannot be marked alone; write them as one"


def planned(
    file: SourceCases, attribute: str, wanted: Mapping[Case, Any]
) -> tuple[dict[Place, Any], dict[Case, str]]:
    """Which places are to say what.

    A mark is changed where it stands if that is what all cases want that it governs; else a mark is put closer to
    those that want it: on their function if it is all of its cases, or on their parameters.

    Args:
        file: the file's cases.
        attribute: `status` or `quarantine`.
        wanted: what each case is to say; None for nothing.

    Returns:
        What each place is to say, and why some cases cannot have what they want.
    """
    return _Plan(file, attribute, wanted).made()


class _Plan:
    def __init__(self, file: SourceCases, attribute: str, wanted: Mapping[Case, Any]) -> None:
        self._file, self._attribute = file, attribute
        self._pending = {case: value for case, value in wanted.items() if file.value(case, attribute) != value}
        self._edits: dict[Place, Any] = {}
        self._failed: dict[Case, str] = {}
        self._governed: dict[Place, list[Case]] = defaultdict(list)
        for case in file.cases:
            for place in case.governors(attribute):
                self._governed[place].append(case)
        self._sharing: dict[Place, list[Case]] = defaultdict(list)
        for case in file.cases:
            for place in {param.place for param in case.params}:
                self._sharing[place].append(case)
        self._hidden = set(self._with_hidden_cases())

    def made(self) -> tuple[dict[Place, Any], dict[Case, str]]:
        for place in dict.fromkeys(place for case in self._pending for place in case.governors(self._attribute)):
            self._where_it_stands(place)
        groups: dict[Place, list[Case]] = defaultdict(list)
        for case, value in list(self._pending.items()):
            governors = case.governors(self._attribute)
            if value is None or (governors and governors[0].kind == "parameter"):
                self._failed[case] = self._why_together(case, governors)
                del self._pending[case]
            else:
                groups[case.test.function.place].append(case)
        for place, cases in groups.items():
            if not self._on_function(place):
                self._on_parameters(cases)
        return self._edits, self._failed

    def _where_it_stands(self, place: Place) -> None:
        cases = self._governed[place]
        if place.problem or place in self._hidden or not self._all_want_the_same(cases):
            return
        if all(len(case.governors(self._attribute)) == 1 for case in cases):
            self._settle(place, cases)

    def _on_function(self, place: Place) -> bool:
        """Put a mark on a function where none stands, if all of its cases that no parameter marks want the same."""
        if place.problem or place.of(self._attribute):
            return False
        cases = [case for case in self._file.cases if case.test.function.place is place]
        cases = [case for case in cases if not self._marked_by_parameter(case)]
        if place in self._hidden or not self._all_want_the_same(cases):
            return False
        self._settle(place, cases)
        return True

    def _on_parameters(self, cases: Sequence[Case]) -> None:
        """Put marks on the parameters of that axis by which most of the cases get what they want."""
        axes: list[list[tuple[Place, list[Case]]]] = []
        for axis in range(len(cases[0].test.axes)):
            places = dict.fromkeys(case.params[axis].place for case in cases if axis < len(case.params))
            whole = [(place, self._sharing[place]) for place in places]
            axes.append([(place, sharing) for place, sharing in whole if self._can_be_marked(place, sharing)])
        best = max(axes, key=lambda found: sum(len(sharing) for _, sharing in found), default=[])
        for place, sharing in best:
            if sharing[0] in self._pending:
                self._settle(place, sharing)
        for case in cases:
            if case in self._pending:
                self._failed[case] = self._why_not_alone(case)

    def _can_be_marked(self, place: Place, sharing: Sequence[Case]) -> bool:
        if place.problem or place in self._hidden or any(self._marked_by_parameter(case) for case in sharing):
            return False
        return self._all_want_the_same(sharing)

    def _marked_by_parameter(self, case: Case) -> bool:
        return any(param.place.of(self._attribute) for param in case.params)

    def _all_want_the_same(self, cases: Sequence[Case]) -> bool:
        return bool(cases) and all(
            case in self._pending and self._pending[case] == self._pending.get(cases[0]) for case in cases
        )

    def _settle(self, place: Place, cases: Sequence[Case]) -> None:
        self._edits[place] = self._pending.get(cases[0])
        for case in cases:
            self._pending.pop(case, None)

    def _with_hidden_cases(self) -> Iterator[Place]:
        """The places that may govern cases that only pytest knows."""
        for test in self._file.tests:
            if test.unknown:
                yield test.function.place
                yield from () if test.function.place.of(self._attribute) else test.around
            for axis in test.axes:
                if any(other.unknown for other in test.axes if other is not axis):
                    yield from (param.place for param in axis.params)

    # -- words ------------------------------------------------------------------------------------------

    def _why_together(self, case: Case, governors: Sequence[Place]) -> str:
        place = governors[0]
        if place.problem:
            return place.problem
        if place.kind == "parameter" and len(case.test.axes) > 1:
            return NOT_ALONE
        others = [
            other.names[0] for other in self._governed[place] if other not in self._pending and other is not case
        ]
        named = f" ({', '.join(printable(name, 60) for name in others[:3])})" if others else ""
        return (
            f"the mark on its {place.kind} holds for other cases too{named}; change them together, or move the mark"
        )

    def _why_not_alone(self, case: Case) -> str:
        problems = [place.problem for level in case.levels[:2] for place in level if place.problem]
        if problems:
            return problems[0]
        if len(case.test.axes) > 1:
            return NOT_ALONE
        shared = "its test, or its list of parameters, is shared with others that stay as they are"
        return f"{shared}; give them lists of their own"
