"""An exercise that the coach has understood: how to begin, how it goes on, and where it ends."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """One task of a student, solved."""

    subject: str
    #: What is to be known for it, as a sentence.
    method: str
    #: A question that leads to the first step.
    ask: str
    #: What the first step gives.
    step: str
    #: A question that leads on from there.
    then: str
    solution: str
    #: Another exercise of the same kind, worked to the end.
    similar: str
