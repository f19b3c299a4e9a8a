"""What a user gets wrong is told in one clear message, with exit code 4 and without a traceback."""

import json

import pytest

GOOD = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.category("refunds")
@pytest.mark.labels(language="es")
def test_it(): pass
@pytest.mark.dimension("accuracy")
@pytest.mark.capability
@pytest.mark.category("climbing")
def test_hill(): pass
"""
ROWS = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.cases({})
def test_it(case): pass
"""
MARKED = "import pytest\n@pytest.mark.dimension('accuracy')\n@pytest.mark.{}\ndef test_it(): pass\n"

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'

#: What is wrong: the bars table, the words that must be said, in this order.
BARS = {
    "a misspelt dimension": (
        '[[bar]]\ndimension = "acuracy"\nat_least = 0.9',
        ["pyproject.toml", "acuracy", "is no dimension", 'did you mean "accuracy"?'],
    ),
    "a misspelt dimension in a list": (
        '[[bar]]\ndimension = ["accuracy", "acuracy"]\nat_least = 0.9',
        ["pyproject.toml", '"acuracy"', 'did you mean "accuracy"?'],
    ),
    "a glob that matches nothing": (
        '[[bar]]\ndimension = "tone*"\nat_least = 0.9',
        ["pyproject.toml", '"tone*"', "matches no dimension", "accuracy"],
    ),
    "a misspelt category": (
        f'{BAR}category = "refund"',
        ["pyproject.toml", 'category "refund"', 'did you mean "refunds"?'],
    ),
    "a misspelt label value": (
        f'{BAR}labels.language = "ess"',
        ["pyproject.toml", 'language "ess"', 'did you mean "es"?'],
    ),
    "a misspelt label": (f'{BAR}labels.langage = "es"', ["pyproject.toml", "langage"]),
    "a misspelt key of each": (f'{BAR}each = "categry"', ["pyproject.toml", '"categry"', 'did you mean "category"?']),
    "a misspelt status": (f'{BAR}status = "regresion"', ["pyproject.toml", '"regresion"', '"regression"']),
    "selectors that never meet": (
        f'{BAR}category = "refunds"\nstatus = "capability"',
        ["pyproject.toml", "no case matches them all"],
    ),
    "only capability cases": (f'{BAR}category = "climbing"', ["pyproject.toml", 'status = "capability"']),
    "an unknown key": (
        '[[bar]]\ndimension = "accuracy"\nat_leest = 0.9',
        ["pyproject.toml", '"accuracy"', "unknown key `at_leest`", '"at_least"'],
    ),
    "an unknown key of the table": ("confidense = 0.9\n" + BAR, ["pyproject.toml", "`confidense`", '"confidence"']),
    "percent": (
        '[[bar]]\ndimension = "accuracy"\nat_least = 90',
        ["pyproject.toml", '"accuracy"', "at_least", "90 is not a rate between 0 and 1", "0.9"],
    ),
    "a negative rate": ('[[bar]]\ndimension = "accuracy"\nat_least = -0.1', ["pyproject.toml", "at_least", "-0.1"]),
    "a rate in words": ('[[bar]]\ndimension = "accuracy"\nat_least = "90%"', ["pyproject.toml", "at_least", "90%"]),
    "no threshold": ('[[bar]]\ndimension = "accuracy"', ["pyproject.toml", "one threshold", "none"]),
    "two thresholds": (f"{BAR}at_most = 0.95", ["pyproject.toml", "one threshold", "at_least and at_most are given"]),
    "a misspelt metric": (f'{BAR}metric = "pas_rate"', ["pyproject.toml", '"pas_rate"', '"pass_rate"']),
    "a misspelt stage": (f'{BAR}stage = "lunch"', ["pyproject.toml", '"lunch"', '"launch"']),
    "a misspelt rule": (f'{BAR}rule = "estimates"', ["pyproject.toml", '"estimates"', '"estimate"']),
    "an impossible min_cases": (f"{BAR}min_cases = 0", ["pyproject.toml", "min_cases", "0"]),
    "an impossible confidence": (f"confidence = 95\n{BAR}", ["pyproject.toml", "confidence", "95"]),
    "an impossible max_errors": (f'max_errors = "a few"\n{BAR}', ["pyproject.toml", "max_errors", "a few"]),
    "two bars of one name": (BAR + BAR, ["pyproject.toml", "bars 1 and 2", "one name", "`name`"]),
    "two bars given one name": (
        f'{BAR}name = "same"\n[[bar]]\nname = "same"\nat_least = 0.8',
        ["pyproject.toml", "bars 1 and 2", '"same"'],
    ),
    "one bar as a table": ("[tool.evalbars.bar]\nat_least = 0.9", ["pyproject.toml", "[[tool.evalbars.bar]]"]),
    "no TOML": ("confidence = = 1", ["pyproject.toml"]),
}


