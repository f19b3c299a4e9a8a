"""What a model wrote, and what a test records, can break no terminal, no XML, no run file; keys never leak."""

import json
import re
import xml.etree.ElementTree as ET

import pydantic_core
import pytest

BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = ["category", "model"]
"""

#: Python source for texts that want to colour, move, hide, reverse, break or fill what shows them.
EVIL = {
    "ansi": r"'\x1b[31mred\x1b[0m'",
    "osc": r"'\x1b]0;title\x07\x9d8;;http://x\x9c'",
    "return": r"'FAILED\r\x08\x08PASSED\x0b\x0c'",
    "bidi": r"'\u202eevil\u2066\u200f\u2028\u2029'",
    "nul": r"'a\x00b\x7f\x85'",
    "surrogate": r"'half \ud800 \udfff'",
    "not-xml": r"'\x01\x1f\ufffe\uffff ]]> <b>&amp;'",
    "long": "'x' * 5_000_000",
    "lines": r"'one\n' * 10_000",
}
#: What no line of ours may hold; line breaks are checked as lines.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: The ways by which a text reaches a report.
WAYS = {
    "assert": "assert 0, EVIL",
    "fail": "pytest.fail(EVIL)",
    "check": "evalcase.check('accuracy', False, EVIL); evalcase.record(input=EVIL, output={EVIL: [EVIL]})",
    "score": "evalcase.score('accuracy', 0.0, passing=0.5, reason=EVIL)",
}


def junit(suite):
    """The JUnit XML that the session wrote, if any tool can parse it."""
    return ET.parse(suite.path / "out.xml")  # noqa: S314 - to parse hostile text is what we test


def strict(path):
    """The run file's lines, as two strict readers see them."""
    raw = path.read_bytes()
    lines = [json.loads(line) for line in raw.decode("utf-8").splitlines()]
    for line in raw.splitlines():
        pydantic_core.from_json(line, allow_inf_nan=False)
    return lines


def ours(raw):
    """The terminal's lines that carry our words: the summary section, bars, and missed cases.

    They are taken from the raw stream: the harness has split its lines at control characters.
    """
    lines = raw.split("\n")
    first = next(n for n, line in enumerate(lines) if line.strip("= ") == "eval bars")
    last = next(n for n, line in enumerate(lines[first + 1 :], first + 1) if line.startswith("==="))
    words = ("MISSED", "evalbars", "missed")
    return [*lines[first:last], *(line for line in lines if any(word in line for word in words))]


def raw_lines(raw):
    """Lines that hold a character which no line may hold."""
    return [line for line in raw if RAW.search(line)]


# All kinds through an exception and through a verdict; the other two ways are theirs but for the first step.
@pytest.mark.parametrize(
    ("way", "kind"),
    [(way, kind) for way in WAYS for kind in EVIL if way in ("assert", "check") or kind in ("ansi", "surrogate")],
)
def test_words_of_a_held_miss_are_tamed_everywhere(suite, capsys, kind, way):
    suite.bars(BAR.replace('["category", "model"]', '"category"'))
    suite.file(
        "test_x.py",
        f"""
        import pytest
        EVIL = {EVIL[kind]}
        @pytest.mark.dimension("accuracy")
        @pytest.mark.category("c")
        @pytest.mark.parametrize("n", range(12))
        def test_x(n, evalcase):
            if n == 0:
                {WAYS[way]}
            assert n > 9, "plain"
        """,
    )
    result = suite.run("-v", "-rA", "--color=no", "--junit-xml=out.xml")
    assert (result.exit, result.counts["missed"]) == (1, 10)
    raw = capsys.readouterr().out
    assert raw_lines(ours(raw)) == []
    assert "\x1b" not in raw
    assert max(map(len, ours(raw))) < 2_000
    cases = [case for case in junit(suite).iter("testcase") if "test_x[0]" in case.get("name")]
    assert [child.tag for case in cases for child in case] == ["properties", "skipped"]
    lines = strict(result.path)
    assert [line["outcome"] for line in lines if line["type"] == "observation"].count("miss") == 10
    assert not re.search(r"[\ud800-\udfff]", "".join(json.dumps(line, ensure_ascii=False) for line in lines))
    assert result.path.stat().st_size < 200_000


