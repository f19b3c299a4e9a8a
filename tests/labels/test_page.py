"""The page of a review as a file: what it holds, what it must not, and that nothing in it is loaded or run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_pages import HOSTILE, hostile, of, plan, tone

from pytest_evalbars.labels.model import Guide, Item, Shown
from pytest_evalbars.labels.page import page

ROOT = Path(__file__).parents[2]
#: How files of the package end that are no modules.
READ = (".css", ".html", ".js", ".json", ".toml", ".typed")


class Elements(HTMLParser):
    """The elements of a page, and what its script and style elements hold."""

    def __init__(self, text):
        super().__init__()
        self.found, self.held = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found[-1:] and self.found[-1][0] in {"script", "style"} and data.strip():
            self.held.append((*self.found[-1], data))


def data_of(text):
    """The data in the page, as a browser reads them."""
    (held,) = [data for tag, attrs, data in Elements(text).held if attrs.get("type") == "application/json"]
    return json.loads(held)


def test_the_data_come_through_as_they_are():
    guide = Guide(dimension="tone", title="Tone", task="Judge it.", words={"good": "fine"}, criteria=("Why?",))
    text = page(plan([tone(2, ("Ana",), context=["a", 1.5, None, {"b": True}]), tone(1)], guides=(guide,)))

    data = data_of(text)
    assert (data["review"], data["drawn"], data["raters"]) == ("support-1", "2026-11-21", ["Ana", "Ben"])
    assert data["guides"] == [
        {
            "dimension": "tone",
            "title": "Tone",
            "task": "Judge it.",
            "words": [["excellent", ""], ["good", "fine"], ["poor", ""]],
            "criteria": ["Why?"],
        }
    ]
    assert [(item["of"], item["raters"]) for item in data["items"]] == [(of(1), []), (of(2), ["Ana"])]
    assert data["evidence"][data["items"][1]["evidence"]] == {
        "input": "Question 2?",
        "output": "Answer 2.",
        "context": ["a", 1.5, None, {"b": True}],
    }


def test_what_the_judge_said_is_nowhere_nor_what_a_case_is_called():
    shown = tone(1, calls=[{"output": "VERDICT"}], judge={"value": "VERDICT"})
    text = page(plan([shown, tone(2)]))

    for word in ("VERDICT", "STRATUM", "31.25", "987654", "judge_fails", "RUN", '"weight"'):
        assert word not in text
    assert tone(2).item.case not in text
    assert [item["name"] for item in data_of(page(plan([tone(2), shown])))["items"]] == ["2", "1"]  # as on the sheets


def test_nothing_is_loaded():
    text = page(hostile())
    bare = page(plan([tone(1)]))

    assert not re.search(
        r"https?:|//[a-z]|url\(|@import|\bimport\b\(|fetch|XMLHttp|WebSocket|sendBeacon|eval\(", bare
    )
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|createContextual", bare)
    elements, plain = Elements(text).found, Elements(bare).found
    assert [tag for tag, _ in elements] == [tag for tag, _ in plain], "a text made an element"
    for tag, attributes in elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "form", "base", "a", "audio", "video"}
        assert not {
            name for name in attributes if name.startswith("on") or name in {"src", "href", "style", "action"}
        }


def test_the_policy_names_the_code_in_the_page_and_lets_nothing_else_run():
    text = page(hostile())
    elements = Elements(text)
    (policy,) = [attrs["content"] for tag, attrs in elements.found if attrs.get("http-equiv")]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind in ("script", "style"):
        ((_, _, code),) = [held for held in elements.held if held[0] == kind and not held[1].get("type")]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert rules["require-trusted-types-for"] == "'script'"
    head = [tag for tag, _ in elements.found]
    assert head.index("meta") < head.index("style"), "the policy must stand before what it is for"


@settings(max_examples=25)
@given(
    st.recursive(
        st.text() | st.floats() | st.integers() | st.none(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        max_leaves=5,
    )
)
def test_any_evidence_comes_through(value):
    text = page(plan([tone(1, output=value, input="</script>")]))

    assert text.isascii(), "any encoding will do"
    found = data_of(text)["evidence"][0]["output"]
    assert found == json.loads(json.dumps(value), parse_constant=str, parse_int=exact)


def exact(digits):
    return int(digits) if len(digits) <= 15 else digits


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_ends_nothing(text):
    data = data_of(page(plan([tone(1, output=text, also={text: [text]})])))

    assert data["evidence"][0]["output"] == text
    assert data["evidence"][0]["also"] == {text: [text]}


def test_numbers_that_a_browser_would_round_stay_as_they_are():
    (evidence,) = data_of(page(plan([tone(1, output={"order": 12345678901234567890, "n": 7})])))["evidence"]

    assert evidence["output"] == {"order": "12345678901234567890", "n": 7}


def test_a_dimension_without_a_rubric_has_its_words():
    shown = Shown(item=Item(dimension="other", of=of(3), case="c"), evidence={"output": "x"})
    text = page(plan([tone(1), shown], guides=(Guide(dimension="tone", title="Tone"),), populations=()))

    words = {guide["dimension"]: [word for word, _ in guide["words"]] for guide in data_of(text)["guides"]}
    assert words == {"tone": ["pass", "miss"], "other": ["pass", "miss"]}


def test_a_thousand_items_stay_small_and_one_answer_on_several_dimensions_is_kept_once():
    dimensions = ("tone", "safety")
    items = [tone(number, dimension=each, output="w" * 2000) for number in range(500) for each in dimensions]
    text = page(plan(items))

    assert len(data_of(text)["items"]) == 1000
    assert len(data_of(text)["evidence"]) == 500
    assert len(text) < 1_400_000
    assert len(page(plan([tone(1)]))) < 60_000


@pytest.mark.slow
def test_a_wheel_holds_all_that_the_package_reads(tmp_path):
    pytest.importorskip("hatchling")
    build = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    parts = {each for each in (ROOT / "pytest_evalbars").rglob("*") if each.suffix in READ}
    assert {each.suffix for each in parts} == set(READ)
    assert names >= {each.relative_to(ROOT).as_posix() for each in parts}
