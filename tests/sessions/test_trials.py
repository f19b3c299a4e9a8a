"""Trials: a case that runs several times, each time an item of its own."""

import pytest

BAR = """
[[bar]]
dimension = "*"
status = "*"
at_least = 0.01
"""

SAYS = """
import pytest
@pytest.mark.dimension("accuracy")
{mark}
@pytest.mark.parametrize("n", [pytest.param(1, id="one"), pytest.param(2, id="two")])
def test_it(evalcase, n):
    evalcase.measure(trial=evalcase.trial, seed=evalcase.seed, length=len(evalcase.case_id))

def test_plain(): pass
"""


def trials_of(result) -> dict[str, list[int]]:
    """Case to its trials, in the order they ran."""
    found: dict[str, list[int]] = {}
    for line in result.of("trial"):
        found.setdefault(line["case"], []).append(line["trial"])
    return found


@pytest.mark.parametrize(
    ("mark", "option", "count"),
    [
        ("", (), 1),
        ("@pytest.mark.trials(1)", (), 1),
        ("@pytest.mark.trials(3)", (), 3),
        ("@pytest.mark.trials(n=3)", (), 3),
        ("", ("--evalbars-trials=2",), 2),
        ("@pytest.mark.trials(3)", ("--evalbars-trials=2",), 2),
        ("@pytest.mark.trials(3)", ("--evalbars-trials=5",), 5),
        ("@pytest.mark.trials(3)", ("--evalbars-trials=1",), 1),
        pytest.param("@pytest.mark.trials(3)", ("-n", "2"), 3, marks=pytest.mark.slow),
        ("@pytest.mark.trials(3)", ("-n", "2", "--evalbars-trials=2"), 2),
    ],
)
def test_each_trial_is_an_item_and_the_option_replaces_the_marker(suite, mark, option, count):
    suite.bars(BAR).file("test_it.py", SAYS.format(mark=mark))
    result = suite.run("-v", *option)
    assert result.exit == 0
    assert result.counts["passed"] == 2 * count + 2  # a plain test and a bar
    assert {case: sorted(trials) for case, trials in trials_of(result).items()} == {
        f"test_it.py::test_it[{name}]": list(range(count)) for name in ("one", "two")
    }
    suffixes = [f"-t{trial}" for trial in range(count)] if count > 1 else [""]
    for line in result.of("trial"):
        suffix = suffixes[line["trial"]]
        assert line["item"] == f"{line['case'].removesuffix(']')}{suffix}]"
        assert line["item"] in result.out
        assert line["measures"]["trial"] == line["trial"]
    result.said(f"2 cases, {2 * count} trials, 0 errors")


def test_a_case_without_parameters_gets_its_trial_alone(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        pytestmark = [pytest.mark.dimension("accuracy"), pytest.mark.trials(2)]
        def test_it(): pass
        class TestIt:
            def test_it(self): pass
        """,
    )
    result = suite.run("-v")
    result.said("test_it.py::test_it[t0] PASSED", "test_it.py::test_it[t1] PASSED")
    assert trials_of(result) == {"test_it.py::test_it": [0, 1], "test_it.py::TestIt::test_it": [0, 1]}


def test_a_parameter_may_ask_for_trials_of_its_own(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.trials(2)
        @pytest.mark.parametrize("n", [
            pytest.param(1, id="once", marks=pytest.mark.trials(1)),
            pytest.param(2, id="four", marks=[pytest.mark.trials(4)]),
            pytest.param(3, id="two"),
        ])
        def test_it(n): pass
        """,
    )
    result = suite.run()
    assert {case.partition("[")[2]: trials for case, trials in trials_of(result).items()} == {
        "once]": [0],
        "four]": [0, 1, 2, 3],
        "two]": [0, 1],
    }
    assert result.counts["passed"] == 7 + 1
    assert "deselected" not in result.counts
    assert list(trials_of(suite.run("--evalbars-trials=3")).values()) == [[0, 1, 2]] * 3


