"""Sessions that run a part of the cases: what is judged, what is only reported, and what is looked at again."""

import pytest

TWO = """
[[bar]]
name = "acc"
dimension = "accuracy"
at_least = 0.85
[[bar]]
name = "tone"
dimension = "tone"
at_least = 0.85
"""


@pytest.fixture
def two(suite):
    """Two files of twelve cases, one dimension each; all of accuracy miss, and none of tone."""
    suite.bars(TWO)
    suite.cases(0, 12, "accuracy", "test_accuracy.py")
    suite.cases(12, 12, "tone", "test_tone.py")
    return suite


@pytest.fixture
def marked(suite):
    """One file: accuracy cases that all miss, half of them slow, and tone cases that all miss, none of them slow."""
    suite.file(
        "test_both.py",
        """
        import pytest
        slow = [[], [pytest.mark.slow]]
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"a{n}", marks=slow[n % 2]) for n in range(12)])
        def test_accuracy(n): assert False, "no"
        @pytest.mark.dimension("tone")
        @pytest.mark.parametrize("n", range(12), ids="t{}".format)
        def test_tone(n): assert False, "no"
        """,
    )
    return suite.bars(TWO, ini="markers = ['slow: slow ones']")


ACCURACY_TOUCHED = {
    "-k -n 2": ("-k", "not a3", "-n", "2"),
    "-k": ("-k", "not a3"),
    "-m": ("-m", "not slow"),
    "--deselect": ("--deselect", "test_both.py::test_accuracy[a0]"),
}


@pytest.mark.parametrize("how", ACCURACY_TOUCHED)
def test_a_bar_over_deselected_cases_is_reported_and_the_others_are_enforced(marked, how):
    result = marked.run(*ACCURACY_TOUCHED[how], "-rA")
    assert result.exit == 1
    assert (result.counts["failed"], result.counts["skipped"]) == (1, 1)
    result.said("FAILED evalbars::tone")
    result.never_said("FAILED evalbars::acc")
    result.said("not enforced")
    gone = {"-k": 1, "-k -n 2": 1, "-m": 6, "--deselect": 1}[how]
    result.said(f"{gone} of its 12 cases were left out")
    assert len(result.of("manifest")[0]["left_out"]) == gone


@pytest.mark.parametrize(
    "how", [("-k", "test_accuracy and not a3"), ("-k", "a3"), ("test_both.py::test_tone",)], ids=str
)
@pytest.mark.parametrize("strict", [False, True])
def test_where_every_bar_is_touched_nothing_fails_but_strictly(marked, how, strict):
    result = marked.run(*how, *(["--evalbars-strict"] if strict else []))
    assert result.exit == (10 if strict else 0)
    assert not result.counts.get("failed")
    result.said("not enforced")


@pytest.mark.parametrize("strict", [(), ("--evalbars-strict",)], ids=["", "strict"])
@pytest.mark.parametrize(
    "arguments", [(), (".",), ("-k", "test"), ("test_accuracy.py", "test_tone.py"), ("--lf",), ("--ff",)], ids=str
)
def test_a_selection_of_everything_is_no_selection(two, arguments, strict):
    result = two.run(*arguments, *strict)
    assert result.exit == 1
    result.said("FAILED evalbars::acc")
    result.never_said("not enforced")


@pytest.mark.parametrize(
    ("argument", "code", "said"),
    [("test_accuracy.py", 1, "FAILED evalbars::acc"), ("test_tone.py", 0, "not in this selection")],
)
def test_a_file_as_argument_is_judged(two, argument, code, said):
    result = two.run(argument, "-rA")
    assert result.exit == code
    result.said("not in this selection")
    result.said(said)
    assert (result.counts.get("failed", 0), result.counts.get("skipped")) == (code, 1)


def test_a_folder_as_argument_is_judged(suite):
    suite.bars(TWO).cases(0, 12, "accuracy", "evals/a/test_accuracy.py").cases(0, 12, "tone", "evals/b/test_tone.py")
    result = suite.run("evals/a", "-rA")
    assert result.exit == 1
    result.said("FAILED evalbars::acc")
    result.never_said("FAILED evalbars::tone")
    assert suite.run("evals").counts["failed"] == 2


