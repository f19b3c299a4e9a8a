"""Histories made by hand: what runs said of cases, without any run."""

from dataclasses import replace

from pytest_evalbars.history.records import CaseRecord, History, PastRun, Told

TEST = "evals/test_support.py::test_answer"
FILE = "evals/support.jsonl"


def told(words, status="regression", content="a"):
    """One entry for each word: `p` a pass, `m` a miss, `e` an error; `-` for a run that left the case out."""
    found = []
    for run, word in enumerate(words):
        if word != "-":
            judged = word.count("p") + word.count("m")
            found.append(Told(run, word.count("p"), judged, word.count("e"), status, None, content))
    return tuple(found)


def record(words, case="c", dimension="accuracy", test=TEST, file="", cluster="", **more):
    """A case on one dimension; `words` as `told` reads them."""
    return CaseRecord(case, dimension, test, file, told(words, **more), cluster)


def runs(number, *, day="2026-11-20", verdicts=None, same=False):
    """As many runs, each of another commit, or all of the same."""
    return tuple(
        PastRun(
            run=f"r{each}",
            started=f"{day}T{each // 60 % 24:02}:{each % 60:02}:00Z",
            commit="abc" if same else f"abc{each}",
            changes="",
            labels={},
            stage="testing",
            exit=0,
            complete=True,
            verdicts=verdicts or {},
        )
        for each in range(number)
    )


def history(*records, day="2026-11-20", **more):
    """Their history, as many runs as they know."""
    number = 1 + max(each.run for one in records for each in one.told)
    return History(runs(number, day=day, **more), tuple(records))


def dated(past, days):
    """The same runs, begun on these days."""
    return replace(
        past, runs=tuple(replace(run, started=f"{day}T08:00:00Z") for run, day in zip(past.runs, days, strict=True))
    )
