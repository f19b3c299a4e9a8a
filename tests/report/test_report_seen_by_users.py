"""What people who read a report for the first time took for what it is not."""

import json

import pytest
from parsed_pages import Parsed
from rich_reports import bar, rich

from pytest_evalbars.report.html.figures import moments
from pytest_evalbars.report.html.page import page as render
from pytest_evalbars.report.markdown import markdown
from pytest_evalbars.report.model import Misses

ESCALATION = """
import pytest

@pytest.mark.dimension("escalation", "tone", "policy")
@pytest.mark.category("distress")
@pytest.mark.parametrize("n", range(20))
def test_message(evalcase, n):
    evalcase.predict(expected="escalate", predicted="answer" if n else "escalate")
    evalcase.score("tone", 1.0 if n else 0.1)
"""
BARS = """
[[bar]]
dimension = "escalation"
metric = "correct_escalation"
at_least = 0.75
[[bar]]
dimension = "tone"
metric = "mean_score"
at_least = 0.99
[[bar]]
dimension = "policy"
at_least = 0.95
"""


def test_what_only_predictions_judge_has_no_pass_rate_beside_its_bars(suite, pytester):
    """Its test compares nothing, and so passes: 100% beside a missed bar reads as if all were well."""
    suite.bars(BARS)
    suite.file("test_x.py", ESCALATION)
    suite.run("--evalbars-html=r.html", "--evalbars-markdown=r.md", "--evalbars-run=run.jsonl")
    lines = [json.loads(line) for line in (pytester.path / "run.jsonl").read_text("utf-8").splitlines()]
    (report,) = [line for line in lines if line["type"] == "report"]
    assert {(each["dimension"], each["category"], each["rate"], each["predicted"]) for each in report["cells"]} == {
        (name, category, rate, rate is None)
        for name, rate in (("escalation", None), ("tone", 1.0), ("policy", 1.0))
        for category in ("", "distress")
    }
    page = Parsed((pytester.path / "r.html").read_text("utf-8"))
    assert page.at("heat").text.count("predictions: see its bars") == 1
    table = [line for line in (pytester.path / "r.md").read_text("utf-8").splitlines() if "see its bars" in line]
    assert len(table) == 1
    assert table[0].startswith("| escalation | all |")


def test_cases_of_a_score_are_not_called_missed_and_the_best_are_not_the_worst(suite):
    suite.bars(BARS)
    suite.file("test_x.py", ESCALATION)
    run = suite.run("--evalbars-stage=launch")
    run.said("worst cases: test_x.py::test_message[0] (0.100)\n")
    run.never_said("missed cases: test_x.py::test_message[0] (0.100)", "worst: distress 100.0%")


def test_runs_of_one_day_have_the_time_beside_it():
    assert moments("2026-11-21T09:05:00Z", "2026-11-21T21:14:00Z") == ("21 Nov 2026, 09:05", "21:14")
    assert moments("2026-11-20T09:05:00Z", "2026-11-21T21:14:00Z") == ("20 Nov 2026", "21 Nov 2026")
    assert moments("some day", "some day") == ("some day", "some day")


@pytest.mark.parametrize(
    ("mode", "words"), [("off", "is not here: evidence and reasons were not kept"), ("keep", "")]
)
def test_who_keeps_no_evidence_is_not_told_to_record_some(suite, pytester, mode, words):
    suite.file(
        "test_x.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        def test_answer(evalcase):
            evalcase.record(output="so much")
            assert False
        """,
    )
    suite.run("--evalbars-html=r.html", f"--evalbars-evidence={mode}")
    told = Parsed((pytester.path / "r.html").read_text("utf-8")).at("misses").text
    assert "recorded nothing else" not in told
    assert words in told
    assert ("so much" in told) == (mode == "keep")


def test_what_is_missed_comes_before_what_is_open_and_a_judge_no_better_than_chance_has_no_tick():
    judge = rich().judges[0].model_copy(update={"trust": "calibrated", "chance": True})
    bars = (bar("open", verdict="inconclusive", fails=True), bar("bad", verdict="missed", fails=True))
    told = rich(bars=bars, judges=(judge,))
    page = Parsed(render(told, Misses()))
    assert page.of("ul", "failing")[0].children[0].text.startswith("accuracy missed")
    assert "calibrated, not proven better than chance" in page.at("judges").text
    text = markdown(told, Misses())
    assert text.index("| ❌") < text.index("| ⚠️")
    assert "✅ calibrated" not in text