def test_a_part_of_a_file_that_is_named_by_its_node_is_not_judged(two):
    result = two.run("test_accuracy.py::test_answer[case-001]")
    assert (result.exit, result.counts.get("missed")) == (0, 1)
    result.said("not enforced", "only test_accuracy.py::test_answer[case-001] was asked for")


def test_last_failed_is_a_part(suite):
    suite.bars(TWO).cases(0, 12, "accuracy", "test_accuracy.py").cases(0, 12, "tone", "test_tone.py")
    suite.file("test_plain.py", "def test_plain(): assert False\n")
    assert suite.run().exit == 1
    result = suite.run("--lf")
    assert (result.exit, result.counts) == (1, {"failed": 1})  # bars and misses are not among what failed
    suite.cases(0, 12, "accuracy", "test_accuracy.py")
    suite.run("--evalbars-as-tests", "test_accuracy.py")
    suite.file("test_plain.py", "def test_plain(): pass\n")
    result = suite.run("--lf")
    assert (result.exit, result.counts.get("missed")) == (0, 12)
    result.said("not enforced", "--lf")


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["serial", "-n 1"])
def test_stopping_at_the_first_error_leaves_the_rest_out(suite, workers):
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(40), ids="c{}".format)
        def test_it(n):
            if n == 5: raise OSError("down")
            assert False, "no"
        """,
    )
    result = suite.bars(TWO.partition('[[bar]]\nname = "tone"')[0]).run("-x", *workers)
    assert result.exit == (2 if workers else 1)  # xdist's own code for a session that -x stopped
    assert result.counts["missed"] >= 5
    result.said("bars not judged" if workers else "not enforced")
    result.never_said("FAILED evalbars::acc")


@pytest.mark.parametrize("argument", ["-x", "--maxfail=2"])
def test_misses_do_not_stop_a_session(two, argument):
    result = two.run(argument)
    assert (result.exit, result.counts["missed"], result.counts["passed"]) == (1, 12, 13)
    result.said("FAILED evalbars::acc")


@pytest.mark.parametrize("stage", ["testing", "launch"])
@pytest.mark.parametrize("how", [("-k", "nothing"), ("test_plain.py",), ("-m", "nothing")], ids=str)
def test_a_stage_without_any_eval_case_is_undecided(suite, stage, how):
    accuracy = TWO.partition('[[bar]]\nname = "tone"')[0]
    suite.bars(accuracy, ini="markers = ['nothing: no test has it']").cases(12, 12)
    suite.file("test_plain.py", "def test_plain(): pass\n")
    result = suite.run(*how, f"--evalbars-stage={stage}")
    assert result.exit == 10
    result.said("no eval case")


def test_a_stage_in_a_project_without_eval_cases_is_undecided(suite):
    suite.file("test_plain.py", "def test_plain(): pass\n")
    assert suite.run("--evalbars-stage=launch").exit == 10
    assert suite.run("--evalbars-stage=none").exit == 0
    assert suite.run().exit == 0
    assert suite.run("--evalbars-stage=launch", "--collect-only").exit == 0


def test_a_failing_test_is_told_before_a_missing_stage(suite):
    suite.file("test_plain.py", "def test_plain(): assert False\n")
    assert suite.run("--evalbars-stage=launch").exit == 1


def test_partial_runs_still_fail_for_errors_and_for_cases_that_stand_alone(marked):
    marked.file(
        "test_more.py", "import pytest\n@pytest.mark.dimension('safety')\ndef test_alone(): assert False, 'unsafe'\n"
    )
    result = marked.run("-k", "a3 or alone")
    assert result.exit == 1
    result.said("unsafe")
    result.said("no bar speaks of it")


def test_a_file_that_cannot_be_collected_is_pytests_to_tell(suite):
    """Its cases are unknown, so nothing can be said of bars that nothing else matches."""
    suite.bars(TWO).cases(12, 12, "tone", "test_tone.py").file("test_accuracy.py", "def broken(:\n")
    result = suite.run()
    assert result.exit == 2
    result.said("SyntaxError")
    result.never_said("is no dimension", "gate passed")


def test_a_session_that_goes_on_without_a_broken_file_fails(suite):
    suite.bars(TWO).cases(30, 30, "tone", "test_tone.py").file("test_accuracy.py", "def broken(:\n")
    result = suite.run("--continue-on-collection-errors")
    assert result.exit == 1
    result.said("SyntaxError")
    result.never_said("is no dimension")


# -- a second look -----------------------------------------------------------------------------------------------


@pytest.fixture
def looked(suite):
    """Twelve cases: 3 miss, 1 errs, 1 is skipped; the others pass."""
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(12), ids="c{:02}".format)
        def test_it(n):
            if n == 7: raise OSError("down")
            if n == 8: pytest.skip("no")
            assert n > 2, "wrong"
        def test_plain(): pass
        """,
    )
    return suite.bars('max_errors = 1\n[[bar]]\nname = "acc"\ndimension = "accuracy"\nat_least = 0.95\n')


