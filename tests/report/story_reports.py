"""Reports as Hypothesis makes them up: whatever the model allows, and a gate can say."""

from __future__ import annotations

from hypothesis import strategies as st

from pytest_evalbars.report.model import (
    BarTold,
    Cell,
    ComparedTold,
    Condition,
    DecisionTold,
    FlipTold,
    JudgeTold,
    Measure,
    Report,
    RunTold,
    SliceTold,
    Standing,
)
from pytest_evalbars.report.story.measured import MEANING

#: Numbers of cases and trials: none, one, or more than the verdicts that a report counts.
MANY = st.sampled_from([0, 1]) | st.integers(1_000, 99_999)
SHARES = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
TEXTS = st.text(st.sampled_from("abc xyz.\n\x1b[]\u202e<>&`*|"), max_size=20)
UNITS = st.sampled_from(["share", "score", "seconds", "usd", "tokens", "number"])
ENDS = st.none() | SHARES | st.floats(-5, 5)


def words(unit, value):
    """A number in words, as fields hold them; with digits that no other number has."""
    return "no bound" if value is None else f"{value:.7f}{'%' if unit == 'share' else ' ' + unit}"


@st.composite
def bars(draw, number):
    """A verdict that a gate could have given, on a subject that no other has."""
    verdict = draw(st.sampled_from(["met", "missed", "inconclusive", "no data"]))
    unit, compares, rule = draw(UNITS), draw(st.booleans()), draw(st.sampled_from(["evidence", "estimate"]))
    enforced = draw(st.booleans())
    judge = draw(st.sampled_from([None, None, "calibrated", "uncalibrated"]))
    corrected = judge == "calibrated" and draw(st.booleans())
    sure = verdict in ("met", "missed") and rule == "evidence" and enforced and (judge is None or corrected)
    low, high = draw(ENDS), draw(ENDS)
    group = draw(st.none() | st.just(f"group{'x' * number}"))
    stopped = draw(st.booleans())
    known = verdict != "no data" and not stopped
    name = "abcdefghij"[number]
    subject = f"subject-{name} in {draw(TEXTS)}"
    notes = draw(
        st.lists(
            st.sampled_from(
                [
                    "it would be missed alone (p = 0.031), but not as one of this session's verdicts",
                    "within noise: the bar lies inside the interval",
                    "uncalibrated judge: nobody asked",
                    "2 trials could not be judged, and could have passed or missed",
                ]
            ),
            max_size=2,
            unique=True,
        )
    )
    if sure and any(note.startswith("uncalibrated judge") for note in notes):
        notes = []
    estimate = draw(SHARES)
    return BarTold(
        name=f"bar-{name}",
        bar=f"bar-{name}",
        dimension=draw(st.sampled_from([None, f"dimension-{name}"])),
        group=group,
        verdict=verdict,
        fails=enforced and (verdict == "missed" or (verdict != "met" and draw(st.booleans()))),
        enforced=enforced,
        subject=subject,
        metric=draw(st.sampled_from(["pass rate", "p95 latency", "mean cost"])),
        slice="all",
        unit=unit,
        upper=draw(st.booleans()) or compares,
        compares=compares,
        threshold=draw(SHARES),
        threshold_words=f"at least {draw(MANY)}{unit}",
        estimate=estimate if known else None,
        interval=(low, high) if known else None,
        estimate_words=words(unit, estimate) if known else "",
        interval_words=f"{words(unit, low)} to {words(unit, high)}" if known else "",
        possible=(0.0, 1.0) if stopped else None,
        possible_words=f"between {words(unit, 0.25)} and {words(unit, 0.75)}" if stopped else "",
        change_words=f"{words(unit, 0.5)} -> {words(unit, estimate)}" if known and compares else "",
        raw=0.5 if corrected else None,
        raw_words=words(unit, 0.5) if corrected else "",
        correction="post-stratified" if corrected else "",
        labels=draw(MANY),
        judge=judge,
        cases=draw(MANY),
        trials=draw(MANY),
        unjudged=draw(MANY),
        skipped=draw(MANY),
        stopped=draw(MANY) if stopped else 0,
        replayed=draw(MANY),
        needed=draw(st.none() | MANY) if verdict == "inconclusive" else None,
        sentence="",
        why=draw(TEXTS),
        details=tuple(
            draw(st.lists(st.sampled_from(["why: so", "missed cases: one (why) and 71234 more"]), max_size=2))
        ),
        notes=(*notes, *([] if enforced else ["not enforced: 7001 of its 7002 cases were left out of this run"])),
        rule=rule,
        min_cases=draw(st.integers(1, 2_000)),
        proven=verdict if sure else None,
        bound_words=words(unit, draw(ENDS)) if verdict in ("met", "missed") else "",
        room=draw(st.none() | SHARES) if verdict == "met" else None,
        weakest=tuple(
            draw(
                st.lists(
                    st.builds(
                        SliceTold,
                        name=TEXTS,
                        rate=SHARES,
                        words=SHARES.map(lambda share: words("share", share)),
                        cases=MANY,
                        beyond=st.booleans(),
                    ),
                    max_size=3,
                )
            )
        ),
        slices=draw(MANY),
        picks={"status": draw(st.sampled_from([("regression", "saturated"), ("capability",)]))},
    )


