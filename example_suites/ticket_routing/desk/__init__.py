"""The support desk of Brambleby: reads a ticket and says where it goes. It learns when it is imported."""

import json
from pathlib import Path
from typing import NamedTuple

from .bayes import NaiveBayes
from .rules import is_urgent, order_number
from .words import terms

TRAINING = Path(__file__).parents[1] / "tickets" / "training.jsonl"


class Handled(NamedTuple):
    """What the desk makes of a ticket."""

    category: str
    #: The probability of the category, as the classifier sees it.
    confidence: float
    urgent: bool
    order: str | None


def train(path: Path) -> NaiveBayes:
    """A classifier that has read all tickets of a file."""
    tickets = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return NaiveBayes((ticket["category"], terms(f"{ticket['subject']} {ticket['text']}")) for ticket in tickets)


CLASSIFIER = train(TRAINING)


def receive(subject: str, text: str) -> Handled:
    """Read a ticket."""
    category, confidence = CLASSIFIER.classify(terms(f"{subject} {text}"))
    return Handled(category, confidence, is_urgent(text), order_number(text))
