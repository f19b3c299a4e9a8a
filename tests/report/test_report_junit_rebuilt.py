"""JUnit XML of a run file alone: `evalbars report RUN -o FILE.xml`."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junit_readers import JENKINS, SUREFIRE, accept, cases, properties, read, told

from pytest_evalbars.report.junit import junit
from pytest_evalbars.report.model import Condition, DecisionTold, Report, RunTold
from pytest_evalbars.run.reading import load_run

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = "category"
why = "answers are read aloud"
[[bar]]
name = "later"
dimension = "tone"
at_least = 0.2
stage = "launch"
"""
ONE = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9'
CASES = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize(
    "n", [pytest.param(n, id=f"c{n}", marks=pytest.mark.category("ab"[n % 2])) for n in range(20)]
)
def test_answer(n):
    assert n % 2, f"wrong answer {n}"

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.capability
@pytest.mark.trials(2)
def test_both(evalcase):
    evalcase.check("tone", True)
    evalcase.measure(seconds=1.25)
    assert False, "wrong"

class TestTone:
    @pytest.mark.dimension("tone")
    @pytest.mark.cases("rows.jsonl")
    @pytest.mark.parametrize("more", ["x"])
    def test_row(self, case, more):
        assert case["fine"], "not fine"

@pytest.mark.dimension("faithfulness")
def test_alone():
    assert False, "nothing holds this"

@pytest.mark.dimension("tone")
def test_broken():
    raise ValueError("boom")

@pytest.mark.dimension("tone")
def test_skipped():
    pytest.skip("not today")
