"""What a session and the command `evalbars` print: in one line, as usual, in full, on a terminal and in a log."""

from __future__ import annotations

import os
import pty
import sys

import pytest

from pytest_evalbars.cli import main

BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.8
"""
GROUPS = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("kind", [f"kind-{{n:03}}" for n in range(12)])
@pytest.mark.parametrize("n", range(6), ids="c{{:02}}".format)
def test_answer(kind, n):
    assert kind not in {bad}, "wrong"
"""
CONFTEST = """
def pytest_collection_modifyitems(items):
    import pytest
    for item in items:
        if "kind" in item.callspec.params:
            item.add_marker(pytest.mark.category(item.callspec.params["kind"]))
"""
TROUBLE = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.trials(2)
@pytest.mark.parametrize("n", range(30), ids="c{:02}".format)
def test_answer(n, evalcase):
    if n == 1:
        raise ConnectionError("the line is down\\nsecond line")
    assert n != 2, "says \\x1b[31mred"
    assert n != 3 or evalcase.trial, "sometimes wrong"
"""


def ours(result):
    """The lines after pytest's dots and failures, up to its own last words."""
    lines = [line for line in result.out.splitlines() if line.strip()]
    return [line for line in lines if line.startswith(("gate ", "no bar was held", "bars not judged", "shard "))]


def section(result):
    """What stands in the section."""
    text = result.out.partition(" eval bars ")[2].partition("\n")[2]
    return text.partition("\nrun file: ")[0].partition("\n=====")[0]


def printed(capsys, *arguments):
    capsys.readouterr()
    main(list(map(str, arguments)))
    return capsys.readouterr().out.rstrip("\n")


@pytest.mark.parametrize(
    ("passes", "line"),
    [
        (20, "gate passed: 1 of 1 verdict met"),
        (17, "gate passed: 0 of 1 verdict met, 1 inconclusive"),
        (2, "gate failed (exit 1): pass_rate:accuracy; 0 of 1 verdict met"),
    ],
)
def test_quiet_is_one_line(suite, passes, line):
    result = suite.bars(BAR).cases(passes, 20).run("-q")
    assert ours(result) == [line]
    result.never_said("eval bars", "run file", "confidence 95%", "95% interval  ")


def test_one_line_says_errors_and_a_part(suite):
    suite.bars(BAR).file("test_it.py", TROUBLE)
    (line,) = ours(suite.run("-q"))
    assert line == "gate failed (exit 1): 2 errors; 0 of 1 verdict met"
    suite.bars("max_errors = 5" + BAR)
    (line,) = ours(suite.run("-q"))
    assert line == "gate passed: 0 of 1 verdict met, 1 inconclusive; 2 errors"


def test_one_line_leaves_no_loss_out(suite):
    suite.bars(BAR).file(
        "test_it.py",
        "import pytest\n@pytest.mark.dimension('accuracy')\ndef test_it():\n    pytest.exit('enough')\n",
    )
    result = suite.run("-q")
    result.said("bars not judged: the session was interrupted (enough)", "0 of 1 trials are in")


def test_the_command_says_the_same_in_one_line(suite, capsys):
    result = suite.bars(BAR).cases(2, 20).run("-q", "--evalbars-run=run.jsonl")
    assert [printed(capsys, "gate", "-q", "run.jsonl")] == ours(result)


def test_the_run_file_tells_what_the_session_told(suite, capsys):
    suite.bars(BAR).cases(17, 20)
    result = suite.run("--evalbars-run=run.jsonl")
    told = section(result)
    assert "● " not in told.splitlines()[0]
    assert "━" in told
    assert printed(capsys, "report", "run.jsonl") == told
    assert printed(capsys, "gate", "run.jsonl") == told
    full = section(suite.run("-v", "--evalbars-run=full.jsonl"))
    assert printed(capsys, "gate", "-v", "full.jsonl") == full
    assert printed(capsys, "report", "full.jsonl") == told


