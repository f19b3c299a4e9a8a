"""Sessions that stop early: what is not run, what is said of it, and that every verdict stays the same."""

import json

import pytest

from pytest_evalbars.cli import main

BARS = """
{settings}
[[bar]]
dimension = "accuracy"
at_least = 0.9
{more}
"""


@pytest.fixture
def stopping(suite):
    """Two hundred cases of which every second one misses, each with a price."""
    suite.bars(BARS.format(settings="", more=""))
    suite.file(
        "test_cases.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(200), ids="c{:03}".format)
        def test_answer(n, evalcase):
            evalcase.measure(cost_usd=0.02)
            assert n % 2, "wrong"
        """,
    )
    return suite


def gate(result, *arguments, capsys):
    capsys.readouterr()
    code = main(["gate", str(result.path), "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_hopeless_session_stops_and_says_what_was_not_run_and_saved(stopping, capsys):
    full = stopping.run()
    result = stopping.run("--evalbars-stop-early", "-v")
    assert (full.exit, full.counts["missed"]) == (1, 100)
    assert result.exit == 1
    ran = result.counts["missed"] + result.counts["passed"]
    assert result.counts["skipped"] == 200 - ran > 40
    stopped = result.of("end")[0]["stopped"]
    assert stopped == [f"test_cases.py::test_answer[c{n:03}]" for n in range(ran, 200)]
    assert len(result.of("trial")) == ran
    hopeful = (200 - result.counts["missed"]) / 200
    result.said(
        "SKIPPED",
        "not run: no verdict de",
        f"stopped early: {200 - ran} of 200 trials were not run",
        f"about ${0.02 * (200 - ran):.2f}",
        "saved",
        f"{ran} of 200",
        f"between {result.counts['passed'] / 200:.1%} and {hopeful:.1%}",
        "MISSED accuracy: pass rate between",
        f"({ran} of 200 trials ran, {200 - ran} stopped early), bar at least 90%: proven lower, whatever the others",
        "gate failed (exit 1)",
    )
    result.never_said("interval 4", "incomplete", "would settle it", "worst:")
    code, decision = gate(result, capsys=capsys)
    (verdict,) = decision["verdicts"]
    assert (code, decision["complete"], decision["stopped"]) == (1, True, 200 - ran)
    assert (verdict["verdict"], verdict["stopped"], verdict["trials"]) == ("missed", 200 - ran, ran)
    assert verdict["possible"] == [result.counts["passed"] / 200, hopeful]
    assert [verdict[key] for key in ("estimate", "low", "high", "interval", "p_missed")] == [None] * 5


def test_the_command_tells_of_a_stopped_run_what_the_session_told(stopping, capsys):
    result = stopping.run("--evalbars-stop-early")
    capsys.readouterr()
    assert main(["gate", str(result.path)]) == 1
    told = capsys.readouterr().out
    start = result.out.index("stopped early:")
    assert result.out[start : result.out.index("gate failed")] in told


def test_without_the_option_every_case_runs_and_the_interval_is_an_ordinary_one(stopping):
    result = stopping.run()
    assert len(result.of("trial")) == 200
    assert "stopped" not in result.of("end")[0]
    result.said("50.0%", "43.1% to 56.9%")
    result.never_said("stopped early", "between")


def test_the_bars_file_switches_it_on(stopping):
    stopping.bars(BARS.format(settings="stop_early = true", more=""))
    assert len(stopping.run().of("trial")) < 160


def test_a_bar_on_the_bare_number_stops_at_the_miss_and_at_the_pass_that_decide(suite):
    suite.bars(BARS.format(settings="stop_early = true", more='rule = "estimate"'))
    result = suite.cases(0, 200).run()
    assert (result.exit, result.counts["missed"]) == (1, 21)
    result = suite.cases(200, 200).run("--evalbars-stage=launch")
    assert (result.exit, len(result.of("trial"))) == (0, 180)
    result.said("gate passed: 1 of 1 verdict met")


def test_a_case_runs_as_long_as_one_of_its_verdicts_is_open(suite):
    suite.bars(
        """
        stop_early = true
        [[bar]]
        dimension = "bad"
        at_least = 0.9
        [[bar]]
        dimension = "good"
        at_least = 0.9
        """,
    )
    suite.file(
        "test_both.py",
        """
        import pytest
        @pytest.mark.dimension("bad")
        @pytest.mark.parametrize("n", range(100), ids="b{}".format)
        def test_bad(n): assert False
        @pytest.mark.dimension("bad", "good")
        @pytest.mark.parametrize("n", range(50), ids="g{}".format)
        def test_two(n, evalcase):
            evalcase.check("bad", False)
            evalcase.check("good", n % 12 > 0)
        """,
    )
    result = suite.run()
    # The whole of `bad` is certain early on, but the cases that `good` needs run until that is certain too.
    ran = {line["item"] for line in result.of("trial")}
    assert len([item for item in ran if "test_bad" in item]) < 80
    assert len([item for item in ran if "test_two" in item]) > 25
    assert result.exit == 1


@pytest.mark.parametrize(
    "marks", ['@pytest.mark.dimension("tone")', '@pytest.mark.dimension("accuracy")\n@pytest.mark.capability']
)
def test_cases_that_no_held_bar_speaks_of_all_run(stopping, marks):
    stopping.file(
        "test_free.py",
        f"import pytest\n{marks}\n@pytest.mark.parametrize('n', range(20), ids='f{{}}'.format)\n"
        "def test_free(n): assert n < 19, 'the last one'\n",
    )
    result = stopping.run("--evalbars-stop-early")
    assert len([line for line in result.of("trial") if "test_free" in line["item"]]) == 20
    assert result.counts["skipped"] > 40
    assert result.counts.get("failed", 0) == (2 if "tone" in marks else 1)


def test_a_launch_bar_that_is_not_held_keeps_its_cases_running(stopping):
    stopping.bars(BARS.format(settings="stop_early = true", more='stage = "launch"'))
    assert len(stopping.run().of("trial")) == 200
    assert len(stopping.run("--evalbars-stage=launch").of("trial")) < 160


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("-n", "2"), "xdist's workers do not know each other's results"),
        (("--evalbars-as-tests",), "each case stands for itself"),
        (("--evalbars-stage=none",), None),
    ],
)
def test_where_it_cannot_every_case_runs_and_one_line_says_why(stopping, arguments, why):
    result = stopping.run("--evalbars-stop-early", *arguments)
    assert len(result.of("trial")) == 200
    assert result.out.count("nothing is stopped early") == (1 if why else 0)
    result.said(why or "")


def test_errors_that_may_still_turn_out_either_way_keep_a_verdict_open(suite):
    suite.bars(BARS.format(settings="stop_early = true\nmax_errors = 40", more='rule = "estimate"'))
    suite.file(
        "test_cases.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(100), ids="c{:03}".format)
        def test_answer(n):
            if n < 15: raise ValueError("broken")
        """,
    )
    result = suite.run()
    assert len(result.of("trial")) == 100
    result.said("15 trials could not be judged")