@pytest.mark.parametrize(
    "body",
    [
        "evalcase.check('accuracy', False, EVIL)",
        "evalcase.check(EVIL, False)",
        "evalcase.score('accuracy', EVIL)",
        "evalcase.measure(**{EVIL: EVIL})",
    ],
)
def test_our_own_words_for_a_failure_are_tamed_too(suite, capsys, body):
    evil = EVIL["ansi"] + EVIL["return"] + EVIL["bidi"] + EVIL["nul"] + EVIL["surrogate"]
    suite.file(
        "test_x.py",
        f"import pytest\nEVIL = {evil}\n@pytest.mark.dimension('accuracy')\ndef test_x(evalcase):\n    {body}\n",
    )
    result = suite.run("-v", "-rA", "--tb=short", "--color=no", "--junit-xml=out.xml")
    assert (result.exit, result.counts) == (1, {"failed": 1})
    assert raw_lines(capsys.readouterr().out.split("\n")) == []
    junit(suite)
    strict(result.path)


def test_labels_and_ids_are_tamed(suite, capsys):
    suite.bars(BAR).file(
        "test_x.py",
        r"""
        import pytest
        EVIL = '\x1b[31m\r\x00\u202e\x9b'
        @pytest.mark.dimension("accuracy")
        @pytest.mark.category(EVIL)
        @pytest.mark.labels(model=EVIL)
        @pytest.mark.parametrize("n", [pytest.param(0, id=EVIL), EVIL + "2"])
        @pytest.mark.parametrize("m", range(6))
        def test_x(n, m):
            assert 0, EVIL
        """,
    )
    result = suite.run("-v", "-rA", "--color=no", "--junit-xml=out.xml")
    assert result.exit == 1
    assert raw_lines(capsys.readouterr().out.split("\n")) == []
    assert any("evalbars" in case.get("classname") for case in junit(suite).iter("testcase"))
    strict(result.path)


def test_a_label_of_the_run_is_tamed(suite, capsys):
    suite.bars(BAR.replace('["category", "model"]', '"model"')).cases(1, 12)
    result = suite.run("-v", "--color=no", "--evalbars-label=model=\x1b[31m\u202ered")
    assert result.exit in (1, 4)
    assert raw_lines("".join(capsys.readouterr()).split("\n")) == []


@pytest.mark.parametrize("key", ["category", "cluster", "text"])
def test_rows_are_refused_or_tamed(suite, capsys, key):
    row = {"id": "r", "dimension": "accuracy", key: "\x1b[31m\u202e\x00"}
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9')
    suite.file("rows.jsonl", "".join(json.dumps({**row, "id": f"r{n}"}) + "\n" for n in range(12)))
    suite.file(
        "test_x.py",
        "import pytest\n@pytest.mark.cases('rows.jsonl')\ndef test_x(case):\n    assert 0, case.get('text')\n",
    )
    result = suite.run("-v", "--color=no")
    assert result.exit == (1 if key == "text" else 4)
    assert raw_lines("".join(capsys.readouterr()).split("\n")) == []


# -- objects of any kind ---------------------------------------------------------------------------------

OBJECTS = """
import decimal
import enum
import numpy as np

class Mute:
    def __str__(self):
        raise RuntimeError("no words")
    __repr__ = __str__

class Rude(Exception):
    def __str__(self):
        raise RuntimeError("no words")

class Liar(float):
    def __repr__(self):
        return "<liar>"

class Colour(enum.IntEnum):
    RED = 1

class Refuser:
    def __bool__(self):
        raise RuntimeError("no verdict")
    __float__ = __index__ = __bool__

loop = ["loop"]
loop.append(loop)
ring = {"ring": 1}
ring["ring"] = ring
"""


