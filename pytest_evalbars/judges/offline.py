"""The offline judge: a model that needs no key and no network, for examples, tests and dry runs.

It is no judge of quality. It reads the prompt that any judge's model reads, and answers in the same form, by two
means that can be looked through:

- signs: phrases of which the rubric itself says that they show a level, or make a criterion yes;
- examples: a sentence that reads much like one of the rubric's examples, and less like those of any other level,
  shows that level (see `likeness`). It knows words, not meanings: a new wording or a lost "not" escapes it.

Of several levels that an answer shows the worst counts; a criterion is yes where anything shows it. So nothing that
is written beside a fault takes it back, and text that shows nothing, such as an attack on the judge, counts for
nothing. Where nothing is shown at all it says that it cannot tell, which is an error and no verdict; only a criterion
that has signs is no where none is found.

On replies that nobody tuned it on, those of the example `study_coach` marked as held out, it told the level of 18 of
32 and was right in 17; of the other 14 it said that it cannot tell. The confusion stands in the example's README.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pytest_evalbars.calls.answer import Answer
from pytest_evalbars.judges.likeness import Examples
from pytest_evalbars.judges.prompt import opened
from pytest_evalbars.judges.signs import first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: From this likeness on, 0 to 1, a sentence shows what its example shows.
ALIKE = 0.55
#: By so much it must be closer to it than to any example of another level.
AHEAD = 0.1
#: How to mend a rubric that gives it nothing to go by.
MEND = "add `examples` or `signs`, or name a model"
#: Characters of a sentence that an explanation quotes.
QUOTED = 120


class CannotTell(Exception):  # noqa: N818 - an answer rather than a fault
    """The rubric gives the offline judge nothing to go by."""


@dataclass(frozen=True, slots=True)
class OfflineModel:
    """Answers a judge's prompt, and no other."""

    name: str = "offline"

    async def ask(self, messages: Sequence[Mapping[str, Any]], *, schema: object = None, **parameters: Any) -> Answer:  # noqa: ARG002
        """Judge what a prompt holds: the same answer to the same prompt.

        Args:
            messages: as `prompt.messages_of` writes them.
            schema: the form of the answer, which the prompt says as well.
            parameters: of other models; they change nothing here.

        Returns:
            The filled form as JSON; where it cannot tell, a refusal that says why.

        Raises:
            ValueError: the messages are no judge's prompt.
        """
        start = perf_counter()
        prompt = opened(messages)
        try:
            words = json.dumps(_filled(prompt.kind, _Reader.of(prompt.rubric), prompt.fields), ensure_ascii=False)
        except CannotTell as reason:
            return self._answer(f"the offline judge cannot tell: {reason}", start, refused=True)
        return self._answer(words, start)

    def _answer(self, words: str, start: float, *, refused: bool = False) -> Answer:
        return Answer(words, self.name, None, None, None, perf_counter() - start, refused=refused)


def _filled(kind: str, reader: _Reader, fields: Mapping[str, str]) -> dict[str, Any]:
    """The form of one verdict."""
    reference = fields.get("reference")
    if kind == "levels":
        place, why = reader.level(fields["answer"], reference)
        return {"explanation": why, "level": reader.parts[place]["name"]}
    if kind == "criteria":
        names = [part["name"] for part in reader.parts]
        told = [reader.criterion(place, fields["answer"], reference) for place in range(len(names))]
        return {
            name: {"explanation": why, "answer": "yes" if yes else "no"}
            for name, (yes, why) in zip(names, told, strict=True)
        }
    if not reader.graded:
        raise CannotTell("it compares answers by their levels, and the rubric is a checklist")
    (one, why), (other, why_other) = (reader.level(fields[name], reference) for name in ("first", "second"))
    winner = "tie" if one == other else "first" if one < other else "second"
    return {"explanation": f"first: {why}; second: {why_other}", "winner": winner}


class _Reader:
    """A rubric, read for its signs and examples."""

    def __init__(self, rubric: dict[str, Any]) -> None:
        self.graded = "levels" in rubric
        #: Levels, best first, or criteria.
        self.parts: list[dict[str, Any]] = rubric["levels" if self.graded else "criteria"]
        #: Of all levels, or of each criterion with those of no before those of yes.
        self.examples = (
            [Examples([part["examples"] for part in self.parts])]
            if self.graded
            else [Examples([part.get("counterexamples", []), part["examples"]]) for part in self.parts]
        )

    @staticmethod
    def of(rubric: dict[str, Any]) -> _Reader:
        return _read(json.dumps(rubric))

    def level(self, answer: str, reference: str | None) -> tuple[int, str]:
        """The worst level that the answer shows, 0 best, and what shows it."""
        shown = dict(self._resembling(0, answer))
        for place in range(len(self.parts)):
            if sign := self._sign(place, answer, reference):
                shown[place] = sign
        if not shown:
            raise CannotTell(f"{self._between(answer)}, and no sign is found; {MEND}")
        return max(shown), shown[max(shown)]

    def criterion(self, place: int, answer: str, reference: str | None) -> tuple[bool, str]:
        """Whether the answer to a criterion is yes, and what shows that."""
        if sign := self._sign(place, answer, reference):
            return True, sign
        shown = dict(self._resembling(place, answer))
        if shown:
            return bool(max(shown)), shown[max(shown)]
        if not self.parts[place].get("signs"):
            name = self.parts[place]["name"]
            raise CannotTell(f"no sentence reads like an example of {name}, and it has no signs; {MEND}")
        return False, "no sign of it"

    def _between(self, answer: str) -> str:
        """Why no example shows a level."""
        if any(each.likeness >= ALIKE for each in self.examples[0].alike(answer)):
            return "what reads like an example reads much like one of another level, too"
        return "no sentence reads like an example of any level"

    def _sign(self, place: int, answer: str, reference: str | None) -> str | None:
        words = first(self.parts[place].get("signs", ()), answer, reference)
        return f"says “{words[:QUOTED]}”" if words else None

    def _resembling(self, place: int, answer: str) -> list[tuple[int, str]]:
        """The groups of examples that a sentence of the answer reads like, each with the sentence most like it."""
        alike = self.examples[place].alike(answer)
        near = [each for each in alike if each.likeness >= ALIKE and each.lead >= AHEAD]
        near.sort(key=lambda each: each.likeness)
        return [(each.group, f"reads like an example: “{each.sentence[:QUOTED]}”") for each in near]


@lru_cache(maxsize=64)
def _read(rubric: str) -> _Reader:
    return _Reader(json.loads(rubric))
