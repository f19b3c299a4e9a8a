"""A case is the same case tomorrow: in another order, on another worker, judged by another test."""

import json

import pytest

BAR = """
[[bar]]
dimension = "*"
status = "*"
at_least = 0.01
"""

TESTS = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.cases("questions.jsonl")
def test_answer(case):
    assert case["fine"]

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.trials(2)
@pytest.mark.parametrize("n", [{params}])
class TestMore:
    def test_numbers(self, n):
        assert n != 2

@pytest.mark.dimension("accuracy")
@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("n", [{params}])
def test_grouped(n):
    pass

@pytest.mark.dimension("accuracy")
@pytest.mark.xdist_group("two")
@pytest.mark.cases("questions.jsonl")
@pytest.mark.trials(2)
def test_grouped_rows(case):
    pass
"""
PARAMS = [f"pytest.param({n}, id='number-{n}')" for n in range(4)]
ROWS = [{"id": f"row {n}", "fine": n != 3} for n in range(5)]

ALL = {
    **{(f"row {n}", "test_it.py::test_answer", 0, "accuracy"): "miss" if n == 3 else "pass" for n in range(5)},
    **{
        (f"test_it.py::TestMore::test_numbers[number-{n}]",) * 2 + (trial, dimension): ("miss" if n == 2 else "pass")
        for n in range(4)
        for trial in range(2)
        for dimension in ("accuracy", "tone")
    },
    **{(f"test_it.py::test_grouped[number-{n}]",) * 2 + (0, "accuracy"): "pass" for n in range(4)},
    **{
        (f"row {n}", "test_it.py::test_grouped_rows", trial, "accuracy"): "pass"
        for n in range(5)
        for trial in range(2)
    },
}


def write(suite, order: int) -> None:
    """The suite above, its rows and parameters forwards or backwards."""
    suite.bars(BAR).file("test_it.py", TESTS.format(params=", ".join(PARAMS[::order])))
    suite.file("questions.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS[::order]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "arguments"),
    [
        (1, ()),
        (-1, ()),
        (1, ("-n", "2")),
        (-1, ("-n", "2", "--dist", "loadgroup")),
    ],
    ids=["as written", "backwards", "two workers", "groups"],
)
def test_ids_do_not_depend_on_order_or_worker(suite, order, arguments):
    write(suite, order)
    as_expected(suite.run(*arguments))


def test_ids_do_not_depend_on_chance(suite):
    write(suite, 1)
    quiet = ("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:timeout")
    result = suite.run("--randomly-seed=7", quiet=quiet)
    assert list(result.verdicts) != list(ALL)
    as_expected(result)


def as_expected(result) -> None:
    """Each verdict of the suite above is there once, under its own name."""
    assert result.exit == 0
    assert result.verdicts == ALL
    assert len(result.of("observation")) == len(ALL)
    items = {line["item"] for line in result.of("trial")}
    assert items == set(result.of("manifest")[0]["items"])
    assert not any("@" in item for item in items)
    assert result.of("end")[0]["exit"] == 0


@pytest.mark.slow
def test_an_id_may_hold_what_xdist_puts_before_its_groups(suite):
    suite.bars(BAR).file("rows.jsonl", '{"id": "ann@example.com"}\n{"id": "ann"}\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        pytestmark = [pytest.mark.dimension("a"), pytest.mark.xdist_group("g")]
        @pytest.mark.cases("rows.jsonl")
        def test_rows(case): pass
        @pytest.mark.parametrize("n", [pytest.param(1, id="bob@x"), pytest.param(2, id="bob")])
        def test_params(n): pass
        """,
    )
    result = suite.run("-n", "2", "--dist", "loadgroup")
    assert result.exit == 0
    names = {(case, test) for case, test, *_ in result.verdicts}
    rows = {("ann@example.com", "test_it.py::test_rows"), ("ann", "test_it.py::test_rows")}
    params = {(f"test_it.py::test_params[{name}]",) * 2 for name in ("bob@x", "bob")}
    assert names == rows | params


NUMBERED = {
    "objects": ("question", "[{'q': 1}, {'q': 2}, {'q': 3}, {'q': 4}]", 4, "test_it[question0]"),
    "one of two arguments": ("lang, question", "[('en', {}), ('es', {})]", 2, "test_it[en-question0]"),
    "too long to print": ("question", "['x' * 300, 'y' * 300]", 2, "test_it[question0]"),
}


@pytest.mark.parametrize(
    ("kind", "trials", "workers"),
    [
        *((kind, 1, ()) for kind in NUMBERED),
        ("objects", 2, ()),
        ("one of two arguments", 2, ()),
        ("objects", 2, ("-n", "2")),
    ],
)
def test_ids_made_from_a_position_are_named_once(suite, kind, trials, workers):
    names, values, count, example = NUMBERED[kind]
    if kind == "too long to print" and pytest.version_tuple < (9, 2):
        pytest.skip("this pytest prints ids of any length")
    suite.bars(BAR).file(
        "test_it.py",
        f"""
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.trials({trials})
        @pytest.mark.parametrize("{names}", {values})
        def test_it({names}): pass
        """,
    )
    result = suite.run(*workers)
    assert result.exit == 0
    result.said(f"{count} cases have ids that pytest made from their position", f"test_it.py::{example}")
    assert result.out.count("made from their position") == 1


