"""pytest's own JUnit XML: cases and bars carry properties by which other tools know them."""

import pytest
from junit_readers import JENKINS, accept, cases, properties, read, told

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = "category"
[[bar]]
dimension = "tone"
at_least = 0.2
"""
CASES = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize(
    "n", [pytest.param(n, id=f"c{n}", marks=pytest.mark.category("ab"[n % 2])) for n in range(20)]
)
def test_answer(n):
    assert n % 2, f"wrong answer {n}"

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.capability
@pytest.mark.trials(2)
def test_both(evalcase, record_property):
    record_property("author", "me")
    evalcase.check("tone", True)
    assert False, "wrong"

@pytest.mark.dimension("tone")
def test_broken():
    raise ValueError("boom")

@pytest.mark.dimension("tone")
def test_skipped():
    pytest.skip("not today")

def test_ordinary():
    pass
"""
OF_BOTH = {"author": "me", "dimension": "accuracy, tone", "status": "capability", "outcome": "miss"} | {
    "outcome.accuracy": "miss",
    "outcome.tone": "pass",
}


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)])
def test_cases_and_bars_carry_properties(suite, workers):
    suite.bars(BARS, ini="addopts = '-W ignore::pytest.PytestWarning'").file("test_x.py", CASES)
    assert suite.run("--junit-xml=out.xml", *workers).exit == 1
    root = read(suite.path / "out.xml")
    accept(root, JENKINS)
    found = cases(root)
    single = {"dimension": "accuracy", "category": "a", "status": "regression", "trial": "0", "outcome": "miss"}
    assert properties(found["test_x::test_answer[c0]"]) == single
    assert properties(found["test_x::test_answer[c1]"]) == single | {"category": "b", "outcome": "pass"}
    assert [properties(found[f"test_x::test_both[t{n}]"]) for n in (0, 1)] == [
        OF_BOTH | {"trial": str(n)} for n in (0, 1)
    ]
    assert properties(found["test_x::test_broken"])["outcome"] == "error"
    assert properties(found["test_x::test_skipped"])["outcome"] == "skipped"
    assert properties(found["test_x::test_ordinary"]) == {}
    assert told(found["test_x::test_answer[c0]"]) == ("skipped", "missed: accuracy: wrong answer 0")
    assert properties(found["evalbars::pass_rate:accuracy[a]"]) == {
        "verdict": "missed",
        "estimate": "0.0%",
        "interval": "0.0% to 27.8%",
        "threshold": "at least 90%",
        "cases": "10",
        "trials": "10",
    }
    assert properties(found["evalbars::pass_rate:tone"]) == {
        "verdict": "no data",
        "threshold": "at least 20%",
        "cases": "0",
        "trials": "0",
    }


def test_another_attempt_replaces_what_the_one_before_said(suite):
    suite.file(
        "test_x.py",
        """
        import pytest
        attempts = []

        @pytest.mark.dimension("accuracy")
        def test_answer():
            attempts.append(1)
            if len(attempts) < 3:
                raise OSError("a flaky network")
        """,
    )
    suite.run("--junit-xml=out.xml", "--reruns", "3")
    attempts = list(read(suite.path / "out.xml").iter("testcase"))
    assert [properties(each)["outcome"] for each in attempts] == ["error", "error", "pass"]


def test_names_that_break_xml_stand_there_as_their_escapes(suite):
    suite.file(
        "test_x.py",
        r"""
        import pytest

        @pytest.mark.dimension("a\x00\x1b[31m<&\"]]>", "b\ud800\ufffe\u202e")
        @pytest.mark.category("c\x08'><x a=\"")
        def test_answer():
            assert False, "<!-- \x0b ]]>"
        """,
    )
    suite.run("--junit-xml=out.xml")
    root = read(suite.path / "out.xml")
    accept(root, JENKINS)
    (case,) = root.iter("testcase")
    said = properties(case)
    assert said["category"] == "c\\x08'><x a=\""
    assert said['outcome.a\\x00\\x1b[31m<&"]]>'] == said["outcome.b\\ud800\\ufffe\\u202e"] == "miss"


def test_long_names_are_cut(suite):
    suite.file(
        "test_x.py",
        """
        import pytest

        @pytest.mark.dimension("d" * 5_000)
        @pytest.mark.category("c" * 5_000)
        def test_answer():
            pass
        """,
    )
    suite.run("--junit-xml=out.xml")
    (case,) = read(suite.path / "out.xml").iter("testcase")
    assert {len(properties(case)[word]) for word in ("dimension", "category")} == {200}
