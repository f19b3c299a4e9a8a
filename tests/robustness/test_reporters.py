"""Every reporter that reads pytest's reports carries cases and bars as tests."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = "category"
why = "answers are read aloud"
[[bar]]
dimension = "tone"
at_least = 0.2
[[bar]]
name = "open"
dimension = "accuracy"
category = "b"
at_least = 0.8
"""
CASES = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize(
    "n", [pytest.param(n, id=f"c{n}", marks=pytest.mark.category("ab"[n % 2])) for n in range(20)]
)
def test_answer(n):
    assert n % 2, f"wrong answer {n}"

@pytest.mark.dimension("tone")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n}") for n in range(8)])
def test_tone(n):
    pass

def test_ordinary():
    pass
"""
#: 20 answers of which 10 miss: the whole and group `a` are proven missed, `b` is 10 of 10.
FAILED = ["pass_rate:accuracy", "pass_rate:accuracy[a]"]
PASSED = ["pass_rate:accuracy[b]", "pass_rate:tone", "open"]


@pytest.fixture
def judged(suite):
    """A session with bars met, missed and undecided."""
    suite.bars(BARS).file("test_x.py", CASES)
    return suite


COUNTS = {"tests": "34", "failures": "2", "skipped": "10", "errors": "0"}


def remembered(suite):
    """What `--lf` would run again."""
    memory = suite.path / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return json.loads(memory.read_text()) if memory.exists() else {}


def junit(suite):
    """The JUnit XML that the session wrote, if any tool can parse it."""
    return ET.parse(suite.path / "out.xml")  # noqa: S314 - to parse hostile text is what we test


def names(suite_run):
    """The bars as the session names them, and whether each failed."""
    return dict(re.findall(r"^evalbars::(\S+) (PASSED|FAILED|SKIPPED)", suite_run.out, re.MULTILINE))


def test_verbose_shows_every_bar_as_a_test(judged):
    result = judged.run("-v")
    assert names(result) == dict.fromkeys(FAILED, "FAILED") | dict.fromkeys(PASSED, "PASSED")
    assert result.counts == {"passed": 19 + len(PASSED), "missed": 10, "failed": len(FAILED)}
    result.said("test_x.py::test_answer[c0] MISSED", "evalbars::pass_rate:accuracy FAILED", "eval bars")
    result.said("FAILED evalbars::pass_rate:accuracy - MISSED accuracy")


@pytest.mark.slow
def test_workers_change_nothing_that_reporters_see(judged):
    result = judged.run("-v", "-n", "2", "--junit-xml=out.xml")
    assert result.exit == 1
    assert names(result) == dict.fromkeys(FAILED, "FAILED") | dict.fromkeys(PASSED, "PASSED")
    (root,) = junit(judged).getroot()
    assert {word: root.get(word) for word in COUNTS} == COUNTS
    shares = [int(number) for number in re.findall(r"\[\s*(\d+)%\]", result.out)]
    assert max(shares) == shares[-1] == 100
    assert remembered(judged) == {}


def test_quiet_tells_what_failed_and_no_table(judged):
    result = judged.run("-q")
    assert result.exit == 1
    result.said("m", "MISSED accuracy", "gate failed (exit 1)")
    result.said("FAILED evalbars::pass_rate:accuracy")
    result.never_said("95% interval    bar", " eval bars ")


def test_doubly_quiet_keeps_exit_and_words(judged):
    result = judged.run("-qq")
    assert result.exit == 1
    result.said("gate failed (exit 1)")


@pytest.mark.parametrize(("letters", "passed"), [("-rA", True), ("-ra", False), ("-rf", False)])
def test_the_short_summary_lists_bars(judged, letters, passed):
    result = judged.run(letters)
    result.said("short test summary info", "FAILED evalbars::pass_rate:accuracy - MISSED accuracy")
    assert ("PASSED evalbars::open" in result.out) == passed


def test_the_failure_section_holds_words_and_no_traceback(judged):
    result = judged.run()
    result.said(
        "FAILURES",
        "MISSED accuracy: pass rate 50.0% over 20 cases",
        "MISSED accuracy in category a: pass rate 0.0%",
        "eval bars",
        "why: answers are read aloud",
        "worst: a 0.0% of 10\n",
        "missed cases: test_x.py::test_answer[c0] (wrong answer 0",
    )
    result.never_said("Traceback", "NoneType")


def test_junit_carries_cases_and_bars(judged):
    result = judged.run("--junit-xml=out.xml")
    (root,) = junit(judged).getroot()
    assert {word: root.get(word) for word in COUNTS} == COUNTS
    found = {f"{case.get('classname')}::{case.get('name')}": case for case in root.iter("testcase")}
    assert len(found) == 34
    for name in PASSED:
        assert [child.tag for child in found[f"evalbars::{name}"]] == ["properties"]
    for name in FAILED:
        (_, failure) = found[f"evalbars::{name}"]
        assert failure.tag == "failure"
        assert failure.get("message").startswith("MISSED accuracy")
        assert "bar at least 90%" in failure.text
    (_, missed) = found["test_x::test_answer[c0]"]
    assert (missed.tag, missed.get("type")) == ("skipped", "pytest.xfail")
    assert missed.get("message").startswith("missed: accuracy: wrong answer 0")
    assert result.exit == 1


def test_html_report_carries_bars(judged):
    result = judged.run("--html=out.html", "--self-contained-html", "-p", "no:cacheprovider")
    assert result.exit == 1
    page = (judged.path / "out.html").read_text()
    assert "evalbars::pass_rate:tone" in page
    assert "2 Failed" in page
    assert "pass rate 50.0%" in page


def test_json_report_carries_bars(judged):
    result = judged.run("--json-report", "--json-report-file=out.json")
    assert result.exit == 1
    report = json.loads((judged.path / "out.json").read_text())
    outcomes = {test["nodeid"]: test["outcome"] for test in report["tests"]}
    for name in FAILED:
        assert outcomes[f"evalbars::{name}"] == "failed"
    for name in PASSED:
        assert outcomes[f"evalbars::{name}"] == "passed"
    assert outcomes["test_x.py::test_answer[c0]"] == "missed"
    assert report["exitcode"] == 1


@pytest.mark.parametrize("arguments", [(), ("-v",), ("-o", "console_output_style=count")])
def test_progress_ends_at_a_hundred_percent(judged, arguments):
    result = judged.run(*arguments)
    shares = [int(number) for number in re.findall(r"\[\s*(\d+)%\]", result.out)]
    counts = [(int(done), int(of)) for done, of in re.findall(r"\[\s*(\d+)/(\d+)\]", result.out)]
    assert shares or counts
    assert max(shares, default=100) == 100
    assert all(done <= of for done, of in counts)
    assert not counts or counts[-1] == (34, 34)


def test_durations_have_room_for_bars(judged):
    result = judged.run("--durations=3", "--durations-min=0")
    result.said("slowest 3 durations")
    assert result.exit == 1


@pytest.mark.parametrize(("passes", "code"), [(20, 0), (2, 1), (10, 10)])
@pytest.mark.parametrize("arguments", [("-p", "no:terminal"), ("-p", "no:cacheprovider"), ("--tb=no", "-qq")])
def test_exit_codes_do_not_depend_on_who_reports(suite, arguments, passes, code):
    if "no:terminal" in arguments and pytest.version_tuple < (8, 3):
        pytest.skip("the assertion rewriting of pytest 8.2 needs its terminal")
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.6').cases(passes, 20)
    result = suite.run("--evalbars-stage=launch", *arguments)
    assert result.exit == code
    assert len(result.verdicts) == 20
    assert result.of("end")[0]["exit"] == code


@pytest.mark.slow
def test_no_terminal_under_workers(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9').cases(2, 20)
    assert suite.run("-n", "2", "-p", "no:terminal").exit == 1


@pytest.mark.parametrize(
    "arguments", [("--strict-markers",), ("-W", "error"), ("--tb=no",), ("--tb=line",), ("-s",), ("--no-summary",)]
)
def test_strictness_and_style_change_no_verdict(judged, arguments):
    result = judged.run(*arguments)
    assert (result.exit, result.counts) == (1, {"passed": 22, "missed": 10, "failed": 2})
    result.never_said("Warning", "Traceback")


def test_strict_everything(suite):
    suite.bars(
        BARS, ini='addopts = "--strict-markers --strict-config"\nfilterwarnings = ["error"]\nxfail_strict = true'
    )
    suite.file(
        "test_x.py",
        CASES + "\n@pytest.mark.labels(es=True)\n@pytest.mark.cluster('c')\n@pytest.mark.capability\n"
        "@pytest.mark.dimension('tone')\ndef test_hill(): pass\n",
    )
    assert suite.run().counts == {"passed": 23, "missed": 10, "failed": 2}


def test_colour_is_ours_only_where_it_was_asked_for(judged):
    coloured, plain = judged.run("--color=yes"), judged.run("--color=no")
    assert "\x1b[31m" in coloured.out
    assert "\x1b" not in plain.out
    assert coloured.exit == plain.exit == 1


def test_failed_bars_and_held_misses_never_enter_the_memory_of_lf(judged):
    judged.run()
    assert remembered(judged) == {}
    assert judged.run("--lf").counts == {"passed": 22, "missed": 10, "failed": 2}


def test_stepwise_does_not_trip_over_bars(judged):
    first, second = judged.run("--stepwise"), judged.run("--stepwise")
    assert first.counts == second.counts == {"passed": 22, "missed": 10, "failed": 2}


def test_what_stands_alone_enters_the_memory_of_lf(suite):
    suite.cases(9, 10).run()
    again = suite.run("--lf")
    assert (again.exit, again.counts.get("failed")) == (1, 1)