def test_ids_that_a_person_gave_are_not_named(suite):
    write(suite, 1)
    suite.run().never_said("position")


def test_several_tests_that_judge_a_row_judge_one_case(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.01')
    suite.file("rows.jsonl", '{"id": "a"}\n{"id": "b"}\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        pytestmark = [pytest.mark.dimension("accuracy"), pytest.mark.cases("rows.jsonl")]
        def test_one(case): assert case["id"] == "a"
        def test_two(case): pass
        class TestIt:
            def test_three(self, case): assert case["id"] == "a"
        """,
    )
    result = suite.run()
    assert result.exit == 0
    assert {case for case, *_ in result.verdicts} == {"a", "b"}
    assert {test for _, test, *_ in result.verdicts} == {
        "test_it.py::test_one",
        "test_it.py::test_two",
        "test_it.py::TestIt::test_three",
    }
    # a passes 3 of 3, b 1 of 3
    result.said("2 cases, 6 trials, 0 errors")
    row = next(line.split() for line in result.out.splitlines() if line.startswith("accuracy"))
    assert row[2:5] == ["2", "6", "66.7%"]


def test_the_same_id_in_two_files_is_refused(suite):
    suite.bars(BAR)
    for folder in ("one", "two"):
        suite.file(f"{folder}/rows.jsonl", '{"id": "first"}\n{"id": "refund-1"}\n'.replace("first", folder))
        suite.file(
            f"{folder}/test_{folder}.py",
            """
            import pytest
            @pytest.mark.dimension("accuracy")
            @pytest.mark.cases("rows.jsonl")
            def test_it(case): pass
            """,
        )
    result = suite.run()
    assert result.exit == 4
    result.said("refund-1", "two files", "one/rows.jsonl", "line 2", "two/rows.jsonl", "line 2", "rename")
    assert result.err.count("ERROR: ") == 1
    result.never_said("Traceback", "INTERNALERROR")
    assert result.path is None


def test_other_parameters_stay_in_the_test(suite):
    suite.bars(BAR).file("rows.jsonl", '{"id": "a"}\n{"id": "a-en"}\n')
    suite.file(
        "test_it.py",
        """
        import pytest

        @pytest.fixture(params=["warm", "cold"])
        def mood(request): return request.param

        @pytest.fixture(params=["m1", "m2"], scope="module")
        def model(request): return request.param

        @pytest.mark.dimension("accuracy")
        @pytest.mark.trials(2)
        @pytest.mark.cases("rows.jsonl")
        @pytest.mark.parametrize("lang", ["en", "es"])
        def test_it(lang, mood, case, model): pass

        @pytest.mark.dimension("accuracy")
        @pytest.mark.trials(2)
        def test_by_fixture(mood): pass
        """,
    )
    result = suite.run()
    assert result.exit == 0
    rows = {key for key in result.verdicts if not key[0].startswith("test_it")}
    assert {case for case, *_ in rows} == {"a", "a-en"}
    tests = {test for _, test, *_ in rows}
    assert len(tests) == 8
    for test in tests:
        assert test.startswith("test_it.py::test_it[")
        words = test.removeprefix("test_it.py::test_it[").removesuffix("]").split("-")
        assert [len({"en", "es"} & set(words)), len({"warm", "cold"} & set(words))] == [1, 1]
        assert len({"m1", "m2"} & set(words)) == 1
        assert len(words) == 3
    assert {key[:3] for key in set(result.verdicts) - rows} == {
        (f"test_it.py::test_by_fixture[{mood}]", f"test_it.py::test_by_fixture[{mood}]", trial)
        for mood in ("warm", "cold")
        for trial in (0, 1)
    }
    assert len(result.verdicts) == 2 * 8 * 2 + 4


@pytest.mark.parametrize(
    "name", ["a-b", "a b", "é", "日本", "x[1]", "a/b.c", "t0", "t1-t0", "1", "a@b", "[", "None", "a" * 150, "\\n"]
)
def test_a_row_is_known_by_its_id_whatever_its_characters(suite, name):
    suite.bars(BAR).file("rows.jsonl", f"{json.dumps({'id': name})}\n{json.dumps({'id': 'other'})}\n")
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("rows.jsonl")
        @pytest.mark.trials(2)
        @pytest.mark.parametrize("lang", ["en"])
        def test_it(case, lang): pass
        """,
    )
    result = suite.run()
    assert result.exit == 0
    test = "test_it.py::test_it[en]"
    assert set(result.verdicts) == {(case, test, trial, "accuracy") for case in (name, "other") for trial in (0, 1)}
    result.never_said("position")
