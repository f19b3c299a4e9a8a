"""The options and markers, as pytest is told of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

STAGES = ("testing", "launch", "none")

MARKERS = (
    "dimension(*names): an eval case; its outcome is the verdict on each named dimension",
    "category(name): the class of query that the eval case belongs to",
    "capability: a hill to climb: reported, and gated only by bars that name this status",
    "regression: ground held (the default status): a miss counts against its bars, or fails alone without one",
    "saturated: a case that always passes; gated like regression cases",
    "labels(**pairs): further keys to slice by",
    "trials(n): run the eval case n times, each trial an item of its own",
    "cluster(name): eval cases that share a source, and so are not independent",
    "cases(path, ...): parametrize the test with the rows of case files (JSONL, CSV, YAML) as argument `case`",
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option; values stay plain, because xdist hands them to its workers."""
    group = parser.getgroup("evalbars", "evals held against launch bars")
    group.addoption(
        "--evalbars-stage",
        choices=STAGES,
        help="testing (default): fail if a bar is proven missed; launch: fail unless every bar is proven met; "
        "none: measure only",
    )
    group.addoption(
        "--evalbars-trials",
        type=_count,
        metavar="N",
        help="run every eval case N times, whatever its marker says",
    )
    group.addoption(
        "--evalbars-label",
        action="append",
        type=_pair,
        default=[],
        metavar="KEY=VALUE",
        help="a label of the whole run, to select and slice by; may be given again",
    )
    group.addoption(
        "--evalbars-run",
        metavar="FILE",
        help="where the run file goes (default: a new file in .evalbars/runs/)",
    )
    group.addoption(
        "--evalbars-as-tests",
        action="store_true",
        help="let a miss fail as any test does, for --pdb, --lf and -x at the desk",
    )
    group.addoption(
        "--evalbars-missed",
        action="store_true",
        help="run only the cases again that missed or erred last time, to look at them; no bar is held",
    )
    group.addoption(
        "--evalbars-strict",
        action="store_true",
        help="exit 10 where cases were left out (-k, -m, --lf, a node id), so that bars could not be enforced",
    )


def labels_of(config: pytest.Config) -> dict[str, str]:
    """The labels of the whole run."""
    from pytest_evalbars.run.plain import redacted  # noqa: PLC0415 - only where there are cases

    return dict(redacted(pair).split("=", 1) for pair in config.getoption("evalbars_label"))


def _count(words: str) -> int:
    if not words.isdecimal() or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1")
    return int(words)


def _pair(words: str) -> str:
    key, equals, value = words.partition("=")
    if not (equals and key.strip() and value.strip()):
        raise argparse.ArgumentTypeError(f"{words!r} is not KEY=VALUE")
    if key in ("dimension", "category", "status"):
        raise argparse.ArgumentTypeError(f"{key!r} belongs to each case, not to the whole run")
    return words
