"""Goes on with a run that did not come to its end: what it has is taken, errors and missing trials run.

The process that judges holds the run file; every process that collects compares what it has collected with what
the run had planned, and drops the items of trials that are finished.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.keeping import keeping_of
from pytest_evalbars.config.options import labels_of
from pytest_evalbars.errors import EvalbarsError, RunFileError
from pytest_evalbars.execution import early
from pytest_evalbars.execution.choice import chosen
from pytest_evalbars.execution.resumption import Known, Resumption, run_differences
from pytest_evalbars.execution.saturated import clashes
from pytest_evalbars.run.former import Former, read_former
from pytest_evalbars.run.journal import Journal, resume
from pytest_evalbars.run.revision import revision
from pytest_evalbars.run.shards import shard_of
from pytest_evalbars.run.spool import parts_of
from pytest_evalbars.scope import XDIST_KEY, scope_of
from pytest_evalbars.stash import RESUMED, is_worker, runs_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan


@dataclass(slots=True)
class Held:
    """The run file in the process that judges, open for more lines."""

    former: Former
    known: Known
    revision: Mapping[str, str | None]
    #: None where pytest was only asked to look.
    journal: Journal | None

    @classmethod
    def take(cls, config: pytest.Config) -> Held:
        """Choose the run that was asked for, read it, and open its file.

        Raises:
            pytest.UsageError: it cannot be gone on with.
        """
        try:
            return cls._take(config)
        except EvalbarsError as error:
            raise pytest.UsageError(f"--evalbars-resume: {error}") from None

    @classmethod
    def _take(cls, config: pytest.Config) -> Held:
        path = chosen(config)
        journal = None if runs_nothing(config) else Journal.reopen(path)
        if journal is not None:
            config.add_cleanup(journal.close)
        former = read_former(path)
        _fit(former, config)
        if journal is not None:
            _mend(former, journal)
        now = revision(config.rootpath)
        known = Known(
            where=former.where,
            planned=former.planned,
            asked=former.asked,
            finished=frozenset(former.finished),
            erred=frozenset(item for item, trial in former.trials.items() if trial.erred),
            standing=former.standing,
            differences=(
                *run_differences(former.header, labels_of(config), now),
                *clashes(config, former.header, former.planned),
            ),
        )
        return cls(former, known, now, journal)

    def begin(self, resumed: Resumption, config: pytest.Config, plan: Plan, bars: Bars) -> Journal:
        """Write what goes before the session's own lines: that it goes on, and with what."""
        assert self.journal is not None  # noqa: S101 - what only looks begins nothing
        self.journal.run = str(self.former.header.get("run", self.former.path.stem))
        gone = [[one.case, one.test, one.trial, one.item] for one in resumed.gone]
        more: dict[str, Any] = {"labels": labels_of(config), **self.revision, "anytime": None}
        more |= early.header(config, plan, bars)
        more["evidence"] = keeping_of(config, bars).mode
        more |= {"dropped": gone} if gone else {}
        more |= {"despite": list(resumed.differences)} if resumed.differences else {}
        more |= {"shard": plan.shard.to_json()} if plan.shard else {}
        first = resume(len(resumed.taken), len(resumed.again), **more)
        # The header has what was done with saturated cases, and the run goes on in the same way.
        self.journal.write(first, replace(plan, shard=None, saturated=None).to_json())
        return self.journal


#: Present in the process that judges, where a run is gone on with.
HELD = pytest.StashKey[Held]()


def hold(config: pytest.Config) -> Held:
    """The run that is gone on with, read and opened once.

    Raises:
        pytest.UsageError: it cannot be gone on with.
    """
    if HELD not in config.stash:
        config.stash[HELD] = Held.take(config)
    return config.stash[HELD]


def _fit(former: Former, config: pytest.Config) -> None:
    """See whether the run is one that can be gone on with at all.

    Raises:
        RunFileError: it is not.
    """
    if former.header.get("second_look"):
        raise RunFileError(
            f"{former.where} is a second look at cases that missed, which feeds no bar: there is nothing to resume; "
            "look again with --evalbars-missed"
        )
    if former.complete:
        raise RunFileError(f"{former.where} is complete: there is nothing to resume")
    shard, now = shard_of(former.header), config.getoption("evalbars_shard")
    then = f"{shard.index}/{shard.of}" if shard else None
    if then != now:
        of_run, mend = f"shard {then}" if then else "no shard", f"add --evalbars-shard={then}"
        here = f"shard {now}" if now else "none"
        mend = mend if then else "leave --evalbars-shard out"
        raise RunFileError(f"{former.where} is of {of_run}, and this session is {here}; {mend}")


def _mend(former: Former, journal: Journal) -> None:
    """Cut off a torn last line, and take in what dead workers had written for themselves.

    Raises:
        RunFileError: the file cannot be written.
    """
    journal.cut(former.size, unbroken=former.unbroken)
    for lines in former.spooled:
        journal.write(*lines)
    if journal.failure is not None:
        raise RunFileError(f"the run file cannot be written: {journal.failure}")
    for part in parts_of(former.path):
        part.unlink(missing_ok=True)


def go_on(session: pytest.Session, plan: Plan) -> Plan | None:
    """Drop the items of trials that the run has, and return the plan to go on with; None where a worker cannot.

    Raises:
        pytest.UsageError: the session differs from the run, and nothing forces it.
    """
    config = session.config
    if is_worker(config):
        resumed = Resumption.of(Known.from_json(scope_of(config, "resume")), plan)
    else:
        held = hold(config)
        resumed = Resumption.of(held.known, plan, held)
    if resumed.differences and not config.getoption("evalbars_force"):
        _refuse(session, resumed)
        return None
    config.stash[RESUMED] = resumed
    session.items[:] = [item for item in session.items if not _taken(item, resumed)]
    return plan if is_worker(config) else resumed.plan


def _taken(item: pytest.Item, resumed: Resumption) -> bool:
    return PLANNED in item.stash and item.stash[PLANNED].item in resumed.taken


def _refuse(session: pytest.Session, resumed: Resumption) -> None:
    problem = "\n".join(
        [
            f"--evalbars-resume: {resumed.known.where} is not a run of what would run now:",
            *(f"  {each}" for each in resumed.differences),
            "run everything again without --evalbars-resume, or go on all the same with --evalbars-force",
        ]
    )
    if not is_worker(session.config):
        raise pytest.UsageError(problem)
    session.config.workeroutput[XDIST_KEY] = json.dumps([problem])  # type: ignore[attr-defined]
    session.items.clear()
