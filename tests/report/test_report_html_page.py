"""The page of a report, read as a browser reads it: what it says, in which order, and that texts stay texts."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from itertools import pairwise

import pytest
from hostile_strings import HOSTILE
from parsed_pages import Parsed
from rich_reports import DIMENSIONS, KINDS, bar, everywhere, missed, misses, rich

from pytest_evalbars.errors import MissingExtra
from pytest_evalbars.report.html import page as pages
from pytest_evalbars.report.html.page import page
from pytest_evalbars.report.misses import ROOM, SHOWN
from pytest_evalbars.report.model import Cell, DecisionTold, Method, Misses, Report, RunTold, Standing

ORDER = ["bars", "heat", "changed", "trend", "misses", "quality", "judges", "method"]
#: Elements of the page, and attributes; no others come from what a report holds.
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "nav",
        "section",
        "footer",
        "script",
        "div",
    ),
    *("a", "span", "p", "b", "i", "bdi", "code", "h1", "h2", "h3", "dl", "dt", "dd", "ul", "ol", "li"),
    *("svg", "symbol", "circle", "path", "rect", "line", "text", "g", "defs", "use", "polygon", "polyline"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("label", "input", "select", "option", "button"),
}
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
EMPTY = Report(
    run=RunTold(names=("run-1",), started="2026-11-20T22:41:07Z", cases=0, trials=0, errors=0, complete=True),
    decision=DecisionTold(
        outcome="not held",
        exit_code=0,
        sentence="no bar was held (stage none)",
        stage="none",
        confidence=0.95,
        allowed_errors=0,
    ),
)


def parsed(report=None, told=None):
    """The page of a report."""
    return Parsed(page(report or rich(), misses() if told is None else told))


def test_sections_come_in_the_order_in_which_they_are_asked_for():
    seen = parsed()
    sections = [each.attributes["id"] for each in seen.of("section") if "id" in each.attributes]
    assert sections == ORDER
    assert [each.attributes["href"] for each in seen.of("a") if each.inside("nav")] == [f"#{name}" for name in ORDER]
    for name in ORDER:
        assert seen.at(name).attributes["aria-labelledby"] == f"{name}-title"
    levels = [int(each.tag[1]) for each in seen.all if re.fullmatch(r"h[1-6]", each.tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tags = [each.tag for each in seen.all]
    assert tags.index("header") < tags.index("nav") < tags.index("main") < tags.index("footer")


def test_the_decision_comes_first_in_one_sentence_and_names_what_fails():
    seen = parsed()
    (decision,) = seen.of("span", "decision")
    assert decision.text == (
        "Gate failed: 1 of 22 verdicts missed, 1 without data; 1 miss without a bar; "
        "2 trials that could not be judged (0 allowed)"
    )
    (failing,) = seen.of("ul", "failing")
    assert "safety missed: pass rate 31.4% (20.3% to 45.0%), bar at least 90%" in failing.text
    assert seen.of("title")[0].text.startswith("Gate failed: 1 of 22 verdicts missed")
    for link in seen.of("a"):
        assert seen.at(link.attributes["href"].removeprefix("#"))
    header = seen.of("header")[0].text
    for words in ("alone-1 on tone: too short", "2 trials could not be judged", "Bar changed: safety", "modelv2"):
        assert words in header


@pytest.mark.parametrize(
    ("outcome", "sentence", "words"),
    [
        ("passed", "gate passed: 8 of 8 verdicts met", "Gate passed: 8 of 8 verdicts met"),
        ("failed", "gate failed (exit 1): the session was cut", "Gate failed (exit 1): the session was cut"),
        ("undecided", "gate undecided", "Gate undecided, which fails the session: 1 of 1 verdict inconclusive"),
    ],
)
def test_other_decisions_are_said_as_the_session_said_them(outcome, sentence, words):
    decision = rich().decision.model_copy(update={"outcome": outcome, "sentence": sentence, "standing": ()})
    run = rich().run.model_copy(update={"errors": 0})
    bars = (bar(verdict="inconclusive", fails=True),) if outcome == "undecided" else (bar(),)
    seen = parsed(rich(decision=decision, bars=bars, run=run))
    assert seen.of("span", "decision")[0].text == words


def test_what_else_fails_the_session_is_said_with_the_decision():
    besides = {"besides": ("2 tests failed",), "session_exit": 1}
    failed = rich().decision.model_copy(update=besides)
    assert parsed(rich(decision=failed)).of("span", "decision")[0].text.endswith("; besides: 2 tests failed")
    sentence = "gate passed: 1 of 1 verdict met; but the session fails (exit 1): 2 tests failed"
    passed = failed.model_copy(update={"exit_code": 0, "standing": (), "sentence": sentence})
    run = rich().run.model_copy(update={"errors": 0})
    seen = parsed(rich(decision=passed, bars=(bar(),), run=run))
    assert seen.of("span", "decision")[0].text == sentence.replace("gate", "Gate", 1)
    assert "Exit code1" in seen.of("header")[0].text


def test_every_condition_is_told_before_the_bars():
    (box,) = parsed().of("section", "conditions")
    assert box.inside("header")
    (told,) = [each for each in box.children if each.tag == "dl"]
    assert [[part.text for part in each.children] for each in told.children] == [
        [kind, f"what {kind} means here"] for kind in KINDS
    ]
    assert not parsed(rich(conditions=())).of("section", "conditions")


def test_bars_have_their_number_interval_cases_verdict_and_why():
    seen = parsed()
    row = seen.at("b1").text
    for words in ("safety", "set adversarial", "31.4%", "20.3% to 45.0%", "at least 90%", "51 cases", "missed"):
        assert words in row
    assert "missed cases: act-as-friend (says: x = 5) and 34 more" in row
    assert "why: one way" not in row  # which stands above it already
    corrected = seen.at("b2").text
    for words in ("86.2%", "raw: 91.1%, 87.0% to 94.0%", "corrected for the judge's errors, on 100 labelled answers"):
        assert words in corrected
    text = seen.at("bars").text
    for words in (
        "no number",
        "between 40.0% and 88.0%",
        "48 trials stopped early",
        "Change against the baseline, in points",
        "2 worse",
        "not enforced",
        "replayed",
        "axis from 0.5 to 0.75",
        "p95 latency",
        "$0.0031",
    ):
        assert words in text
    assert {"Shares", "Time", "Money"} <= {each.text for each in seen.of("h3")}


def test_groups_that_are_met_are_folded_and_the_others_are_seen():
    seen = parsed()
    (fold,) = seen.of("li", "fold")
    assert "12 other groups of tone met their bar" in fold.text
    rows = {each.attributes["id"]: each.inside("details") for each in seen.of("li", "bar")}
    assert [rows[f"b{number}"] for number in (6, 11)] == [False, False]
    assert sum(rows.values()) == 12


def test_the_heat_map_is_a_table_of_rates_with_intervals_and_sizes():
    seen = parsed()
    (table,) = seen.of("table", "heat")
    heads = [each for each in seen.of("th") if each.parent.parent.parent is table]
    assert [each.text for each in heads if each.attributes["scope"] == "col"] == ["Category", *DIMENSIONS]
    assert [each.text for each in heads if each.attributes["scope"] == "row"][:3] == [
        "All cases",
        "refunds",
        "billing",
    ]
    cells = [each for each in seen.of("td") if each.parent.parent.parent is table]
    for cell in cells:
        if "empty" not in cell.classes:
            assert re.fullmatch(r"[\d.]+% [\d.]+% to [\d.]+% \d+ cases(, \d+ trials)?", spaced(cell)), cell.text
    assert "stopped early, 2 errors" in [each.text for each in cells]
    assert any("wide" in each.classes for each in cells)
    marks = [each for each in seen.of("svg", "mark") if each.inside("td")]
    assert {each.attributes.get("aria-label") for each in marks} == {"bar missed", "bar met"}


def spaced(cell):
    """The text of a cell with blanks between its lines."""
    return " ".join(child.text for child in cell.children if child.text)


def test_rates_that_labels_correct_are_called_so():
    told = {"rate": 0.5, "interval": (0.2, 0.8), "cases": 10, "trials": 10, "errors": 0}
    raw, corrected = (
        Cell(dimension="a", category="", raw=True, **told),
        Cell(dimension="b", category="", corrected=True, **told),
    )
    text = parsed(rich(cells=(raw, corrected))).at("heat").text
    assert "Judges' verdicts count as they were given, but where a rate is called corrected." in text
    assert text.count("20.0% to 80.0%corrected10 cases") == 1
    assert "corrected" not in parsed(rich(cells=(raw,))).at("heat").text


def test_kinds_of_cases_have_a_map_each():
    told = {"rate": 0.5, "interval": (0.2, 0.8), "cases": 10, "trials": 10, "errors": 0}
    kinds = ("capability", "held", "held, adversarial")
    cells = tuple(Cell(dimension="tone", category="", kind=kind, **told) for kind in kinds)
    seen = parsed(rich(cells=cells))
    found = [each.text for each in seen.of("h3") if each.parent is seen.at("heat")]
    assert found == ["Held cases", "Capability cases", "Adversarial cases"]


def test_trends_misses_quality_judges_and_method_are_told():
    seen = parsed()
    trend = seen.at("trend").text
    for words in ("accuracy", "81.0% 70.5% to 89.2%", "1 Nov 2026", "8 Nov 2026", "8 runs as a table", "undecided"):
        assert words in trend
    told = seen.at("misses").text
    for words in ("10 misses, 2 trials that could not be judged", "refund-3", "trial 2", "second line", "expected"):
        assert words in told
    assert "... 1,200 more characters in the run file" in told
    for place, words in {
        "quality": ("80.0%", "76.0%", "$0.0031", "1.24 s", "95.0%"),
        "judges": ("calibrated", "91.0% 80.0% to 97.0%", "uncalibrated", "never compared"),
        "method": ("one eval question", "12 cases have no category", "launch bars: the stage was testing", "2. fail"),
        "changed": ("100.0% -> 0.0%", "Became worse: 7", "6 more not named here"),
    }.items():
        for each in words:
            assert each in seen.at(place).text
    foot = seen.of("footer")[0].text
    for words in ("2026-11-20T22-41-07-3f9c", "3f9c1a2b3c4d5e6f, with files that differed", "pytest-evalbars 0.1.0"):
        assert words in foot


def test_a_report_of_nothing_says_why_a_part_is_empty():
    seen = Parsed(page(EMPTY, Misses()))
    assert seen.of("span", "decision")[0].text == "No bar was held (stage none)"
    for words in ("No bar was declared", "Nothing was compared", "There is no trend yet", "No trial missed"):
        assert words in seen.of("main")[0].text
    sections = [each.attributes["id"] for each in seen.of("section")]
    assert sections == ["bars", "changed", "trend", "misses", "method"]


def test_misses_that_are_left_out_are_counted():
    ruled = misses().model_copy(update={"misses": 900, "rule": "the first 12 of 900"})
    assert "the first 12 of 900" in parsed(told=ruled).at("misses").text
    none = Misses(misses=3, rule="evidence is off")
    assert "3 misses; evidence is off" in parsed(told=none).at("misses").text


#: Each text in a field of its own, then some in all fields; other tests have the others.
TURNS = [HOSTILE, *(pytest.param((text,), marks=pytest.mark.slow) for text in HOSTILE[1::4])]


@pytest.mark.parametrize("texts", TURNS, ids=lambda _: "")
def test_hostile_texts_stay_texts(texts):
    report, told = everywhere(*texts)
    text = page(report, told)
    assert not HIDDEN.search(text)
    assert text.encode("utf-8")
    seen = Parsed(text)
    assert {each.tag for each in seen.all} <= ELEMENTS
    names = {name for each in seen.all for name in each.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "src", "srcdoc"}}
    ids = [each.attributes["id"] for each in seen.all if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", each) for each in ids)
    assert all(re.fullmatch(r"#[a-z][a-z0-9-]*", each.attributes["href"]) for each in seen.of("a"))
    numbers = [each.attributes["data-of"] for each in seen.of("li") if "data-of" in each.attributes]
    assert all(re.fullmatch(r"[\d ]*", each) for each in numbers)
    assert len(seen.of("script")) == len(seen.of("style")) == 1


def test_a_hostile_text_is_shown_as_it_was_written():
    text = "<script>alert('1')</script> & \"x\""
    seen = parsed(*everywhere(text))
    for place in ("bars", "heat", "changed", "trend", "misses", "quality", "judges", "method"):
        assert text in seen.at(place).text


def test_signs_that_nobody_sees_are_shown_as_escapes():
    seen = parsed(*everywhere("a\x1b[31m\u202eb\x00\ud800\u2066"))
    for place in ("bars", "heat", "misses", "method"):
        assert "a\\x1b[31m\\u202eb\\x00\\ud800\\u2066" in seen.at(place).text
    lines = parsed(*everywhere("one\r\ntwo\rthree\tfour")).of("div", "text")
    assert any("one\ntwo\\rthree\tfour" in "".join(each.pieces) for each in lines)


def test_the_policy_names_the_style_and_the_script_that_stand_in_the_page():
    seen = parsed(rich(), misses())
    (policy,) = [each.attributes["content"] for each in seen.of("meta") if "http-equiv" in each.attributes]
    for kind, tag in {"style-src": "style", "script-src": "script"}.items():
        (element,) = seen.of(tag)
        digest = hashlib.sha256("".join(element.pieces).encode()).digest()
        assert f"{kind} 'sha256-{base64.b64encode(digest).decode()}';" in policy
    assert policy.startswith("default-src 'none'; ")


def test_the_same_report_makes_the_same_page():
    assert page(rich(), misses()) == page(Report.model_validate_json(rich().model_dump_json(by_alias=True)), misses())


def test_without_jinja2_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    pages._environment.cache_clear()  # noqa: SLF001 - as in a process of its own
    with pytest.raises(MissingExtra, match=r"pip install 'pytest-evalbars\[report\]'"):
        page(rich(), misses())


@pytest.mark.slow
def test_large_reports_make_pages_of_less_than_5_mb():
    names = [f"category {number}" for number in range(400)]
    told = {"rate": 0.9, "interval": (0.8, 0.95), "cases": 60, "trials": 60, "errors": 0}
    cells = [Cell(dimension=f"d{n}", category=name, **told) for n in range(10) for name in ("", *names)]
    groups = [
        bar(
            f"each[{number}]",
            bar="each",
            group=f"group {number}",
            why="",
            verdict="missed" if number > 1990 else "met",
        )
        for number in range(2000)
    ]
    text = page(rich(cells=tuple(cells), bars=(missed(), *groups)), misses(SHOWN, ROOM // SHOWN))
    assert len(text.encode()) < 5_000_000
    seen = Parsed(text)
    assert "1400 groups more are not on this page" in seen.at("bars").text
    assert all(seen.at(f"b{number}") for number in range(1992, 2001))
    assert "200 categories with higher pass rates are not on this page" in seen.at("heat").text


def test_many_misses_that_stand_alone_are_counted():
    alone = tuple(Standing(case=f"case-{number}", dimension="tone", reason="") for number in range(300))
    decision = rich().decision.model_copy(update={"standing": alone, "standing_count": 900})
    header = parsed(rich(decision=decision, method=Method())).of("header")[0].text
    assert "900 misses without a bar" in header
    assert "and 700 more" in header
