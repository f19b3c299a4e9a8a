"""Judges and their calibration where users meet them: in a session, and in `evalbars gate` on what it saved."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pytest_evalbars import load_bars, load_calibration, load_run
from pytest_evalbars.calibration.files import write_calibration
from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge, Calibration
from pytest_evalbars.cli import main
from pytest_evalbars.gate.presets import judged
from pytest_evalbars.labels.digest import digest_of

CASES = 60
SUITE = f"""
import pytest
from pytest_evalbars import Judge, Rubric

RUBRIC = Rubric(name="tone", task="Is it kind?", criteria=[
    {{"name": "kind", "ask": "Is it kind?", "signs": ["thank you"]}},
])

@pytest.mark.dimension("tone")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"case-{{n:02}}") for n in range({CASES})])
def test_tone(evalcase, n):
    answer = f"Thank you, {{n}}." if n < 56 else f"Go away, {{n}}."
    evalcase.take("tone", Judge(RUBRIC).judge_sync(question=f"Question {{n}}?", answer=answer))
"""
BARS = """
calibration = "evals/calibration.jsonl"

[[bar]]
dimension = "tone"
at_least = 0.8
"""
LEVELS = """passing="fair", levels=[
    {"name": "good", "definition": "Kind.", "signs": ["dear"]},
    {"name": "fair", "definition": "Polite.", "signs": ["thank you"]},
    {"name": "poor", "definition": "Rude.", "signs": ["go away"]},
]"""
SPECIFIC = """
[[bar]]
dimension = "tone"
metric = "judge_specificity"
at_least = 0.3
"""


@pytest.fixture
def coach(suite):
    suite.file("test_tone.py", SUITE)
    suite.bars(BARS)
    return suite


def record(path, run, labels=CASES, wrong=0, **by):
    """Calibrate the judge of a run on its first answers; people find the last `wrong` of those it passes bad."""
    (judge,) = run.judged.judges
    passes = [n for n in range(len(run)) if run.outcome[n] == 0]
    bad = set(passes[len(passes) - wrong :])
    items = tuple(
        CalibratedItem(
            of=f"{int(run.judged.of[n]):016x}",
            judge="pass" if run.outcome[n] == 0 else "miss",
            judged=bool(run.outcome[n] == 0),
            human=float(run.outcome[n] == 0 and n not in bad),
            raters={"ana": "pass", "ben": "pass"},
            population=digest_of(run.judged.of),
        )
        for n in range(len(run) - labels, len(run))
    )
    known = CalibratedJudge(dimension="tone", **judge._asdict() | by, calibrated=date(2026, 11, 21), items=items)
    write_calibration(path, Calibration(judges=(known,)))


def command(capsys, *words):
    capsys.readouterr()
    code = main(["gate", *map(str, words)])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_an_uncalibrated_judge_is_told_and_passes_at_testing_and_not_at_launch(coach, capsys):
    testing, launch = coach.run(), coach.run("--evalbars-stage=launch")

    assert (testing.exit, launch.exit) == (0, 10)
    reason = "never compared with people; label a sample (`evalbars review`)"
    testing.said("met (uncalibrated judge)", "judges: tone by offline", f"uncalibrated: {reason}", "gate passed")
    testing.said("note: evals/calibration.jsonl: there is no such calibration record yet; `evalbars calibrate`")
    launch.said("INCONCLUSIVE (uncalibrated judge)", "INCONCLUSIVE tone: pass rate", "uncalibrated judge: ", reason)
    launch.said("nothing is launched on that", "gate undecided, which fails the session (exit 10)")
    code, out, _ = command(capsys, testing.path)
    assert (code, "met (uncalibrated judge)" in out) == (0, True)
    code, out, _ = command(capsys, testing.path, "--stage", "launch", "--json")
    assert (code, json.loads(out)["verdicts"][0]["judge"]) == (10, "uncalibrated")


def test_session_and_command_say_the_same_of_a_corrected_rate(coach, capsys):
    first = coach.run()
    path = coach.path / "evals" / "calibration.jsonl"
    record(path, load_run(first.path), wrong=4)
    coach.bars(BARS + SPECIFIC)

    found = coach.run("--evalbars-stage=launch")
    lines = found.out.splitlines()
    assert found.exit == 10
    (table,) = [n for n, line in enumerate(lines) if line.startswith("tone ") and " all " in line]
    assert "86.7%" in lines[table]
    assert "INCONCLUSIVE" in lines[table]
    assert lines[table + 1].split()[:4] == ["raw,", "as", "judged", "93.3%"]
    assert lines[table + 1].endswith("post-stratified, 60 labelled answers")
    found.said(
        "specificity (bad answers stopped)",
        "50.0%",
        "judges: tone by offline",
        "calibrated on 60 labelled answers (2 raters)",
    )
    (line,) = [line for line in lines if "specificity (bad answers stopped)" in line and line.startswith("tone ")]
    assert line.split("stopped)")[1].split()[:3] == ["8", "-", "50.0%"]
    found.said("50.0% over 8 labelled bad answers")
    found.said("lets through 50 of 100 bad answers (", "stops 0 of 100 good ones (0 to ")
    found.said("pass rate 86.7% over 60 cases", "post-stratified on 60 labelled answers (raw, as judged: 93.3%, ")
    found.said("more labelled answers (`evalbars review`) and more cases narrow it")
    found.never_said("uncalibrated", "no such calibration record")
    code, out, _ = command(capsys, found.path, "--stage", "launch")
    assert code == 10
    assert [line for line in out.splitlines() if line in lines] == out.splitlines()
    code, out, _ = command(capsys, found.path, "--stage", "launch", "--json")
    verdict, specificity = json.loads(out)["verdicts"]
    decision, _ = judged(
        load_run(found.path),
        load_bars(coach.path / "pyproject.toml"),
        stage="launch",
        calibration=load_calibration(path),
    )
    assert [verdict, specificity] == [each.to_json() for each in decision.verdicts]
    assert (verdict["correction"], verdict["labels"], verdict["raw"]) == ("post-stratified", 60, 56 / 60)
    assert (specificity["verdict"], specificity["estimate"]) == ("inconclusive", 0.5)


def test_the_command_line_names_another_record(coach, capsys):
    first = coach.run()
    elsewhere = coach.path / "elsewhere.jsonl"
    record(elsewhere, load_run(first.path), rubric="tone@old", prompt="other")

    found = coach.run(f"--evalbars-calibration={elsewhere}", "-v")
    found.said("not the judge that was calibrated: its rubric was tone@old then and its prompt was another then")
    found.said("what people said still counts: run `evalbars calibrate RUN` on a run in which it judged")
    code, out, _ = command(capsys, first.path, "--calibration", elsewhere)
    assert (code, "tone@old" in out) == (0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1: not valid JSON"),
        (None, "there is no such calibration record; write it anew with `evalbars calibrate`"),
    ],
    ids=["broken", "not there"],
)
def test_a_record_that_cannot_be_used_is_a_usage_error_before_any_case_runs(coach, capsys, text, words):
    run = coach.run().path
    path = coach.path / "bad.jsonl"
    if text is not None:
        path.write_text(text)

    found = coach.run(f"--evalbars-calibration={path}")
    assert found.exit == 4
    found.said("bad.jsonl", words)
    assert not found.lines
    code, _, err = command(capsys, run, "--calibration", path)
    assert code == 4
    assert words in err
    if text is not None:
        coach.bars(BARS.replace("evals/calibration.jsonl", "bad.jsonl"))
        assert coach.run().exit == 4


def test_a_bar_on_a_judge_that_nobody_calibrated_has_no_data_and_fails(coach):
    coach.bars(BARS + SPECIFIC)

    found = coach.run()
    assert found.exit == 10
    found.said("NO DATA tone", "the specificity (bad answers stopped) is not known", "never compared with people")
    found.said("no such calibration record yet")


def test_a_record_that_the_bars_do_not_name_is_told(coach):
    coach.bars(BARS.replace("calibration =", "human_labels ="))
    found = coach.run()
    found.never_said("is not read")
    record(coach.path / "evals" / "calibration.jsonl", load_run(found.path))

    found = coach.run()
    found.said("uncalibrated judge", "never compared with people")
    found.said(
        'evals/calibration.jsonl: is not read; name it in the bars file: calibration = "evals/calibration.jsonl"'
    )


def test_the_worst_slices_of_a_corrected_rate_are_said_to_be_the_judges(coach):
    halves = 'pytest.param(n, id=f"case-{n:02}", marks=pytest.mark.category("even" if n % 2 else "odd"))'
    coach.file("test_tone.py", SUITE.replace('pytest.param(n, id=f"case-{n:02}")', halves))
    record(coach.path / "evals" / "calibration.jsonl", load_run(coach.run().path), wrong=4)

    coach.run("--evalbars-stage=launch").said("pass rate 86.7%", "worst, as the judge says: ")


def test_weak_passes_are_the_judges_own_and_stand_beside_its_own_rate(coach):
    coach.bars(BARS + '[tool.evalbars.scales.tone]\nlevels = ["good", "fair", "poor"]\npassing = "fair"\n')
    coach.file(
        "test_tone.py",
        SUITE.replace('criteria=[\n    {"name": "kind", "ask": "Is it kind?", "signs": ["thank you"]},\n]', LEVELS),
    )
    record(coach.path / "evals" / "calibration.jsonl", load_run(coach.run().path), wrong=4)

    lines = coach.run().out.splitlines()
    (at,) = [n for n, line in enumerate(lines) if line.startswith("tone ") and " all " in line]
    assert lines[at].split()[2:5] == ["60", "60", "86.7%"]
    assert "93.3%" not in lines[at]
    assert lines[at + 1].split()[:5] == ["raw,", "as", "judged", "93.3%", "93.3%"]


def test_a_bar_on_the_judge_of_a_dimension_that_nobody_declares_is_a_usage_error(coach):
    coach.bars(SPECIFIC.replace('"tone"', '"tune"'))

    found = coach.run()
    assert found.exit == 4
    found.said('"tune" is no dimension of any collected case; did you mean "tone"?')


def test_where_only_other_cases_run_a_bar_on_a_judge_is_reported_and_not_enforced(coach):
    coach.bars(SPECIFIC)
    coach.cases(5, 5)

    found = coach.run("-k", "test_answer")
    assert found.exit == 0
    found.said("no data (not enforced)", "60 of its 60 cases were left out of this run")
    found = coach.run("test_cases.py")
    assert found.exit == 0
    found.said("not in this selection")


def test_no_bar_on_labels_is_called_unreachable_and_each_is_planned_as_what_it_is(coach, capsys):
    coach.bars(BARS + SPECIFIC + "min_cases = 500\n")

    found = coach.run()
    found.never_said("cannot be met with the cases at hand")
    capsys.readouterr()
    assert main(["plan", str(found.path)]) == 0
    assert "no data" in capsys.readouterr().out
    record(coach.path / "evals" / "calibration.jsonl", load_run(found.path))
    assert main(["plan", str(found.path)]) == 0
    assert "not planned for people's labels" in capsys.readouterr().out


def test_where_labels_correct_a_rate_no_case_is_left_out_because_the_raw_one_is_certain(coach):
    coach.bars(BARS.replace("at_least = 0.8", 'at_least = 0.3\nrule = "estimate"'))
    raw = coach.run("--evalbars-stop-early")
    record(coach.path / "evals" / "calibration.jsonl", load_run(coach.run().path))

    corrected = coach.run("--evalbars-stop-early")
    assert raw.exit == corrected.exit == 0
    raw.said("stopped early")
    corrected.never_said("stopped early")
    corrected.said("post-stratified, 60 labelled answers")


def test_workers_judge_as_one_process_does(coach):
    record(coach.path / "evals" / "calibration.jsonl", load_run(coach.run().path))

    found = coach.run("-n1")
    assert found.exit == 0
    found.said("raw, as judged", "post-stratified, 60 labelled answers", "gate passed")


def test_what_a_record_says_is_no_terminal_command(coach):
    run = load_run(coach.run().path)
    record(coach.path / "evals" / "calibration.jsonl", run, model="m\x1b[31m")

    found = coach.run("--evalbars-stage=launch")
    found.said("its model was m", "then")
    found.never_said("\x1b[31m")
