"""Statuses change in Python source: the one mark that must, in the words that the file uses, or none."""

from __future__ import annotations

import sys
import textwrap

import pytest

from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.lifecycle.apply import Change, apply

QUARANTINE = {"owner": "ann", "reason": 'it says "no"', "until": "2027-01-31"}
WRITTEN = r'quarantine(owner="ann", reason="it says \"no\"", until="2027-01-31")'


def change(case, status):
    name = f"test_x.py::{case}"
    return Change(name, name, "", status, QUARANTINE if status == "quarantined" else None)


def edited(folder, source, wanted):
    """What the file holds after changes, and why some were not made."""
    path = folder / "test_x.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    applied = apply(folder, [change(*each) for each in wanted.items()], write=True)
    return path.read_bytes().decode(errors="replace"), {
        each.case.partition("::")[2]: why for each, why in applied.failed
    }


def lines(before, after):
    """The lines that went, and those that came."""
    old, new = before.splitlines(), after.splitlines()
    return [line.strip() for line in old if line not in new], [line.strip() for line in new if line not in old]


def parametrized(params, *, above="", names='"q"', more="", head="import pytest"):
    return f"{head}\n\n{above}@pytest.mark.parametrize({names}, {params}{more})\ndef test_q(q):\n    pass\n"


@pytest.mark.parametrize(
    ("param", "status", "after"),
    [
        ('pytest.param(1, id="x")', "saturated", 'pytest.param(1, id="x", marks=pytest.mark.saturated)'),
        (
            'pytest.param(1, id="x", marks=pytest.mark.capability)',
            "regression",
            'pytest.param(1, id="x", marks=pytest.mark.regression)',
        ),
        (
            'pytest.param(1, marks = [ pytest.mark.slow,pytest.mark.capability() ] , id="x")',
            "regression",
            'pytest.param(1, marks = [ pytest.mark.slow,pytest.mark.regression() ] , id="x")',
        ),
        (
            'pytest.param(1, id="x", marks=pytest.mark.slow)',
            "saturated",
            'pytest.param(1, id="x", marks=[pytest.mark.slow, pytest.mark.saturated])',
        ),
        (
            'pytest.param(1, id="x", marks=(pytest.mark.slow,))',
            "saturated",
            'pytest.param(1, id="x", marks=(pytest.mark.slow, pytest.mark.saturated,))',
        ),
        ('pytest.param(1, id="x", marks=())', "saturated", 'pytest.param(1, id="x", marks=(pytest.mark.saturated,))'),
        ('pytest.param(1, id="x", marks=[])', "saturated", 'pytest.param(1, id="x", marks=[pytest.mark.saturated])'),
        (
            'pytest.param(1, id="x", marks=hill)',
            "saturated",
            'pytest.param(1, id="x", marks=pytest.mark.saturated)',
        ),
        ('"x"', "saturated", 'pytest.param("x", marks=pytest.mark.saturated)'),
        ('"x"', "quarantined", f'pytest.param("x", marks=pytest.mark.{WRITTEN})'),
        (
            'pytest.param(1, id="x", marks=[pytest.mark.regression])',
            "quarantined",
            f'pytest.param(1, id="x", marks=[pytest.mark.regression, pytest.mark.{WRITTEN}])',
        ),
        (
            f'pytest.param(1, id="x", marks=[pytest.mark.capability, pytest.mark.{WRITTEN}])',
            "regression",
            'pytest.param(1, id="x", marks=[pytest.mark.regression])',
        ),
        (
            f'pytest.param(1, id="x", marks=pytest.mark.{WRITTEN})',
            "regression",
            'pytest.param(1, id="x", marks=pytest.mark.regression)',
        ),
        (
            'pytest.param(1, id="x", marks=pytest.mark.quarantine(owner="bob", reason="r", until="2026-01-01"))',
            "quarantined",
            f'pytest.param(1, id="x", marks=pytest.mark.{WRITTEN})',
        ),
        (
            'pytest.param(\n    1,  # one\n    id="x",  # two\n)',
            "saturated",
            'pytest.param(\n    1,  # one\n    id="x",  # two\n    marks=pytest.mark.saturated,\n)',
        ),
        (
            'pytest.param(\n    1,\n    id="x"  # two\n)',
            "saturated",
            'pytest.param(\n    1,\n    id="x",  # two\n    marks=pytest.mark.saturated\n)',
        ),
    ],
)
def test_one_parameter_gets_another_mark(tmp_path, param, status, after):
    head = "import pytest\nhill = pytest.mark.capability"
    before = parametrized(f'[("y"), {param},  # here\n"z"]', head=head)

    assert (before.replace(param, after, 1), {}) == edited(tmp_path, before, {"test_q[x]": status})


