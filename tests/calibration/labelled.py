"""Writes labels files and runs of judges, as `evalbars labels add` and sessions do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np

from pytest_evalbars.labels.digest import digest_of

BY = {"rubric": "tone@1", "model": "m-1", "prompt": "p"}


def of(name):
    """A hash, for what a test calls by a name."""
    return hashlib.sha256(str(name).encode()).hexdigest()[:16]


def said(value, **more):
    """What a judge said."""
    passed = more.pop("passed", value in ("pass", "good", "first", "tie", True))
    value = {True: "pass", False: "miss"}.get(value, value)
    return {**BY, "value": value, "passed": passed, **more}


@dataclass
class File:
    """A labels file in the making."""

    dimension: str = "tone"
    levels: tuple = ()
    passing: tuple = ()
    lines: list = field(default_factory=list)

    def review(self, names, name="r-1", total=None, **more):
        """A review whose population is what the names stand for."""
        codes = np.array([int(of(each), 16) for each in names], np.uint64)
        population = {"dimension": self.dimension, "digest": digest_of(codes), "items": total or len(codes)}
        population |= {"levels": self.levels, "passing": self.passing}
        self.lines.append(
            {"type": "review", "schema": 1, "id": name, "drawn": "2026-11-01", "of": ["run"]}
            | {"populations": [population]}
            | more
        )
        return self

    def item(self, name, judge=None, case=None, **raters):
        """An item and what raters said of it: a word, or True and False for pass and miss."""
        more = {key: raters.pop(key) for key in ("review", "weight", "category", "trial") if key in raters}
        row = {"type": "item", "dimension": self.dimension, "of": of(name), "case": case or str(name), **more}
        self.lines.append(row | ({"judge": judge} if judge else {}))
        for rater, word in raters.items():
            self.label(name, rater, word)
        return self

    def label(self, name, rater, word, note=""):
        """What one rater said."""
        value = {True: "pass", False: "miss"}.get(word, word)
        passed = None if word == "unclear" else value in (self.passing or ("pass",))
        row = {"type": "label", "dimension": self.dimension, "of": of(name), "rater": rater}
        self.lines.append(row | {"value": value, "passed": passed} | ({"note": note} if note else {}))
        return self

    def write(self, suite, path="evals/labels.jsonl"):
        """Put it into a project."""
        return suite.file(path, "".join(f"{json.dumps(line)}\n" for line in self.lines))


def write_run(suite, rows, path="run.jsonl"):
    """A run of verdicts: (name, whether it passed, what the judge's key says beside its name)."""
    lines = []
    for name, passed, *more in rows:
        extra = more[0] if more else {}
        judge = {**BY, "of": of(name)} | {
            key: value for key, value in extra.items() if key not in ("evidence", "case")
        }
        key = {"case": extra.get("case", str(name)), "test": "t.py::t", "trial": 0}
        if "evidence" in extra:
            lines.append({"type": "trial", **key, "evidence": extra["evidence"]})
        outcome = "pass" if passed else "miss"
        lines.append({"type": "observation", **key, "dimension": "tone", "outcome": outcome, "judge": judge})
    return suite.file(path, "".join(f"{json.dumps(line)}\n" for line in lines))


def calibrated(suite, *words):
    """What `evalbars calibrate --json` says: the outcome and its JSON."""
    outcome = suite.command("calibrate", "--json", *words)
    return outcome, json.loads(outcome.out) if outcome.out else {}