def refused(suite, result, words) -> None:
    """Exit 4, one message, nothing run."""
    assert result.exit == 4, result.out + result.err
    result.said(*words)
    assert (result.out + result.err).count("ERROR: ") == 1
    result.never_said("Traceback", "INTERNALERROR", "PASSED", "eval bars =")
    assert suite.run_files() == []


@pytest.mark.parametrize("what", BARS)
def test_a_bar_that_cannot_be(suite, what):
    table, words = BARS[what]
    suite.bars(table).file("test_it.py", GOOD)
    refused(suite, suite.run(), words)


def seventeen(bad: str) -> str:
    """A case file whose line 17 is bad."""
    rows = [json.dumps({"id": f"r{n}", "question": "why?"}) for n in range(1, 31)]
    rows[16] = bad
    return "\n".join(rows) + "\n"


ROW_FILES = {
    "not JSON": (seventeen('{"id": "r17", "question": }'), ["rows.jsonl", "line 17"]),
    "no id": (seventeen('{"question": "why?"}'), ["rows.jsonl", "line 17", '"id"']),
    "a misspelt status": (seventeen('{"id": "r17", "status": "regresion"}'), ["line 17", '"status"', "regression"]),
    "an id twice": (seventeen('{"id": "r3"}'), ["line 17", '"id"', "line 3"]),
    "a list": (seventeen("[1, 2]"), ["rows.jsonl", "line 17"]),
    "nothing": ("", ["rows.jsonl", "no rows"]),
}


@pytest.mark.parametrize("what", ROW_FILES)
def test_a_case_file_that_cannot_be_read(suite, what):
    text, words = ROW_FILES[what]
    suite.bars(BAR).file("rows.jsonl", text)
    suite.file("test_it.py", ROWS.format('"rows.jsonl"'))
    refused(suite, suite.run(), words)


MARKS = {
    "two statuses": (MARKED.format("capability\n@pytest.mark.regression"), ["test_it.py::test_it", "keep one"]),
    "no such file": (ROWS.format('"nowhere.jsonl"'), ["nowhere.jsonl", "no such file"]),
    "no path": (ROWS.format(""), ["test_it.py::test_it", "takes paths"]),
    "no path but a list": (ROWS.format('["rows.jsonl"]'), ["test_it.py::test_it", "takes paths"]),
    "an unknown keyword": (ROWS.format('"rows.jsonl", limit=3'), ["test_it.py::test_it", "takes paths"]),
    "no argument": (MARKED.format("cases('rows.jsonl')"), ["test_it.py::test_it", "no argument `case`"]),
    "trials of none": (MARKED.format("trials(0)"), ["test_it.py::test_it", "trials(0)", "whole number from 1"]),
    "trials below none": (MARKED.format("trials(-1)"), ["trials(-1)", "whole number from 1"]),
    "trials in words": (MARKED.format("trials('3')"), ["trials('3')", "whole number from 1"]),
    "half a trial": (MARKED.format("trials(2.5)"), ["trials(2.5)", "whole number from 1"]),
    "true trials": (MARKED.format("trials(True)"), ["trials(True)", "whole number from 1"]),
    "trials of no number": (MARKED.format("trials"), ["test_it.py::test_it", "trials()", "whole number from 1"]),
    "two numbers of trials": (MARKED.format("trials(2, 3)"), ["trials(2, 3)", "whole number from 1"]),
    "bad trials of a param": (
        (
            "import pytest\n@pytest.mark.dimension('a')\n@pytest.mark.parametrize('n', "
            "[pytest.param(1, id='x', marks=pytest.mark.trials(0))])\ndef test_it(n): pass\n"
        ),
        ["test_it.py::test_it", "trials(0)", "whole number from 1"],
    ),
}


