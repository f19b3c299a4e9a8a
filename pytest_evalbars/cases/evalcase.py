"""The fixture `evalcase`: how a case says more than its outcome."""

from __future__ import annotations

import difflib
import hashlib
import inspect
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.cases.keeping import Keeping, keeping_of
from pytest_evalbars.cases.place import line_of_test
from pytest_evalbars.run.extras import ACTIONS, STAGES, fault
from pytest_evalbars.run.plain import number, shown, text, word_of
from pytest_evalbars.slips import slip
from pytest_evalbars.stash import COLLECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_evalbars.config.scales import Scale
    from pytest_evalbars.run.plan import Planned

    class Ruling(Protocol):
        """What a check or a judge says of an answer."""

        @property
        def passed(self) -> bool:
            """The verdict."""

        @property
        def score(self) -> float | None:
            """From 0 to 1, where there is one."""

        @property
        def reason(self) -> str:
            """Why."""

    #: The scale that a dimension is graded on, and its name.
    ScaleOf = Callable[[str], "tuple[str, Scale] | None"]

KEEPING = Keeping()
#: A class that a case predicts is a name, not a text.
CLASS_LENGTH = 200


@dataclass(slots=True)
class Said:
    """What was said of one dimension."""

    #: None while only a score was given: the test's own outcome is then the verdict.
    outcome: str | None = None
    score: float | None = None
    level: str | None = None
    reason: str = ""
    #: Which judge said so, under which rubric.
    provenance: dict[str, Any] = field(default_factory=dict)
    #: The same of a judge that came to no verdict: why it did not is worth knowing.
    undecided: dict[str, Any] = field(default_factory=dict)

    def judge(self, *, passed: bool, reason: str) -> None:
        """Add a verdict: a dimension judged more than once passes only if every verdict is a pass."""
        if reason and (not passed or self.outcome != "miss"):
            self.reason = f"{self.reason}; {reason}" if self.reason and self.outcome == "miss" else reason
        self.outcome = "miss" if self.outcome == "miss" or not passed else "pass"

    def keep_worse(
        self, outcome: str | None, score: float | None, provenance: dict[str, Any], *, passed: bool
    ) -> None:
        """Of two results, the score and the source are those of the worse one, as the verdict is.

        Args:
            outcome: what stood before the last one, as `score` and `provenance`.
            score: see `outcome`.
            provenance: see `outcome`.
            passed: whether the last one passed.
        """
        if outcome is None or (outcome == "pass" and not passed):
            return
        if (outcome == "miss" and passed) or (score is not None and self.score is not None and score < self.score):
            self.score = self.score if score is None else score
            self.provenance = provenance or self.provenance


