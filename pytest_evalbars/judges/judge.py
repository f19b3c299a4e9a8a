"""A judge: a rubric and one model or several, asked once or voted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pytest_evalbars.cases.running import judging
from pytest_evalbars.errors import JudgeError
from pytest_evalbars.judges.asking import OFFLINE, Asks, Plainly, all_of, ask, finished, model_of
from pytest_evalbars.judges.fence import left_out, words_of
from pytest_evalbars.judges.judgement import Judgement, Preference, Winner
from pytest_evalbars.judges.prompt import hash_of, messages_of
from pytest_evalbars.judges.rubric import Rubric
from pytest_evalbars.judges.used import USED
from pytest_evalbars.judges.votes import KEPT, combined, most, vote_of
from pytest_evalbars.pending import to_be_awaited
from pytest_evalbars.run.judged import DIGITS
from pytest_evalbars.run.plain import text
from pytest_evalbars.safe import safe
from pytest_evalbars.slips import slip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.judges.asking import Filled
    from pytest_evalbars.judges.form import Preferred
    from pytest_evalbars.judges.prompt import Kind

#: Characters of a field by which it is told from others.
WHOLE = 1_000_000
#: What is better the other way round.
_OTHER: dict[str, Winner] = {"first": "second", "second": "first", "tie": "tie"}


class Judge:
    """Judges answers by a rubric: a verdict that can be traced, or a `JudgeError`, and nothing between.

    A case takes what it says: `evalcase.take("scaffolding", await judge.judge(question=..., answer=...))`.

    Args:
        rubric: what it judges by; `load_rubric` reads one.
        model: `"offline"`, a name that litellm knows, a `Model`, or whatever has a `name` and an async `ask`; several
            are asked each, and their verdict is the middle one.
        votes: how often each model is asked; odd, so that there is a middle one.
    """

    def __init__(self, rubric: Rubric, model: str | Asks | Sequence[str | Asks] = OFFLINE, *, votes: int = 1) -> None:
        if not isinstance(rubric, Rubric):
            raise TypeError(f"Judge takes a Rubric, as load_rubric(path) reads it; it is {rubric!r:.100}")
        if isinstance(votes, bool) or not isinstance(votes, int) or votes < 1 or votes % 2 == 0:
            raise ValueError(f"votes is an odd number, so that they have a middle one; it is {votes!r:.100}")
        given = list(model) if isinstance(model, Sequence) and not isinstance(model, str) else [model]
        for each in given:
            if not each or not isinstance(each, str | Asks):
                raise TypeError(f"a model is a name, or has a `name` and an async `ask`; it is {each!r:.100}")
        if not given:
            raise ValueError("a judge has one model or more")
        self.rubric = rubric
        self.votes = votes
        self._given: list[Any] = given

    def __repr__(self) -> str:
        names = ", ".join(each if isinstance(each, str) else each.name for each in self._given)
        return f"<Judge {self.rubric.id}: {names}{f', {self.votes} votes' if self.votes > 1 else ''}>"

    @property
    def dimension(self) -> str:
        """What it judges."""
        return self.rubric.dimension

    @property
    def models(self) -> list[Asks]:
        """Those that it asks. A model named only is made when it is first needed, with what that imports."""
        self._given = [model_of(each, votes=self.votes) if isinstance(each, str) else each for each in self._given]
        return self._given

    @to_be_awaited
    async def judge(
        self, *, answer: object, question: object = None, reference: object = None, context: object = None
    ) -> Judgement:
        """Judge one answer.

        Args:
            answer: a text; anything else is judged as JSON.
            question: what was asked.
            reference: an answer that is known to be right.
            context: what the answer had to rest on. Of a very long one the end is left out, see `left_out`.

        Raises:
            JudgeError: there is no verdict: an answer that is too long, a refusal, something else than a verdict.
            EvalbarsError: what the model's client says of an outage, or of a call that is not recorded.
        """
        __tracebackhide__ = True
        kind: Kind = "levels" if self.rubric.levels else "criteria"
        with Plainly(), judging(self._what(question, reference, context, answer), self.dimension):
            data = data_of(question=question, reference=reference, context=context, answer=answer)
            said = await self._ask(kind, [data])
        votes = [vote_of(self.rubric, each.form, each.model) for (each,) in said]
        verdict, spread = combined(self.rubric, votes)
        level = None if verdict.level is None else self.rubric.levels[verdict.level].name
        scale = self.rubric.scale
        return Judgement(
            passed=scale.passes(level) if scale and level is not None else self.rubric.passes(verdict.met),
            score=1 - verdict.level / (len(self.rubric.levels) - 1)
            if verdict.level is not None
            else sum(verdict.met.values()) / len(verdict.met),
            reason=verdict.reason,
            level=level,
            criteria=verdict.met,
            votes=tuple(each.told(self.rubric) for each in votes),
            spread=spread,
            **self._source(kind, data, (each.model for each in votes)),
        )

    @to_be_awaited
    async def compare(
        self,
        *,
        first: object,
        second: object,
        question: object = None,
        reference: object = None,
        context: object = None,
    ) -> Preference:
        """Say which of two answers is better by the rubric, asked in both orders.

        A judge who prefers whatever stands first says one thing in one order and another in the other: that is a tie,
        and not `consistent`: no verdict.

        Args:
            first: one answer; the preference passes where it is not worse.
            second: the other.
            question: what was asked.
            reference: an answer that is known to be right.
            context: what the answers had to rest on.

        Raises:
            JudgeError: there is no verdict, see `judge`.
            EvalbarsError: see `judge`.
        """
        __tracebackhide__ = True
        shared = {"question": question, "reference": reference, "context": context}
        with Plainly(), judging(self._what(question, reference, context, first, second), self.dimension):
            orders = [data_of(**shared, first=first, second=second), data_of(**shared, first=second, second=first)]
            said = await self._ask("pair", orders)
        pairs = [_pair(*both) for both in said]
        consistent = all(each["consistent"] for each in pairs)
        winner = cast("Winner", most([each["winner"] for each in pairs]))
        return Preference(
            passed=winner == "first" or (winner == "tie" and consistent),
            score={"first": 1.0, "tie": 0.5, "second": 0.0}[winner],
            reason=next((each["reason"] for each in pairs if each["winner"] == winner), "no winner has most votes"),
            winner=winner,
            consistent=consistent,
            orders=tuple(_places(*both) for both in said),
            votes=tuple(pairs),
            spread=sum(each["winner"] != winner for each in pairs) / len(pairs),
            **self._source("pair", orders[0], (each.model for both in said for each in both)),
        )

    def judge_sync(
        self, *, answer: object, question: object = None, reference: object = None, context: object = None
    ) -> Judgement:
        """`judge`, for cases that are not async."""
        __tracebackhide__ = True
        with Plainly():
            models = self.models
            work = self.judge(answer=answer, question=question, reference=reference, context=context)
            return finished(work, models)

    def compare_sync(
        self,
        *,
        first: object,
        second: object,
        question: object = None,
        reference: object = None,
        context: object = None,
    ) -> Preference:
        """`compare`, for cases that are not async."""
        __tracebackhide__ = True
        with Plainly():
            models = self.models
            work = self.compare(first=first, second=second, question=question, reference=reference, context=context)
            return finished(work, models)

    async def _ask(self, kind: Kind, data: Sequence[dict[str, Any]]) -> list[list[Filled]]:
        """What each vote says to each set of data."""
        asked = [messages_of(self.rubric, kind, each) for each in data]
        asks = [
            lambda model=model, messages=messages: ask(model, messages, self.rubric, kind)
            for model in self.models
            for _ in range(self.votes)
            for messages in asked
        ]
        said: list[Filled] = await all_of(asks)
        return [said[place : place + len(data)] for place in range(0, len(said), len(data))]

    def _what(self, *fields: object) -> str:
        """What is judged, and by what: the same for a further attempt, and for another judge of the dimension."""
        words = "\0".join([self.rubric.dimension, *(text(each, WHOLE) for each in fields)])
        return hashlib.sha256(words.encode()).hexdigest()

    def _source(self, kind: Kind, data: dict[str, Any], models: Iterable[str]) -> dict[str, Any]:
        """Where a judgement comes from."""
        USED.setdefault(self.rubric.id, {**self.rubric.document, **self.rubric.what_passes})
        return {
            "dimension": self.rubric.dimension,
            "rubric": self.rubric.id,
            "model": ", ".join(dict.fromkeys(models)),
            "prompt": hash_of(self.rubric, kind),
            "left_out": left_out(data.items()),
            "of": content_of(data),
            "chars": sum(len(words_of(data[name])) for name in ("answer", "first", "second") if name in data),
            "shown": _shown(data),
        }


def data_of(**fields: object) -> dict[str, Any]:
    """The fields that are there; what is judged must be."""
    for name in ("answer", "first", "second"):
        if name in fields and fields[name] is None:
            raise JudgeError(f"there is no {name} to judge: it is None; an answer that did not come is an error")
    for name, value in fields.items():
        if wrong := slip(value):
            raise JudgeError(f"there is no {name} to read: it is {safe(wrong)}")
    return {name: value for name, value in fields.items() if value is not None}


def content_of(data: dict[str, Any]) -> str:
    """A hash of what is judged, whatever it is judged by."""
    words = json.dumps({name: words_of(value) for name, value in data.items()}, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:DIGITS]


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """What is judged, by the names of evidence."""
    shown = {"input": data.get("question"), "output": data.get("answer")}
    if "first" in data:
        shown["output"] = {name: data[name] for name in ("first", "second")}
    shown |= {name: data.get(name) for name in ("context", "reference")}
    return {name: value for name, value in shown.items() if value is not None}


def _places(one: Filled, other: Filled) -> tuple[Winner, Winner]:
    """Which place won in each order."""
    return cast("Preferred", one.form).winner, cast("Preferred", other.form).winner


def _pair(one: Filled, other: Filled) -> dict[str, Any]:
    """What one vote says of a pair, asked in both orders, as plain JSON."""
    forms = [cast("Preferred", each.form) for each in (one, other)]
    found = [forms[0].winner, _OTHER[forms[1].winner]]
    reason = forms[0].explanation.strip()
    if found[0] == found[1]:
        return {"model": one.model, "winner": found[0], "consistent": True, "reason": reason[:KEPT]}
    reason = f"{found[0]} in one order and {found[1]} in the other: {reason}"
    return {"model": one.model, "winner": "tie", "consistent": False, "reason": reason[:KEPT]}
