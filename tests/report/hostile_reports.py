"""Reports of which every text is one of a list, whatever fields the model has; and projects full of them."""

from __future__ import annotations

import itertools
import json
import types
import typing

from hostile_strings import HOSTILE, NAMES
from pydantic import BaseModel

from pytest_evalbars.report import model
from pytest_evalbars.report.model import Misses, Report, RowTold, TableTold

#: How many of what a report may have several of.
MANY = 4


class Filler:
    """Makes values of any type that the report's model has.

    Args:
        texts: what its texts are, one after the other, for ever.
    """

    def __init__(self, texts) -> None:
        self.texts = itertools.cycle(texts)
        self.turn = itertools.count()

    def of(self, kind):  # noqa: PLR0911 - one for each kind of type
        """A value of a type."""
        origin, inner = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.of(inner[0])
        if origin is typing.Literal:
            return inner[next(self.turn) % len(inner)]
        if origin in (typing.Union, types.UnionType):
            choices = [each for each in inner if each is not type(None)]
            return self.of(choices[next(self.turn) % len(choices)])
        if origin is tuple:
            many = MANY if inner[-1] is Ellipsis else 0
            return tuple(self.of(inner[0]) for _ in range(many)) if many else self.several(inner)
        if origin is dict:
            return {self.of(inner[0]): self.of(inner[1]) for _ in range(MANY)}
        if origin is list:
            return [self.of(inner[0]) for _ in range(MANY)]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self.table() if kind is TableTold else self.model(kind)
        return {str: lambda: next(self.texts), int: lambda: 3, float: lambda: 0.5, bool: lambda: True}[kind]()

    def several(self, inner):
        """An interval, or another tuple of a fixed length."""
        numbers = all(each is float or float in typing.get_args(each) for each in inner)
        return (0.25, 0.75)[: len(inner)] if numbers else tuple(map(self.of, inner))

    def model(self, kind):
        """A model with all its fields."""
        hints = typing.get_type_hints(kind, vars(model), include_extras=True)
        return kind(**{name: self.of(hints[name]) for name in kind.model_fields})

    def table(self):
        """A table, whose rows have as many cells as it has heads."""
        heads = tuple(next(self.texts) for _ in range(MANY))
        rows = tuple(RowTold(cells=tuple(next(self.texts) for _ in heads)) for _ in range(MANY))
        return TableTold(heads=heads, align="lrlr", rows=rows)


def rotated(number, texts=HOSTILE):
    """The texts, beginning with another one."""
    return [*texts[number % len(texts) :], *texts[: number % len(texts)]]


def full(texts):
    """A report and its misses, full of some texts."""
    filler = Filler(texts)
    return filler.model(Report), filler.model(Misses)


#: A suite whose cases say all of the corpus in every way.
SUITE = r"""
import json, pytest
from pathlib import Path

WORDS = json.loads(Path(__file__).with_name("corpus.json").read_text("utf-8"))
NAMES = json.loads(Path(__file__).with_name("names.json").read_text("utf-8"))

def at(words, n):
    return words[n % len(words)]

class Ruling:
    passed, score, level = False, 0.25, None
    def __init__(self, n):
        words = at(WORDS, n)
        self.reason = words
        self.shown = {"input": words, "output": words, "reference": {words: [words]}}
        votes = [{"reason": words, "model": words}] * 3
        self.provenance = {"rubric": at(NAMES, n), "model": at(NAMES, n + 1), "prompt": "0" * 8, "chars": 3}
        self.provenance |= {"of": f"{n + 1:016x}", "votes": votes, words: words}

def params(marks):
    every = [[pytest.mark.category(at(NAMES, n // 20)), *marks(n)] for n in range(len(NAMES))]
    return [pytest.param(n, id=NAMES[n], marks=every[n]) for n in range(len(NAMES))]

def further(n):
    return [pytest.mark.labels(team=at(NAMES, n + 5)), pytest.mark.cluster(at(NAMES, n + 9))]

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", params(further))
def test_words(n, evalcase):
    words = at(WORDS, n)
    evalcase.record(input=words, output={words: [words, {words: words}]}, context=[words])
    evalcase.measure(**{"m": n, at(WORDS, n // 40): 1})
    evalcase.predict(at(NAMES, n // 30), at(NAMES, n // 29))
    if n % 6 == 0:
        assert 0, words
    elif n % 6 == 1:
        evalcase.check("accuracy", False, words)
    elif n % 6 == 2:
        evalcase.score("accuracy", 0.1, passing=0.5, reason=words)
    elif n % 6 == 3:
        evalcase.take("accuracy", Ruling(n))
    elif n % 6 == 4:
        raise ValueError(words)
    elif n % 12 == 5:
        pytest.skip(words)
    else:
        evalcase.check(words, True)

@pytest.mark.parametrize("n", params(lambda n: [pytest.mark.dimension(at(NAMES, n // 8))]))
def test_dimensions(n, evalcase):
    evalcase.record(output=at(WORDS, n))
    assert n % 3, at(WORDS, n)
"""

BARS = """
max_errors = "90%"
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = "category"
name = {name}
why = {why}
[[bar]]
dimension = "*"
metric = "pass_rate"
rule = "estimate"
at_least = 0.5
name = {other}
why = {why}
[[bar]]
metric = "macro_f1"
at_least = 0.5
why = {why}
"""


def project(suite, name="a <b>&amp;</b> `c` | d", other="::error::e ${f} =1+1"):
    """Write a project full of the corpus; the bars' own texts are ours to write, within what a bars file takes."""
    why = "<script>window.ran=1</script> \x1b[31m\u202e ![x](http://127.0.0.1:9/) ]]> {{7*7}}\r\n::error::x"
    said = {
        key: json.dumps(each).replace("\\u001b", "\\u001b")
        for key, each in (("name", name), ("other", other), ("why", why))
    }
    suite.bars(BARS.format(**said))
    suite.file("corpus.json", json.dumps(HOSTILE))
    suite.file("names.json", json.dumps(NAMES))
    suite.file("test_x.py", SUITE)