def test_a_stopped_run_under_other_bars_is_unknown_where_they_ask_for_more(stopping, capsys, monkeypatch):
    result = stopping.run("--evalbars-stop-early")
    monkeypatch.chdir(stopping.path)
    stopping.file("open.toml", '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n')
    code, decision = gate(result, "--bars", "open.toml", "--stage=launch", capsys=capsys)
    (verdict,) = decision["verdicts"]
    assert (code, verdict["verdict"], verdict["estimate"]) == (10, "inconclusive", None)
    stopping.file("none.toml", "confidence = 0.95\n")
    code, decision = gate(result, "--bars", "none.toml", "--stage=launch", capsys=capsys)
    assert code == 1  # its misses stand for themselves now
    assert any("not given, as the session stopped early under other bars" in note for note in decision["notes"])


def test_passes_that_stopped_early_are_no_pass_under_no_bar(suite, capsys, monkeypatch):
    suite.bars(BARS.format(settings="stop_early = true", more='rule = "estimate"'))
    result = suite.cases(100, 100).run()
    assert len(result.of("trial")) == 90
    monkeypatch.chdir(suite.path)
    suite.file("none.toml", "confidence = 0.95\n")
    code, decision = gate(result, "--bars", "none.toml", capsys=capsys)
    assert code == 10
    assert decision["notes"][:-1] == [
        "10 verdicts that no bar speaks of were not given, as the session stopped early under other bars"
    ]