@pytest.mark.parametrize("argvalues", ["argvalues=tuple(VALUES)", "argvalues=VALUES", "VALUES"])
def test_trials_of_a_parameter_count_however_its_values_are_given(suite, argvalues):
    suite.bars(BAR).file(
        "test_it.py",
        f"""
        import pytest
        VALUES = [
            pytest.param(1, id="one", marks=pytest.mark.trials(2)),
            pytest.param(2, id="two"),
        ]
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", {argvalues})
        def test_it(n): pass
        """,
    )
    result = suite.run()
    assert result.exit == 0
    assert list(trials_of(result).values()) == [[0, 1], [0]]


def test_rows_have_trials(suite):
    suite.bars(BAR).file("rows.jsonl", '{"id": "a"}\n{"id": "b"}\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("rows.jsonl")
        @pytest.mark.trials(3)
        def test_it(case): pass
        """,
    )
    result = suite.run()
    assert trials_of(result) == {"a": [0, 1, 2], "b": [0, 1, 2]}
    assert {line["item"] for line in result.of("trial") if line["case"] == "a"} == {
        f"test_it.py::test_it[a-t{trial}]" for trial in range(3)
    }


def test_seeds_differ_by_case_and_trial_and_are_the_same_in_every_run(suite):
    suite.bars(BAR).file("test_it.py", SAYS.format(mark="@pytest.mark.trials(3)"))

    def seeds(*arguments):
        return {(line["case"], line["trial"]): line["measures"]["seed"] for line in suite.run(*arguments).of("trial")}

    first = seeds()
    assert len(first) == len(set(first.values())) == 6
    assert all(isinstance(seed, int) and 0 <= seed < 2**32 for seed in first.values())
    assert seeds() == first
    assert seeds("-n", "2") == first
    assert seeds("--evalbars-trials=2").items() < first.items()


def test_the_rate_is_the_mean_over_cases_not_over_trials(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.01').file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("good", [
            pytest.param(1, id="once"),
            pytest.param(0, id="often", marks=pytest.mark.trials(3)),
            pytest.param(2, id="some", marks=pytest.mark.trials(4)),
        ])
        def test_it(good, evalcase):
            assert evalcase.trial < good
        """,
    )
    result = suite.run()
    result.said("3 cases, 8 trials, 0 errors")
    row = next(line.split() for line in result.out.splitlines() if line.startswith("accuracy"))
    assert row[2:5] == ["3", "8", "50.0%"]
    assert result.counts["missed"] == 5


def test_function_fixtures_are_set_up_for_each_trial(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        calls = []
        @pytest.fixture
        def each(): calls.append("each")
        @pytest.fixture(scope="module")
        def shared(): calls.append("shared")
        @pytest.mark.dimension("accuracy")
        @pytest.mark.trials(3)
        def test_it(each, shared, tmp_path): assert not list(tmp_path.iterdir()); (tmp_path / "x").touch()
        def test_plain(): assert sorted(calls) == ["each"] * 3 + ["shared"]
        """,
    )
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 5})


@pytest.mark.parametrize("words", ["0", "-1", "x", "1.5", ""])
def test_an_impossible_number_on_the_command_line_is_refused(suite, words):
    result = suite.cases(1, 1).run(f"--evalbars-trials={words}")
    assert result.exit == 4
    result.said("--evalbars-trials", repr(words), "whole number from 1")


def test_a_unittest_case_cannot_be_repeated_and_says_so(suite):
    suite.file(
        "test_it.py",
        """
        import pytest
        import unittest
        @pytest.mark.dimension("accuracy")
        class TestIt(unittest.TestCase):
            @pytest.mark.trials(2)
            def test_it(self): pass
        """,
    )
    result = suite.run()
    assert result.exit == 4
    result.said("ERROR: test_it.py::TestIt::test_it", "trials", "plain function")
    assert result.err.count("ERROR: ") == 1
