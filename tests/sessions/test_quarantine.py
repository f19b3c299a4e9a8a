"""Quarantine: a regression case that nothing protects up to a day, and that fails the session after it."""

import json

import pytest

from pytest_evalbars import load_run
from pytest_evalbars.cases import quarantine
from pytest_evalbars.cli import main
from pytest_evalbars.report.apart import quarantine_lines
from pytest_evalbars.run.plan import Planned, packed
from pytest_evalbars.run.quarantined import Quarantined

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.8\n'
DAY = "2026-12-01"
#: Twenty cases that pass, and one in quarantine that misses.
SUITE = """
import pytest
pytestmark = pytest.mark.dimension("accuracy")

@pytest.mark.parametrize("n", range(20), ids="r{:02}".format)
def test_good(n): pass

@pytest.mark.quarantine(owner="ana", reason="its answers differ", until="UNTIL")
def test_bad(): assert not "an answer", "wrong"
"""
BAD = "test_x.py::test_bad"


@pytest.fixture(autouse=True)
def _one_day(monkeypatch):
    monkeypatch.setattr(quarantine, "today", lambda: DAY)


@pytest.fixture
def until(suite):
    """A function that writes the suite, its quarantine ending on a day."""

    def write(day):
        suite.bars(BAR).file("test_x.py", SUITE.replace("UNTIL", day))
        return suite

    return write


def gate(suite, *arguments):
    return main(["gate", *map(str, arguments), "--bars", str(suite.path / "pyproject.toml")])


def labels(outcome):
    """By case: its status, and whether its quarantine is over."""
    found = {line["case"].rpartition("::")[2]: line["labels"] for line in outcome.of("trial")}
    return {case: (each["status"], each.get("quarantine")) for case, each in found.items()}


@pytest.mark.parametrize("day", ["2027-01-31", DAY], ids=["to come", "the last day"])
def test_no_bar_holds_the_case_while_it_lasts(until, day, capsys):
    suite = until(day)
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 21, "missed": 1})
    assert labels(result)["test_bad"] == ("quarantined", None)
    entry = {"case": BAD, "owner": "ana", "reason": "its answers differ", "until": day, "expired": False}
    assert result.of("manifest")[0]["quarantined"] == [entry]
    result.said("accuracy   all ", " 20 ", "100.0%", "met", "status quarantined", " 1 ", "no bar")
    listing = ["in quarantine: 1 case, unprotected", f"    {BAD}: ana, until {day}: its answers differ"]
    result.said(*listing, "gate passed: 1 of 1 verdict")
    # The same from the run file alone.
    capsys.readouterr()
    assert gate(suite, result.path) == 0
    told = capsys.readouterr().out
    assert "\n".join(listing) in told
    assert gate(suite, result.path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["quarantined"] == [entry]
    assert load_run(result.path).quarantined == (Quarantined(**entry),)


def test_it_does_not_stand_alone_either(until):
    result = until("2027-01-31").bars("").run()
    assert (result.exit, result.counts) == (0, {"passed": 20, "missed": 1})


def test_after_its_day_the_miss_fails_the_session_whatever_bar_holds_it(until, capsys):
    suite = until("2026-11-30")
    result = suite.run()
    assert (result.exit, result.counts) == (1, {"passed": 21, "failed": 1})
    assert labels(result)["test_bad"] == ("regression", "expired")
    result.said(" 21 ", "95.2%", "inconclusive")  # it is a part of the bar again
    result.said(f"MISSED, and its quarantine is over: {BAD} on accuracy")
    result.said("quarantine over: 1 case; a miss fails the session", f"{BAD}: ana, until 2026-11-30")
    result.said("gate failed (exit 1): 1 miss after quarantine")
    result.never_said("no bar speaks of", "in quarantine")
    capsys.readouterr()
    assert gate(suite, result.path) == 1
    assert "its quarantine is over" in capsys.readouterr().out


def test_a_case_that_passes_after_its_day_is_still_named(until):
    suite = until("2026-11-30")
    suite.file("test_x.py", (suite.path / "test_x.py").read_text().replace("assert not", "assert"))
    result = suite.run()
    assert result.exit == 0
    result.said("quarantine over: 1 case; a miss fails the session", BAD, "gate passed")


def test_stopping_early_does_not_pass_over_a_case_whose_quarantine_is_over(until):
    suite = until("2026-11-30").bars(BAR.replace("0.8", "0.05"))
    result = suite.run("--evalbars-stop-early")
    assert result.exit == 1
    result.said("stopped early", "its quarantine is over")


def test_markers_at_all_places_and_rows_and_the_closest_wins(suite):
    suite.file(
        "rows.jsonl",
        '{"id": "a"}\n{"id": "b", "quarantine": {"owner": "row", "reason": "of\\n  it", "until": "2027-01-01"}}\n',
    )
    suite.file("rows.csv", "id,quarantine.owner,quarantine.reason,quarantine.until\nc,csv,why,2027-01-01\nd,,,\n")
    suite.file(
        "test_x.py",
        """
        import pytest

        def put(owner, until="2027-01-01"):
            return pytest.mark.quarantine(owner=owner, reason="why", until=until)

        pytestmark = [pytest.mark.dimension("accuracy"), put("module")]

        @pytest.mark.parametrize("n", [1, pytest.param(2, marks=put("param"))])
        @put("function")
        def test_f(n): pass

        @put("class")
        class TestC:
            def test_m(self): pass

        def test_plain(): pass

        @pytest.mark.cases("rows.jsonl", "rows.csv")
        def test_row(case): pass
        """,
    )
    result = suite.run("--strict-markers")
    assert result.exit == 0
    found = {each["case"].rpartition("::")[2]: each["owner"] for each in result.of("manifest")[0]["quarantined"]}
    named = {"test_f[1]": "function", "test_f[2]": "param", "test_m": "class", "test_plain": "module"}
    assert found == named | {"a": "module", "b": "row", "c": "csv", "d": "module"}
    result.said("in quarantine: 8 cases, unprotected", "b: row, until 2027-01-01: of it")
    assert set(labels(result).values()) == {("quarantined", None)}


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ("quarantine", "quarantine() takes its three keys by name, as in quarantine(owner="),
        ("quarantine('ana')", "quarantine('ana') takes its three keys by name"),
        ("quarantine(owner='ana', until='2026-12-31')", "it has no reason; owner, reason and until are all needed"),
        ("quarantine(owner='', reason='r', until='2026-12-31')", "owner is empty; write a name"),
        ("quarantine(owner='a', reason='r', until='31.12.2026')", 'until "31.12.2026" is no day; write it as'),
        ("quarantine(owner='a', reason='r', until='2026-02-30')", 'until "2026-02-30" is no day'),
        ("quarantine(owner='a', reason='r', until=20261231)", "until 20261231 is not a text; put it in quotes"),
        ("quarantine(ower='a', reason='r', until='2026-12-31')", '"ower" is no key of it; did you mean "owner"?'),
        ("capability", "quarantine is for regression cases, and this one is capability: its misses fail nothing"),
        (
            "saturated",
            "and this one is saturated: once it misses, it is saturated no longer; take out the quarantine",
        ),
        ("labels(quarantine='expired')", "quarantine has a marker of its own; take it out of labels"),
    ],
)
def test_mistakes_in_markers_are_told(suite, marks, words):
    both = (
        "@m.quarantine(owner='a', reason='r', until='2026-12-31')\n" if marks in ("capability", "saturated") else ""
    )
    suite.file(
        "test_x.py", f"from pytest import mark as m\n{both}@m.{marks}\n@m.dimension('accuracy')\ndef test_a(): pass\n"
    )
    result = suite.run()
    assert result.exit == 4
    result.said("test_x.py::test_a: ", words)


