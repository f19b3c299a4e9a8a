"""Case files in a session: each row is a case, read where the test stands."""

import json

import pytest

BAR = """
[[bar]]
dimension = "*"
status = "*"
at_least = 0.01
"""

TEST = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.cases("{name}")
def test_it(case):
    assert case["question"].endswith("?")
"""

FILES = {
    "rows.jsonl": (
        '{"id": "r1", "question": "why?", "category": "refunds", "status": "capability", "dimension": ["tone"],'
        ' "labels": {"language": "es"}, "cluster": "doc-7"}\n{"id": "r2", "question": "wrong"}\n'
    ),
    "rows.csv": (
        "id,question,category,status,dimension,labels.language,cluster\n"
        "r1,why?,refunds,capability,tone,es,doc-7\nr2,wrong,,,,,\n"
    ),
    "rows.yaml": (
        "- id: r1\n  question: why?\n  category: refunds\n  status: capability\n  dimension: tone\n"
        "  labels: {language: es}\n  cluster: doc-7\n- {id: r2, question: wrong}\n"
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_cases_and_what_they_say_lands_in_the_run_file(suite, name):
    suite.bars(BAR).file(name, FILES[name])
    suite.file("test_it.py", TEST.format(name=name))
    result = suite.run("--strict-markers", "-W", "error", "-v")
    assert result.exit == 0
    result.said("test_it.py::test_it[r1] PASSED", "test_it.py::test_it[r2] MISSED")
    test = "test_it.py::test_it"
    assert result.verdicts == {
        ("r1", test, 0, "accuracy"): "pass",
        ("r1", test, 0, "tone"): "pass",
        ("r2", test, 0, "accuracy"): "miss",
    }
    assert [(line["labels"], line["cluster"]) for line in result.of("trial")] == [
        ({"category": "refunds", "status": "capability", "language": "es"}, "doc-7"),
        ({"status": "regression"}, None),
    ]


def test_a_row_is_closer_than_any_marker(suite):
    row = {"id": "r1", "category": "row", "status": "saturated", "cluster": "row", "labels": {"a": "row", "b": "row"}}
    suite.bars(BAR).file("rows.jsonl", f"{json.dumps(row)}\n{json.dumps({'id': 'r2'})}\n")
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.category("mark")
        @pytest.mark.capability
        @pytest.mark.cluster("mark")
        @pytest.mark.labels(b="mark", c="mark")
        @pytest.mark.cases("rows.jsonl")
        def test_it(case): pass
        """,
    )
    found = {line["case"]: (line["labels"], line["cluster"]) for line in suite.run().of("trial")}
    row_labels = {"category": "row", "status": "saturated", "a": "row", "b": "row", "c": "mark"}
    mark_labels = {"category": "mark", "status": "capability", "b": "mark", "c": "mark"}
    assert found == {"r1": (row_labels, "row"), "r2": (mark_labels, "mark")}