@pytest.mark.parametrize("what", MARKS)
def test_a_marker_that_cannot_be_obeyed(suite, what):
    text, words = MARKS[what]
    suite.bars(BAR.replace("accuracy", "a*")).file("rows.jsonl", '{"id": "r1"}\n')
    suite.file("test_it.py", text)
    refused(suite, suite.run(), words)


WORKERS = ("a misspelt dimension", "an unknown key", "percent", "a glob that matches nothing")
MORE = ("line 17", "two statuses", "trials of none", "--dist each")


@pytest.mark.parametrize(
    "what", [MORE[0], *(pytest.param(each, marks=pytest.mark.slow) for each in (*WORKERS, *MORE[1:]))]
)
def test_workers_say_it_once_too(suite, what):
    suite.bars(BAR).file("rows.jsonl", ROW_FILES["not JSON"][0])
    suite.file("test_it.py", GOOD)
    arguments = ["-n", "2"]
    if what in BARS:
        table, words = BARS[what]
        suite.bars(table)
    elif what in MARKS:
        text, words = MARKS[what]
        suite.file("test_it.py", text)
    elif what == "line 17":
        words = ["rows.jsonl", "line 17"]
        suite.file("test_it.py", ROWS.format('"rows.jsonl"'))
    else:
        words = ["--dist=each", "more than once"]
        arguments += ["--dist", "each"]
    result = suite.run(*arguments)
    refused(suite, result, words)
    assert result.err.count(words[-1]) == 1


def test_several_mistakes_are_told_together(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        pytestmark = pytest.mark.dimension("accuracy")
        @pytest.mark.capability
        @pytest.mark.saturated
        def test_one(): pass
        @pytest.mark.trials(0)
        def test_two(): pass
        @pytest.mark.cases("nowhere.jsonl")
        def test_three(case): pass
        """,
    )
    result = suite.run()
    assert result.exit == 4
    for words in ("test_it.py::test_one", "test_it.py::test_two", "nowhere.jsonl"):
        assert result.err.count(words) == 1
    result.never_said("Traceback", "INTERNALERROR")


def test_a_mistake_in_one_file_is_told_once_for_all_its_tests(suite):
    suite.bars(BAR).file("rows.jsonl", ROW_FILES["not JSON"][0])
    text = ROWS.format('"rows.jsonl"')
    suite.file("test_it.py", text + text.replace("test_it", "test_again").replace("import pytest", ""))
    result = suite.run()
    refused(suite, result, ["line 17"])
    assert result.err.count("line 17") == 1


def test_bars_are_not_read_where_there_is_no_case(suite):
    suite.bars(BARS["percent"][0]).file("test_it.py", "def test_plain(): pass\n")
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 1})


def test_collect_only_tells_mistakes_too(suite):
    suite.bars(BARS["percent"][0]).file("test_it.py", GOOD)
    refused(suite, suite.run("--collect-only"), BARS["percent"][1])


def test_a_bar_on_other_files_is_no_mistake_where_only_some_were_asked_for(suite):
    suite.bars(BAR + BAR.replace("accuracy", "tone"))
    suite.file("test_it.py", GOOD)
    suite.file("more/test_tone.py", GOOD.replace("accuracy", "tone"))
    result = suite.run("test_it.py")
    assert result.exit == 0
    result.said("not in this selection")
    assert suite.run().exit == 0
