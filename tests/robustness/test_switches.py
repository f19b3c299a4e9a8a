"""Options: those that run no case judge nothing; ours are listed, checked, and do as they say."""

import pytest

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'


@pytest.fixture
def missing(suite):
    """A suite that misses its bar wherever it is judged."""
    return suite.bars(BAR).cases(2, 12)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--collect-only",),
        ("--collect-only", "-q"),
        ("--collect-only", "-n", "2"),
        ("--collect-only", "--evalbars-stage=launch"),
        ("--setup-only",),
        ("--setup-plan",),
        ("--setup-only", "--evalbars-stage=launch"),
        ("--setup-plan", "-n", "2"),
        ("--fixtures",),
        ("--fixtures-per-test",),
        ("--markers",),
        ("--help",),
        ("--version",),
        ("--cache-show",),
    ],
    ids=" ".join,
)
def test_what_runs_no_case_judges_none(missing, arguments):
    result = missing.run(*arguments)
    assert result.exit == 0
    assert missing.run_files() == []
    result.never_said("== eval bars ==", "MISSED", "not judged", "Traceback (most")


@pytest.mark.parametrize("arguments", [("--collect-only", "-q"), ("--setup-plan",)])
def test_looking_at_a_suite_still_tells_its_mistakes(suite, arguments):
    result = suite.bars('[[bar]]\ndimension = "acuracy"\nat_least = 0.9').cases(2, 12).run(*arguments)
    assert result.exit == 4
    result.said('did you mean "accuracy"?')


def test_setup_show_is_an_ordinary_run(missing):
    result = missing.run("--setup-show")
    assert (result.exit, result.counts.get("missed")) == (1, 10)


def test_markers_lists_ours(suite):
    result = suite.run("--markers")
    names = [
        "dimension(*names)",
        "category(name)",
        "capability",
        "regression",
        "saturated",
        "labels(**pairs)",
        "trials(n)",
        "cluster(name)",
        "cases(path, ...)",
    ]
    for name in names:
        result.said(f"@pytest.mark.{name}:")


def test_fixtures_lists_ours_and_hides_what_is_internal(suite):
    result = suite.run("--fixtures")
    result.said("evalcase", "`check`, `score`, `measure`, `record`")
    result.never_said("_evalbars_trial")


def test_help_lists_every_option(suite):
    result = suite.run("--help")
    for name in ("stage", "trials", "label", "run", "as-tests", "missed", "strict"):
        result.said(f"--evalbars-{name}")


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        ("--evalbars-stage=release", "release"),
        ("--evalbars-stage", "expected one argument"),
        ("--evalbars-trials=0", "'0' is not a whole number from 1"),
        ("--evalbars-trials=-1", "'-1' is not a whole number from 1"),
        ("--evalbars-trials=two", "'two' is not a whole number from 1"),
        ("--evalbars-trials=1.5", "'1.5' is not a whole number from 1"),
        ("--evalbars-trials=²", "is not a whole number from 1"),
        ("--evalbars-label=model", "'model' is not KEY=VALUE"),
        ("--evalbars-label==v2", "'=v2' is not KEY=VALUE"),
        ("--evalbars-label=model=", "'model=' is not KEY=VALUE"),
        ("--evalbars-label=status=capability", "'status' belongs to each case"),
        ("--evalbars-nonsense", "--evalbars-nonsense"),
    ],
)
def test_a_value_that_means_nothing_is_refused(missing, argument, word):
    result = missing.run(argument)
    assert result.exit == 4
    result.said(word)
    result.never_said("Traceback")
    assert missing.run_files() == []


def test_labels_of_the_run_are_kept_selected_and_sliced_by(suite):
    suite.bars(f'{BAR}labels.model = "v*"\neach = "model"').cases(2, 12)
    result = suite.run("--evalbars-label=model=v2", "--evalbars-label=build=a=b", "-v")
    assert result.exit == 1
    assert result.of("header")[0]["labels"] == {"model": "v2", "build": "a=b"}
    result.said("[v2] FAILED")


def test_a_label_of_a_case_comes_before_one_of_the_run(suite):
    suite.bars(f'{BAR}labels.model = "mine"').file(
        "test_x.py",
        "import pytest\n@pytest.mark.dimension('accuracy')\n@pytest.mark.labels(model='mine')\n"
        "@pytest.mark.parametrize('n', [pytest.param(n, id=f'c{n}') for n in range(12)])\ndef test_x(n): assert 0\n",
    )
    result = suite.run("--evalbars-label=model=v2")
    assert result.exit == 1
    result.said("12", "MISSED")


@pytest.mark.parametrize(("number", "trials"), [(None, 3 + 1), (1, 2), (5, 10)])
def test_trials_replace_the_markers_numbers(suite, number, trials):
    suite.file(
        "test_x.py",
        "import pytest\n@pytest.mark.trials(3)\n@pytest.mark.dimension('accuracy')\ndef test_three(): pass\n"
        "@pytest.mark.dimension('accuracy')\ndef test_one(): pass\n"
        "def test_ordinary(): pass\n",
    )
    result = suite.run(*([] if number is None else [f"--evalbars-trials={number}"]))
    assert (result.exit, result.counts) == (0, {"passed": trials + 1})
    assert len(result.verdicts) == trials
    assert len({key[0] for key in result.verdicts}) == 2


def test_stage_none_measures_and_holds_nothing(missing):
    result = missing.run("--evalbars-stage=none")
    assert (result.exit, result.counts) == (0, {"passed": 2, "missed": 10})
    assert len(result.verdicts) == 12
    result.said("no bar was held")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--evalbars-strict",), 10)])
def test_strict_does_not_let_a_part_pass(missing, arguments, code):
    result = missing.run("-k", "case-000", *arguments)
    assert result.exit == code
    result.said("not enforced")


def test_as_tests_makes_misses_failures(missing):
    result = missing.run("--evalbars-as-tests", "-x")
    assert result.exit == 1
    assert result.counts["failed"] == 1
    assert result.counts["passed"] == 2
    assert missing.run("--evalbars-as-tests").counts["failed"] >= 10


def test_missed_runs_those_again_and_holds_nothing(missing):
    missing.run()
    result = missing.run("--evalbars-missed")
    assert result.exit == 0
    assert (result.counts["missed"], result.counts["deselected"]) == (10, 2)
    result.said("second look")
    assert missing.run("--evalbars-missed").counts["missed"] == 10  # a second look forgets nothing


def test_missed_without_a_cache_is_refused(missing):
    result = missing.run("--evalbars-missed", "-p", "no:cacheprovider")
    assert result.exit == 4
    result.said("--evalbars-missed needs pytest's cache")


def test_switched_off_the_plugin_is_gone(suite):
    suite.file("test_x.py", "def test_x(): assert 0\n")
    result = suite.run(
        "-p", "no:evalbars", "--evalbars-stage=launch", quiet=("-p", "no:randomly", "-p", "no:asyncio")
    )
    assert result.exit == 4
    assert suite.run("-p", "no:evalbars", quiet=("-p", "no:randomly", "-p", "no:asyncio")).exit == 1
