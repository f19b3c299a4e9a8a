"""From a test's outcome to what the trial said: passes, misses, errors, skips.

A failed `assert` or `pytest.fail` in the body is a miss of what the case did not judge itself. Everything else
that goes wrong is an error: the model was not judged.
"""

from __future__ import annotations

import inspect
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.evalcase import ACCOUNT, EvalCase, Said
from pytest_evalbars.cases.keeping import NO_WORDS, REASON_LENGTH, keeping_of
from pytest_evalbars.cases.running import Running, while_runs
from pytest_evalbars.judges.used import untold
from pytest_evalbars.run.plain import text
from pytest_evalbars.run.properties import of_case
from pytest_evalbars.run.tally import COST
from pytest_evalbars.safe import safe
from pytest_evalbars.stash import COLLECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

    from pytest_evalbars.cases.asked import Asked
    from pytest_evalbars.cases.keeping import Keeping
    from pytest_evalbars.run.plan import Planned

#: Present while the body runs.
RUNNING = pytest.StashKey[bool]()
#: What the trial waited for, and what models it asked.
TRIAL = pytest.StashKey[Running]()
#: What subtests of the running body have said: their outcomes and reasons.
PARTS = pytest.StashKey[list[tuple[str, str]]]()
#: The rubrics that this process has told of.
RUBRICS = pytest.StashKey[set[str]]()
#: What this process asked outside of every trial, counted: `replayed` is how many recorded answers it was given.
OUTSIDE = pytest.StashKey[Counter[str]]()
#: Why a trial was not started; absent on those that were.
NOT_RUN = pytest.StashKey[str]()
#: What the body of a trial said when it ended, where that was before the trial's turn to be reported.
SAID = pytest.StashKey[dict[str, Any]]()
#: The properties that its reports carry.
PROPERTIES = pytest.StashKey[tuple[tuple[str, str], ...]]()
#: Modules whose own `pytest.fail` and `pytest.skip` say that a case could not be run, not that a model missed.
HARNESS = ("_pytest.python", "_pytest.fixtures", "pytest_timeout")


class Phase(Protocol):
    """What is read of a report, and also known of a body that has no report yet."""

    @property
    def when(self) -> str | None:
        """`setup`, `call` or `teardown`."""

    @property
    def passed(self) -> bool:
        """Whether it ended well."""

    @property
    def longreprtext(self) -> str:
        """Why not, where no exception says so."""


@dataclass(frozen=True, slots=True)
class BodyPhase:
    """A body that ended before its trial's turn to be reported."""

    call: pytest.CallInfo[Any]
    when: str = "call"
    longreprtext: str = ""

    @property
    def passed(self) -> bool:
        """Whether it raised nothing."""
        return self.call.excinfo is None


class OutOfTime(pytest.fail.Exception):  # type: ignore[misc, name-defined] # pytest gives it as an attribute
    """A case's own time limit ended its body: an error, told without a traceback.

    It passes through `except Exception`, with which a client may retry for ever.
    """

    __module__ = "builtins"  # as pytest's own have it: reports show the bare name


@contextmanager
def body_of(item: pytest.Item) -> Iterator[None]:
    """The time in which the test's body runs: a report made in it is a subtest's."""
    item.stash[PARTS] = []
    item.stash[RUNNING] = True
    trial = item.stash[TRIAL]
    try:
        with nullcontext() if trial.shared else while_runs(trial, alone=True):
            yield
    finally:
        del item.stash[RUNNING]


@contextmanager
def set_up(item: pytest.Item) -> Iterator[None]:
    """The time in which a trial is set up; a rerun begins anew."""
    trial = item.stash.get(TRIAL, None)
    if trial is None or not trial.shared:
        planned = item.stash[PLANNED]
        trial = item.stash[TRIAL] = Running(planned.case, planned.trial)
    with while_runs(trial.setting_up(), alone=not trial.shared):
        yield


