"""However a session ends, its reports say so, and a report that fails costs nothing that was measured."""

import json
from xml.etree import ElementTree as ET

import pytest

from pytest_evalbars.errors import ReportError
from pytest_evalbars.report import asked, rendering
from pytest_evalbars.report.building import build
from pytest_evalbars.report.misses import misses_of

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'
MARKDOWN = "--evalbars-markdown=x.md"


@pytest.fixture
def project(suite):
    """A project whose gate passes."""
    return suite.bars(BAR).cases(18, 20)


def told(suite, path):
    """The report of a run file."""
    return json.loads(suite.command("report", path, "--json").out)


def fails(*_, **__):
    raise ZeroDivisionError("of a renderer")


def cannot(*_, **__):
    raise ReportError("x.html cannot be written")


def test_a_failed_test_beside_the_gate_is_told_with_it(project):
    project.file("test_more.py", "def test_more():\n    assert False\n")
    result = project.run(MARKDOWN)
    assert result.exit == 1
    (report,) = result.of("report")
    assert report["decision"]["sentence"] == (
        "session failed (exit 1): 1 test failed; gate passed: 1 of 1 verdict met"
    )
    assert (report["decision"]["outcome"], report["decision"]["exit_code"]) == ("failed", 0)
    assert (report["decision"]["session_exit"], report["decision"]["besides"]) == (1, ["1 test failed"])
    assert report["summary"][-1]["text"] == "besides: 1 test failed"
    assert (
        (project.path / "x.md").read_text().startswith("### ❌ Session failed (exit 1)\n\n1 test failed; gate passed")
    )
    explained = project.command("report", result.path, "--explain").out
    assert "The session fails, whatever its gate says (exit 1): 1 test failed." in explained
    assert "The gate passed at the testing stage." in explained
    assert "gate failed" not in explained.lower()


def test_whatever_fails_a_session_is_a_failure_in_junit_xml(project):
    project.file("test_more.py", "def test_more():\n    assert False\n")
    for arguments in ((), ("--evalbars-stage=none",), ("--evalbars-strict", "-k", "case-00")):
        result = project.run(*arguments)
        assert result.exit in (1, 10)
        project.command("report", result.path, "-o", "x.xml")
        (failed,) = ET.parse(project.path / "x.xml").iterfind(".//testcase[failure]")  # noqa: S314 - ours
        assert failed.get("name") == "session"
        if not arguments:
            assert failed.find("failure").get("message").startswith("session failed (exit 1): 1 test failed")


