"""The options and markers, as pytest is told of them."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

#: `5`, `$2.50`: money. `90s`, `10m`, `1h`: time.
BUDGET = re.compile(r"\$?(?=.*[1-9])\d+(\.\d+)?|(?=.*[1-9])\d+(\.\d+)?[smh]")
UNITS = {"s": 1, "m": 60, "h": 3600}
STAGES = ("testing", "launch", "none")
SATURATED = ("run", "sample", "skip")
CALLS = ("live", "record", "replay", "auto")
EVIDENCE = ("keep", "hash", "off")

MARKERS = (
    "dimension(*names): an eval case; its outcome is the verdict on each named dimension",
    "category(name): the class of query that the eval case belongs to",
    "capability: a hill to climb: reported, and gated only by bars that name this status",
    "regression: ground held (the default status): a miss counts against its bars, or fails alone without one",
    "saturated: a case that always passes; gated like regression cases, or run less often (--evalbars-saturated)",
    "quarantine(owner, reason, until): a regression case that no bar holds up to a day, as 2026-12-31",
    "labels(**pairs): further keys to slice by",
    "trials(n): run the eval case n times, each trial an item of its own",
    "cluster(name): eval cases that share a source, and so are not independent",
    "timeout(seconds): a time limit of the eval case's body, and of what sets it up; past it the case is an error",
    "serial: an eval case that must not overlap with others",
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
        "--evalbars-html",
        metavar="FILE",
        help="write the report as one HTML page; `evalbars report` writes it again from the run file",
    )
    group.addoption(
        "--evalbars-markdown",
        metavar="FILE",
        help="write the report as Markdown, for a pull request",
    )
    group.addoption(
        "--evalbars-baseline",
        metavar="FILE",
        help="what max_drop bars compare with (default: `baseline` in the bars file); a baseline or a run file",
    )
    group.addoption(
        "--evalbars-update-baseline",
        action="store_true",
        help="make this run the baseline; bars that compare with it are reported, not enforced",
    )
    group.addoption(
        "--evalbars-calibration",
        metavar="FILE",
        help="what people's labels say of judges (default: `calibration` in the bars file); `evalbars calibrate` "
        "writes it",
    )
    group.addoption(
        "--evalbars-concurrency",
        type=_count,
        metavar="N",
        help="keep up to N eval cases in flight in each process (default: 1, or `concurrency` in the bars file)",
    )
    group.addoption(
        "--evalbars-resume",
        nargs="?",
        const="",
        metavar="FILE",
        help="go on with the last run, or the one in FILE, that did not come to its end: what it has stays",
    )
    group.addoption(
        "--evalbars-force",
        action="store_true",
        help="resume although cases, labels or the code are not those of the run",
    )
    group.addoption(
        "--evalbars-shard",
        type=_shard,
        metavar="I/N",
        help="run the I-th of N parts of the eval cases and hold no bar; `evalbars gate` decides on all N run files",
    )
    group.addoption(
        "--evalbars-saturated",
        choices=SATURATED,
        help="saturated cases: run all (default, or `saturated` in the bars file), a sample that changes with the "
        "commit (one in ten; all at the launch stage), or skip them; bars that name no status then hold regression "
        "cases only",
    )
    group.addoption(
        "--evalbars-calls",
        choices=CALLS,
        help="what litellm is asked: live (default, or `calls` in the bars file) asks the models; record asks and "
        "keeps every answer in the folder `recordings`; replay answers from there and never reaches the network; "
        "auto replays what is recorded, and records the rest",
    )
    group.addoption(
        "--evalbars-evidence",
        choices=EVIDENCE,
        help="what cases record and give as reasons: keep (default, or `evidence` in the bars file); hash keeps "
        "digests and lengths, so that equal ones can be told and none be read; off keeps nothing of it",
    )
    group.addoption(
        "--evalbars-stop-early",
        action="store_true",
        help="do not run cases that can no longer change any verdict",
    )
    group.addoption(
        "--evalbars-budget",
        action="append",
        type=_budget,
        default=[],
        metavar="USD|TIME",
        help="start no new trial once the session has cost so much (5, or $5) or taken so long (90s, 10m, 1h)",
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
        help="exit 10 where cases were left out (-k, -m, --lf, a node id), so that bars could not be enforced, and "
        "where a bar became looser since the baseline without a new `why`",
    )


def labels_of(config: pytest.Config) -> dict[str, str]:
    """The labels of the whole run."""
    from pytest_evalbars.redaction import redacted  # noqa: PLC0415 - only where there are cases

    return dict(redacted(pair).split("=", 1) for pair in config.getoption("evalbars_label"))


def _count(words: str) -> int:
    if not words.isdecimal() or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1")
    return int(words)


def _shard(words: str) -> str:
    index, slash, of = words.partition("/")
    if not (slash and index.isdecimal() and of.isdecimal() and 1 <= int(index) <= int(of)):
        raise argparse.ArgumentTypeError(f"{words!r} is not I/N, the I-th of N shards, as in 1/4")
    return f"{int(index)}/{int(of)}"


def _budget(words: str) -> str:
    if not BUDGET.fullmatch(words):
        raise argparse.ArgumentTypeError(
            f"{words!r} is neither an amount in US dollars (5, $2.50) nor a time (90s, 10m)"
        )
    return words


def budgets_of(config: pytest.Config) -> tuple[float | None, float | None]:
    """The US dollars and the seconds that the command line allows, None where it says nothing."""
    dollars = seconds = None
    for words in config.getoption("evalbars_budget"):
        number = float(words.lstrip("$").rstrip("smh"))
        if words[-1] in UNITS:
            seconds = number * UNITS[words[-1]]
        else:
            dollars = number
    return dollars, seconds


def _pair(words: str) -> str:
    key, equals, value = words.partition("=")
    if not (equals and key.strip() and value.strip()):
        raise argparse.ArgumentTypeError(f"{words!r} is not KEY=VALUE")
    if key in ("dimension", "category", "status", "quarantine"):
        raise argparse.ArgumentTypeError(f"{key!r} belongs to each case, not to the whole run")
    return words