class EvalCase:
    """One trial's own account of itself.

    No method raises on a bad verdict: a case goes on to say everything that it knows. What makes no sense (a
    dimension that the case did not declare, a score outside 0..1) makes the trial an error, which names the line.

    Args:
        planned: the trial.
        scale_of: what is known of scales.
        keeping: how much of its words is kept.
    """

    def __init__(self, planned: Planned, scale_of: ScaleOf = lambda _: None, keeping: Keeping = KEEPING) -> None:
        self._planned = planned
        self._keeping = keeping
        self._scale_of = scale_of
        self._said: dict[str, Said] = {}
        self._measures: dict[str, float | int] = {}
        self._prediction: dict[str, Any] = {}
        self._guardrail: dict[str, str] = {}
        self._evidence: dict[str, Any] = {}
        self._mistakes: list[str] = []
        #: Set once the verdict is out; what is said from then on is late.
        self._closed = False
        self._late: list[str] = []

    @property
    def case_id(self) -> str:
        """The case's id, the same in every run."""
        return self._planned.case

    @property
    def trial(self) -> int:
        """The number of this trial, from 0."""
        return self._planned.trial

    @property
    def seed(self) -> int:
        """A number of its own for each trial of each case, the same in every run (32 bits)."""
        words = f"{self.case_id}\0{self.trial}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.sha256(words).digest()[:4], "big")

    def check(self, dimension: str, passed: bool, reason: str = "") -> None:
        """Judge a dimension.

        Args:
            dimension: one that the case declares.
            passed: whether it holds; anything true or false.
            reason: why, for the reader of the report.
        """
        if self._too_late(f"check({shown(dimension)}, {shown(passed)}, {shown(reason)})"):
            return
        said = self._of(dimension)
        try:
            verdict = bool(passed)
        except Exception as error:  # noqa: BLE001 - an array, a lazy object: whatever the test passed in
            self._mistake(f"check({shown(dimension)}): the verdict is neither true nor false ({text(error, 200)})")
            return
        if said is not None:
            said.judge(passed=verdict, reason=self._words(reason))

    def score(self, dimension: str, value: float, *, passing: float | None = None, reason: str = "") -> None:
        """Score a dimension from 0 to 1.

        Args:
            dimension: one that the case declares.
            value: the score, 0 worst, 1 best.
            passing: the least score that passes. Without it the score is kept for `mean_score`, and whether the
                trial passes is left to `check` or to how the test ends.
            reason: why, for the reader of the report.
        """
        if self._too_late(f"score({shown(dimension)}, {shown(value)})"):
            return
        said, given = self._of(dimension), number(value)
        if given is None or not 0 <= given <= 1:
            self._mistake(f"score({shown(dimension)}, {shown(value)}): a score lies from 0 to 1")
            return
        least = None if passing is None else number(passing)
        if passing is not None and (least is None or not 0 <= least <= 1):
            self._mistake(f"score({shown(dimension)}, passing={shown(passing)}): it lies from 0 to 1")
            return
        if said is None:
            return
        said.score = float(given)
        words = self._words(reason)
        if least is not None:
            below = "" if given >= least else f"score {given:.3g} is below {least:.3g}"
            said.judge(passed=given >= least, reason="; ".join(filter(None, [words, below])))
        elif words:
            said.reason = words

    def grade(self, dimension: str, level: str, reason: str = "") -> None:
        """Grade a dimension on its declared scale.

        Args:
            dimension: one that the case declares, and that a scale of the bars file holds.
            level: one of the scale's; graded twice, the worse level counts.
            reason: why, for the reader of the report.
        """
        if self._too_late(f"grade({shown(dimension)}, {shown(level)})"):
            return
        said = self._of(dimension)
        if said is None:
            return
        name, scale = self._scale_of(dimension) or ("", None)
        if scale is None:
            self._mistake(
                f"grade({shown(dimension)}, {shown(level)}): no scale holds this dimension; declare one beside the "
                f'bars: scales.{text(dimension, 100)} = {{ levels = ["good", "fair", "poor"], passing = "fair" }}'
            )
        elif (word := word_of(level)) not in scale.levels:
            close = difflib.get_close_matches(word, scale.levels, n=1)
            hint = f"; did you mean {shown(close[0])}?" if close else ""
            self._mistake(
                f"grade({shown(dimension)}, {shown(level)}): that is no level of the scale {name} ({scale}){hint}"
            )
        else:
            said.level, passed = scale.worse(said.level, word), scale.passes(word)
            said.judge(passed=passed, reason=self._words(reason) or ("" if passed else f"graded {word}"))

    def take(self, dimension: str, result: Ruling) -> None:
        """Make a ready check's result, or a judge's judgement, the case's own verdict on a dimension.

        Args:
            dimension: one that the case declares.
            result: what `checks`, `adapters` or a `Judge` returned: `passed`, `score` and `reason`; of a judge also
                `level`, and which judge and rubric it came from, which the run file keeps with the verdict.
        """
        if self._too_late(f"take({shown(dimension)}, {shown(result)})"):
            return
        said = self._of(dimension)
        if said is None:
            return
        if words := self._unfit(dimension, result):
            if getattr(result, "undecided", ""):
                said.undecided = self._keeping.provenance(getattr(result, "provenance", None) or {})
            self._mistake(words)
            return
        before, mistakes = (said.outcome, said.score, said.provenance), len(self._mistakes)
        if result.score is not None:
            self.score(dimension, result.score)
        if len(self._mistakes) > mistakes:
            return
        level = getattr(result, "level", None)
        if level is not None and self._scale_of(dimension) is not None:
            self.grade(dimension, str(level), result.reason)
        else:
            self.check(dimension, result.passed, result.reason)
        if len(self._mistakes) > mistakes:
            return
        said.provenance = self._keeping.provenance(getattr(result, "provenance", None) or {})
        for name, value in self._keeping.things(getattr(result, "shown", None) or {}).items():
            self._evidence.setdefault(name, value)  # who labels the answer must see it
        said.keep_worse(*before, passed=bool(result.passed))

    def _unfit(self, dimension: str, result: object) -> str:
        """Why something cannot be taken as what was said of a dimension; empty where it can."""
        if inspect.isawaitable(result):
            return f"take({shown(dimension)}, ...) was given {slip(result)}"
        if not all(hasattr(result, name) for name in ("passed", "score", "reason")):
            words = f"take({shown(dimension)}, {shown(result)})"
            return f"{words}: that is no result of a check or a judge; it has `passed`, `score` and `reason`"
        if why := getattr(result, "undecided", ""):
            return f"take({shown(dimension)}, ...): {why}"
        level, passed = getattr(result, "level", None), bool(getattr(result, "passed", False))
        name, scale = (level is not None and self._scale_of(dimension)) or ("", None)
        if scale is None or level not in scale.levels or scale.passes(level) == passed:
            return ""
        verb = "passes" if passed else "does not pass"
        return (
            f"take({shown(dimension)}, ...): {shown(level)} {verb} by the judge's rubric, and the scale {name} "
            f'says otherwise; let the rubric say it in the bars file: scales.{name} = {{ rubric = "..." }}'
        )

    def predict(self, expected: object, predicted: object, confidence: float | None = None) -> None:
        """Say which class was right and which one was predicted: once a trial.

        Args:
            expected: the right class, as a name (an enum by its value, anything else by its text).
            predicted: the class that was predicted.
            confidence: how sure the prediction was, 0 to 1, where that is known.
        """
        words = f"predict({shown(expected)}, {shown(predicted)})"
        if self._too_late(words):
            return
        names = ["" if each is None else text(word_of(each), CLASS_LENGTH).strip() for each in (expected, predicted)]
        sure = None if confidence is None else number(confidence)
        if self._prediction:
            self._mistake(f"{words}: a trial predicts once")
        elif not all(names):
            self._mistake(
                f'{words}: a class needs a name; for "nothing was predicted" take one of its own, as "none"'
            )
        elif confidence is not None and (sure is None or not 0 <= sure <= 1):
            self._mistake(f"predict(..., confidence={shown(confidence)}): a confidence lies from 0 to 1")
        else:
            self._prediction = {"expected": names[0], "predicted": names[1], "confidence": sure}

    def measure(self, **numbers: float | None) -> None:
        """Record numbers of this trial: seconds, cost_usd, tokens_in, tokens_out, and your own.

        The four have units: none is negative, and tokens are whole. Seconds are measured anyway; those given here
        replace them. None means that the number is not known, as the cost of a model without a price: nothing is
        recorded.
        """
        if self._too_late(f"measure({shown(numbers)})"):
            return
        for name, value in numbers.items():
            if value is None:
                continue
            given = number(value)
            if wrong := fault(name, given):
                self._mistake(f"measure({text(name, 200)}={shown(value)}): {wrong}")
            elif given is not None:
                self._measures[text(name, 200)] = given

    def guardrail(self, stage: str, action: str) -> None:
        """Say what a guardrail did: at `pre` (before the model was asked) or `post` (with its answer).

        Args:
            stage: `pre` or `post`.
            action: `pass`, `rewrite` or `block`; of several at one stage the strictest counts.
        """
        words = f"guardrail({shown(stage)}, {shown(action)})"
        if self._too_late(words):
            return
        stage, action = word_of(stage), word_of(action)
        if stage not in STAGES:
            self._mistake(f"{words}: the stage is {' or '.join(STAGES)}")
        elif action not in ACTIONS:
            self._mistake(f"{words}: the action is {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}")
        else:
            self._guardrail[stage] = max(self._guardrail.get(stage, action), action, key=ACTIONS.index)

    def record(self, *, input: object = None, output: object = None, context: object = None) -> None:  # noqa: A002
        """Keep evidence for a reader: what was asked, what came back, what it was to rest on."""
        given = {"input": input, "output": output, "context": context}
        if self._too_late("record(...)"):
            return
        self._evidence |= self._keeping.things(given)

    def _further(self) -> dict[str, Any]:
        """What was said beside verdicts, measures and evidence."""
        said = {"prediction": self._prediction, "guardrail": self._guardrail}
        return {key: value for key, value in said.items() if value}

    def _words(self, reason: object) -> str:
        return self._keeping.reason(reason, self._planned.item)

    def _mistake(self, words: str) -> None:
        words = self._keeping.mistake(words)
        place = line_of_test(self._planned.item)
        self._mistakes.append(f"{words} ({place})" if place else words)

    def _too_late(self, words: str) -> bool:
        if self._closed:
            self._late.append(words)
        return self._closed

    def _of(self, dimension: str) -> Said | None:
        if not isinstance(dimension, str) or dimension not in self._planned.dimensions:
            declared = ", ".join(self._planned.dimensions)
            self._mistake(f"a verdict on {shown(dimension)}, which the case does not declare ({declared})")
            return None
        return self._said.setdefault(dimension, Said())


#: The account that a running trial gives of itself.
ACCOUNT = pytest.StashKey[EvalCase]()


@contextmanager
def accounting(item: pytest.Item) -> Iterator[EvalCase]:
    """Keep an account with the item while its trial runs; a rerun begins a new one."""
    if PLANNED not in item.stash:
        pytest.fail(
            f"{item.nodeid} uses the fixture evalcase, but is no eval case: "
            'mark it with pytest.mark.dimension("accuracy")',
            pytrace=False,
        )
    bars = item.config.stash[COLLECTION].bars
    item.stash[ACCOUNT] = account = EvalCase(item.stash[PLANNED], bars.scale_of, keeping_of(item.config, bars))
    yield account  # taken off by whoever reports the teardown
