"""Which cases of two runs are the same: only those can be compared one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.contents import contents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    renamed = renamed or {}
    code_of = {name: code for code, name in enumerate(after.cases)}
    asked_before, asks = contents_of(before), contents_of(after)
    pairs = {renamed[name]: name for name in before.cases if renamed.get(name) in code_of}
    told = set(pairs.values())
    pairs |= {name: name for name in before.cases if name in code_of and name not in pairs and name not in told}
    gone = [name for name in before.cases if name not in code_of and name not in told]
    new = [name for name in after.cases if name not in pairs]
    found = _same_question(gone, new, asked_before, asks)
    pairs |= found
    known = {name: code for code, name in enumerate(before.cases)}
    before_of = np.full(len(after.cases), -1, np.int64)
    changed = []
    for name, earlier in pairs.items():
        was, now = asked_before.get(earlier), asks.get(name)
        if was and now and was != now:
            changed.append(name)
        else:
            before_of[code_of[name]] = known[earlier]
    same = set(found.values())
    gone = [name for name in gone if name not in same]
    removed = gone
    if after.asked:  # what stands in other files was not asked for
        here, of_case = set(_files(after).values()), _files(before)
        removed = [name for name in gone if of_case.get(name) in here]
    return Matching(
        before,
        after,
        before_of,
        tuple(sorted((earlier, name) for name, earlier in pairs.items() if name != earlier)),
        tuple(sorted(changed)),
        tuple(sorted(name for name in new if name not in found)),
        tuple(sorted(removed)),
        len(gone) - len(removed),
    )


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
