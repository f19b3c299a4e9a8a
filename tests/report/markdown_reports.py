"""Reports made by hand, as full as a report can be, and what an independent renderer makes of their Markdown."""

from typing import get_args

from pytest_evalbars.report.model import (
    BarTold,
    Cell,
    ComparedTold,
    Condition,
    DecisionTold,
    Definition,
    FlipTold,
    JudgeTold,
    Kind,
    Measure,
    Method,
    Miss,
    Misses,
    PointTold,
    Quality,
    Report,
    RunTold,
    Standing,
    TrendTold,
)

CONDITIONS = get_args(Kind)


def bar(name="faithful", words="faithfulness", verdict="missed", **more):
    """One verdict."""
    return BarTold(
        **{
            "name": name,
            "bar": name,
            "dimension": words,
            "group": None,
            "verdict": verdict,
            "fails": verdict == "missed",
            "enforced": True,
            "subject": f"{words} (bar {name})",
            "metric": "pass rate",
            "slice": "all",
            "unit": "share",
            "upper": False,
            "compares": False,
            "threshold": 0.9,
            "threshold_words": "at least 90%",
            "estimate": 0.81,
            "interval": (0.7, 0.89),
            "estimate_words": "81.0%",
            "interval_words": "70.1% to 89.0%",
            "cases": 60,
            "trials": 60,
            "sentence": f"{words}: pass rate 81.0% over 60 cases, bar at least 90%: proven lower (p = 0.01)",
            "why": words,
            "details": (f"worst: {words}", f"missed cases: {words}"),
            "notes": (words,),
            "picks": {"status": ("regression", "saturated")},
            **more,
        }
    )


def miss(words="refund-1", number=0, outcome="miss", test="evals/test_a.py::test_answer", **more):
    """One miss."""
    labels = {"category": words, "status": "regression"}
    return Miss(
        case=f"{words}{number}", test=test, trial=0, dimension="faithfulness", outcome=outcome, labels=labels,
        **{"reason": words, **more},
    )  # fmt: skip


def misses(words="refund-1", many=12, errors=1, total=None):
    """Some misses, then errors."""
    shown = [miss(words, n) for n in range(many)] + [miss(words, n, "error") for n in range(errors)]
    return Misses(shown=tuple(shown), misses=many if total is None else total, errors=errors, rule=words)


def report(words="plain words", bars=None, *, outcome="failed", sentence=None, **more):
    """A report in which every text that others write is `words`."""
    flip = FlipTold(case=words, dimension=words, before=1, after=0, words=words, reason=words)
    said = Definition(term=words, text=words)
    point = PointTold(run=words, started="2026-11-21T20:00:00Z", rate=0.8, interval=(0.7, 0.9), cases=10)
    cell = {"dimension": words, "rate": 0.5, "interval": (0.4, 0.6), "cases": 9, "trials": 9, "errors": 0}
    if bars is None:
        bars = (
            bar(words=words, name=words),
            bar(name="tone", verdict="met"),
            bar(name=words, verdict="inconclusive"),
        )
    values = {
        "run": RunTold(
            names=(words,),
            started=words,
            commit="3f9c0de12345",
            changed=True,
            labels={words: words},
            versions={words: words},
            cases=60,
            trials=61,
            errors=1,
            complete=False,
            conditions=tuple(Condition(kind=kind, text=words) for kind in CONDITIONS),
        ),
        "decision": DecisionTold(
            outcome=outcome,
            exit_code=1,
            sentence=sentence or f"gate failed (exit 1): {words}",
            stage="testing",
            confidence=0.95,
            allowed_errors=0,
            standing=(Standing(case=words, dimension=words, reason=words),),
            notes=(words,),
            changed_bars=(words,),
        ),
        "bars": tuple(bars),
        "cells": (Cell(category="", **cell), Cell(category=words, **{**cell, "errors": 1, "raw": True})),
        "compared": ComparedTold(
            lines=(words,), cases=50, worse=(flip,), better=(flip,), worse_count=1, better_count=1
        ),
        "trends": (TrendTold(dimension=words, kind=words, points=(point, point)),),
        "quality": (Quality(dimension=words, pass_rate=0.5, interval=None, cases=9, mean_cost=0.0123),),
        "measures": (Measure(name=words, unit="usd", trials=60, total=1.5, mean=0.02),),
        "judges": (
            JudgeTold(dimension=words, model=words, rubric=words, trust="uncalibrated", text=words, specificity=0.5),
        ),
        "method": Method(
            definitions=(said,), rubrics=(said,), methods=(said,), sizes=(words,), gaps=(words,), not_run=(words,)
        ),
    }
    return Report(**{**values, **more})
