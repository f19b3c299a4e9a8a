"""What a report of one run says, as plain values: the run file keeps it, and every format is rendered from it.

Reports that are built again from the run file are those of the session's end, because both are made of this alone and
of the trials in the same file. Texts of models, cases and bars are in here as they are: each format escapes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Of a report, and of the line that the run file keeps.
SCHEMA = 1
Interval = tuple[float, float]
Verdict = Literal["met", "missed", "inconclusive", "no data"]
Outcome = Literal["passed", "failed", "undecided", "not held"]
#: What a reader of any format must know of the run as a whole.
Kind = Literal[
    "errors",
    "no data",
    "incomplete",
    "partial",
    "resumed",
    "sharded",
    "replayed",
    "stopped early",
    "not run",
    "second look",
    "saturated left out",
    "quarantine",
    "uncalibrated judge",
]
#: `share` 0..1, `points` a difference of shares, the others as in the metrics' registry.
Unit = Literal["share", "score", "seconds", "usd", "tokens", "number"]
#: The kind of cases that a bar holds which names neither status nor set: regression and saturated ones.
HELD = "held"
#: How a line should look where there is colour; its words say the same.
Look = Literal["plain", "bad", "warn", "good"]


class Told(BaseModel):
    """Plain values that do not change; what a later version adds to them is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Condition(Told):
    """Something about the run as a whole that limits what its numbers say."""

    kind: Kind
    text: str


class RunTold(Told):
    """Which run it was, of what."""

    names: tuple[str, ...]
    started: str
    commit: str = ""
    #: Whether files differed from the commit.
    changed: bool = False
    labels: dict[str, str] = {}
    versions: dict[str, str] = {}
    cases: int
    trials: int
    errors: int
    complete: bool
    conditions: tuple[Condition, ...] = ()


class Standing(Told):
    """A miss that fails the session by itself."""

    case: str
    dimension: str
    reason: str
    #: Whether that is because its quarantine is over; else no bar speaks of it.
    expired: bool = False


class DecisionTold(Told):
    """What the gate decided."""

    outcome: Outcome
    exit_code: int
    #: One sentence: what was decided, and by what.
    sentence: str
    stage: str
    confidence: float
    allowed_errors: int
    standing: tuple[Standing, ...] = ()
    notes: tuple[str, ...] = ()
    changed_bars: tuple[str, ...] = ()
    #: Of the session that ran it: its exit code, and why it fails beside what the gate says. The outcome is then the
    #: session's: who reads "passed" may merge.
    session_exit: int | None = None
    besides: tuple[str, ...] = ()
    #: How many misses fail the session by themselves, named or not.
    standing_count: int = 0
    #: How many of these do because their quarantine is over.
    standing_expired: int = 0


class SliceTold(Told):
    """A category of a bar's slice."""

    name: str
    rate: float
    #: As people read it.
    words: str
    cases: int
    #: Whether it is on the wrong side of the bar by more than chance, with allowance for all categories of the slice.
    beyond: bool = False


