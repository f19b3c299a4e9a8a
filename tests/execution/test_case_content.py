"""The digest of what a case asks: the same in every process, another when the question is another."""

import json
from pathlib import Path

import pytest

from pytest_evalbars.cases.content import Contents

SOURCE = """
import functools
import pytest

class Thing:
    def __init__(self, name): self.name = name

class Loud:
    def __repr__(self): raise ValueError("no")

def decorated(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner

def case(*values):
    return pytest.mark.parametrize("x", values, ids=[f"x{n}" for n in range(len(values))])

@pytest.mark.dimension("accuracy")
@case(1, "1", 1.0, 2, None, [1], {"a": 1}, {"b", "a"}, frozenset({("y", 1), ("x", 2)}), Thing, Loud(), Thing(1), len)
def test_kinds(x): pass

@pytest.mark.dimension("accuracy")
@pytest.mark.trials(2)
def test_plain(): assert True

class TestIt:
    @pytest.mark.dimension("accuracy")
    @decorated
    def test_method(self):
        text = '''
def test_other(): pass
        '''
        assert text

exec("def generated(): assert len('a')")
test_generated = pytest.mark.dimension("accuracy")(generated)
"""


def contents(suite, source=SOURCE, **options):
    """The digest of each case, by its name."""
    suite.file("test_x.py", source)
    result = suite.run(**options)
    groups = json.loads(result.of("manifest")[0]["planned"])
    return {item.rpartition("::")[2]: content for group in groups for item, *_, content in group["items"]}


def test_the_digest_is_the_same_in_every_process_and_for_every_trial(suite):
    first = contents(suite)
    assert len(first) == 17
    assert all(len(content) == 12 for content in first.values())
    assert contents(suite, subprocess=True) == first
    assert first["test_plain[t0]"] == first["test_plain[t1]"]
    kinds = {name: content for name, content in first.items() if name.startswith("test_kinds")}
    assert len(set(kinds.values())) == 13


EDITS = {
    "a comment elsewhere": ("import functools", "import functools  # yes", set()),
    "a decorator": ("trials(2)", "trials(2)  # twice", set()),
    "another body": ("test_plain(): assert True", "test_plain(): assert 1", {"test_plain[t0]", "test_plain[t1]"}),
    "the end of a body": ("        assert text\n", "        assert text\n        assert 1\n", {"test_method"}),
    "a text in a body": ("def test_other(): pass", "def test_other(): assert 0", {"test_method"}),
    "generated code": ("len('a')", "len('b')", {"test_generated"}),
    "a set's order": ('{"b", "a"}', '{"a", "b"}', set()),
    "a set": ('{"b", "a"}', '{"b", "c"}', {"test_kinds[x7]"}),
    "a deep value": ('("y", 1)', '("y", 2)', {"test_kinds[x8]"}),
    "a new parameter": ("Thing(1), len", "Thing(1), len, 5", {"test_kinds[x13]"}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_only_what_was_edited_has_another_digest(suite, edit):
    old, new, changed = EDITS[edit]
    assert old in SOURCE
    first, second = contents(suite), contents(suite, SOURCE.replace(old, new))
    assert {name for name in second if first.get(name) != second[name]} == changed


class Item:
    """Of an item, what a digest is taken from."""

    def __init__(self, function):
        self.function = function


@pytest.mark.parametrize("lines", [1, 40, 49, 50, 51, 200, 999, 1500])
def test_a_function_is_read_to_its_end_however_long(tmp_path, lines):
    def digests(last):
        body = "".join(f"    a{n} = [\n        {n},\n    ]\n" for n in range(lines // 3))
        text = f"def test_x():\n{body}    return {last}\n\n\ndef test_y():\n{body}    return 0\n"
        path = Path(tmp_path, f"x{last}.py")
        path.write_text(text)
        scope = {}
        exec(compile(text, str(path), "exec"), scope)  # noqa: S102 - functions of a file
        contents = Contents()
        return [contents.of(Item(scope[name])) for name in ("test_x", "test_y")]

    (one, same), (other, same_again) = digests(1), digests(2)
    assert one != other
    assert same == same_again
