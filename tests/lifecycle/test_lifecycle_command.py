"""`evalbars lifecycle`: what it prints, what it hands on to be written, and its exit codes."""

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from histories import FILE, TEST, history, record

from pytest_evalbars.cli import main
from pytest_evalbars.commands import lifecycle
from pytest_evalbars.history.records import History

FLAKY = ["p", "m", "p", "p", "m", "p", "m"]
VERDICTS = {"faithful[es]": "met"}


@dataclass(frozen=True)
class Change:
    case: str
    test: str
    file: str
    status: str
    quarantine: dict[str, str] | None


@dataclass(frozen=True)
class Applied:
    diff: str
    failed: list[tuple[Change, str]]


@pytest.fixture(autouse=True)
def day(monkeypatch, tmp_path):
    monkeypatch.setattr(lifecycle, "_today", lambda: date(2026, 11, 21))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def asked(monkeypatch):
    """What the command reads, instead of a store; and what it asked for."""
    seen = []

    def give(past, *more):
        def read(where, last=None, notes=None):
            assert last is None
            seen.append(where)
            notes += more
            return past

        access = ModuleType("access")
        access.read_history = access.read_history_of = read
        monkeypatch.setitem(sys.modules, "pytest_evalbars.history.access", access)
        return seen

    return give


@pytest.fixture
def applied(monkeypatch):
    """What the command hands over to be written."""
    calls = []

    def apply(root, changes, *, write):
        calls.append((root, list(changes), write))
        failed = [(each, "the row is not there\nadd it") for each in changes if each.case == "lost"]
        return Applied('--- a/evals/support.jsonl\n+\t{"id": "\x1b[31mc"}', failed)

    module = ModuleType("apply")
    module.Change, module.apply = Change, apply
    monkeypatch.setitem(sys.modules, "pytest_evalbars.lifecycle.apply", module)
    return calls


@pytest.fixture
def said(capsys):
    """What it prints, given its exit code."""

    def run(code, *words):
        assert main(["lifecycle", *words]) == code
        shown = capsys.readouterr()
        assert shown.err == ""
        return shown.out

    return run


def promoted(case="hill", **more):
    return record(["p"] * 46, case=case, status="capability", **more)


def everything():
    return history(
        promoted(file=FILE),
        record(["-"] * 39 + FLAKY, case="flaky"),
        record(["-"] * 40 + ["ppp", "ppp", "ppp", "mm", "mm", "mm"], case="broken"),
        verdicts=VERDICTS,
    )


def test_it_tells_the_moves_by_kind_with_their_numbers(asked, said):
    asked(everything())
    broken = (
        "accuracy: all 6 trials of the last 3 runs missed; it passed before, and misses since 2026-11-20 "
        "at commit abc43 (run r43)"
    )
    flaky = (
        "accuracy: passes and misses by turns, 3 of the last 7 trials (7 runs) missed, e = 36.9 against a steady 95%"
    )
    assert said(0).splitlines() == [
        "history: 46 runs, 2026-11-20 to 2026-11-20, 3 cases",
        "",
        "broken; mend the product or the case, no status should hide it: 1",
        f"  broken (regression) in {TEST}",
        f"      {broken}",
        "",
        "quarantine, as flaky: 1",
        f"  flaky (regression -> quarantined) in {TEST}",
        f"      {flaky}",
        "      until 2026-12-21, its owner is to be named with --owner",
        "",
        "promote to regression: 1",
        f"  hill (capability -> regression) in {FILE}",
        "      accuracy: 46 of 46 trials of the last 46 runs pass, at least 93.7% of the time",
        "",
        "bars that never failed: faithful[es] (46 runs, met in 46); is each as high as what users need?",
    ]


def test_check_fails_where_there_is_something_to_do(asked, said):
    asked(everything())
    said(1, "--check")
    asked(history(record(["p"] * 5)))
    assert "nothing to promote, quarantine or retire" in said(0, "--check")


def test_bars_that_never_failed_are_nothing_to_do(asked, said):
    asked(history(record(["p"] * 12), verdicts=VERDICTS))
    assert "bars that never failed: faithful[es]" in said(0, "--check")


def test_json(asked, said):
    asked(everything())
    out = json.loads(said(0, "--json"), parse_constant=pytest.fail)
    assert (out["schema"], out["today"], out["runs"]) == (1, "2026-11-21", 46)
    assert [each["kind"] for each in out["proposals"]] == ["broken", "quarantine", "promote"]
    broken, flaky, hill = out["proposals"]
    assert broken["flip"] == {"run": "r43", "started": "2026-11-20T00:43:00Z", "commit": "abc43"}
    assert (flaky["until"], flaky["tests"], flaky["becomes"]) == ("2026-12-21", [TEST], "quarantined")
    assert (hill["case"], hill["file"], hill["numbers"][0]["passes"]) == ("hill", FILE, 46)
    assert out["quiet_bars"] == [{"bar": "faithful[es]", "runs": 46, "met": 46}]
    assert "diff" not in out


def test_what_the_history_has_to_say_of_itself_is_passed_on(asked, said):
    asked(everything(), "torn.jsonl: \x1b[31mleft out")
    assert said(0).startswith("note: torn.jsonl: \\x1b[31mleft out\nhistory: 46 runs")
    assert json.loads(said(0, "--json"))["notes"] == ["torn.jsonl: \x1b[31mleft out"]