def take_part(item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> str | None:
    """Note what a subtest says, and return its outcome; None if the report is not a subtest's."""
    if RUNNING not in item.stash:
        return None
    item.stash[PARTS].append(_outcome(item, call, report))
    return item.stash[PARTS][-1][0]


def show_part(report: pytest.TestReport) -> None:
    """Show a subtest's failed assertion as what it is: a part of a miss that a bar holds."""
    report.outcome = "skipped"
    report.wasxfail = "a part of the case missed"


def judge(item: pytest.Item, call: pytest.CallInfo[Any], report: Phase) -> dict[str, Any] | None:
    """What one phase of an eval item says, as plain values; None if it says nothing yet.

    The setup phase speaks only when it went wrong; the teardown phase never does.
    """
    if report.when == "teardown" or (report.when == "setup" and report.passed):
        return None
    planned = item.stash[PLANNED]
    if NOT_RUN in item.stash:
        why = item.stash[NOT_RUN]
        del item.stash[NOT_RUN]
        return {"item": planned.item, "not_run": why}
    account = item.stash.get(ACCOUNT, None) or EvalCase(planned)
    outcome, reason = _worst([*item.stash.get(PARTS, []), _outcome(item, call, report)])
    error = reason if outcome == "error" else ""
    account._closed = True  # noqa: SLF001 - the account's own reader
    trial = item.stash.setdefault(TRIAL, Running())  # of a set-up that another plugin kept from beginning
    asked = trial.asked
    asked.settle()
    unjudged = dict(asked.unjudged())
    faults = dict.fromkeys([*asked.faults, *(why for _, why in asked.unjudged())])
    whole = _keeping(item).whole
    swallowed = [words for words in map(text, faults if whole else faults and [NO_WORDS]) if words[:200] not in error]
    mistakes = text("; ".join([*account._mistakes, *swallowed][:5]))  # noqa: SLF001
    if mistakes:
        outcome, error = "error", "; ".join(filter(None, [mistakes, error]))
        reason = error
    marked = item.get_closest_marker("xfail") is not None and not item.config.getoption("runxfail", False)
    verdicts: dict[str, list[Any]] = {}
    judges: dict[str, dict[str, Any]] = {}
    for dimension in planned.dimensions:
        said = account._said.get(dimension, Said())  # noqa: SLF001
        if dimension in unjudged:
            said = Said(
                "error",
                said.score,
                said.level,
                text(unjudged[dimension] if whole else NO_WORDS, REASON_LENGTH),
                said.provenance,
            )
        words = reason if said.outcome is None and reason else said.reason
        verdicts[dimension] = [said.outcome or outcome, said.score, said.level, words]
        if source := said.provenance or (said.undecided if said.outcome is None else {}):
            judges[dimension] = source
    return {
        "item": planned.item,
        "verdicts": verdicts,
        "measures": _times(item, call) | asked.measures() | account._measures,  # noqa: SLF001
        "evidence": account._evidence | asked.evidence(),  # noqa: SLF001
        **account._further(),  # noqa: SLF001
        **asked.further(),
        **({"judges": judges, "rubrics": _rubrics(item, judges)} if judges else {}),
        **({"replayed": True} if _rests_on_others(item, asked) else {}),
        "error": error,
        "mistakes": mistakes,
        "paid": round(account._measures.get(COST, 0.0) + asked.paid(own=COST not in account._measures), 12),  # noqa: SLF001
        "xfail": marked or (call.excinfo is not None and isinstance(call.excinfo.value, pytest.xfail.Exception)),
    }


def _rubrics(item: pytest.Item, judges: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The rubrics that these judges go by, where this process has not told of them before."""
    names = (each.get("rubric") for each in judges.values())
    return untold(names, item.config.stash.setdefault(RUBRICS, set()))


def _rests_on_others(item: pytest.Item, asked: Asked) -> bool:
    """Whether what is judged may be a recorded answer that the trial did not ask for itself.

    A fixture of the session did, or a thread without a context: which trials use that answer nobody knows, and
    answers that may be recorded ones are no new evidence. A trial that asked for itself speaks for itself.
    """
    return not asked.models() and item.config.stash.get(OUTSIDE, Counter())["replayed"] > 0


def _times(item: pytest.Item, call: pytest.CallInfo[Any]) -> dict[str, float]:
    """How long the body took, as it would be without limits and judges, and with the model that was replayed."""
    if call.when != "call":
        return {"seconds": round(call.duration, 6)}
    trial = item.stash[TRIAL]
    took = max(0.0, call.duration - trial.away.seconds) + trial.asked.replayed_seconds
    waited = trial.waits.seconds
    return {"seconds": round(took, 6)} | ({"waited": round(waited, 6)} if waited else {})


def name_properties(item: pytest.Item, said: dict[str, Any]) -> None:
    """Give the item the properties by which other tools know its case: its last report carries them.

    Those of an attempt before, which was run again, are taken out; what the test recorded itself stays.
    """
    if "verdicts" not in said:
        return
    planned, before = item.stash[PLANNED], item.stash.get(PROPERTIES, ())
    outcomes = {dimension: verdict[0] for dimension, verdict in said["verdicts"].items()}
    mine = item.stash[PROPERTIES] = of_case(planned.labels, planned.trial, outcomes)
    kept = [each for each in item.user_properties if not any(each is old for old in before)]
    item.user_properties[:] = [*kept, *mine]


def end_account(item: pytest.Item, report: pytest.TestReport) -> None:
    """Close the trial's account as it is torn down: what was said too late fails, rather than getting lost."""
    item.stash.setdefault(TRIAL, Running())
    del item.stash[TRIAL]
    account = item.stash.get(ACCOUNT, None)
    if account is None:
        return
    del item.stash[ACCOUNT]
    if account._late and report.passed:  # noqa: SLF001 - the account's own reader
        words = "; ".join(account._late[:5])  # noqa: SLF001
        why = "said after the test's body ended, when its verdict was given; say it in the body"
        report.outcome, report.longrepr = "failed", safe(f"{words}: {why}")


def show(report: pytest.TestReport, said: dict[str, Any], fails_alone: Callable[[str], bool]) -> None:
    """Give a report, as all plugins have left it, the outcome that its verdicts deserve.

    An xfail mark that pytest found to apply makes a miss an expected one.
    """
    strict_pass = isinstance(report.longrepr, str) and report.longrepr.startswith("[XPASS(strict)]")
    applies = said["xfail"] and (hasattr(report, "wasxfail") or strict_pass)
    missed = any(outcome == "miss" for outcome, *_ in said["verdicts"].values())
    said["xfail"] = applies and missed
    if applies and missed and not said["error"]:
        report.outcome, report.longrepr = "skipped", None if strict_pass else report.longrepr
        report.wasxfail = getattr(report, "wasxfail", "")
    elif not applies:
        show_miss(report, said, fails_alone)


def show_miss(report: pytest.TestReport, said: dict[str, Any], fails_alone: Callable[[str], bool]) -> None:
    """Give the report of a trial the outcome that its verdicts deserve.

    A miss that a bar holds is nobody's test failure: the report becomes a skip with `wasxfail`, which every
    reporting plugin understands. A miss that stands alone, and an error that pytest itself did not see, fail.

    Args:
        report: the report to change.
        said: what `judge` made of it.
        fails_alone: whether a miss on this dimension fails the session by itself.
    """
    missed = {name: words for name, (outcome, _, _, words) in said["verdicts"].items() if outcome == "miss"}
    if said["error"]:
        words = safe(f"the eval case could not be judged: {said['error']}")
        if not report.failed:
            report.outcome, report.longrepr = "failed", words
        elif said["mistakes"] and ("evalcase", words) not in report.sections:
            report.sections.append(("evalcase", words))
    elif missed and any(map(fails_alone, missed)):
        if not report.failed:
            report.outcome, report.longrepr = "failed", _sentence(missed)
    elif missed:
        report.outcome = "skipped"
        report.wasxfail = _sentence(missed)


def _sentence(missed: dict[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, reason in missed.items():
        by_reason.setdefault(reason.partition("\n")[0][:300], []).append(name)
    parts = (f"{', '.join(names)}{': ' if reason else ''}{reason}" for reason, names in by_reason.items())
    return safe(f"missed: {'; '.join(parts)}")


def _worst(outcomes: list[tuple[str, str]]) -> tuple[str, str]:
    """What a body and its subtests say together; of a skipped subtest the others speak."""
    for word in ("error", "miss"):
        for outcome, reason in outcomes:
            if outcome == word:
                return outcome, reason
    return outcomes[-1]


def _outcome(item: pytest.Item, call: pytest.CallInfo[Any], report: Phase) -> tuple[str, str]:
    """The outcome of all that the case did not judge itself, and the reason."""
    if call.excinfo is None:
        return ("pass", "") if report.passed else ("error", text(report.longreprtext, REASON_LENGTH))
    error, in_call = call.excinfo.value, report.when == "call"
    ours = isinstance(error, OutOfTime)
    reason = text(error) if ours else _keeping(item).failure(error, call.excinfo.tb, item.nodeid)
    if isinstance(error, pytest.skip.Exception):
        never_ran = in_call and not _in_body(item, call) and _from_harness(call)
        return ("error", f"the body never ran: {reason}") if never_ran else ("skipped", reason)
    if isinstance(error, pytest.xfail.Exception):
        return ("miss" if in_call else "skipped"), reason
    if isinstance(error, OutOfTime):
        return "error", reason
    if in_call and isinstance(error, AssertionError | pytest.fail.Exception):
        return _failed(item, call, error, reason)
    return "error", f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _failed(item: pytest.Item, call: pytest.CallInfo[Any], error: BaseException, reason: str) -> tuple[str, str]:
    """A failed assertion: a miss if the body failed it, an error if something around the body did."""
    if not _in_body(item, call):
        return "error", f"the body never ran, or failed outside of it: {reason}"
    if isinstance(error, pytest.fail.Exception) and _from_harness(call):
        return "error", reason
    return "miss", reason


def _keeping(item: pytest.Item) -> Keeping:
    return keeping_of(item.config, item.config.stash[COLLECTION].bars)


def _frames(call: pytest.CallInfo[Any]) -> Iterator[FrameType]:
    trace = call.excinfo.tb if call.excinfo is not None else None
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _in_body(item: pytest.Item, call: pytest.CallInfo[Any]) -> bool:
    """Whether the exception passed through the test function: what is raised around it is not its verdict."""
    bodies = _bodies(item)
    return not bodies or any(frame.f_code in bodies for frame in _frames(call))


def _bodies(item: pytest.Item) -> set[CodeType]:
    function = getattr(item, "function", None)
    if function is None:
        return set()  # not a Python function: there is no telling
    found = {function, inspect.unwrap(function)}
    return {code for each in found if (code := getattr(each, "__code__", None)) is not None}


def _from_harness(call: pytest.CallInfo[Any]) -> bool:
    """Whether pytest itself, or a timeout, raised the exception."""
    modules = [str(frame.f_globals.get("__name__", "")) for frame in _frames(call)]
    thrown_by = next((name for name in reversed(modules) if name != "_pytest.outcomes"), "")
    return thrown_by in HARNESS


def _calls(said: dict[str, Any]) -> dict[str, Any]:
    """A trial line's key `calls`; where recorded answers were used, measures do not tell what was paid."""
    calls = said.get("calls")
    if not calls:
        return {}
    free = "replayed" in calls or "judges_replayed" in calls
    return {"calls": {**calls, "paid": said["paid"]} if free and "paid" in said else calls}


def trial_lines(planned: Planned, said: dict[str, Any], *, worker: str | None, xfail: bool) -> list[dict[str, Any]]:
    """The run file's lines for one finished trial."""
    key = {"case": planned.case, "test": planned.test, "trial": planned.trial}
    trial: dict[str, Any] = {
        "type": "trial",
        **key,
        "item": planned.item,
        "labels": planned.labels,
        "cluster": planned.cluster,
        "measures": said["measures"],
        "evidence": said["evidence"],
        "worker": worker,
        **{key: said[key] for key in ("prediction", "guardrail") if key in said},
        **_calls(said),
    }
    if said["error"]:
        trial["error"] = said["error"]
    if xfail:
        trial["xfail"] = True
    judges = said.get("judges", {})
    observations = [
        {"type": "observation", **key, "dimension": dimension}
        | dict(zip(("outcome", "score", "level", "reason"), verdict, strict=True))
        | ({"judge": judges[dimension]} if dimension in judges else {})
        | ({"replayed": True} if "replayed" in said else {})
        for dimension, verdict in said["verdicts"].items()
    ]
    return [trial, *observations]