@pytest.mark.parametrize(
    ("names", "params", "more", "case", "after"),
    [
        (
            '"q, n"',
            '[("a", 1), ("b", 2)]',
            "",
            "a-1",
            '[pytest.param("a", 1, marks=pytest.mark.saturated), ("b", 2)]',
        ),
        ('["q"]', '[("a",), ("b",)]', "", "a", '[pytest.param(*("a",), marks=pytest.mark.saturated), ("b",)]'),
        ('"q"', '[("a", 1), 2]', "", "q0", '[pytest.param(("a", 1), marks=pytest.mark.saturated), 2]'),
        ('"q"', "[1.50, 2]", "", "1.5", "[pytest.param(1.50, marks=pytest.mark.saturated), 2]"),
        ('"q"', "(None, True)", "", "True", "(None, pytest.param(True, marks=pytest.mark.saturated))"),
        ('"q"', '["é", 2]', "", r"\xe9", '[pytest.param("é", marks=pytest.mark.saturated), 2]'),
        ('"q"', '["é", 2]', "", "é", '[pytest.param("é", marks=pytest.mark.saturated), 2]'),
        ('"q"', "[{}, {}]", ', ids=["i", None]', "i", "[pytest.param({}, marks=pytest.mark.saturated), {}]"),
        ('"q"', "[{}, {}]", ', ids=["i", None]', "q1", "[{}, pytest.param({}, marks=pytest.mark.saturated)]"),
        ('"q"', '["b" * 2, "a"]', "", "a", '["b" * 2, pytest.param("a", marks=pytest.mark.saturated)]'),
    ],
)
def test_a_plain_value_becomes_a_parameter_of_the_same_id(tmp_path, names, params, more, case, after):
    before = parametrized(params, names=names, more=more)

    assert (before.replace(params, after), {}) == edited(tmp_path, before, {f"test_q[{case}]": "saturated"})


@pytest.mark.parametrize(
    ("source", "case", "why"),
    [
        (parametrized('[load("a"), "x"]'), "test_q[a]", "ids that only pytest can tell"),
        (
            parametrized('load("a")'),
            "test_q[a]",
            'its parameters are made by load("a"); give the mark where they are',
        ),
        (parametrized('[f() for _ in "ab"]'), "test_q[a]", "its parameters are made by [f() for _"),
        (parametrized("[1, 2]", more=", ids=str"), "test_q[1]", "its ids are made by str"),
        (parametrized('["x", "x", 2]'), "test_q[x0]", "ids that only pytest can tell"),
        (
            parametrized('[load("a"), 2]', more=', ids=["a", "b"]'),
            "test_q[a]",
            "write it as pytest.param(..., marks=",
        ),
        (
            parametrized('[pytest.param(1, id="a", marks=MARKS), 2]'),
            "test_q[a]",
            "made elsewhere (MARKS); write them",
        ),
        (parametrized('[pytest.param(1, id="a", **more), 2]'), "test_q[a]", "only pytest can tell"),
        (
            parametrized('["a", "b"]', above='@pytest.mark.parametrize("n", [1, 2])\n'),
            "test_q[a-1]",
            "one combination",
        ),
        (
            parametrized("CASES", head='import pytest\nCASES = ["a", "b"]\nx = CASES[0]'),
            "test_q[a]",
            "CASES is used else",
        ),
        (parametrized('["a", "b"]'), "test_q[c]", "no parameter of test_q has this id"),
        (parametrized('["a", "b"]'), "test_p", "no such test"),
        (
            "from pytest import mark\n@mark.parametrize('q', ['a', 'b'])\ndef test_q(q): pass\n",
            "test_q[a]",
            "`import pytest`",
        ),
        ("def test_q(): pass\n", "test_q", "write `import pytest` at its top"),
        ("import pytest\ndef test_q(): pass\ndef test_q(): pass\n", "test_q", "two tests of the file have this name"),
        ("import pytest\ndef test_q(other): pass\n", "test_q[x]", "a fixture may"),
        (
            "import pytest\nfrom m import capability\n@capability\ndef test_q(): pass\n",
            "test_q",
            "stands in another file",
        ),
        ("import pytest\ndef test_q(:\n", "test_q", "not valid Python (line 2)"),
        (b"# coding: nonsense\n", "test_q", "not in the encoding that it says"),
        (b"x = '\xff'\n", "test_q", "not valid Python"),
        (b"x = 1\0\n", "test_q", "not valid Python"),
        (b"x = " + b"(" * 500 + b")" * 500, "test_q", "not valid Python"),
        ("import pytest\nx = " + "-" * 20_000 + "1\ndef test_q(): pass\n", "test_q", "by hand"),
    ],
)
def test_what_cannot_be_changed_stays_and_is_told_with_the_mend(tmp_path, source, case, why):
    after, failed = edited(tmp_path, source, {case: "saturated"})

    assert after.encode() == (source if isinstance(source, bytes) else source.encode()) or isinstance(source, bytes)
    assert why in failed[case]