"""


def rebuilt(suite, *words):
    """What the command wrote, where readers take it."""
    outcome = suite.command("report", *words, "-o", "out.xml")
    assert outcome.exit == 0, outcome.err
    root = read(suite.path / "out.xml")
    accept(root, JENKINS)
    for part in root:
        accept(part, SUREFIRE)
    return root


@pytest.fixture
def judged(suite):
    """A session with all that can come of a case, and what pytest itself wrote of it."""
    suite.bars(BARS).file("evals/test_x.py", CASES)
    suite.file("evals/rows.jsonl", '{"id": "r-1", "fine": true}\n{"id": "r-2", "fine": false}\n')
    result = suite.run("--junit-xml=session.xml", "-o", "addopts=-W ignore::pytest.PytestWarning")
    assert result.exit == 1
    return suite


def test_everything_is_what_the_session_said(judged):
    root, session = rebuilt(judged), read(judged.path / "session.xml")
    bars, of_cases = root
    assert [bars.get("name"), of_cases.get("name")] == ["evalbars", "cases"]
    found, before = cases(root), cases(session)
    assert found.keys() == before.keys()
    for name, case in found.items():
        assert properties(case) == properties(before[name]), name
    apart = {"evals.test_x::test_broken"}  # pytest calls an exception in a test's body a failure
    words = {name: told(case)[0] for name, case in found.items()}
    assert {name: word for name, word in words.items() if told(before[name])[0] != word} == dict.fromkeys(
        apart, "error"
    )


def test_what_is_no_pass_says_why(judged):
    found = cases(rebuilt(judged))
    assert told(found["evals.test_x::test_answer[c1]"]) == ("passed", None)
    assert told(found["evals.test_x::test_answer[c2]"]) == ("skipped", "missed: accuracy: wrong answer 2")
    assert found["evals.test_x::test_answer[c2]"].find("skipped").text.endswith("\nassert (2 % 2)")
    assert told(found["evals.test_x.TestTone::test_row[r-2-x]"]) == ("skipped", "missed: tone: not fine")
    assert told(found["evals.test_x::test_alone"]) == ("failure", "missed: faithfulness: nothing holds this")
    assert told(found["evals.test_x::test_broken"]) == ("error", "could not be judged: tone: ValueError: boom")
    assert told(found["evals.test_x::test_skipped"]) == ("skipped", "skipped")
    assert found["evals.test_x::test_both[t1]"].get("time") == "1.250"


def test_bars_are_test_cases(judged):
    bars, _ = rebuilt(judged)
    found = cases(bars)
    word, message = told(found["evalbars::pass_rate:accuracy[a]"])
    assert word == "failure"
    assert message.startswith("MISSED accuracy in category a: pass rate 0.0% over 10 cases")
    assert "why: answers are read aloud" in found["evalbars::pass_rate:accuracy"].find("failure").text
    assert told(found["evalbars::pass_rate:accuracy[b]"]) == ("passed", None)
    assert found["evalbars::pass_rate:accuracy[b]"].find("system-out").text.startswith("inconclusive accuracy in cat")
    said = properties(bars)
    assert (said["outcome"], said["exit_code"], said["stage"]) == ("failed", "1", "testing")
    assert said["decision"].startswith("gate failed (exit 1)")


def test_what_is_not_enforced_is_skipped(suite):
    suite.bars(ONE).cases(2, 20)
    suite.run("-k", "case-00", "--evalbars-stage=testing")
    root = rebuilt(suite)
    word, message = told(cases(root)["evalbars::pass_rate:accuracy"])
    assert word == "skipped"
    assert message
    assert root.get("failures") == "0"
    assert all("condition.partial" in properties(part) for part in root)
    assert len(root[1]) == 1 + 10  # what -k left out is no test case


def test_a_trial_without_a_result_is_an_error(suite):
    suite.bars(ONE).cases(20, 20)
    suite.run()
    root = rebuilt(suite, suite.cut(15))
    assert (root.get("errors"), root.get("failures")) == ("5", "0")
    lost = [told(case) for case in root[1].iter("testcase") if case.find("error") is not None]
    assert lost == [("error", "no result: the session ended before the trial did")] * 5
    assert properties(root[0])["complete"] == properties(root[1])["complete"] == "false"
    assert all("condition.incomplete" in properties(part) for part in root)


def test_a_plain_list_of_observations_is_told(suite):
    rows = [
        {"type": "observation", "case": f"q {n}", "dimension": "accuracy", "outcome": outcome}
        for n, outcome in enumerate(("pass", "miss", "error", "skipped"))
    ]
    path = suite.file("run.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1')
    found = {name: told(case) for name, case in cases(rebuilt(suite, path)[1]).items()}
    assert found == {
        "cases::q 0": ("passed", None),
        "cases::q 1": ("skipped", "missed: accuracy"),
        "cases::q 2": ("error", "could not be judged"),
        "cases::q 3": ("skipped", "skipped"),
    }


def test_trials_have_the_numbers_that_the_run_gave_them(tmp_path):
    row = {"case": "q", "dimension": "accuracy"}
    path = tmp_path / "run.jsonl"
    rows = [row | {"trial": n, "outcome": "pass" if n else "miss"} for n in (7, 2, 0)]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in rows), encoding="utf-8")
    found = cases(parsed(tmp_path, a_report(), path))
    assert {name: properties(case)["trial"] for name, case in found.items()} == {
        f"cases::q[t{n}]": str(n) for n in (7, 2, 0)
    }
    assert told(found["cases::q[t0]"])[0] == "skipped"


def a_report(words="", kinds=("partial",), started="2026-11-20T22:41:07Z"):
    """A report that says these words wherever it can."""
    run = RunTold(
        names=(words,),
        started=started,
        commit=words,
        labels={words: words},
        cases=1,
        trials=1,
        errors=0,
        complete=True,
        conditions=[Condition(kind=kind, text=words or "so") for kind in kinds],
    )
    said = {"outcome": "passed", "exit_code": 0, "stage": "testing", "confidence": 0.95, "allowed_errors": 0}
    return Report(run=run, decision=DecisionTold(sentence=words, notes=(words, words), **said))


def written(folder, case, dimension="accuracy", reason="", outcome="miss"):
    """A run file of one observation."""
    row = {"type": "observation", "case": case, "dimension": dimension, "outcome": outcome, "reason": reason}
    row |= {"test": case, "labels": {"category": dimension}}
    path = folder / "run.jsonl"
    path.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    return path


def parsed(folder, report, path):
    """The document as readers parse it."""
    out = folder / "out.xml"
    out.write_text(junit(report, load_run(path)), encoding="utf-8")
    root = read(out)
    accept(root, JENKINS)
    for part in root:
        accept(part, SUREFIRE)
    return root


def test_every_condition_stands_in_both_suites(tmp_path):
    kinds = ("errors", "incomplete", "resumed", "stopped early", "quarantine", "quarantine")
    root = parsed(tmp_path, a_report(kinds=kinds), written(tmp_path, "c"))
    for part in root:
        names = [name for name in properties(part) if name.startswith("condition.")]
        assert names == [f"condition.{kind}" for kind in kinds[:5]] + ["condition.quarantine.2"]


def test_a_time_that_is_none_is_left_out(tmp_path):
    root = parsed(tmp_path, a_report(started="yesterday\x00"), written(tmp_path, "c"))
    assert [part.get("timestamp") for part in root] == [None, None]


@given(words=st.text(min_size=1, max_size=40), more=st.text(max_size=40))
def test_no_text_breaks_the_document(tmp_path_factory, words, more):
    folder = tmp_path_factory.mktemp("hostile")
    root = parsed(folder, a_report(words), written(folder, words, words, f"{more}\n{words}"))
    (case,) = root[1].iter("testcase")
    assert told(case)[0] == "skipped"


@pytest.mark.slow
def test_a_hundred_thousand_observations_take_seconds(tmp_path):
    path = tmp_path / "run.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for n in range(50_000):
            key = {"case": f"c{n}", "test": "evals/test_x.py::test_answer", "trial": 0}
            for dimension in ("accuracy", "tone"):
                outcome = "pass" if n % 7 else "miss"
                row = {"type": "observation", **key, "dimension": dimension, "outcome": outcome, "reason": f"not {n}"}
                stream.write(f"{json.dumps(row)}\n")
    started = time.process_time()
    text = junit(a_report(), load_run(path))
    assert time.process_time() - started < 20  # 1.4 s where it was measured
    assert text.count("<testcase ") == 50_000
    assert Path(path).stat().st_size * 3 > len(text)
