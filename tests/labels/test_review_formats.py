"""What a model or a case file wrote goes safely through every sheet, and comes back as it was."""

import csv
import json
import sys
from xml.etree import ElementTree as ET

import pytest
from drawn_runs import judged, plain_page, write
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.labels.cells import FORMULA
from pytest_evalbars.labels.plan import read_plan
from pytest_evalbars.labels.sheet_csv import COLUMNS
from pytest_evalbars.labels.texts import whole, words_of

HOSTILE = {
    "formula": '=HYPERLINK("http://x","y")',
    "plus": "+1+1",
    "minus": "-1",
    "at": "@SUM(A1)",
    "tab": "\t=1",
    "return": "\r=1",
    "script": "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "entity": '&amp; &#60; ]]> "quoted" $input',
    "colour": "\x1b[31mred\x1b[0m\x07\x00\x9b",
    "turned": "ab\u202ecd\u2066",
    "half": "x\ud800y",
    "quotes": 'say "it", then\nanother line; and, more',
    "empty": "",
    "long": "word " * 20_000,
}


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """The page is another module's."""
    monkeypatch.setitem(sys.modules, "pytest_evalbars.labels.page", plain_page())


def drawn(suite, lines, *words):
    path = write(suite.path / "run.jsonl", lines)
    outcome = suite.command("review", path, "--out", "sheets", *words)
    assert outcome.exit == 0, outcome.err
    return outcome, read_plan(suite.path / "sheets")