def test_a_row_s_dimension_makes_the_case_and_a_row_without_is_a_plain_test(suite):
    suite.bars(BAR).file(
        "rows.jsonl", '{"id": "a", "dimension": "tone"}\n{"id": "b"}\n{"id": "c", "dimension": ["tone", "safety"]}\n'
    )
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.cases("rows.jsonl")
        def test_it(case): assert case["id"] == "a"
        """,
    )
    result = suite.run()
    assert {(case, dimension): word for (case, *_, dimension), word in result.verdicts.items()} == {
        ("a", "tone"): "pass",
        ("c", "tone"): "miss",
        ("c", "safety"): "miss",
    }
    assert (result.exit, result.counts["failed"], result.counts["missed"]) == (1, 1, 1)
    result.said("FAILED test_it.py::test_it[b]")


def test_a_session_of_rows_without_dimensions_leaves_no_trace(suite):
    suite.file("rows.jsonl", '{"id": "a"}\n{"id": "b"}\n')
    suite.file("test_it.py", "import pytest\n@pytest.mark.cases('rows.jsonl')\ndef test_it(case): pass\n")
    result = suite.run()
    assert (result.exit, result.counts, result.path) == (0, {"passed": 2}, None)
    result.never_said("eval bars")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serially", "two workers"])
def test_paths_start_at_the_test_file(suite, workers):
    suite.bars(BAR)
    suite.file("data/all.jsonl", '{"id": "shared"}\n')
    for team in ("one", "two"):
        suite.file(f"{team}/rows.jsonl", json.dumps({"id": f"row-{team}"}) + "\n")
        suite.file(
            f"{team}/test_{team}.py",
            """
            import pytest
            @pytest.mark.dimension("accuracy")
            @pytest.mark.cases("rows.jsonl", "../data/all.jsonl")
            def test_it(case): pass
            """,
        )
    result = suite.run(*workers)
    assert result.exit == 0
    assert {(case, test) for case, test, *_ in result.verdicts} == {
        ("row-one", "one/test_one.py::test_it"),
        ("row-two", "two/test_two.py::test_it"),
        ("shared", "one/test_one.py::test_it"),
        ("shared", "two/test_two.py::test_it"),
    }


PLACES = {
    "closest": """
        pytestmark = [pytest.mark.dimension("a"), pytest.mark.cases("far.jsonl")]
        @pytest.mark.cases("rows.jsonl")
        def test_it(case): pass
        """,
    "class": """
        @pytest.mark.dimension("a")
        @pytest.mark.cases("rows.jsonl")
        class TestIt:
            def test_it(self, case): pass
        """,
    "module": """
        pytestmark = [pytest.mark.dimension("a"), pytest.mark.cases("rows.jsonl")]
        def test_it(case): pass
        """,
    "through a fixture": """
        @pytest.fixture
        def question(case): return case["id"]
        @pytest.mark.dimension("a")
        @pytest.mark.cases("rows.jsonl")
        def test_it(question): assert question in "r1 r2"
        """,
    "over a fixture": """
        @pytest.fixture
        def case(): return {"id": "another"}
        @pytest.mark.dimension("a")
        @pytest.mark.cases("rows.jsonl")
        def test_it(case): assert case["id"] in "r1 r2"
        """,
}


@pytest.mark.parametrize("place", PLACES)
def test_the_marker_works_at_every_place(suite, place):
    suite.bars(BAR).file("rows.jsonl", '{"id": "r1"}\n{"id": "r2"}\n')
    suite.file("far.jsonl", '{"id": "far"}\n')
    suite.file("test_it.py", f"        import pytest\n{PLACES[place]}")
    result = suite.run()
    assert result.exit == 0
    assert [key[0] for key in result.verdicts] == ["r1", "r2"]
    assert set(result.verdicts.values()) == {"pass"}


def test_rows_run_in_the_order_of_their_files(suite):
    suite.bars(BAR)
    suite.file("one.jsonl", "".join(json.dumps({"id": name}) + "\n" for name in ("z", "a", "m")))
    suite.file("two.jsonl", "".join(json.dumps({"id": name}) + "\n" for name in ("y", "b")))
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("two.jsonl", "one.jsonl", "two.jsonl")
        def test_it(case): pass
        """,
    )
    assert [key[0] for key in suite.run().verdicts] == ["y", "b", "z", "a", "m"]


def test_a_row_is_read_only(suite):
    suite.bars(BAR).file("rows.jsonl", '{"id": "r1", "q": "x", "deep": {"list": [1]}}\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        from collections.abc import Mapping
        pytestmark = [pytest.mark.dimension("accuracy"), pytest.mark.cases("rows.jsonl")]
        def test_mapping(case):
            assert isinstance(case, Mapping) and case.get("none") is None and dict(case)["q"] == "x"
        def test_write(case): case["q"] = "y"
        def test_write_deep(case): case["deep"]["list"].append(2)
        def test_unchanged(case): assert case["q"] == "x" and list(case["deep"]["list"]) == [1]
        def test_missing(case): case["quetsion"]
        """,
    )
    result = suite.run()
    found = {test.partition("::")[2]: word for (_, test, *_), word in result.verdicts.items()}
    assert found.pop("test_write_deep") in ("error", "pass")  # refused, or a copy
    assert found == {"test_mapping": "pass", "test_write": "error", "test_unchanged": "pass", "test_missing": "error"}
    assert result.exit == 1


def test_one_row_may_be_asked_for_and_its_bar_is_then_not_enforced(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9')
    suite.file("rows.jsonl", "".join(json.dumps({"id": f"row-{n:02}"}) + "\n" for n in range(20)))
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("rows.jsonl")
        def test_it(case): assert False
        """,
    )
    assert suite.run().exit == 1
    for selection in (["-k", "row-07"], ["test_it.py::test_it[row-07]"]):
        result = suite.run(*selection)
        assert (result.exit, list(result.verdicts.values())) == (0, ["miss"])
        result.said("not enforced")


def test_a_row_added_is_a_case_more_and_the_others_stay_themselves(suite):
    suite.bars(BAR).file("rows.jsonl", '{"id": "a"}\n{"id": "b"}\n')
    suite.file("test_it.py", TEST.format(name="rows.jsonl").replace('assert case["question"].endswith("?")', "pass"))
    before = suite.run().verdicts
    suite.file("rows.jsonl", '{"id": "new"}\n{"id": "b"}\n{"id": "a"}\n')
    after = suite.run().verdicts
    assert before.items() < after.items()
    assert {key[0] for key in set(after) - set(before)} == {"new"}