@pytest.mark.parametrize(
    "value",
    [
        "np.arange(5)",
        "np.float64(0.5)",
        "np.ones((100, 100))",
        "{1, 'two'}",
        r"b'\x00\xff'",
        "loop",
        "ring",
        "Mute()",
        "[Mute(), {Mute(): Mute()}]",
        "float('nan')",
        "[float('inf'), -0.0]",
        "10 ** 400",
        "[10 ** 5000]",
        "decimal.Decimal('0.1')",
        "Colour.RED",
        "Liar(0.5)",
        "object",
        "{('a', 1): 2, None: 3, True: 4}",
        "(n for n in range(3))",
        r"'\ud800'",
    ],
)
def test_anything_can_be_recorded(suite, value):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1\nmin_cases = 1')
    suite.file(
        "test_x.py",
        f"""
        import pytest
        {OBJECTS.replace(chr(10), chr(10) + " " * 8)}
        @pytest.mark.dimension("accuracy")
        def test_x(evalcase):
            value = {value}
            evalcase.record(input=value, output=[value], context={{"key": value}})
            evalcase.check("accuracy", True, value)
        """,
    )
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 2})
    strict(result.path)
    assert sorted(result.of("trial")[0]["evidence"]) == ["context", "input", "output"]
    assert result.path.stat().st_size < 200_000


@pytest.mark.parametrize(
    "body",
    [
        "evalcase.score('accuracy', Mute())",
        "evalcase.score('accuracy', 0.5, passing=Mute())",
        "evalcase.measure(tokens=Mute())",
        "evalcase.measure(tokens=Refuser())",
        "evalcase.measure(tokens=np.arange(3))",
        "evalcase.measure(tokens=10 ** 400)",
        "evalcase.check('accuracy', Refuser())",
        "evalcase.check('accuracy', np.arange(3))",
        "evalcase.check(Mute(), True)",
        "evalcase.check(['accuracy'], True)",
        "evalcase.score('accuracy', float('nan'))",
    ],
)
def test_what_makes_no_sense_raises_nothing_and_is_an_error(suite, body):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1')
    suite.file(
        "test_x.py",
        f"import pytest\n{OBJECTS}\n@pytest.mark.dimension('accuracy')\ndef test_x(evalcase):\n    {body}\n"
        "    open('went_on', 'w').close()\n",
    )
    result = suite.run()
    assert (suite.path / "went_on").exists()
    assert list(result.verdicts.values()) == ["error"]
    assert result.exit == 1
    strict(result.path)


@pytest.mark.parametrize("body", ["raise Rude", "assert 0, Mute()", "assert Mute() == 1", "pytest.fail(str(Mute))"])
def test_exceptions_without_words_are_judged(suite, body):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1')
    suite.file(
        "test_x.py", f"import pytest\n{OBJECTS}\n@pytest.mark.dimension('accuracy')\ndef test_x():\n    {body}\n"
    )
    result = suite.run()
    assert list(result.verdicts.values()) == ["error" if "raise" in body else "miss"]
    result.never_said("INTERNALERROR")


def test_numbers_of_numpy_are_numbers(suite):
    suite.file(
        "test_x.py",
        f"import pytest\n{OBJECTS}\n@pytest.mark.dimension('accuracy')\ndef test_x(evalcase):\n"
        "    evalcase.score('accuracy', np.float32(0.5), passing=np.float64(0.25))\n"
        "    evalcase.check('accuracy', np.bool_(True))\n"
        "    evalcase.measure(a=np.int64(3), b=decimal.Decimal('0.5'), c=Liar(0.25), d=Colour.RED)\n",
    )
    result = suite.run()
    assert result.of("observation")[0]["score"] == 0.5
    measures = result.of("trial")[0]["measures"]
    assert [measures[key] for key in "abcd"] == [3, 0.5, 0.25, 1]