TWO = """\
import pytest
{module}

class TestA:{marked}
    def test_one(self):
        pass

    @pytest.mark.parametrize("q", ["a", "b"])
    def test_two(self, q):
        pass

    def _ask(self):
        pass

def ask():
    pass
"""
ALL = ("TestA::test_one", "TestA::test_two[a]", "TestA::test_two[b]")


@pytest.mark.parametrize(
    ("marks", "cases", "went", "came"),
    [
        (
            {"marked": "\n    pytestmark = pytest.mark.capability"},
            ALL,
            ["pytestmark = pytest.mark.capability"],
            ["pytestmark = pytest.mark.saturated"],
        ),
        (
            {"module": "pytestmark = [pytest.mark.capability]"},
            ALL,
            ["pytestmark = [pytest.mark.capability]"],
            ["pytestmark = [pytest.mark.saturated]"],
        ),
        ({"module": "pytestmark = [pytest.mark.capability]"}, ALL[:1], [], ["@pytest.mark.saturated"]),
        ({"marked": "\n    pytestmark = [pytest.mark.capability]"}, ALL[1:], [], ["@pytest.mark.saturated"]),
        (
            {},
            ALL[2:],
            ['@pytest.mark.parametrize("q", ["a", "b"])'],
            ['@pytest.mark.parametrize("q", ["a", pytest.param("b", marks=pytest.mark.saturated)])'],
        ),
    ],
    ids=["class", "module", "function", "function of parameters", "parameter"],
)
def test_the_widest_mark_changes_that_all_it_governs_want_changed(tmp_path, marks, cases, went, came):
    before = TWO.format(**{"module": "", "marked": "", **marks})

    after, failed = edited(tmp_path, before, dict.fromkeys(cases, "saturated"))

    assert failed == {}
    assert (went, came) == lines(before, after)


def test_a_decorator_stays_where_only_some_of_its_cases_change(tmp_path):
    before = parametrized('["a", "b"]', above="@pytest.mark.capability\n")

    after, _ = edited(tmp_path, before, {"test_q[a]": "regression"})
    assert before.replace('["a"', '[pytest.param("a", marks=pytest.mark.regression)') == after

    after, _ = edited(tmp_path, before, {"test_q[a]": "regression", "test_q[b]": "regression"})
    assert before.replace("mark.capability", "mark.regression") == after


def test_one_whole_value_of_stacked_markers_can_change(tmp_path):
    before = parametrized('["a", "b"]', above='@pytest.mark.parametrize("n", [1, 2])\n')

    after, failed = edited(tmp_path, before, {"test_q[a-2]": "saturated", "test_q[b-2]": "saturated"})

    assert failed == {}
    assert before.replace("[1, 2]", "[1, pytest.param(2, marks=pytest.mark.saturated)]") == after