def test_a_stopped_item_that_nobody_planned_is_missing(stopping, capsys):
    result = stopping.run("--evalbars-stop-early")
    lines = [json.loads(line) for line in result.path.read_text().splitlines()]
    lines[-1]["stopped"].append("test_cases.py::test_ghost")
    result.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, decision = gate(result, capsys=capsys)
    assert (code, decision["complete"]) == (1, False)
    assert any("test_ghost" in note for note in decision["notes"])


def test_a_share_of_tolerated_errors_is_one_of_all_trials(suite):
    suite.bars(BARS.format(settings='stop_early = true\nmax_errors = "1%"', more=""))
    suite.file(
        "test_cases.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(100), ids="c{:03}".format)
        def test_answer(n):
            if n == 0: raise ValueError("broken")
        """,
    )
    result = suite.run()
    assert 0 < len(result.of("trial")) < 100
    assert result.exit == 0
    result.said("gate passed")


def test_stopped_with_x_the_rest_is_left_out_and_the_stopped_stay_stopped(stopping):
    stopping.file("test_last.py", "def test_last(): assert False\n")
    stopping.file(
        "test_more.py",
        "import pytest\n@pytest.mark.dimension('accuracy')\ndef test_more(): assert False\n",
    )
    result = stopping.run("--evalbars-stop-early", "-x", "test_cases.py", "test_last.py", "test_more.py")
    assert result.exit == 1
    (end,) = result.of("end")
    assert end["left_out"] == ["test_more.py::test_more"]
    assert len(end["stopped"]) == 200 - len(result.of("trial"))


def test_reruns_of_errors_are_waited_for(suite):
    suite.bars(BARS.format(settings="stop_early = true", more='rule = "estimate"'))
    suite.file(
        "test_cases.py",
        """
        import pytest
        tried = set()
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(100), ids="c{:03}".format)
        def test_answer(n):
            if n not in tried:
                tried.add(n)
                raise ValueError("first time")
        """,
    )
    result = suite.run("--reruns", "1")
    assert result.exit == 0
    assert len(result.of("trial")) == 90
    assert result.of("end")[0]["stopped"] == [f"test_cases.py::test_answer[c{n:03}]" for n in range(90, 100)]


def test_fixtures_of_cases_that_are_not_run_are_not_set_up(suite):
    suite.bars(BARS.format(settings="stop_early = true", more='rule = "estimate"'))
    suite.file(
        "test_cases.py",
        """
        import pytest
        made = []
        @pytest.fixture
        def costly():
            made.append(1)
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(100), ids="c{:03}".format)
        def test_answer(n, costly, caplog): assert False
        def test_count(): assert len(made) == 11
        """,
    )
    result = suite.run()
    assert (result.counts["missed"], result.counts["passed"], result.counts.get("errors")) == (11, 1, None)


CLASSES = """
[[bar]]
dimension = "d1"
at_least = 0.9
[[bar]]
dimension = "d2"
at_least = 0.9
[[bar]]
metric = "recall"
dimension = "routing"
each = "class"
at_least = 0.5
"""

PREDICTING = """
import pytest

@pytest.mark.dimension("d1")
@pytest.mark.parametrize("n", range(100))
def test_a(n): assert n >= 60
@pytest.mark.dimension("d2")
@pytest.mark.parametrize("n", range(40))
def test_b(n): pass
@pytest.mark.dimension("routing")
@pytest.mark.parametrize("n", range(40))
def test_c(n, evalcase): evalcase.predict(f"k{n % 8}", f"k{n % 8}")
"""


def test_nothing_is_certainly_missed_while_nobody_knows_how_many_classes_there_will_be(suite):
    suite.bars(CLASSES).file("test_it.py", PREDICTING)
    whole = suite.run("-q")
    early = suite.run("-q", "--evalbars-stop-early")
    assert whole.exit == early.exit == 1
    for result in (whole, early):
        result.said("MISSED d1")


def test_a_bar_of_all_trials_keeps_them_running(suite):
    bars = '[[bar]]\ndimension = "d1"\nat_least = 0.9\n[[bar]]\nmetric = "latency <= 100"\nat_least = 0.5\n'
    suite.bars(bars).file("test_it.py", PREDICTING.split('@pytest.mark.dimension("d2")', maxsplit=1)[0])
    result = suite.run("-q", "--evalbars-stop-early")
    assert result.exit == 1
    assert len(result.of("trial")) == 100