def test_each_case_that_missed_or_erred_is_told_with_v(suite, capsys):
    suite.bars("max_errors = 5" + BAR).file("test_it.py", TROUBLE)
    plain = suite.run()
    plain.never_said("30 cases, 1 error")
    result = suite.run("-v", "--evalbars-run=run.jsonl")
    result.said(
        "accuracy: 30 cases, 1 error, 2 missed, 27 passed\n",
        "  error   test_it.py::test_answer[c01]: 2 of 2 trials: ",
        "the line is down",
        "  missed  test_it.py::test_answer[c02]: 2 of 2 trials: says \\x1b[31mred\n",
        "  missed  test_it.py::test_answer[c03]: 1 of 2 trials: sometimes wrong\n",
    )
    result.never_said("  passed  test_it.py")
    result = suite.run("-vv")
    result.said("  missed  test_it.py::test_answer[c03]", "  passed  test_it.py::test_answer[c00]: 2 trials\n")
    assert "  passed  test_it.py::test_answer[c29]: 2 trials\n" in printed(capsys, "gate", "-vv", "run.jsonl")


def test_a_long_list_of_cases_is_cut_and_says_by_how_many(suite):
    result = suite.bars(BAR).cases(0, 130).run("-v")
    lines = section(result).splitlines()
    assert sum(line.startswith("  missed  ") for line in lines) == 100
    assert "  ... and 30 more (-vv names more)" in lines


@pytest.mark.parametrize("bad", [(), ("kind-007",)])
def test_met_groups_are_one_line(suite, bad):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\neach = "category"')
    suite.file("conftest.py", CONFTEST)
    suite.file("test_it.py", GROUPS.format(bad=bad))
    result = suite.run()
    rows = [line.split() for line in result.out.splitlines() if line.startswith("accuracy ")]
    assert [row[1] for row in rows] == ["all", *bad]
    lowest = "lowest kind-000 100.0%"
    result.said(f"  + {12 - len(bad)} {'more ' if bad else ''}groups: all met, {lowest}\n")
    rows = [line.split() for line in suite.run("-v").out.splitlines() if line.startswith("accuracy  ")]
    assert [row[1] for row in rows][1:13] == [f"kind-{n:03}" for n in range(12)]


def test_nothing_is_certain_that_was_only_tried_often(suite):
    result = suite.bars(BAR).cases(20, 20).run()
    result.said("100.0%  83.9% to 100.0%", "✓ met")
    result.never_said("100.0% to 100.0%")


@pytest.mark.parametrize(
    ("environment", "sign"),
    [({}, "✓ met"), ({"TERM": "dumb"}, "+ met")],
)
def test_a_log_is_plain(suite, monkeypatch, capsys, environment, sign):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = suite.bars(BAR).cases(20, 20).run("--evalbars-run=run.jsonl")
    assert sign in section(result)
    assert section(result).isascii() == (sign == "+ met")
    assert printed(capsys, "report", "run.jsonl") == section(result)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mgate passed" in printed(capsys, "report", "run.jsonl")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(capsys, "report", "run.jsonl")


def on_terminal(columns, *arguments):
    """What a command prints on a terminal of so many columns."""
    pid, master = pty.fork()
    if pid == 0:  # the child: nothing of the test's may run here
        try:
            os.environ.update({"COLUMNS": str(columns), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"})
            os.execv(  # noqa: S606
                sys.executable, [sys.executable, "-c", "from pytest_evalbars.cli import main; main()", *arguments]
            )
        finally:
            os._exit(99)
    raw = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        raw += part
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return raw.decode().replace("\r\n", "\n")


def test_a_terminal_is_filled_and_not_overrun(suite, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    suite.bars(BAR.replace("0.8", '0.8\nwhy = "' + "a long reason " * 12 + '"')).cases(3, 20)
    suite.run("--evalbars-run=run.jsonl")
    said = on_terminal(60, "report", "run.jsonl")
    plain = said.replace("\x1b[31;1m", "").replace("\x1b[0m", "")
    assert plain != said
    assert "\n        long reason" in plain or "\n        a long" in plain or "\n        reason" in plain
    assert max(len(line) for line in plain.splitlines() if not line.startswith(("dimension", "accuracy"))) <= 60
    assert "●" in on_terminal(110, "report", "run.jsonl")