def test_a_quarantine_that_others_share_is_not_ended_for_one(tmp_path):
    before = parametrized('["a", "b"]', above=f"@pytest.mark.{WRITTEN}\n@pytest.mark.capability\n")

    shared = "the mark on its function holds for other cases too"
    after, failed = edited(tmp_path, before, {"test_q[a]": "regression"})
    assert after == before  # nor is its status changed: a change is made in full or not at all
    assert failed == {"test_q[a]": f"{shared} (test_q[b]); change them together, or move the mark"}

    after, failed = edited(tmp_path, before, {"test_q[a]": "regression", "test_q[b]": "regression"})
    assert before.replace(f"@pytest.mark.{WRITTEN}\n", "").replace("capability", "regression") == after


def test_tests_that_are_inherited_do_not_change_for_others(tmp_path):
    before = textwrap.dedent("""\
        import pytest

        class TestA:
            @pytest.mark.capability
            def test_x(self): pass

        class TestB(TestA):
            pass
        """)

    after, failed = edited(tmp_path, before, {"TestB::test_x": "regression"})
    assert after == before
    assert "shared with others" in failed["TestB::test_x"]

    after, _ = edited(tmp_path, before, {"TestA::test_x": "regression", "TestB::test_x": "regression"})
    assert before.replace("capability", "regression") == after


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        ("import pytest as pt", "", "@pt.mark.saturated\n"),
        ("from pytest import mark, param", "", "@mark.saturated\n"),
        ("from pytest import *", "", "@mark.saturated\n"),
        ("import pytest", "@pytest.mark.capability()  # a hill\n", "@pytest.mark.saturated()  # a hill\n"),
        ("import pytest\nhill = pytest.mark.capability", "@hill\n", "@pytest.mark.saturated\n"),
        ("import pytest", "@pytest . mark.capability\n", "@pytest . mark.saturated\n"),
    ],
)
def test_marks_are_written_in_the_words_of_the_file(tmp_path, head, before, after):
    source = "{}\n\n{}async def test_x():\n    pass"

    assert (source.format(head, after), {}) == edited(tmp_path, source.format(head, before), {"test_x": "saturated"})


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_all_else_stays_to_the_byte(tmp_path, newline, encoding):
    source = (
        '# coding: {}\nimport pytest\n\x0c\nif True:\n\tclass TestÄ:  \n\t\t"""é\n\n\t"""\n'
        '\t\t{}def test_x(self): "é" ; pass\n\n\t# end'
    )
    coding = encoding.removesuffix("-sig")
    before, after = (
        source.format(coding, mark).replace("\n", newline).encode(encoding)
        for mark in ("", "@pytest.mark.saturated\n\t\t")
    )
    path = tmp_path / "test_x.py"
    path.write_bytes(before)

    applied = apply(tmp_path, [change("TestÄ::test_x", "saturated")], write=True)

    assert applied.failed == []
    assert after == path.read_bytes()


def test_a_name_that_the_file_cannot_hold_changes_nothing(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_bytes(b"# coding: latin-1\nimport pytest\ndef test_x(): pass\n")
    quarantine = {**QUARANTINE, "owner": "\N{SNOWMAN}"}

    applied = apply(tmp_path, [Change("test_x.py::test_x", "", "", "quarantined", quarantine)], write=True)

    assert "the encoding that it says" in applied.failed[0][1]


def test_without_the_library_the_extra_is_named_and_nothing_is_changed(tmp_path, monkeypatch):
    rows = tmp_path / "q.jsonl"
    rows.write_text('{"id": "a"}\n')
    monkeypatch.setitem(sys.modules, "libcst", None)
    changes = [Change("a", "t", "q.jsonl", "saturated", None), change("test_x", "saturated")]

    with pytest.raises(EvalbarsError, match=r'pip install "pytest-evalbars\[lifecycle\]"'):
        apply(tmp_path, changes, write=True)

    assert rows.read_text() == '{"id": "a"}\n'


def test_a_case_that_protects_nothing_is_not_quarantined(tmp_path):
    path = tmp_path / "test_it.py"
    path.write_text("import pytest\n\n@pytest.mark.capability\ndef test_it(): pass\n", encoding="utf-8")
    name = "test_it.py::test_it"
    applied = apply(tmp_path, [Change(name, name, "", "quarantined", QUARANTINE)], write=True)
    assert [why for _, why in applied.failed] == [
        "it is written as capability, and quarantine is for regression cases"
    ]
    assert "quarantine" not in path.read_text()
