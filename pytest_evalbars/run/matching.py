"""Which cases of two runs are the same: only those can be compared one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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
    #: Cases of `before` that were not asked for this time.
    elsewhere: int = 0


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
    hit = np.zeros(len(before.cases), bool)
    hit[before_of[before_of >= 0]] = True
    gone = [name for code in np.flatnonzero(~hit).tolist() if (name := before.cases[code]) not in code_of]
    new = {after.cases[code]: code for code in np.flatnonzero(before_of < 0).tolist()}
    # Runs that set out to do the very same ask the same.
    asked = ({}, {}) if before.plans == after.plans else (contents_of(before), contents_of(after))
    found = _same_question(gone, list(new), *asked)
    for name, earlier in found.items():
        before_of[new[name]] = known[earlier]
    changed = list(_changed(before, after, before_of, *asked))
    before_of[changed] = -1
    called_otherwise = set(found.values())
    resting = set(after.saturated.resting) if after.saturated else set()
    gone = [name for name in gone if name not in called_otherwise and name not in resting]
    removed = gone
    if after.asked:  # what stands in other files was not asked for
        here, of_case = set(_files(after).values()), _files(before)
        removed = [name for name in gone if of_case.get(name) in here]
    return Matching(
        before,
        after,
        before_of,
        tuple(sorted((earlier, name) for name, earlier in (told | found).items() if name != earlier)),
        tuple(sorted(after.cases[code] for code in changed)),
        tuple(sorted(name for name in new if name not in found)),
        tuple(sorted(removed)),
        len(gone) - len(removed),
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


def _files(run: Run) -> dict[str, str]:
    """The test file of each case; of several, the last."""
    count = max(1, len(run.tests))
    found = np.unique(run.case * count + run.test).tolist()
    return {run.cases[each // count]: run.tests[each % count].partition("::")[0] for each in found}