def read(suite, name):
    with (suite.path / "sheets" / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def hostile(**said):
    return [
        line for name, text in HOSTILE.items() for line in judged(f"{name} {text[:40]}", True, output=text, **said)
    ]


def test_hostile_answers_in_a_spreadsheet(suite):
    _, plan = drawn(suite, hostile())
    raw = (suite.path / "sheets" / "sheet-rater-1.csv").read_bytes()
    found = read(suite, "sheet-rater-1.csv")
    outputs = {row["output"] for row in found}

    assert raw.startswith(b"\xef\xbb\xbf")
    assert tuple(found[0]) == COLUMNS
    assert len(found) == len(plan.items) == len(HOSTILE)
    for row in found:
        assert not any(cell.startswith(FORMULA) for cell in row.values())
        assert not any(ord(sign) < 32 and sign not in "\t\n" for cell in row.values() for sign in cell)
    assert {'\'=HYPERLINK("http://x","y")', "'+1+1", "'-1", "'@SUM(A1)", "'\t=1", "\n=1"} <= outputs
    assert HOSTILE["quotes"] in outputs
    assert HOSTILE["long"] in outputs
    assert HOSTILE["script"] in outputs
    assert {"\\x1b[31mred\\x1b[0m\\x07\\x00\\x9b", "ab\\u202ecd\\u2066", "x\\ud800y", "(empty)"} <= outputs


def test_hostile_answers_in_label_studio(suite):
    _, plan = drawn(suite, hostile())
    tasks = json.loads((suite.path / "sheets" / "label-studio.json").read_text(encoding="utf-8"))
    config = ET.fromstring((suite.path / "sheets" / "label-studio.xml").read_text(encoding="utf-8"))  # noqa: S314
    shown = {each.get("value").removeprefix("$") for each in config.iter("Text")}
    (choices,) = config.iter("Choices")

    assert [task["data"]["of"] for task in tasks] == [each.item.of for each in plan.items]
    assert {task["data"]["review"] for task in tasks} == {plan.review.id}
    assert {tuple(task["meta"]["raters"]) for task in tasks} == {("rater-1", "rater-2")}
    assert shown == {"guide", "input", "context", "reference", "output"}
    for task in tasks:
        assert shown < set(task["data"])
        assert all(isinstance(task["data"][name], str) and task["data"][name] for name in shown)
    assert (choices.get("name"), choices.get("toName")) == ("label", "answer")
    assert "answer" in {each.get("name") for each in config.iter("Text")}
    assert [each.get("value") for each in choices] == ["pass", "miss", "unclear"]
    assert HOSTILE["script"] in {task["data"]["output"] for task in tasks}


def test_dimensions_of_different_words_share_a_labelling_interface(suite):
    suite.file(
        "tone.toml",
        """
        task = "Kind?"
        passing = 'a "b" <c> & d'
        levels = [{name = 'a "b" <c> & d', definition = "x"}, {name = "rude", definition = "y"}]
        """,
    )
    one = judged("a", True, output="1", level='a "b" <c> & d')
    drawn(suite, one, "--rubric", "tone.toml")
    config = ET.fromstring((suite.path / "sheets" / "label-studio.xml").read_text(encoding="utf-8"))  # noqa: S314
    assert [each.get("value") for each in config.iter("Choice")] == ['a "b" <c> & d', "rude", "unclear"]

    drawn(suite, one + judged("b", True, dimension="length", output="2"), "--rubric", "tone.toml", "--force")
    config = ET.fromstring((suite.path / "sheets" / "label-studio.xml").read_text(encoding="utf-8"))  # noqa: S314
    tasks = json.loads((suite.path / "sheets" / "label-studio.json").read_text(encoding="utf-8"))
    assert next(config.iter("Choices")).get("value") == "$choices"
    assert {task["data"]["dimension"]: [each["value"] for each in task["data"]["choices"]] for task in tasks} == {
        "tone": ['a "b" <c> & d', "rude", "unclear"],
        "length": ["pass", "miss", "unclear"],
    }


def test_hostile_names_neither_colour_the_terminal_nor_leave_the_folder(suite):
    evil = "\x1b[2Jtone\u202e\n"
    lines = hostile(dimension=evil, model="\x1b[31mm", rubric="r\u202e@1", category="=cmd()")
    path = write(suite.path / "run.jsonl", lines, run="../../\x1b[31mrun")
    outcome = suite.command("review", path)
    (folder,) = (suite.path / ".evalbars" / "reviews").iterdir()

    assert outcome.exit == 0
    assert "\x1b" not in outcome.out
    assert "\u202e" not in outcome.out
    assert folder.name.isascii()
    assert read_plan(folder).items[0].item.judge.model == "\x1b[31mm"


def test_a_plan_holds_hostile_answers_as_they_were(suite):
    _, plan = drawn(suite, hostile())
    outputs = {each.evidence["output"] for each in plan.items}
    assert outputs == {*HOSTILE.values(), "x\\ud800y"} - {HOSTILE["half"]}


def test_names_that_are_too_long_are_cut_and_stay_apart(suite):
    lines = [line for n in range(3) for line in judged("x" * 300 + str(n), True, output=str(n))]
    _, plan = drawn(suite, lines)
    names = {each.item.case for each in plan.items}
    assert len(names) == 3
    assert max(map(len, names)) <= 200


def test_a_dimension_that_cannot_be_written_down_is_one_clear_error(suite):
    path = write(suite.path / "run.jsonl", judged("a", True, dimension="d" * 300))
    outcome = suite.command("review", path)
    assert outcome.exit == 4
    outcome.said("ERROR: an item cannot be written down: `dimension`: string should have at most 200 characters")


@pytest.mark.parametrize(("of", "cell"), [("1" * 16, "'" + "1" * 16), ("1234e56789012345", "'1234e56789012345")])
def test_a_hash_that_reads_as_a_number_stays_a_text(suite, of, cell):
    _, plan = drawn(suite, judged("a", True, of=of))
    assert plan.items[0].item.of == of
    assert read(suite, "sheet-rater-1.csv")[0]["item"] == cell


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=30)
@given(JSON)
def test_whatever_was_recorded_is_text_that_any_file_holds(value):
    kept = whole(value)
    words = words_of(kept)

    assert words
    words.encode()
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert not any(ord(sign) < 32 and sign not in "\t\n" for sign in words)
