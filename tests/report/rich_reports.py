"""Reports made by hand that say something in every part, and with any text in every field."""

from __future__ import annotations

from itertools import cycle
from typing import get_args

from pytest_evalbars.report.model import (
    BarTold,
    Cell,
    ComparedTold,
    Condition,
    DecisionTold,
    Definition,
    Evidence,
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

DIMENSIONS = ("accuracy", "faithfulness", "tone", "safety")
CATEGORIES = ("refunds", "billing", "shipping", "travel and expenses", "es", "multi-hop")
KINDS = get_args(Kind)


def bar(name="pass_rate:accuracy", **given):
    """A bar of a share that is met."""
    values = {
        "name": name,
        "bar": name,
        "dimension": "accuracy",
        "group": None,
        "verdict": "met",
        "fails": False,
        "enforced": True,
        "subject": "accuracy",
        "metric": "pass rate",
        "slice": "all",
        "unit": "share",
        "upper": False,
        "compares": False,
        "threshold": 0.85,
        "threshold_words": "at least 85%",
        "estimate": 0.935,
        "interval": (0.881, 0.966),
        "estimate_words": "93.5%",
        "interval_words": "88.1% to 96.6%",
        "cases": 120,
        "trials": 120,
        "sentence": "pass rate 93.5% over 120 cases (95% interval 88.1% to 96.6%), bar at least 85%",
        "why": "with more wrong answers than one in seven, people ask the desk again",
    }
    return BarTold(**values | given)


def missed(name="pass_rate:safety", **given):
    """A bar that fails the session."""
    values = {
        "dimension": "safety",
        "subject": "safety",
        "slice": "set adversarial",
        "verdict": "missed",
        "fails": True,
        "estimate": 0.314,
        "interval": (0.203, 0.45),
        "estimate_words": "31.4%",
        "interval_words": "20.3% to 45.0%",
        "threshold": 0.9,
        "threshold_words": "at least 90%",
        "cases": 51,
        "trials": 51,
        "sentence": "pass rate 31.4% over 51 cases (95% interval 20.3% to 45.0%), bar at least 90%: proven lower",
        "details": ("why: one way around is known", "missed cases: act-as-friend (says: x = 5) and 34 more"),
    }
    return bar(name, **values | given)


def bars():
    """Bars of every unit, verdict and kind."""
    yield bar()
    yield missed()
    yield bar(
        "judged",
        dimension="faithfulness",
        subject="faithfulness (bar judged)",
        verdict="inconclusive",
        estimate=0.862,
        interval=(0.791, 0.93),
        estimate_words="86.2%",
        interval_words="79.1% to 93.0%",
        raw=0.911,
        raw_interval=(0.87, 0.94),
        raw_words="91.1%",
        raw_interval_words="87.0% to 94.0%",
        correction="corrected for the judge's errors",
        labels=100,
        judge="calibrated",
        trials=360,
        sentence="pass rate 86.2% over 120 cases; about 300 cases would settle it",
    )
    for number in range(14):
        yield bar(
            f"by-category[{CATEGORIES[number % 6]}-{number}]",
            bar="by-category",
            dimension="tone",
            group=f"{CATEGORIES[number % 6]}-{number}",
            subject=f"tone in category {number}",
            verdict="missed" if number == 3 else "inconclusive" if number == 8 else "met",
            why="",
        )
    nothing = {
        "estimate": None,
        "interval": None,
        "cases": 0,
        "trials": 0,
        "estimate_words": "",
        "interval_words": "",
    }
    yield bar("none", dimension="refusal", verdict="no data", fails=True, sentence="no judged case", **nothing)
    stopped = {"possible": (0.4, 0.88), "possible_words": "between 40.0% and 88.0%", "stopped": 48}
    yield bar("early", estimate=0.5, interval=None, interval_words="", **stopped)
    yield bar(
        "drop",
        compares=True,
        upper=True,
        threshold=0.02,
        threshold_words="worse by at most 2 points",
        estimate=0.04,
        interval=(-0.01, None),
        estimate_words="-4.0 points",
        interval_words="no bound to +1.0 points",
        asides=("not enforced", "replayed"),
        enforced=False,
    )
    yield bar(
        "slow",
        unit="seconds",
        upper=True,
        metric="p95 latency",
        dimension=None,
        threshold=3.0,
        threshold_words="at most 3 s",
        estimate=1.24,
        interval=(1.1, 1.61),
        estimate_words="1.24 s",
        interval_words="1.1 s to 1.61 s",
    )
    yield bar(
        "cost",
        unit="usd",
        upper=True,
        metric="mean cost",
        dimension=None,
        threshold=0.01,
        threshold_words="at most $0.01",
        estimate=0.0031,
        interval=(0.0028, 0.0034),
        estimate_words="$0.0031",
        interval_words="$0.0028 to $0.0034",
    )
    yield bar(
        "score",
        unit="score",
        metric="mean score",
        dimension="helpfulness",
        slice="mean score",
        threshold=0.6,
        threshold_words="at least 0.6",
        estimate=0.644,
        interval=(0.611, 0.671),
        estimate_words="0.644",
        interval_words="0.611 to 0.671",
        asides=("uncalibrated judge",),
    )


def cells():
    """A heat map with an empty cell, a stopped one, and one of few cases."""
    for number, dimension in enumerate(DIMENSIONS):
        yield Cell(dimension=dimension, category="", rate=0.9, interval=(0.86, 0.93), cases=300, trials=300, errors=0)
        for place, category in enumerate(CATEGORIES[number % 2 :]):
            few = place == 2
            rate = 1 - place * number / 16
            low, high = max(0, rate - (0.3 if few else 0.06)), min(1, rate + 0.05)
            yield Cell(
                dimension=dimension,
                category=category,
                rate=None if (number, place) == (3, 1) else rate,
                interval=None if (number, place) == (3, 1) else (low, high),
                cases=5 if few else 60,
                trials=5 if few else 180,
                errors=2 if (number, place) == (3, 1) else 0,
                stopped=(number, place) == (3, 1),
                verdict="missed" if rate < 0.5 else "met" if number == 1 else None,
            )


def trends():
    """Two dimensions over eight runs."""
    for dimension in DIMENSIONS[:2]:
        points = [
            PointTold(
                run=f"run-{day}",
                started=f"2026-11-{day + 1:02}T09:00:00Z",
                commit=f"{day}f9c1a2b3",
                rate=None if day == 3 else 0.95 - day / 50,
                interval=None if day == 3 else (0.88 - day / 40, 0.98 - day / 80),
                cases=120,
                exit_code=(0, 0, 1, 10, None, 0, 0, 1)[day],
            )
            for day in range(8)
        ]
        yield TrendTold(dimension=dimension, kind="pass rate", points=tuple(points))


def misses(shown=12, length=200):
    """Misses with evidence."""
    told = tuple(
        Miss(
            case=f"refund-{number}",
            test="test_desk.py::test_answer",
            trial=number % 3,
            dimension=DIMENSIONS[number % 4],
            outcome="error" if number % 5 == 4 else "miss",
            labels={"category": CATEGORIES[number % 6], "status": "regression", "language": ("en", "es")[number % 2]},
            reason=f"cites rule {number}, which does not exist\nsecond line",
            level="poor" if number % 2 else "",
            score=0.25 if number % 2 else None,
            judge="offline (faithful@62d4e2a96970)" if number % 2 else "",
            expected=number == 7,
            evidence=(
                Evidence(name="input", text=f"May I return it after {number} days?"),
                Evidence(name="output", text=("Yes, of course. " * length)[:length], cut=1200 if number == 2 else 0),
            ),
        )
        for number in range(shown)
    )
    errors = sum(each.outcome == "error" for each in told)
    return Misses(shown=told, misses=shown - errors, errors=errors)


def rich(conditions=KINDS, **given):
    """A report that has something in every part."""
    values = {
        "run": RunTold(
            names=("2026-11-20T22-41-07-3f9c",),
            started="2026-11-20T22:41:07Z",
            commit="3f9c1a2b3c4d5e6f",
            changed=True,
            labels={"model": "v2"},
            versions={"pytest": "9.0", "pytest-evalbars": "0.1.0"},
            cases=300,
            trials=900,
            errors=2,
            complete=False,
            conditions=tuple(Condition(kind=kind, text=f"what {kind} means here") for kind in conditions),
        ),
        "decision": DecisionTold(
            outcome="failed",
            exit_code=1,
            sentence="gate failed (exit 1): pass_rate:safety, none; 1 miss without a bar; 2 errors",
            stage="testing",
            confidence=0.95,
            allowed_errors=0,
            standing=(Standing(case="alone-1", dimension="tone", reason="too short"),),
            notes=("2 trials could not be judged",),
            changed_bars=("safety: at least 95% -> at least 90%",),
        ),
        "bars": tuple(bars()),
        "cells": tuple(cells()),
        "compared": ComparedTold(
            lines=("baseline of 2026-11-19, commit 1a2b3c", "accuracy: 95.1% -> 93.5%"),
            cases=280,
            worse=(
                FlipTold(
                    case="refund-1", dimension="accuracy", before=1, after=0, words="100.0% -> 0.0%", reason="x"
                ),
            ),
            better=(FlipTold(case="es-4", dimension="tone", before=0, after=1, words="0.0% -> 100.0%"),),
            worse_count=7,
            better_count=1,
        ),
        "trends": tuple(trends()),
        "quality": tuple(
            Quality(
                dimension=each,
                pass_rate=0.9,
                interval=(0.86, 0.93),
                cases=300,
                coverage=0.8,
                among_answered=0.95,
                effective=0.76,
                mean_cost=0.0031,
                median_seconds=0.81,
                p95_seconds=1.24,
            )
            for each in DIMENSIONS
        ),
        "measures": (
            Measure(name="seconds", unit="seconds", trials=900, total=810.0, mean=0.9, median=0.81, p95=1.24),
            Measure(name="cost_usd", unit="usd", trials=900, total=2.79, mean=0.0031, median=0.003, p95=0.005),
        ),
        "judges": (
            JudgeTold(
                dimension="faithfulness",
                model="offline",
                rubric="faithful@62d4e2a96970",
                trust="calibrated",
                text="100 labelled answers by 2 raters",
                labels=100,
                raters=2,
                specificity=0.91,
                specificity_interval=(0.8, 0.97),
                sensitivity=0.96,
                sensitivity_interval=(0.9, 0.99),
            ),
            JudgeTold(
                dimension="tone", model="offline", rubric="tone@1", trust="uncalibrated", text="never compared"
            ),
        ),
        "method": Method(
            definitions=(Definition(term="case", text="one eval question"),),
            rubrics=(Definition(term="faithful", text="Does it say only what the sources say?\n\n1. pass\n2. fail"),),
            methods=(Definition(term="pass rate", text="the mean over cases of each case's rate"),),
            sizes=("300 cases, 900 trials",),
            gaps=("12 cases have no category",),
            not_run=("launch bars: the stage was testing",),
        ),
    }
    return Report(**values | given)


#: Fields whose words are ours, and cannot be others.
FIXED = {"type", "kind", "outcome", "verdict", "unit", "trust", "stage"}
#: Fields that name what they hold by words of others.
NAMED = {"labels", "versions", "picks"}


def everywhere(*texts):
    """A report and misses with these texts, one after the other, in every field that others can write."""
    turn = cycle(texts)

    def filled(value, place=""):
        if isinstance(value, dict) and place in NAMED:
            return {next(turn): filled(each) for each in value.values()}
        if isinstance(value, dict):
            return {key: filled(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [filled(each, place) for each in value]
        ours = place in FIXED or value in {"calibrated", "uncalibrated", "evidence", "estimate"}
        return next(turn) if isinstance(value, str) and not ours else value

    report = filled(rich().model_dump(mode="json", by_alias=True, exclude={"summary"}))
    return Report.model_validate(report), Misses.model_validate(filled(misses().model_dump(mode="json")))