class BarTold(Told):
    """A verdict: the bar, the number against it, and how sure it is."""

    #: As a test, after `evalbars::`.
    name: str
    bar: str
    dimension: str | None
    group: str | None
    verdict: Verdict
    fails: bool
    enforced: bool
    #: `faithfulness in category es (bar faithful)`.
    subject: str
    #: `pass rate`.
    metric: str
    #: The slice in words: `category es`, or `all`.
    slice: str
    unit: Unit
    #: Whether the number may be at most the threshold; and whether it is a change against the baseline.
    upper: bool
    compares: bool
    #: Of an amount's share, as `max_drop = "10%"`.
    relative: bool = False
    threshold: float
    #: `at least 85%`.
    threshold_words: str
    #: None where there is none; of a bar that compares: how much worse.
    estimate: float | None = None
    interval: tuple[float | None, float | None] | None = None
    #: As people read them: `93.5%`, `81.6% to 91.0%`; empty where there is none.
    estimate_words: str = ""
    interval_words: str = ""
    #: What the number can still be, where trials were stopped early.
    possible: Interval | None = None
    raw: float | None = None
    raw_interval: tuple[float | None, float | None] | None = None
    #: How the number was corrected for the judge's error, and by how many labelled answers.
    correction: str = ""
    labels: int = 0
    judge: Literal["calibrated", "uncalibrated"] | None = None
    cases: int
    trials: int
    unjudged: int = 0
    skipped: int = 0
    left_out: int = 0
    stopped: int = 0
    replayed: int = 0
    needed: int | None = None
    weak: float | None = None
    #: The verdict in words, why the bar is there, and what a reader of a miss asks next.
    sentence: str
    why: str = ""
    details: tuple[str, ...] = ()
    #: `not enforced`, `replayed`, `uncalibrated judge`.
    asides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rule: Literal["evidence", "estimate"] = "evidence"
    min_cases: int = 1
    #: What the number is of: `case`, or `labelled answer`, `labelled bad answer`.
    counted: str = "case"
    #: What the evidence proves of the bar; None where nothing is proven, or where it is the judge's word only.
    proven: Literal["met", "missed"] | None = None
    #: The end that decides, alone and from the one side that matters: `82.2%`; empty where there is none.
    bound_words: str = ""
    #: How far that end is on the good side of the bar.
    room: float | None = None
    #: As people read them; empty where there is none: `between 12.0% and 64.0%`, `88.0% -> 84.0%`.
    possible_words: str = ""
    change_words: str = ""
    raw_words: str = ""
    raw_interval_words: str = ""
    #: The categories of the slice that do worst, first those that are beyond; and how many categories there are.
    weakest: tuple[SliceTold, ...] = ()
    slices: int = 0
    #: Which cases it is of: `category`, `status` and other labels, each with the names or globs that it holds.
    #: Without `set` it holds no adversarial case.
    picks: dict[str, tuple[str, ...]] = {}
    #: The labels whose values, joined by `/`, are the group.
    each: tuple[str, ...] = ()


class Cell(Told):
    """A slice of the heat map: one dimension, one category (empty: all of them)."""

    dimension: str
    category: str
    #: None where nothing was judged.
    rate: float | None
    interval: Interval | None
    cases: int
    trials: int
    errors: int
    #: Whether the numbers are what a judge counted, where labels would correct them.
    raw: bool = False
    #: Whether trials were stopped early, so that there is no rate.
    stopped: bool = False
    #: The worst verdict that an enforced bar gave on this very slice; None where none speaks of it.
    verdict: Verdict | None = None
    #: `held`, what a bar holds that names no status: regression and saturated cases; or another status; with
    #: `, adversarial` behind it for cases that are set apart. Cases of one kind never count in another's numbers.
    kind: str = HELD
    #: Whether the numbers are corrected for a judge's error.
    corrected: bool = False
    #: Whether there is no rate because only predictions are judged here: no test said of any that it missed, and bars
    #: find some of them wrong.
    predicted: bool = False


class FlipTold(Told):
    """A case that a bar found worse, or better, than in the baseline."""

    case: str
    dimension: str
    before: float
    after: float
    #: As people read them.
    words: str
    reason: str = ""


class ComparedTold(Told):
    """What the run has in common with the baseline, and what changed."""

    #: `2026-11-20, commit 3f9c...`; lines as the terminal has them.
    lines: tuple[str, ...]
    cases: int
    worse: tuple[FlipTold, ...] = ()
    better: tuple[FlipTold, ...] = ()
    #: How many there are in all, named or not.
    worse_count: int = 0
    better_count: int = 0


class PointTold(Told):
    """A dimension in one run."""

    run: str
    started: str
    commit: str = ""
    rate: float | None
    interval: Interval | None
    cases: int
    #: How that run's session ended; None where nobody knows.
    exit_code: int | None = None


class TrendTold(Told):
    """A dimension from run to run, oldest first; the last point is this run."""

    dimension: str
    kind: str
    points: tuple[PointTold, ...]


class Measure(Told):
    """What trials took: cost, time, tokens, or a measure of the user's own."""

    name: str
    unit: Unit
    trials: int
    total: float | None = None
    mean: float | None = None
    median: float | None = None
    p95: float | None = None
    #: What was measured, in words; empty where only its name tells.
    of: str = ""


class Quality(Told):
    """A dimension's quality beside what was let through, and what it cost."""

    dimension: str
    pass_rate: float | None
    interval: Interval | None
    cases: int
    coverage: float | None = None
    among_answered: float | None = None
    effective: float | None = None
    mean_cost: float | None = None
    median_seconds: float | None = None
    p95_seconds: float | None = None
    #: As of cells.
    kind: str = HELD