def test_a_session_that_breaks_off_has_no_report_that_says_it_passed(project):
    project.file(
        "conftest.py",
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        """,
    )
    result = project.run(MARKDOWN)
    assert result.exit == 3
    result.said("besides: pytest broke off with an internal error", "no report x.md: the session broke off before")
    assert not (project.path / "x.md").exists()
    assert told(project, result.path)["decision"]["outcome"] == "undecided"


def test_a_report_stands_before_the_end_of_its_run(project):
    result = project.run()
    assert [line["type"] for line in result.lines[-2:]] == ["report", "end"]
    assert result.lines[-2]["decision"]["outcome"] == "passed"
    assert result.lines[-2]["decision"]["besides"] == []


def test_a_report_that_cannot_be_written_fails_the_session_that_asked_for_it(project, monkeypatch):
    monkeypatch.setitem(rendering.FORMATS, ".md", fails)
    result = project.run(MARKDOWN)
    assert result.exit == 10
    result.said("gate passed", "no report x.md: ZeroDivisionError: of a renderer; the run file is whole")
    assert result.of("end")[0]["exit"] == 10
    assert not (project.path / "x.md").exists()
    monkeypatch.undo()
    assert project.command("report", result.path, "-o", "x.md").exit == 0


def test_where_one_report_cannot_be_written_the_others_do_not_say_passed(project, monkeypatch):
    pytest.importorskip("jinja2")
    monkeypatch.setitem(rendering.FORMATS, ".html", fails)
    result = project.run(MARKDOWN, "--evalbars-html=x.html")
    assert result.exit == 10
    decision = result.of("report")[0]["decision"]
    assert (decision["outcome"], decision["session_exit"]) == ("undecided", 10)
    assert decision["sentence"].startswith("session failed (exit 10): not every report could be written; gate passed")
    written = (project.path / "x.md").read_text()
    assert written.startswith("### ⚠️ Session failed (exit 10)")
    assert project.command("report", result.path, "-o", "y.md").exit == 0
    assert written == (project.path / "y.md").read_text()
    monkeypatch.setitem(rendering.FORMATS, ".html", cannot)
    gate = project.command("gate", result.path, "--html", "x.html", "--markdown", "z.md")
    assert gate.exit == 10
    assert (project.path / "z.md").read_text().startswith("### ⚠️ Session failed (exit 10)")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), ((MARKDOWN,), 10)], ids=["unasked", "asked"])
def test_a_report_that_cannot_be_made_costs_no_verdict(project, monkeypatch, arguments, code):
    monkeypatch.setattr(build, "cells", fails)
    result = project.run(*arguments)
    assert result.exit == code
    result.said("gate passed: 1 of 1 verdict met", "the report cannot be made: ZeroDivisionError")
    assert not result.of("report")
    monkeypatch.undo()
    assert told(project, result.path)["decision"]["outcome"] == "passed"


def test_what_cannot_be_written_is_found_out_before_any_case_runs(project, monkeypatch):
    project.file("plain", "")
    for target in ("plain/x.md", "."):
        result = project.run(f"--evalbars-markdown={target}")
        assert result.exit == 4
        result.said(f"--evalbars-markdown={target}: the report cannot be written: ")
    result = project.run("--evalbars-markdown=x", "--evalbars-html=x")
    result.said("the report cannot be written: --evalbars-html names the same file")
    monkeypatch.setattr(asked, "find_spec", lambda _: None)
    result = project.run("--evalbars-html=x.html")
    assert result.exit == 4
    result.said("jinja2 is not installed", 'pip install "pytest-evalbars[report]"')
    assert not project.run_files()


@pytest.mark.slow
def test_workers_do_not_start_for_a_report_that_cannot_be_written(project):
    project.file("plain", "")
    result = project.run("-n2", "--evalbars-markdown=plain/x.md")
    assert result.exit == 4
    result.said("the report cannot be written: plain is no folder")


def test_an_interrupted_session_has_no_report_and_its_run_file_has(project):
    project.file("test_more.py", "import pytest\ndef test_more():\n    pytest.exit('enough')\n")
    result = project.run(MARKDOWN)
    assert result.exit == 2
    result.said("no report x.md: the session was interrupted")
    assert not (project.path / "x.md").exists()
    assert project.command("report", result.path, "-o", "x.md").exit == 0
    report = told(project, result.path)
    assert report["run"]["conditions"] == [
        {
            "kind": "incomplete",
            "text": "the run is incomplete: it has no end line, so its session was killed or still runs",
        }
    ]
    assert report["decision"]["outcome"] == "undecided"


def test_where_no_case_runs_there_is_no_report(project):
    result = project.run(MARKDOWN, "-k", "nothing")
    assert result.exit == 5
    result.said("no report x.md: this session ran no eval case")
    project.run(MARKDOWN, "--collect-only").never_said("no report")
    assert not (project.path / "x.md").exists()


def test_a_test_that_goes_elsewhere_moves_no_report(project):
    project.file(
        "test_away.py",
        """
        import os
        def test_away(tmp_path):
            os.chdir(tmp_path)
        """,
    )
    before = project.path
    result = project.run(MARKDOWN)
    assert (before / "x.md").exists(), result.out


@pytest.mark.slow
def test_what_stopping_early_left_out_is_told(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.2\n').cases(60, 60)
    result = suite.run("--evalbars-stop-early")
    report = told(suite, result.path)
    (condition,) = report["run"]["conditions"]
    assert condition["kind"] == "stopped early"
    assert report["cells"][0]["rate"] is None
    assert report["cells"][0]["stopped"]
    assert "not started, as no verdict depended on them" in report["method"]["not_run"][0]


def test_misses_are_found_with_what_their_trials_recorded(tmp_path):
    path = tmp_path / "run.jsonl"
    rows = [{"type": "header", "schema": 1, "run": "r", "started": "2026-11-20T22:41:07Z"}]
    for n in range(60):
        key = {"case": f"c{n:02}", "test": "t", "trial": 0}
        labels = {"category": "abc"[n % 3], "status": "regression"}
        rows.append(
            {"type": "trial", **key, "labels": labels, "evidence": {"output": "é" * 5_000, "ids": ["a", "b"]}}
        )
        outcome = "pass" if n % 2 else "error" if n % 10 == 0 else "miss"
        rows.append({"type": "observation", **key, "dimension": "accuracy", "outcome": outcome, "reason": f"r{n}"})
    again = {"case": "c10", "test": "t", "trial": 0}  # a verdict replaces an error, and its trial what that recorded
    rows += [
        {"type": "trial", **again, "labels": {"category": "b"}, "evidence": {"output": "anew"}},
        {"type": "observation", **again, "dimension": "accuracy", "outcome": "miss", "reason": "at last"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = misses_of([path])
    assert (found.misses, found.errors, len(found.shown), found.rule) == (25, 5, 30, "")
    (late,) = (each for each in found.shown if each.case == "c10")
    assert (late.outcome, late.reason, late.evidence[0].text) == ("miss", "at last", "anew")
    (first,) = (each for each in found.shown if each.case == "c02")
    assert [(each.name, len(each.text), each.cut) for each in first.evidence] == [
        ("output", 2_000, 3_000),
        ("ids", 11, 0),
    ]
    few = misses_of([path], shown=12, room=5_000)
    assert [each.outcome for each in few.shown] == ["miss"] * 9 + ["error"] * 3
    assert {each.labels["category"] for each in few.shown[:9]} == {each.labels["category"] for each in few.shown[9:]}
    assert few.rule.startswith("9 of 25 misses and 3 of 5 errors shown: up to 3 of each dimension and category")
    assert few.rule.endswith("of each text the first 125 characters are kept, as there is so much of it")
    assert misses_of([path], shown=12, room=5_000) == few


@pytest.mark.slow
def test_a_miss_after_quarantine_is_not_said_to_have_no_bar(suite):
    pytest.importorskip("jinja2")
    suite.bars(BAR).file(
        "test_cases.py",
        """
        import pytest
        QUARANTINE = pytest.mark.quarantine(owner="me", reason="r", until="2026-01-01")

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, marks=[QUARANTINE] if n == 3 else []) for n in range(30)])
        def test_answer(n):
            assert n != 3
        """,
    )
    result = suite.run("--evalbars-html=x.html", MARKDOWN)
    assert result.exit == 1
    said = suite.command("report", result.path, "--explain").out
    assert "1 miss fails the session as quarantine is over." in said
    assert "or renew their quarantine: test_cases.py::test_answer[3] on accuracy." in said
    page, text = ((suite.path / name).read_text() for name in ("x.html", "x.md"))
    assert "1 miss after quarantine" in page
    assert "Missed, and their quarantine is over" in text
    assert "counts for no bar that does not ask for such cases; where it is over, as any other does." in said
    assert "no bar speaks" not in said + page.partition("<main")[0] + text.partition("<details>")[0]
