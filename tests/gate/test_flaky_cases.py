"""Cases whose trials disagree: which they are, and where a reader finds them."""

import json
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_evalbars.cli
from pytest_evalbars import Run
from pytest_evalbars.report.flaky import flaky_line
from pytest_evalbars.run.flaky import flaky_cases

BAR = """
[[bar]]
dimension = "accuracy"
at_least = {bar}
"""

CASES = """
import pytest
#: The trials that pass, and how many there are.
PASSES = {passes}
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.trials(PASSES[name][1])) for name in PASSES])
def test_x(name, evalcase):
    assert evalcase.trial < PASSES[name][0], f"wrong {{evalcase.trial}}"
"""


def suite_of(suite, bar=0.05, **passes):
    """Cases by name: how many of how many trials pass."""
    return suite.bars(BAR.format(bar=bar)).file("test_x.py", CASES.format(passes=passes)) and suite


def run_of(*rows):
    """A run of (case, test, dimension, outcomes), a letter for each trial."""
    words = {"p": "pass", "m": "miss", "e": "error", "s": "skipped"}
    return Run.from_observations(
        {"case": case, "test": test, "dimension": dimension, "trial": trial, "outcome": words[letter]}
        for case, test, dimension, outcomes in rows
        for trial, letter in enumerate(outcomes)
    )


def test_flaky_cases_are_listed_the_most_even_split_first(suite):
    suite_of(suite, steady=(3, 3), bad=(0, 3), mostly=(4, 5), even=(2, 4), once=(1, 1))
    result = suite.run()
    assert result.exit == 0
    case = "test_x.py::test_x"
    result.said(
        "flaky: 2 cases (some trials pass, some miss): "
        f"{case}[even] passes 2 of 4 on accuracy, {case}[mostly] passes 4 of 5 on accuracy\n"
    )


def test_the_gate_command_lists_them_too(suite, capsys):
    result = suite_of(suite, even=(2, 4), steady=(3, 3)).run()
    arguments = ["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml")]
    capsys.readouterr()
    assert pytest_evalbars.cli.main(arguments) == 0
    assert (
        "flaky: 1 case (some trials pass, some miss): test_x.py::test_x[even] passes 2 of 4"
        in capsys.readouterr().out
    )
    assert pytest_evalbars.cli.main([*arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    flaky = {"case": "test_x.py::test_x[even]", "test": "test_x.py::test_x[even]", "dimension": "accuracy"}
    assert said["flaky"] == [{**flaky, "test": said["flaky"][0]["test"], "passes": 2, "trials": 4}]


def test_where_trials_agree_nothing_is_said_of_flakiness(suite, capsys):
    result = suite_of(suite, steady=(3, 3), bad=(0, 3)).run()
    result.never_said("flaky")
    capsys.readouterr()
    pytest_evalbars.cli.main(["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml"), "--json"])
    assert json.loads(capsys.readouterr().out)["flaky"] == []


@pytest.mark.parametrize("errors", ["e", "s"])
def test_an_error_or_a_skip_is_no_disagreement(errors):
    assert flaky_cases(run_of(("a", "t", "d", f"pp{errors}"), ("b", "t", "d", f"mm{errors}"))) == []
    (found,) = flaky_cases(run_of(("a", "t", "d", f"p{errors}m")))
    assert (found.passes, found.trials) == (1, 2)


def test_tests_and_dimensions_that_differ_are_no_disagreement():
    run = run_of(("a", "t1", "d", "pp"), ("a", "t2", "d", "mm"), ("a", "t1", "e", "mm"))
    assert flaky_cases(run) == []
    assert flaky_line(run) == ""


def test_one_case_is_told_once_with_all_that_it_is_flaky_on():
    run = run_of(("a", "t1", "d", "pm"), ("a", "t1", "e", "ppm"), ("b", "t1", "d", "pmmm"), ("b", "t2", "d", "ppmm"))
    assert flaky_line(run) == (
        "flaky: 2 cases (some trials pass, some miss): "
        "b passes 2 of 4 on d in t2 and 1 of 4 on d in t1, a passes 1 of 2 on d and 2 of 3 on e"
    )


def test_many_flaky_cases_are_counted_and_hostile_names_are_escaped():
    run = run_of(*((f"case-{n}\x1b[31m", "t", "d", "pm") for n in range(8)))
    line = flaky_line(run)
    assert line.startswith("flaky: 8 cases (some trials pass, some miss): case-0\\x1b[31m passes 1 of 2 on d, ")
    assert line.endswith("case-4\\x1b[31m passes 1 of 2 on d and 3 more")
    assert "\x1b" not in line


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "t", "u"]), st.sampled_from("de")),
        st.text("pmes", min_size=1, max_size=6),
        min_size=1,
    )
)
def test_flaky_cases_are_those_that_a_plain_count_finds(outcomes):
    found = flaky_cases(run_of(*((*key, letters) for key, letters in outcomes.items())))
    expected = defaultdict(tuple)
    for key, letters in outcomes.items():
        if "p" in letters and "m" in letters:
            expected[key] = (letters.count("p"), letters.count("p") + letters.count("m"))
    assert {(one.case, one.test, one.dimension): (one.passes, one.trials) for one in found} == expected
    splits = [abs(one.passes / one.trials - 0.5) for one in found]
    assert splits == sorted(splits)


def test_the_missed_cases_of_a_failing_bar_say_on_how_many_of_their_trials(suite):
    result = suite_of(suite, bar=0.99, a=(2, 5), b=(0, 2), c=(0, 1), d=(3, 3)).run("--evalbars-stage=launch")
    case = "test_x.py::test_x"
    result.said(
        f"missed cases: {case}[a] (3 of 5 trials: wrong 2), {case}[b] (2 of 2 trials: wrong 0), {case}[c] (wrong 0)\n"
    )


def test_missed_cases_without_reasons_still_say_how_many_trials(suite):
    suite_of(suite, bar=0.99, a=(1, 3))
    path = suite.path / "test_x.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("assert evalcase", "evalcase.check('accuracy', evalcase").replace(
            ', f"wrong {evalcase.trial}"', ")"
        ),
        encoding="utf-8",
    )
    suite.run("--evalbars-stage=launch").said("missed cases: test_x.py::test_x[a] (2 of 3 trials)\n")
