"""Which cases of two runs are the same: only those can be compared one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.contents import contents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, eq=False)
class Matching:
    """Two runs, and which case of the one is which case of the other."""

    before: Run
    after: Run
    #: By case of `after`: its code in `before`, -1 where it is not compared; shape (cases of `after`,).
    before_of: NDArray[np.int64]
    #: Cases that ask the same under another name: (before, after).
    renamed: tuple[tuple[str, str], ...] = ()
    #: Cases of the same name that ask something else now: not compared. Then cases of one run alone.
    changed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    #: How many cases of `before` were not asked for this time, and by case of `before` whether it was not to run, for
    #: that reason or because it rested as a saturated case; shape (cases of `before`,).
    elsewhere: int = 0
    not_to_run: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    @cached_property
    def shared(self) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
        """Which rows of each run say what both runs asked; None: all. Shapes (rows of the run,).

        Of a case that several tests judge, only those count that judged it in both: another test is another question.
        Where no test is the same, as in a file of another name, all of them count.
        """
        before, after = self.before, self.after
        if not (_several_tests(before) or _several_tests(after)):
            return None, None
        test_of = {name: code for code, name in enumerate(before.tests)}
        same_test = np.array([test_of.get(name, -1) for name in after.tests] or [-1], np.int64)[after.test]
        same_case, width = self.before_of[after.case], max(1, len(before.tests))
        key = np.where((same_test >= 0) & (same_case >= 0), same_case * width + same_test, -1)
        earlier = before.case * width + before.test
        both = np.intersect1d(key[key >= 0], earlier)
        with_one = np.zeros(len(before.cases) + 1, bool)  # the last one: of no case
        with_one[both // width] = True
        return (
            np.isin(earlier, both) | ~with_one[before.case],
            np.isin(key, both) | ~with_one[same_case],
        )


def match(before: Run, after: Run, renamed: Mapping[str, str] | None = None) -> Matching:
    """Match the cases of two runs by id.

    A case whose row, parameters or test changed asks something else, and is not compared. A case that is gone, and
    a new one that asks exactly the same as no other, are one case that was renamed.

    Args:
        before: the earlier run.
        after: the later one.
        renamed: names of cases in `before`, and what they are called in `after`.

    Raises:
        RunFileError: a manifest is broken.
    """
    known = dict(zip(before.cases, range(len(before.cases)), strict=True))
    before_of = np.array([known.get(name, -1) for name in after.cases], np.int64)
    told = {renamed[name]: name for name in before.cases if name in renamed} if renamed else {}
    code_of = {name: code for code, name in enumerate(after.cases)} if told else {}
    told = {name: earlier for name, earlier in told.items() if name in code_of}
    # A case that is called otherwise now is not the one that is called so now.
    before_of[[code_of[earlier] for earlier in told.values() if earlier in code_of]] = -1
    before_of[[code_of[name] for name in told]] = [known[earlier] for earlier in told.values()]
    # Runs that set out to do the very same ask the same.
    asked = ({}, {}) if before.plans == after.plans else (contents_of(before), contents_of(after))
    changed = list(_changed(before, after, before_of, *asked))
    before_of[changed] = -1
    hit = np.zeros(len(before.cases), bool)
    hit[before_of[before_of >= 0]] = True
    gone = [before.cases[code] for code in np.flatnonzero(~hit).tolist()]
    new = {after.cases[code]: code for code in np.flatnonzero(before_of < 0).tolist()}
    found = _same_question(gone, list(new), *asked)
    for name, earlier in found.items():
        before_of[new[name]] = known[earlier]
    changed = [code for code in changed if before_of[code] < 0]
    resting = set(after.saturated.resting if after.saturated else ())
    away = {*found.values(), *resting}
    away |= {told.get(after.cases[code], after.cases[code]) for code in changed}
    gone = [name for name in gone if name not in away]
    removed = gone
    if after.asked:  # what stands in other files was not asked for
        here, of_case = set(_files(after).values()), _files(before)
        removed = [name for name in gone if of_case.get(name) in here]
    idle = resting | (set(gone) - set(removed))
    changed_names = {after.cases[code] for code in changed}
    return Matching(
        before,
        after,
        before_of,
        tuple(sorted((earlier, name) for name, earlier in (told | found).items() if name != earlier)),
        tuple(sorted(changed_names)),
        tuple(sorted(name for name in new if name not in found and name not in changed_names)),
        tuple(sorted(removed)),
        len(gone) - len(removed),
        np.array([name in idle for name in before.cases], bool),
    )


def _changed(
    before: Run,
    after: Run,
    before_of: NDArray[np.int64],
    asked_before: Mapping[str, frozenset[str]],
    asks: Mapping[str, frozenset[str]],
) -> Iterator[int]:
    """The cases of `after`, by code, that ask something else than they did."""
    if not (asked_before and asks):
        return
    for code, earlier in enumerate(before_of.tolist()):
        if earlier >= 0 and (now := asks.get(after.cases[code])):
            was = asked_before.get(before.cases[earlier])
            if was and not (was <= now or now <= was):  # another test that judges it, too, changes no question
                yield code


def _same_question(
    gone: list[str],
    new: list[str],
    asked_before: Mapping[str, frozenset[str]],
    asks: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    """New cases that ask exactly what one that is gone asked, and no other of either: by their new names."""
    of_question: dict[frozenset[str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, (names, known) in enumerate(((gone, asked_before), (new, asks))):
        for name in names:
            if question := known.get(name):
                of_question[question][side].append(name)
    return {after[0]: before[0] for before, after in of_question.values() if len(before) == len(after) == 1}


def _several_tests(run: Run) -> bool:
    """Whether some case is judged by more than one test."""
    one = np.zeros(len(run.cases), np.int64)
    one[run.case] = run.test
    return bool((one[run.case] != run.test).any())


def _files(run: Run) -> dict[str, str]:
    """The test file of each case; of several, the last."""
    count = max(1, len(run.tests))
    found = np.unique(run.case * count + run.test).tolist()
    return {run.cases[each // count]: run.tests[each % count].partition("::")[0] for each in found}
