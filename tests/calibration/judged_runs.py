"""Runs that a judge judged, with the truth beside them, and what people said of some of their answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from pytest_evalbars import Run
from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge, Calibration
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.run.columns import MISS, PASS

BY = {"rubric": "tone@1", "model": "m-1", "prompt": "p"}


def row(case, outcome="pass", of=None, dimension="tone", **more):
    """One observation; with `of` a number, a judge's."""
    judge = {} if of is None else {"judge": {**BY, "of": f"{of:016x}", "chars": 9} | more.pop("by", {})}
    return {"case": case, "dimension": dimension, "outcome": outcome, **judge, **more}


def judged(passes, total, first=1, **more):
    """A run of so many cases, the first ones a pass, all by the judge."""
    return Run.from_observations(
        row(f"c{n:04}", "pass" if n < passes else "miss", first + n, **more) for n in range(total)
    )


def verdicts(random, truth, sensitivity, specificity):
    """What a judge says of answers that people would pass, or not."""
    return np.where(truth, random.random(len(truth)) < sensitivity, random.random(len(truth)) >= specificity)


def said(run, verdicts, first=1):
    """The same run with other verdicts, on answers numbered from `first`."""
    of = np.arange(first, first + len(run), dtype=np.uint64)
    outcome = np.where(verdicts, PASS, MISS).astype(np.int8)
    return replace(run, outcome=outcome, judged=replace(run.judged, of=of))


def items(run, truth, picked, weight=1.0, raters=("ana", "ben"), population=None):
    """What people say of some rows: the truth, all of them."""
    population = digest_of(run.judged.of) if population is None else population
    words = ("miss", "pass")
    return tuple(
        CalibratedItem(
            of=f"{int(run.judged.of[n]):016x}",
            judge=words[int(run.outcome[n] == PASS)],
            judged=bool(run.outcome[n] == PASS),
            human=float(truth[n]),
            raters=dict.fromkeys(raters, words[int(truth[n] == 1)]),
            weight=float(np.broadcast_to(weight, len(run))[n]),
            population=population,
        )
        for n in map(int, picked)
    )


def calibration(items, dimension="tone", **by):
    """The record of one judge."""
    judge = CalibratedJudge(dimension=dimension, **BY | by, calibrated=date(2026, 11, 21), items=items)
    return Calibration(judges=(judge,))
