"""What a session takes from the run that it goes on with, and how the two differ."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.plan import Plan, Planned, packed, unpacked
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pytest

    from pytest_evalbars.execution.resume import Held
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.journal import Journal

#: Items named of each difference before the others are only counted.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What every process that collects must know of the run."""

    where: str
    planned: dict[str, Planned]
    asked: tuple[str, ...]
    #: Items that need not run again, and those that have lines and must, because they erred.
    finished: frozenset[str]
    erred: frozenset[str]
    #: Verdicts that stand though their trial erred: by item and dimension, as `judge` gives them.
    standing: dict[str, dict[str, list[Any]]]
    #: How the session differs from the run, apart from its cases.
    differences: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As workers receive it."""
        return json.dumps(
            {
                "where": self.where,
                "planned": packed(self.planned.values()),
                "asked": self.asked,
                "finished": sorted(self.finished),
                "erred": sorted(self.erred),
                "standing": self.standing,
                "differences": self.differences,
            }
        )

    @classmethod
    def from_json(cls, words: str) -> Known:
        """The reverse of `to_json`."""
        given = json.loads(words)
        return cls(
            where=given["where"],
            planned={one.item: one for one in unpacked(given["planned"])},
            asked=tuple(given["asked"]),
            finished=frozenset(given["finished"]),
            erred=frozenset(given["erred"]),
            standing=given["standing"],
            differences=tuple(given["differences"]),
        )


@dataclass(frozen=True, slots=True)
class Resumption:
    """What of a session's plan is taken from the run, and what runs now."""

    known: Known
    #: What the run consists of from here on.
    plan: Plan
    #: Finished items, and those that run although they have lines.
    taken: frozenset[str]
    again: frozenset[str]
    #: How many trials run now.
    fresh: int
    #: Trials of the run that exist no longer.
    gone: tuple[Planned, ...] = ()
    differences: tuple[str, ...] = ()
    held: Held | None = field(default=None, compare=False)

    @classmethod
    def of(cls, known: Known, plan: Plan, held: Held | None = None) -> Resumption:
        """Compare what was collected with what the run had planned.

        A trial that the session leaves out, or cannot see because only a part of the project was asked for, stays
        in the run with what the run has of it. One that exists no longer goes.
        """
        now = {one.item: one for one in plan.planned}
        absent = [one for item, one in known.planned.items() if item not in now]
        left_out = {one.item for one in plan.left_out}
        unseen = bool(plan.unseen) or plan.asked != known.asked
        stay = tuple(one for one in absent if unseen or one.item in left_out)
        whole = replace(
            plan,
            planned=(*plan.planned, *stay),
            left_out=tuple(one for one in plan.left_out if one.item not in known.planned),
        )
        taken = frozenset(one.item for one in whole.planned if one.item in known.finished)
        return cls(
            known=known,
            plan=whole,
            taken=taken,
            again=frozenset(known.erred & now.keys()),
            fresh=len(now.keys() - taken),
            gone=tuple(one for one in absent if one not in stay),
            differences=(*known.differences, *_of_cases(known.planned, now)),
            held=held,
        )

    @property
    def notices(self) -> list[str]:
        """What to say before the first case runs."""
        total = len(self.plan.planned)
        again = f" ({len(self.again)} of them again, because they erred)" if self.again else ""
        first = f"resuming {self.known.where}: {len(self.taken)} of {total} trials are taken from it, "
        first += f"{self.fresh} {'runs' if self.fresh == 1 else 'run'} now{again}"
        if rest := total - len(self.taken) - self.fresh:
            first += f", {rest} {'is' if rest == 1 else 'are'} not among those that this session runs"
        return [first, *(f"resumed by force, although {each}" for each in self.differences)]

    def stand(self, said: dict[str, Any]) -> None:
        """Let verdicts that a trial gave before it erred stand, whatever another attempt at it says of them."""
        said["verdicts"] |= self.known.standing.get(said["item"], {})

    # -- in the process that judges ------------------------------------------------------------------------

    def begin(self, config: pytest.Config, plan: Plan, bars: Bars) -> Journal:
        """The run file, with the lines that tell of this session."""
        return self._held.begin(self, config, plan, bars)

    def before(self) -> Iterator[tuple[Planned, dict[str, Any]]]:
        """What each trial that is taken said, as `judge` made it, in the order of the plan."""
        trials = self._held.former.trials
        return ((one, trials[one.item].said()) for one in self.plan.planned if one.item in self.taken)

    def open_lines(self, item: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of a trial's lines that the run file can still take: a verdict given before stands."""
        trial = self._held.former.trials.get(item)
        return trial.open_lines(lines) if trial is not None else lines

    def missed(self) -> set[str]:
        """Items that missed before."""
        return {item for item, trial in self._held.former.trials.items() if trial.missed}

    def failed(self, *, as_tests: bool) -> frozenset[str]:
        """Items taken from the run at which its session failed, whatever their verdict.

        Args:
            as_tests: whether a miss is a failure too.
        """
        former = self._held.former
        missed = {item for item in self.missed() if as_tests and not former.trials[item].xfail}
        return self.taken & (former.failed | missed)

    @property
    def _held(self) -> Held:
        assert self.held is not None  # noqa: S101 - only the process that judges asks
        return self.held


def run_differences(header: Mapping[str, Any], labels: dict[str, str], now: Mapping[str, str | None]) -> list[str]:
    """How the session differs from the run, in words."""
    found = []
    if header["labels"] != labels:
        found.append(f"the run's labels are {_pairs(header['labels'])}, this session's are {_pairs(labels)}")
    commit, changes = header.get("commit"), header.get("changes")
    if commit != now["commit"]:
        found.append(f"the code was at {_commit(commit)}, and is at {_commit(now['commit'])}")
    elif commit is not None and (changes is None or now["changes"] is None):
        found.append("nothing tells whether the code has changed since: git gave no answer, then or now")
    elif changes != now["changes"]:
        found.append("the code's uncommitted changes (git diff HEAD) are not those of the run")
    return found


def _pairs(labels: Mapping[str, Any]) -> str:
    return safe(", ".join(f"{key}={value}" for key, value in sorted(labels.items())), 300) or "none"


def _commit(name: object) -> str:
    return f"commit {safe(name)[:12]}" if name else "no commit of git"


def _of_cases(then: Mapping[str, Planned], now: Mapping[str, Planned]) -> list[str]:
    """How the collected cases differ from those of the run, in words."""
    both = [(then[item], one) for item, one in now.items() if item in then]
    unknown = [one.item for before, one in both if not (before.content and one.content)]
    found = {
        "planned now and not in the run": now.keys() - then.keys(),
        "in the run and not planned now": then.keys() - now.keys(),
        "of unknown content, because the run does not tell it": unknown,
        "of another content (row, parameters or source of the test)": [
            one.item for before, one in both if before.content and one.content and before.content != one.content
        ],
        "of other labels, dimensions or another cluster": [
            one.item for before, one in both if replace(before, content=one.content) != one
        ],
    }
    place = {item: number for number, item in enumerate(dict.fromkeys([*then, *now]))}
    return [_counted(words, sorted(items, key=place.__getitem__)) for words, items in found.items() if items]


def _counted(words: str, items: Collection[str]) -> str:
    names = ", ".join(safe(item, 200) for item in list(items)[:NAMED])
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return f"{len(items)} {'trial is' if len(items) == 1 else 'trials are'} {words}: {names}{more}"