def test_the_history_here_or_what_is_named(asked, said, tmp_path):
    seen = asked(everything())
    said(0)
    said(0, "--root", str(tmp_path))
    said(0, str(tmp_path))
    assert seen == [Path(), tmp_path, [tmp_path]]


def test_apply_hands_over_every_change_and_prints_the_diff(asked, applied, said):
    asked(everything())
    out = said(0, "--apply", "--owner", "Ada")
    ((root, changes, write),) = applied
    assert (root, write) == (Path(), True)
    flaky, hill = changes
    assert hill == Change("hill", TEST, FILE, "regression", None)
    assert (flaky.case, flaky.test, flaky.file, flaky.status) == ("flaky", TEST, "", "quarantined")
    reason = "flaky: 3 of the last 7 trials missed"
    assert flaky.quarantine == {"owner": "Ada", "reason": reason, "until": "2026-12-21"}
    assert "until 2026-12-21, owner Ada" in out
    assert out.endswith('--- a/evals/support.jsonl\n+\t{"id": "\\x1b[31mc"}\nchanged the status of 2 cases\n')


def test_what_is_written_is_one_clean_line(asked, applied, said):
    asked(history(record(FLAKY), record(FLAKY, dimension="to\nne\x1b")))
    said(0, "--apply", "--owner", " Ada ")
    quarantine = applied[0][1][0].quarantine
    assert quarantine["owner"] == "Ada"
    assert quarantine["reason"] == (
        "flaky: 3 of the last 7 trials missed on accuracy, 3 of the last 7 trials missed on to ne\\x1b"
    )


def test_diff_writes_nothing(asked, applied, said):
    asked(history(promoted()))
    assert said(0, "--diff").endswith("would change the status of 1 case\n")
    assert applied[0][2] is False
    said(1, "--diff", "--check")


def test_a_quarantine_needs_somebody_who_answers_for_it(asked, applied, said):
    asked(everything())
    out = said(1, "--apply")
    assert [each.case for each in applied[0][1]] == ["hill"]
    assert f"not changed: flaky ({TEST}): nobody answers for it: name who does with --owner NAME" in out
    assert out.endswith("changed the status of 1 case\n")


def test_until(asked, applied, said, capsys):
    asked(everything())
    assert "until 2027-01-31, owner Ada" in said(0, "--apply", "--owner", "Ada", "--until", "2027-01-31")
    assert applied[0][1][0].quarantine["until"] == "2027-01-31"
    assert main(["lifecycle", "--until", "2026-11-21"]) == 4
    assert "--until 2026-11-21 is not after today, 2026-11-21" in capsys.readouterr().err


def test_a_change_that_cannot_be_made_is_told_and_fails(asked, applied, said):
    asked(history(promoted("lost"), promoted()))
    out = said(1, "--apply")
    assert f"not changed: lost ({TEST}): the row is not there add it" in out
    assert out.endswith("changed the status of 1 case\n")
    assert len(applied[0][1]) == 2
    out = json.loads(said(1, "--apply", "--json"))
    assert out["failed"] == [{"case": "lost", "test": TEST, "why": "the row is not there\nadd it"}]
    assert out["diff"].startswith("--- a/")


def test_after_all_was_applied_nothing_is_to_do(asked, applied, said):
    asked(history(promoted()))
    said(0, "--apply", "--check")
    asked(everything())
    said(1, "--apply", "--check", "--owner", "Ada")  # a broken case is for a person
    assert len(applied) == 2


def test_a_case_in_python_source_changes_in_each_of_its_tests(asked, applied, said):
    other = "evals/test_tone.py::test_tone"
    asked(history(promoted(), promoted(dimension="tone", test=other)))
    assert "changed the status of 1 case" in said(0, "--apply")
    assert [each.test for each in applied[0][1]] == [TEST, other]


def test_the_fast_rule_and_the_window(asked, said):
    asked(history(record(["ppp"] * 10, case="c", status="capability"), same=True))
    assert "promote" in said(0, "--window", "29")
    assert "promote to regression" not in said(0)
    assert "promotes 12% of all cases that pass only 80% of the time" in said(0, "--fast")


def test_many_cases_are_counted(asked, said):
    asked(history(*(promoted(f"c{each:02}") for each in range(25))))
    assert "promote to regression: 25\n" in said(0)
    assert "  and 5 more; -v names them all" in said(0)
    assert "c24" in said(0, "-v")


def test_names_are_made_safe(asked, said):
    asked(history(promoted("\x1b[31mred\u202e", dimension="to\nne", file="a\tb.jsonl")))
    out = said(0)
    assert "\\x1b[31mred\\u202e (capability -> regression) in a\\tb.jsonl" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--window", "40"], "invalid choice: 40"),
        (["--until", "soon"], "soon is not a date such as 2026-12-31"),
        (["--apply", "--diff"], "not allowed with"),
        (["--owner", " "], "--owner is empty"),
        (["nowhere.jsonl"], "nowhere.jsonl: no such file or folder"),
    ],
)
def test_bad_words_are_usage_errors(asked, capsys, words, error):
    asked(everything())
    try:
        code = main(["lifecycle", *words])
    except SystemExit as ended:
        code = ended.code
    assert code == 4
    assert error in capsys.readouterr().err


def test_without_a_past_there_is_nothing_to_say(asked, capsys, tmp_path):
    asked(History((), ()))
    assert main(["lifecycle", "--check"]) == 4
    assert f"{tmp_path}: no past runs; run the suite first" in capsys.readouterr().err