class JudgeTold(Told):
    """A judge, and how far people's labels say that it may be trusted."""

    dimension: str
    model: str
    rubric: str
    trust: Literal["calibrated", "uncalibrated"]
    #: In words: labels, raters, what it lets through and stops; or why nobody knows.
    text: str
    labels: int = 0
    raters: int = 0
    #: None where nobody knows.
    specificity: float | None = None
    specificity_interval: Interval | None = None
    sensitivity: float | None = None
    sensitivity_interval: Interval | None = None
    #: Whether its labels do not prove that it tells good from bad better than chance.
    chance: bool = False


class Definition(Told):
    """A term, a dimension, a scale or a method, in words."""

    term: str
    text: str


class Method(Told):
    """How it was measured: what a reader needs to believe the numbers, or not to."""

    definitions: tuple[Definition, ...] = ()
    #: The rubrics that judges held answers against, by name.
    rubrics: tuple[Definition, ...] = ()
    methods: tuple[Definition, ...] = ()
    sizes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()


class LineTold(Told):
    """A line of the terminal's summary."""

    kind: Literal["line"] = "line"
    text: str
    look: Look = "plain"


class Drawn(Told):
    """A table's cell that is drawn: a number with its interval against a threshold, on an axis from 0 to 1."""

    value: float | None
    low: float
    high: float
    threshold: float | None = None
    upper: bool = False


class RowTold(Told):
    """A row of a table: its cells, and how its verdict should look."""

    cells: tuple[str | Drawn | None, ...]
    look: Look = "plain"
    #: What the last cell says, where a sign says it too.
    sign: Literal["", "met", "missed", "inconclusive", "no data"] = ""
    #: What stands in brackets behind the last cell, or below the row where there is no room.
    aside: str = ""


class TableTold(Told):
    """A table of the terminal's summary; it is laid out where its width is known."""

    kind: Literal["table"] = "table"
    heads: tuple[str, ...]
    #: `l` or `r` for each column.
    align: str
    rows: tuple[RowTold, ...]
    #: The columns of names: they may be folded into several lines where there is no room.
    names: tuple[int, ...] = ()
    #: A column that says what the one before it says: it goes where there is no room.
    twin: int | None = None

    @classmethod
    def of(cls, heads: Sequence[str], rows: Iterable[Sequence[str]], align: str = "", names: int = 1) -> TableTold:
        """A table of plain cells.

        Args:
            heads: what stands above each column.
            rows: the cells.
            align: `l` or `r` for each column; all to the left where nothing is said.
            names: how many columns, from the first, hold names.
        """
        told = tuple(RowTold(cells=tuple(row)) for row in rows)
        return cls(heads=tuple(heads), align=align or "l" * len(heads), rows=told, names=tuple(range(names)))


Block = Annotated[LineTold | TableTold, Field(discriminator="kind")]


class Report(Told):
    """All of it."""

    type: Literal["report"] = "report"
    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    run: RunTold
    decision: DecisionTold
    bars: tuple[BarTold, ...] = ()
    cells: tuple[Cell, ...] = ()
    compared: ComparedTold | None = None
    trends: tuple[TrendTold, ...] = ()
    quality: tuple[Quality, ...] = ()
    measures: tuple[Measure, ...] = ()
    judges: tuple[JudgeTold, ...] = ()
    method: Method = Method()
    #: What the terminal says without `-v` or `-q`.
    summary: tuple[Block, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values: the line that the run file keeps."""
        return self.model_dump(mode="json", by_alias=True)


class Evidence(Told):
    """One thing that a trial recorded for a reader: cut where it is long."""

    name: str
    text: str
    #: Characters that are left out.
    cut: int = 0


class Miss(Told):
    """A trial that missed, or could not be judged, on one dimension."""

    case: str
    test: str
    trial: int
    dimension: str
    outcome: Literal["miss", "error"]
    labels: dict[str, str] = {}
    reason: str = ""
    level: str = ""
    score: float | None = None
    judge: str = ""
    #: Whether an xfail mark announced it.
    expected: bool = False
    evidence: tuple[Evidence, ...] = ()
    #: Characters of the reason, and things that the trial recorded, that are left out.
    reason_cut: int = 0
    more: int = 0
    #: Whether it is in the slice of a bar that fails the session, or fails it by itself.
    fails: bool = False


class Misses(Told):
    """The misses that a report shows, and how many there are; read from the run file, never kept twice."""

    shown: tuple[Miss, ...] = ()
    misses: int = 0
    errors: int = 0
    #: By which rule some are left out; empty where all are shown.
    rule: str = ""
