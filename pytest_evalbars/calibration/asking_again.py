"""Asks a judge again about answers that people labelled: does it say the same?"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.judges.judge import content_of, data_of
from pytest_evalbars.run.judged import JudgedBy
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.judges.judge import Judge
    from pytest_evalbars.run.lines import Trial

#: How often each item is asked.
TIMES = 3
#: How many are asked at the same time.
AT_ONCE = 8
#: Evidence by the names that judges know.
FIELDS = {"question": "input", "answer": "output", "context": "context", "reference": "reference"}


@dataclass(frozen=True, slots=True)
class Again:
    """What a judge said again."""

    #: By dimension and judge, as it says itself who it is: of each item, what it said each time.
    words: Mapping[tuple[str, JudgedBy], list[list[str]]]
    #: How many items could not be asked, by the reason.
    left_out: Counter[str] = field(default_factory=Counter)
    #: What the first of those that failed said.
    fault: str = ""


def ask_again(
    judge: Judge, verdicts: Iterable[Verdict], labelled: set[str], evidence: Mapping[Trial, dict[str, Any]], most: int
) -> Again:
    """Judge labelled answers again, as often as `TIMES` each.

    Args:
        judge: whom to ask.
        verdicts: what judges said in runs on its dimension: they tell which trial recorded which answer.
        labelled: the hashes of labelled items.
        evidence: what trials recorded.
        most: how many items at most. A hash is as good as a lot: those that come first by it.
    """
    left_out: Counter[str] = Counter()
    trials = {each.of: each.trial for each in verdicts if each.dimension == judge.dimension}
    wanted: dict[str, dict[str, Any]] = {}
    for of in sorted(labelled):
        if len(wanted) == most:
            break
        if of not in trials:
            left_out["not in these runs"] += 1
        elif (fields := _fields(evidence.get(trials[of], {}), of)) is None:
            left_out["recorded otherwise than it was judged"] += 1
        else:
            wanted[of] = fields
    said = asyncio.run(_all(judge, list(wanted.values())))
    words: dict[tuple[str, JudgedBy], list[list[str]]] = defaultdict(list)
    fault = ""
    for each in said:
        wrong = [one for one in each if isinstance(one, EvalbarsError)]
        if wrong:
            left_out["the judge gave no verdict"] += 1
            fault = fault or safe(wrong[0], 300)
            continue
        told = [one for one in each if isinstance(one, tuple)]
        words[judge.dimension, told[0][0]].append([word for _, word in told])
    return Again(words, left_out, fault)


def _fields(evidence: Mapping[str, Any], of: str) -> dict[str, Any] | None:
    """What to show the judge; None where it is not what was judged."""
    fields = {name: evidence[key] for name, key in FIELDS.items() if evidence.get(key) is not None}
    answer = fields.get("answer")
    if isinstance(answer, dict) and set(answer) == {"first", "second"}:
        fields |= fields.pop("answer")
    try:
        return fields if fields and content_of(data_of(**fields)) == of else None
    except EvalbarsError:
        return None


async def _all(judge: Judge, wanted: list[dict[str, Any]]) -> list[list[tuple[JudgedBy, str] | EvalbarsError]]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def once(fields: dict[str, Any]) -> tuple[JudgedBy, str] | EvalbarsError:
        async with slots:
            try:
                return await _said(judge, fields)
            except EvalbarsError as error:
                return error

    flat = await asyncio.gather(*(once(fields) for fields in wanted for _ in range(TIMES)))
    return [flat[place : place + TIMES] for place in range(0, len(flat), TIMES)]


async def _said(judge: Judge, fields: dict[str, Any]) -> tuple[JudgedBy, str]:
    if "first" in fields:
        pair = await judge.compare(**fields)
        return JudgedBy(pair.rubric, pair.model, pair.prompt), pair.winner
    one = await judge.judge(**fields)
    word = one.level or ("pass" if one.passed else "miss")
    return JudgedBy(one.rubric, one.model, one.prompt), word