def test_two_at_one_place_are_a_mistake(suite):
    once = "@m.quarantine(owner='a', reason='r', until='2026-12-3%d')\n"
    suite.file(
        "test_x.py", f"from pytest import mark as m\n{once % 0}{once % 1}@m.dimension('a')\ndef test_a(): pass\n"
    )
    result = suite.run()
    assert result.exit == 4
    result.said("two markers of quarantine at one place")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("r.jsonl", '{"id": "a", "quarantine": "ana"}', 'line 1, field "quarantine": "ana" is not a mapping'),
        ("r.jsonl", '{"id": "a", "quarantine": {"owner": "ana"}}', "it has no reason and no until"),
        (
            "r.jsonl",
            '{"id": "a", "status": "quarantined"}',
            'field "status": "quarantined" is not written as a status',
        ),
        ("r.jsonl", '{"id": "a", "labels": {"quarantine": "x"}}', "is a field of the row itself, not a label"),
        (
            "r.jsonl",
            '{"id": "a", "status": "capability", "quarantine": {"owner": "a", "reason": "r", "until": "2027-01-01"}}',
            "test_x.py::test_a[a]: quarantine is for regression cases, and this one is capability",
        ),
        ("r.csv", "id,quarantine\na,ana", 'the column "quarantine": did you mean "quarantine.owner"?'),
        ("r.csv", "id,quarantine.owner\na,ana", "it has no reason and no until"),
    ],
)
def test_mistakes_in_rows_are_told(suite, name, text, words):
    suite.file(name, text + "\n")
    suite.file(
        "test_x.py", f"from pytest import mark as m\n@m.dimension('a')\n@m.cases({name!r})\ndef test_a(case): pass\n"
    )
    result = suite.run()
    assert result.exit == 4
    result.said(words)


def test_a_label_of_the_run_cannot_end_a_quarantine(suite):
    result = suite.cases(1, 1).run("--evalbars-label=quarantine=expired")
    assert result.exit == 4
    result.said("'quarantine' belongs to each case")