@st.composite
def reports(draw):
    """A report whose outcome is that of its verdicts."""
    stage = draw(st.sampled_from(["testing", "launch", "none"]))
    many = 0 if stage == "none" else draw(st.integers(0, 6))
    verdicts = tuple(draw(bars(number)) for number in range(many))
    standing = draw(st.lists(st.builds(Standing, case=TEXTS, dimension=TEXTS, reason=TEXTS), max_size=3))
    errors, allowed = draw(MANY), draw(st.sampled_from([0, 100_000]))
    complete = draw(st.booleans())
    failed = bool(standing) or errors > allowed or any(bar.fails and bar.verdict == "missed" for bar in verdicts)
    undecided = not complete or any(bar.fails for bar in verdicts)
    code = 0 if stage == "none" else 1 if failed else 10 if undecided else 0
    outcome = "not held" if stage == "none" else {0: "passed", 1: "failed", 10: "undecided"}[code]
    conditions = st.builds(
        Condition, kind=st.sampled_from(sorted(MEANING)), text=TEXTS.map(lambda text: f"so {text}")
    )
    flips = st.lists(
        st.builds(FlipTold, case=TEXTS, dimension=TEXTS, before=SHARES, after=SHARES, words=TEXTS), max_size=8
    )
    return Report(
        run=RunTold(
            names=("run-name",),
            started=draw(st.sampled_from(["", "2026-11-21T20:05:06Z"])),
            commit=draw(st.sampled_from(["", "496563acd2236f5dd08be9199d4c92cb83c16e74"])),
            changed=draw(st.booleans()),
            labels=draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
            cases=draw(MANY),
            trials=draw(MANY),
            errors=errors,
            complete=complete,
            conditions=tuple(draw(st.lists(conditions, max_size=4))),
        ),
        decision=DecisionTold(
            outcome=outcome,
            exit_code=code,
            sentence="",
            stage=stage,
            confidence=draw(st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999])),
            allowed_errors=allowed,
            standing=tuple(standing),
            standing_count=len(standing),
            notes=tuple(draw(st.lists(TEXTS, max_size=2))),
            changed_bars=tuple(draw(st.lists(TEXTS, max_size=2))),
        ),
        bars=verdicts,
        cells=tuple(
            draw(
                st.lists(
                    st.builds(
                        Cell,
                        dimension=st.sampled_from(["dimension-a", "free"]),
                        category=st.sampled_from(["", "category"]),
                        rate=st.none() | SHARES,
                        interval=st.none() | st.tuples(SHARES, SHARES),
                        cases=MANY,
                        trials=MANY,
                        errors=MANY,
                        kind=st.sampled_from(["held", "capability", "held, adversarial"]),
                    ),
                    max_size=5,
                )
            )
        ),
        compared=draw(
            st.none()
            | st.builds(
                ComparedTold,
                lines=st.lists(TEXTS, max_size=2).map(tuple),
                cases=MANY,
                worse=flips.map(tuple),
                better=flips.map(tuple),
                worse_count=MANY,
                better_count=MANY,
            )
        ),
        measures=tuple(
            draw(
                st.lists(
                    st.builds(
                        Measure,
                        name=st.sampled_from(["seconds", "cost_usd", "own"]),
                        unit=UNITS,
                        trials=MANY,
                        total=st.none() | SHARES,
                        median=st.none() | SHARES,
                        p95=st.none() | SHARES,
                    ),
                    max_size=3,
                )
            )
        ),
        judges=tuple(
            draw(
                st.lists(
                    st.builds(
                        JudgeTold,
                        dimension=TEXTS,
                        model=TEXTS,
                        rubric=TEXTS,
                        trust=st.sampled_from(["calibrated", "uncalibrated"]),
                        text=TEXTS,
                    ),
                    max_size=3,
                )
            )
        ),
    )
