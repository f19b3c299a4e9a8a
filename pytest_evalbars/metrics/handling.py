"""Metrics of refusals and hand-overs: are they where they should be, and only there?

A trial is handled in one of three ways: answered, refused, or handed over to a person. What should be done is the
class that its case expects (`predict`), or else the case's label `expect`. What was done is what it predicted; or it
was refused where a guardrail blocked it, unless it says that it handed over: a person was reached all the same. So a
refusal where a hand-over was due is a false refusal and a missed hand-over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.metrics.guardrails import blocked
from pytest_evalbars.metrics.means import Share
from pytest_evalbars.metrics.predictions import EXPECT, predictions
from pytest_evalbars.metrics.slice import Counted, NoData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.metrics.slice import Slice

#: The words for "it should not answer" and for "a person should", and how reports put them.
REFUSE, ESCALATE = "refuse", "escalate"
DONE = {REFUSE: "refused", ESCALATE: "handed over"}


@dataclass(frozen=True)
class Handled:
    """Of the trials that should be handled in one way, or should not, which were.

    Args:
        word: the way: `refuse` or `escalate`.
        due: whether those count that should be, or those that should not.
        otherwise: count those that were not handled in this way.
    """

    word: str
    due: bool
    otherwise: bool = False

    def __call__(self, part: Slice) -> Counted:
        should = self._should(part)
        did, said = self._did(part)
        counted = part.counted(did != self.otherwise, said)
        here = should == self.due
        return Counted(counted.values, counted.said & here, counted.open & (here | (should < 0)))

    def _should(self, part: Slice) -> NDArray[np.int8]:
        """By row: whether it should be handled so, -1 where nothing says.

        Raises:
            NoData: rows were judged, and nothing says it of any.
        """
        expected = predictions(part).expected
        of_label = [int(labels[EXPECT] == self.word) if EXPECT in labels else -1 for labels in part.run.labelsets]
        by_label = np.array(of_label, np.int8)[part.of(part.run.labelset)]
        should = np.where(expected >= 0, expected == _code(part, self.word), by_label)
        if (part.judged() & (should < 0)).any() and not (should >= 0).any():
            raise NoData(
                f'nothing says which cases should be {DONE[self.word]}; label them {EXPECT} = "{self.word}", the '
                f'others {EXPECT} = "answer", or say evalcase.predict("{self.word}", ...)'
            )
        return np.asarray(should)

    def _did(self, part: Slice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """By row: whether it was handled so, and whether the trial says so or otherwise."""
        found, (stopped, guarded) = predictions(part), blocked(part)
        did = found.said & (found.predicted == _code(part, self.word))
        if self.word == ESCALATE:  # a guardrail that lets an answer through does not say whose it was
            return did, found.said | stopped
        handed_over = found.said & (found.predicted == _code(part, ESCALATE))
        return did | (stopped & ~handed_over), found.said | guarded


def _code(part: Slice, word: str) -> int:
    """The code of this class, one that no trial has if the run does not know it."""
    classes = part.run.extras.classes
    return classes.index(word) if word in classes else -2


def _share(word: str, *, due: bool, otherwise: bool = False) -> Share:
    cases = f"should {'' if due else 'not '}be {DONE[word]}"
    return Share(Handled(word, due, otherwise), f"no case that {cases} says what was done with it")


correct_abstention = _share(REFUSE, due=True)
false_abstention = _share(REFUSE, due=False)
correct_escalation = _share(ESCALATE, due=True)
missed_escalation = _share(ESCALATE, due=True, otherwise=True)
false_escalation = _share(ESCALATE, due=False)
