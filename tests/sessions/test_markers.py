"""What markers say of a case, wherever they stand; and that tests without them are left alone."""

import re

import pytest

#: Holds every case of the small suites below, so that no miss stands alone.
BAR = """
[[bar]]
dimension = "*"
status = "*"
at_least = 0.01
"""

MARKS = (
    'pytest.mark.dimension("accuracy", "tone")',
    'pytest.mark.category("refunds")',
    "pytest.mark.capability",
    'pytest.mark.labels(language="es", formal=True, level=2)',
    'pytest.mark.cluster("doc-7")',
    "pytest.mark.trials(2)",
)
DECORATORS = "\n".join(f"@{mark}" for mark in MARKS)
LIST = f"[{', '.join(MARKS)}]"

PLACES = {
    "function": f"import pytest\n{DECORATORS}\ndef test_answer(): pass\n",
    "class": f"import pytest\n{DECORATORS}\nclass TestAll:\n    def test_answer(self): pass\n",
    "class attribute": f"import pytest\nclass TestAll:\n    pytestmark = {LIST}\n    def test_answer(self): pass\n",
    "base class": (
        f"import pytest\n{DECORATORS}\nclass Base: pass\nclass TestAll(Base):\n    def test_answer(self): pass\n"
    ),
    "module": f"import pytest\npytestmark = {LIST}\ndef test_answer(): pass\n",
    "param": (
        f"import pytest\n@pytest.mark.parametrize('n', [pytest.param(1, id='one', marks={LIST})])\n"
        "def test_answer(n): pass\n"
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_markers_speak_from_every_place(suite, place):
    suite.bars(BAR).file("test_it.py", PLACES[place])
    result = suite.run("--strict-markers", "-W", "error")
    assert result.exit == 0
    trials = result.of("trial")
    labels = {"category": "refunds", "status": "capability", "language": "es", "formal": "true", "level": "2"}
    assert [(line["trial"], line["labels"], line["cluster"]) for line in trials] == [
        (0, labels, "doc-7"),
        (1, labels, "doc-7"),
    ]
    assert len({line["case"] for line in trials}) == 1
    assert sorted((trial, dimension) for _, _, trial, dimension in result.verdicts) == [
        (0, "accuracy"),
        (0, "tone"),
        (1, "accuracy"),
        (1, "tone"),
    ]
    assert set(result.verdicts.values()) == {"pass"}


def test_every_marker_is_registered(suite):
    result = suite.run("--markers")
    result.said(*(f"@pytest.mark.{word}" for word in ("dimension(", "category(", "capability", "regression")))
    result.said(*(f"@pytest.mark.{word}" for word in ("saturated", "labels(", "trials(", "cluster(", "cases(")))


@pytest.mark.parametrize("word", ["capability", "regression", "saturated"])
def test_each_status_is_kept_and_regression_is_the_default(suite, word):
    suite.bars(BAR).file(
        "test_it.py",
        f"""
        import pytest
        pytestmark = pytest.mark.dimension("accuracy")
        @pytest.mark.{word}
        def test_marked(): pass
        def test_bare(): pass
        """,
    )
    statuses = [line["labels"] for line in suite.run().of("trial")]
    assert statuses == [{"status": word}, {"status": "regression"}]


NESTED = """
import pytest
pytestmark = [pytest.mark.dimension("accuracy"), {module}]

{class_}
class TestIt:
    {function}
    @pytest.mark.parametrize("n", [pytest.param(1, id="one", marks=[{param}])])
    def test_answer(self, n): pass
"""


@pytest.mark.parametrize(
    ("places", "winner"),
    [
        (("module", "class_", "function", "param"), "param"),
        (("module", "class_", "function"), "function"),
        (("module", "class_"), "class_"),
        (("module", "param"), "param"),
        (("class_", "param"), "param"),
        (("module",), "module"),
    ],
)
def test_the_closest_marker_wins(suite, places, winner):
    says = {
        "module": ("saturated", 2),
        "class_": ("capability", 3),
        "function": ("regression", 4),
        "param": ("saturated", 1),
    }
    marks = {
        place: [
            f"pytest.mark.{mark}"
            for mark in (
                says[place][0],
                f"trials({says[place][1]})",
                f"category('{place}')",
                f"cluster('{place}')",
                f"labels(key='{place}')",
            )
        ]
        for place in places
    }
    text = NESTED.format(
        module=", ".join(marks.get("module", [])),
        class_="\n".join(f"@{mark}" for mark in marks.get("class_", [])),
        function="\n    ".join(f"@{mark}" for mark in marks.get("function", [])),
        param=", ".join(marks.get("param", [])),
    )
    suite.bars(BAR).file("test_it.py", text)
    result = suite.run()
    assert result.exit == 0
    status, trials = says[winner]
    labels = {"category": winner, "key": winner, "status": status}
    found = [(line["trial"], line["labels"], line["cluster"]) for line in result.of("trial")]
    assert found == [(trial, labels, winner) for trial in range(trials)]


def test_dimensions_and_labels_add_up(suite):
    text = NESTED.format(
        module='pytest.mark.labels(a=1, b=1), pytest.mark.dimension("safety")',
        class_='@pytest.mark.dimension("tone")\n@pytest.mark.labels(b=2)',
        function='@pytest.mark.labels(c=3)\n    @pytest.mark.dimension("tone", "format")',
        param='pytest.mark.dimension("brevity"), pytest.mark.labels(d=4)',
    )
    suite.bars(BAR).file("test_it.py", text)
    result = suite.run()
    assert result.exit == 0
    assert sorted(dimension for *_, dimension in result.verdicts) == [
        "accuracy",
        "brevity",
        "format",
        "safety",
        "tone",
    ]
    expected = {"a": "1", "b": "2", "c": "3", "d": "4", "status": "regression"}
    assert result.of("trial")[0]["labels"] == expected


BASES = {
    "the class's own wins": (
        "@pytest.mark.capability\nclass Base: pass",
        "@pytest.mark.saturated\nclass TestIt(Base):",
    ),
    "one base between": (
        "@pytest.mark.capability\nclass Far: pass\n@pytest.mark.saturated\nclass Base(Far): pass",
        "class TestIt(Base):",
    ),
    "as an attribute": (
        "class Base:\n    pytestmark = pytest.mark.capability",
        "class TestIt(Base):\n    pytestmark = pytest.mark.saturated",
    ),
    "as a list": (
        "class Base:\n    pytestmark = [pytest.mark.capability]",
        "class TestIt(Base):\n    pytestmark = [pytest.mark.saturated]",
    ),
    "inherited alone": ("@pytest.mark.saturated\nclass Base: pass", "class TestIt(Base):"),
}


@pytest.mark.parametrize("how", BASES)
def test_of_inherited_class_markers_the_most_derived_wins(suite, how):
    base, head = BASES[how]
    text = f"import pytest\n{base}\n{head}\n    @pytest.mark.dimension('accuracy')\n    def test_answer(self): pass\n"
    suite.bars(BAR).file("test_it.py", text)
    result = suite.run()
    assert result.exit == 0, result.out + result.err
    assert result.of("trial")[0]["labels"]["status"] == "saturated"


TWO = "[pytest.mark.capability, pytest.mark.regression]"
TWO_AT = {
    "function": "@pytest.mark.capability\n@pytest.mark.regression\n@pytest.mark.dimension('a')\ndef test_it(): pass",
    "class": (
        "@pytest.mark.capability\n@pytest.mark.regression\n@pytest.mark.dimension('a')\n"
        "class TestIt:\n    def test_it(self): pass"
    ),
    "module": f"pytestmark = {TWO}\n@pytest.mark.dimension('a')\ndef test_it(): pass",
    "param": (
        "@pytest.mark.dimension('a')\n"
        f"@pytest.mark.parametrize('n', [pytest.param(1, id='x', marks={TWO})])\ndef test_it(n): pass"
    ),
}


@pytest.mark.parametrize("place", TWO_AT)
def test_two_statuses_at_one_place_are_refused(suite, place):
    suite.file("test_it.py", f"import pytest\n{TWO_AT[place]}\n")
    result = suite.run()
    assert result.exit == 4
    result.said("ERROR: test_it.py::", "test_it", ": two markers of status at one place")
    result.said("capability")
    result.said("regression")
    assert result.err.count("ERROR: ") == 1
    result.never_said("Traceback", "INTERNALERROR")


def test_two_statuses_at_two_places_are_fine(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        pytestmark = [pytest.mark.capability, pytest.mark.dimension("accuracy")]
        @pytest.mark.regression
        def test_it(): pass
        """,
    )
    assert suite.run().of("trial")[0]["labels"]["status"] == "regression"


def test_a_marker_that_a_conftest_adds_makes_a_case(suite):
    suite.bars(BAR)
    suite.file(
        "conftest.py",
        """
        import pytest
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.dimension("accuracy"))
        """,
    )
    suite.file("test_it.py", "def test_hit(): pass\ndef test_miss(): assert False\n")
    result = suite.run()
    assert (result.exit, result.counts["missed"]) == (0, 1)
    assert sorted(result.verdicts.values()) == ["miss", "pass"]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("dimension()", "one or more names"),
        ("dimension(3)", "one or more names"),
        ("dimension('')", "one or more names"),
        ("dimension('a'), pytest.mark.category('x', 'y')", "one name"),
        ("dimension('a'), pytest.mark.category()", "one name"),
        ("dimension('a'), pytest.mark.category('x'), pytest.mark.category('y')", "keep one"),
        ("dimension('a'), pytest.mark.cluster('x'), pytest.mark.cluster('y')", "keep one"),
        ("dimension('a'), pytest.mark.cluster(7)", "one name"),
        ("dimension('a'), pytest.mark.labels('es')", "takes pairs"),
        ("dimension('a'), pytest.mark.labels()", "takes pairs"),
        ("dimension('a'), pytest.mark.labels(category='x')", "a marker of its own"),
        ("dimension('a'), pytest.mark.regression('x')", "takes no arguments"),
    ],
)
def test_a_marker_that_cannot_be_read_is_refused(suite, mark, words):
    suite.file("test_it.py", f"import pytest\npytestmark = [pytest.mark.{mark}]\ndef test_it(): pass\n")
    result = suite.run()
    assert result.exit == 4
    result.said("test_it.py::test_it", words)
    result.never_said("Traceback", "INTERNALERROR")


PLAIN = """
import pytest
import unittest

@pytest.fixture
def broken(): raise AssertionError("in a fixture")

@pytest.fixture
def case(): return {"own": "fixture"}

@pytest.fixture
def falls():
    yield
    raise ValueError("in teardown")

def test_pass(): pass
def test_assert(): assert 1 == 2
def test_fail(): pytest.fail("said so")
def test_boom(): raise ValueError("boom")
def test_broken(broken): pass
def test_falls(falls): pass
def test_skips(): pytest.skip("later")
def test_own_case(case): assert case["own"] == "fixture"
@pytest.mark.skip
def test_skip_mark(): pass
@pytest.mark.xfail
def test_xfail(): assert False
@pytest.mark.xfail
def test_xpass(): pass
@pytest.mark.xfail(strict=True)
def test_strict_xpass(): pass
@pytest.mark.parametrize("n", [1, {}, pytest.param(2, id="two")])
def test_rows(n): assert n != 2
async def test_async(): pass
def test_subtests(subtests):
    with subtests.test("one"): assert False
class TestUnit(unittest.TestCase):
    def test_unit(self): self.assertEqual(1, 2)
"""


def outcomes(text: str) -> dict[str, str]:
    """Of the file test_plain.py: what `-v` says of each test."""
    found = re.findall(r"^(test_plain\.py::.*?) ([A-Z]+)\b", text, re.MULTILINE)
    return {f"{nodeid} {n}": word for n, (nodeid, word) in enumerate(found)}


@pytest.mark.parametrize("option", ["-rA", "-x", "--evalbars-trials=2", "--evalbars-stage=launch"])
def test_plain_tests_beside_eval_cases_behave_as_without_the_plugin(suite, option):
    suite.file("test_plain.py", PLAIN)
    ours = option.startswith("--evalbars")
    without = suite.run("-v", *([] if ours else [option]), "-p", "no:evalbars", "test_plain.py")
    suite.bars(BAR).cases(8, 10, name="test_zcases.py")
    beside = suite.run("-v", option)
    assert (without.exit, beside.exit) == (1, 1)
    expected = outcomes(without.out)
    assert len(expected) >= (2 if option == "-x" else 18)
    assert outcomes(beside.out) == expected
    shown = [line for line in without.out.splitlines() if re.match(r"[A-Z]+ test_plain", line)]
    assert shown
    beside.said(*shown)


def test_a_session_of_both_passes_only_if_both_do(suite):
    suite.bars(BAR).cases(8, 10)
    suite.file("test_plain.py", "def test_plain(): pass\n")
    result = suite.run()
    assert (result.exit, result.counts["missed"]) == (0, 2)
    suite.file("test_plain.py", "def test_plain(): assert False\n")
    result = suite.run()
    assert (result.exit, result.counts["missed"], result.counts["failed"]) == (1, 2, 1)


def test_eval_markers_without_a_dimension_change_nothing(suite):
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.trials(3)
        @pytest.mark.category("x")
        @pytest.mark.capability
        @pytest.mark.labels(a=1)
        def test_plain(): assert False
        """,
    )
    result = suite.run("-v")
    assert (result.exit, result.counts) == (1, {"failed": 1})
    result.said("test_it.py::test_plain FAILED")
    assert result.path is None