@pytest.mark.slow
def test_anything_crosses_to_the_controller(suite, capsys):
    """The failure text of errors and of misses that stand alone is pytest's own; execnet takes no half characters."""
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9')
    suite.file(
        "test_x.py",
        f"import pytest\n{OBJECTS}\nEVIL = {EVIL['ansi']} + {EVIL['surrogate']} + {EVIL['nul']}\n"
        "@pytest.mark.dimension('accuracy')\n"
        "@pytest.mark.parametrize('n', range(12))\n"
        "def test_x(n, evalcase):\n"
        "    evalcase.record(input=[EVIL, Mute(), np.float64(1)], output=ring)\n"
        "    evalcase.measure(a=np.float64(0.5))\n"
        "    if n == 11:\n        raise ConnectionError(EVIL)\n"
        "    assert n > 9, EVIL\n"
        "@pytest.mark.dimension('tone')\n"
        "@pytest.mark.parametrize('n', range(2))\n"
        "def test_alone(n, evalcase):\n"
        "    if n == 0:\n        evalcase.check('tone', False, EVIL)\n"
        "    else:\n        assert not n, EVIL\n",
    )
    result = suite.run("-v", "--color=no", "-n", "2")
    result.never_said("INTERNALERROR")
    said = list(result.verdicts.values())
    assert {word: said.count(word) for word in set(said)} == {"miss": 12, "pass": 1, "error": 1}
    assert (result.exit, result.counts["missed"]) == (1, 10)
    assert raw_lines(ours(capsys.readouterr().out)) == []
    strict(result.path)


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("'x' * 5_000_000", 100_000),
        ("['x' * 30_000] * 500", 2_000_000),
        ("wide", 2_000_000),
        ("list(range(200_000))", 300_000),
        ("{'k' * 100_000 + str(n): n for n in range(5)}", 100_000),
    ],
    ids=["text", "texts", "wide", "items", "keys"],
)
def test_what_one_case_records_is_bounded(suite, value, limit):
    suite.file(
        "test_x.py",
        f"""
        import pytest
        wide = "leaf" * 10
        for _ in range(4):
            wide = [wide] * 16
        @pytest.mark.dimension("accuracy")
        def test_x(evalcase):
            evalcase.record(output={value})
        """,
    )
    result = suite.run()
    assert result.exit == 0
    assert result.path.stat().st_size < limit


# -- keys of the environment -----------------------------------------------------------------------------

KEY = "sk-proj-0123456789abcdef"


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "my_apikey"]
)
def test_keys_never_reach_the_run_file_or_the_summary(suite, monkeypatch, capsys, name):
    monkeypatch.setenv(name, KEY)
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9\neach = "model"')
    suite.file(
        "test_x.py",
        f"""
        import os
        import pytest
        KEY = os.environ["{name}"]
        @pytest.mark.dimension("accuracy")
        @pytest.mark.category(KEY)
        @pytest.mark.labels(model=KEY)
        @pytest.mark.cluster(KEY)
        @pytest.mark.parametrize("n", [pytest.param(0, id=KEY), *range(11)])
        def test_x(n, evalcase):
            evalcase.record(input=f"Bearer {{KEY}}!", output={{KEY: [KEY, KEY.encode()]}}, context=KEY)
            if n == 10:
                raise ConnectionError(f"401 {{KEY}}")
            assert n == 11, f"told {{KEY}}"
        """,
    )
    result = suite.run("--tb=no", f"--evalbars-label=build={KEY}")
    assert KEY not in result.path.read_text()
    assert f"[{name}]" in result.path.read_text()
    assert KEY not in "\n".join(ours(capsys.readouterr().out))
    assert result.exit == 1


def test_keys_never_reach_the_run_file_in_names_that_pytest_made(suite, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9')
    suite.file(
        "test_x.py",
        f"""
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [object(), object()])
        @pytest.mark.parametrize("key", ["{KEY}"])
        def test_x(key, n):
            assert 0
        """,
    )
    for arguments in ((), ("-k", "n0"), (f"test_x.py::test_x[{KEY}-n0]",)):
        result = suite.run("--tb=no", *arguments)
        assert KEY not in result.path.read_text()
        assert not any(KEY in line for line in result.out.split("\n") if "evalbars" in line)


@pytest.mark.slow
def test_a_crash_of_a_case_named_by_a_key_is_still_its_error(suite, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    suite.file(
        "test_x.py",
        f"""
        import os
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("key", ["{KEY}", "b"])
        def test_x(key):
            if key != "b":
                os.kill(os.getpid(), 9)
        """,
    )
    result = suite.run("-n", "2", "--tb=no")
    assert sorted(result.verdicts.values()) == ["error", "pass"]
    assert KEY not in result.path.read_text()


def test_a_short_or_ordinary_variable_is_left_alone(suite, monkeypatch):
    monkeypatch.setenv("SHORT_KEY", "abc")
    monkeypatch.setenv("GREETING", "good morning")
    suite.file(
        "test_x.py",
        "import pytest\n@pytest.mark.dimension('accuracy')\ndef test_x(evalcase):\n"
        "    evalcase.record(output='abc, good morning')\n",
    )
    assert suite.run().of("trial")[0]["evidence"] == {"output": "abc, good morning"}