BAD = {"test_it.py::test_it[c00]", "test_it.py::test_it[c01]", "test_it.py::test_it[c02]", "test_it.py::test_it[c07]"}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "-n 2"])
def test_a_second_look_runs_what_missed_or_erred_and_feeds_no_bar(looked, workers):
    first = looked.run()
    assert first.exit == 1
    for _ in range(1 if workers else 2):  # a second look changes nothing about what a next one sees
        second = looked.run("--evalbars-missed", *workers)
        assert {line["case"] for line in second.of("trial")} == BAD
        assert second.of("header")[0]["second_look"] is True
        assert second.exit == 0
        second.said("second look")
        second.never_said("FAILED evalbars::")
    assert "second_look" not in first.of("header")[0]


def test_a_second_look_that_passes_does_not_settle_the_bar_but_is_seen(looked):
    looked.run()
    path = looked.path / "test_it.py"
    path.write_text(path.read_text().replace("assert n > 2", "assert True"))
    second = looked.run("--evalbars-missed", "--evalbars-stage=launch")
    assert second.counts["passed"] == 3
    second.never_said("gate passed: 1")
    assert {line["case"] for line in looked.run("--evalbars-missed").of("trial")} == BAD
    assert looked.run().exit == 0
    assert {line["case"] for line in looked.run("--evalbars-missed").of("trial")} == {"test_it.py::test_it[c07]"}


def test_a_first_session_has_nothing_to_look_at_again(looked):
    result = looked.run("--evalbars-missed")
    assert result.exit == 5
    assert not result.of("trial")


def test_a_second_look_needs_the_cache_and_says_so(looked):
    looked.run()
    result = looked.run("--evalbars-missed", "-p", "no:cacheprovider")
    assert result.exit == 4
    result.said("--evalbars-missed", "cache")


def test_a_partial_session_forgets_no_miss_of_the_others(looked):
    looked.run()
    looked.run("-k", "c05")
    assert {line["case"] for line in looked.run("--evalbars-missed").of("trial")} == BAD


# -- at the desk -------------------------------------------------------------------------------------------------


def test_as_tests_a_miss_is_an_ordinary_failure(looked):
    result = looked.run("--evalbars-as-tests", "-rf")
    assert result.exit == 1
    assert "missed" not in result.counts
    assert result.counts["failed"] >= 4
    result.said("FAILED test_it.py::test_it[c00]", "wrong")
    assert list(result.verdicts.values()).count("miss") == 3


def test_as_tests_a_miss_stops_and_is_remembered_as_any_failure(looked):
    assert looked.run("--evalbars-as-tests", "-x").counts["failed"] == 1
    looked.run("--evalbars-as-tests")
    result = looked.run("--evalbars-as-tests", "--lf")
    assert {line["case"] for line in result.of("trial")} == BAD


def test_as_tests_a_session_fails_for_a_miss_though_its_bar_is_met(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n').cases(19, 20)
    assert suite.run().exit == 0
    result = suite.run("--evalbars-as-tests")
    assert (result.exit, result.counts["failed"]) == (1, 1)