def test_a_bar_may_name_them_and_is_not_held_where_there_are_none(until):
    suite = until("2027-01-31")
    mine = '[[bar]]\nname = "sick"\ndimension = "accuracy"\nstatus = "quarantined"\nat_most = 0.5\n'
    result = suite.bars(BAR + mine).run()
    assert result.exit == 0
    result.said("status quarantined", "<= 50%", "inconclusive")
    suite.file("test_x.py", SUITE.partition("\n@pytest.mark.quarantine")[0])
    result = suite.run()
    assert result.exit == 0
    result.said("not enforced: no case is in quarantine")


def test_a_bar_whose_cases_are_all_in_quarantine_is_no_mistake_and_never_met(suite):
    suite.bars(BAR).file("test_x.py", SUITE.replace("UNTIL", "2027-01-31").replace("range(20)", "[]"))
    result = suite.run()
    assert result.exit == 10
    result.said("NO DATA accuracy", "in quarantine: 1 case")


@pytest.mark.slow
def test_workers_get_the_day_of_the_controller(until, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # of the process that runs this test
    suite = until("2026-12-15")
    suite.file(
        "conftest.py",
        f"""
        import os
        from pytest_evalbars.cases import quarantine
        quarantine.today = lambda: "2027-01-01" if "PYTEST_XDIST_WORKER" in os.environ else "{DAY}"
        """,
    )
    result = suite.run("-n", "2")
    assert (result.exit, labels(result)["test_bad"]) == (0, ("quarantined", None))
    result.said("in quarantine: 1 case, unprotected", BAD)


def test_shards_are_merged_with_their_quarantines(until, capsys):
    suite = until("2027-01-31")
    paths = [suite.path / f"shard-{index}.jsonl" for index in (1, 2)]
    said = [suite.run(f"--evalbars-shard={n}/2", f"--evalbars-run={path}").out for n, path in enumerate(paths, 1)]
    assert sorted("in quarantine: 1 case" in out for out in said) == [False, True]
    capsys.readouterr()
    assert gate(suite, *paths) == 0
    assert f"in quarantine: 1 case, unprotected\n    {BAD}: ana" in capsys.readouterr().out


def test_a_run_that_is_gone_on_with_keeps_its_day(until, monkeypatch):
    suite = until("2026-12-15")
    suite.run()
    path = suite.cut(5)
    lines = path.read_text().splitlines()
    header = json.loads(lines[0]) | {"started": f"{DAY}T23:59:00Z"}
    path.write_text("\n".join([json.dumps(header), *lines[1:]]) + "\n")
    monkeypatch.setattr(quarantine, "today", lambda: "2026-12-16")
    result = suite.run("--evalbars-resume=")
    assert result.exit == 0
    result.said("5 of 21 trials are taken", "in quarantine: 1 case, unprotected")
    assert [each.expired for each in load_run(path).quarantined] == [False]


def test_a_long_list_is_cut_and_nothing_in_it_moves_the_terminal(suite):
    suite.bars(BAR).file(
        "test_x.py",
        """
        import pytest
        bad = pytest.mark.quarantine(owner="a" * 99, reason="\\u2066 long " * 99, until="2027-01-01")
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(12), ids="c{:02}".format)
        @bad
        def test_q(n): pass
        """,
    )
    refused = suite.run()
    assert refused.exit == 4
    refused.said("reason", "holds a control character (U+2066); remove it")
    path = suite.path / "run.jsonl"
    item = Planned("t[a]", "a\x1b[31m", "t", 0, ("accuracy",), {"status": "quarantined"})
    entry = {"owner": "o\x1b[2J", "reason": "r\u202e" * 500, "until": "x\n", "expired": False}
    manifest = {"type": "manifest", "items": [], "left_out": [], "planned": packed([item])}
    manifest["quarantined"] = [{"case": f"a\x1b[31m{n}", **entry} for n in range(12)]
    row = {"type": "observation", "case": "a", "dimension": "accuracy", "outcome": "pass"}
    path.write_text("".join(json.dumps(each) + "\n" for each in (manifest, row, {"type": "end"})))
    lines = list(quarantine_lines(load_run(path).quarantined))
    assert (lines[0], lines[-1], len(lines)) == ("in quarantine: 12 cases, unprotected", "    ... and 2 more", 12)
    assert all(line.isprintable() and len(line) < 320 for line in lines)


@pytest.mark.parametrize("given", ["x", [1], [{"case": "a"}], [{"case": "a", "owner": 1, "reason": "", "until": ""}]])
def test_a_damaged_manifest_is_one_clear_error(suite, given, capsys):
    path = suite.bars(BAR).path / "run.jsonl"
    path.write_text(json.dumps({"type": "manifest", "items": [], "quarantined": given}) + "\n")
    assert gate(suite, path) == 4
    assert (
        "run.jsonl, line 1: not a line of a run file: what it says of quarantined cases is" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "fine"),
    [
        ("2026-12-31", True),
        ("2024-02-29", True),
        ("2026-02-29", False),
        ("2026-1-1", False),
        ("20261231", False),
        ("", False),
    ],
)
def test_a_day_is_written_in_one_way(words, fine):
    assert quarantine.is_day(words) == fine
