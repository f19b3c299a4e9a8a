"""The page of a report in a real browser: without a script, by keyboard, in windows of all sizes, and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browsers import Watched, drawn
from hostile_strings import HOSTILE
from rich_reports import bar, everywhere, missed, misses, rich

from pytest_evalbars.report.html.page import page
from pytest_evalbars.report.model import Cell

FAULTS = Path(__file__).with_name("report_faults.js").read_text(encoding="utf-8")


@pytest.fixture
def visit(browser, tmp_path):
    """Open the page of a report in a profile of its own."""
    contexts = []

    def opened(report=None, told=None, *, width=1360, height=900, **options):
        path = tmp_path / f"report-{len(contexts)}.html"
        path.write_text(page(report or rich(), told or misses()), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        return Watched(contexts[-1], path)

    yield opened
    for context in contexts:
        context.close()


def opened_wide(seen):
    """Open all that is folded."""
    seen.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def shown(seen):
    """The misses that are seen."""
    return seen.page.locator("#list > li:visible b").all_inner_texts()


@pytest.mark.parametrize(
    "texts", [HOSTILE, *(pytest.param((text,), marks=pytest.mark.slow) for text in HOSTILE[2::40])], ids=lambda _: ""
)
def test_nothing_of_a_hostile_report_runs_loads_or_breaks_out(visit, texts):
    seen = visit(*everywhere(*texts))
    opened_wide(seen)
    for element in seen.page.locator("select").all():
        element.select_option(index=1)
    seen.page.locator("#search").fill(texts[0])
    seen.page.mouse.move(300, 300)
    found = seen.page.evaluate(
        """() => {
          const all = [...document.querySelectorAll("body *")];
          const odd = "img, iframe, object, embed, link, base, form, video, audio, foreignObject, math, animate";
          return [
            all.filter((each) => each.matches(odd)).length,
            all.flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$|^src/.test(name)).length,
            document.querySelectorAll("script, style, meta, base").length,
          ];
        }"""
    )
    assert found == [0, 0, 7]
    seen.clean()


def test_the_policy_stops_what_the_code_would_let_through(visit):
    seen = visit()
    stopped = seen.page.evaluate(
        """async () => {
          const tried = [];
          try { document.body.innerHTML = "<img src=x>"; tried.push("innerHTML"); } catch {}
          const image = document.createElement("img");
          image.src = "http://127.0.0.1:9/x.png";
          document.body.append(image);
          try { await fetch("http://127.0.0.1:9/"); tried.push("fetch"); } catch {}
          await new Promise((done) => setTimeout(done, 50));
          return [tried, [...new Set(window.stopped)].sort()];
        }"""
    )
    assert stopped == [[], ["connect-src", "img-src", "require-trusted-types-for"]]


WINDOWS = [
    pytest.param(1360, "light", id="light"),
    pytest.param(1360, "dark", id="dark"),
    pytest.param(1024, "light", id="tablet", marks=pytest.mark.slow),
    pytest.param(390, "dark", id="phone"),
    pytest.param(320, "light", id="small phone", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_all_can_be_read_in_windows_of_all_sizes(visit, width, scheme):
    seen = visit(width=width, color_scheme=scheme)
    assert drawn(seen.page.screenshot()) > 0.005
    opened_wide(seen)
    found = seen.page.evaluate(FAULTS)
    assert found == [], "\n".join(found)
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 200) == (scheme == "dark")
    seen.clean()


@pytest.mark.slow
def test_the_checks_find_what_is_wrong(visit):
    seen = visit()
    seen.page.evaluate(
        """() => {
          document.querySelector(".eyebrow").attributeStyleMap.set("color", "#ccc");
          document.querySelector("#heat").attributeStyleMap.set("width", "3000px");
          document.querySelector("#heat table caption").remove();
          document.querySelector(".trend").removeAttribute("aria-label");
          document.querySelector("th").removeAttribute("scope");
        }"""
    )
    found = "\n".join(seen.page.evaluate(FAULTS))
    for words in ("contrast", "scrolls sideways", "without caption", "drawing without words", "without scope"):
        assert words in found


@pytest.mark.slow
def test_long_names_and_large_maps_stay_in_their_place(visit):
    long = "W" * 120
    told = {"rate": 0.9, "interval": (0.8, 0.95), "cases": 1234, "trials": 9876, "errors": 0}
    cells = [
        Cell(dimension=f"dimension {number} {long[: number * 8]}", category=f"{name} {long[:name]}", **told)
        for number in range(10)
        for name in range(30)
    ]
    for width in (1360, 390):
        seen = visit(rich(cells=tuple(cells), bars=(missed(dimension=long, subject=long, slice=long),)), width=width)
        opened_wide(seen)
        found = seen.page.evaluate(FAULTS)
        assert found == [], "\n".join(found)
        box = seen.page.locator("#heat .scroll")
        box.evaluate("each => each.scrollTo(400, 200)")
        head = seen.page.locator("#heat tbody th").nth(9).bounding_box()
        assert abs(head["x"] - box.bounding_box()["x"]) < 2
        assert abs(seen.page.locator("#heat thead th").nth(9).bounding_box()["y"] - box.bounding_box()["y"]) < 2


def test_on_a_phone_the_reasons_of_what_became_worse_are_in_sight(visit):
    """Beyond the edge, they made rows of half a screen in which nothing was seen."""
    told = rich()
    worse = tuple(each.model_copy(update={"reason": "does not say so " * 18}) for each in told.compared.worse)
    compared = told.compared.model_copy(update={"worse": worse})
    seen = visit(rich(compared=compared), width=390, height=844)
    rows = seen.page.locator("#changed tbody tr:visible")
    assert rows.count()
    for row in rows.all():
        assert row.bounding_box()["height"] < 300
        for cell in row.locator("th, td").all():
            box = cell.bounding_box()
            assert box is None or box["x"] + box["width"] <= 390


def test_all_is_read_without_a_script(visit):
    seen = visit(java_script_enabled=False)
    assert seen.page.locator("#filters").is_hidden()
    assert len(shown(seen)) == 12
    assert not seen.page.get_by_text("Yes, of course.").first.is_visible()
    seen.page.locator("#list summary").first.click()
    assert seen.page.get_by_text("Yes, of course.").first.is_visible()


def test_misses_are_found_by_keyboard_alone(visit):
    seen = visit(told=misses(130))
    assert len(shown(seen)) == 100
    seen.page.locator("#search").focus()
    seen.page.keyboard.type("CITES rule 12")
    seen.page.get_by_text("12 of 130").wait_for()
    assert shown(seen) == ["refund-12", "refund-112", *(f"refund-{number}" for number in range(120, 130))]
    seen.press("Tab")
    seen.page.keyboard.type("tone")
    assert seen.text("#found") == "2 of 130"
    seen.press("Tab", "Tab", "Tab", "Tab")
    assert seen.page.evaluate("document.activeElement.id") == "reset"
    seen.press("Enter")
    assert seen.text("#found") == "130 in all"
    assert seen.page.evaluate("document.activeElement.id") == "search"
    assert seen.text("#more") == "Show the other 30"
    seen.page.locator("#more").press("Enter")
    assert len(shown(seen)) == 130
    assert seen.page.evaluate("document.activeElement.textContent").find("refund-100") >= 0
    seen.press("Enter")
    assert seen.page.locator("#list li").nth(100).locator(".evidence").is_visible()
    seen.clean()


def test_the_focus_is_seen_and_goes_in_order(visit):
    seen = visit()
    seen.press("Tab")
    assert seen.page.evaluate("document.activeElement.textContent") == "Skip to the bars"
    assert seen.page.locator(".skip").bounding_box()["x"] > 0
    places = []
    for _ in range(40):
        seen.press("Tab")
        found = seen.page.evaluate(
            """() => {
              const each = document.activeElement;
              const style = getComputedStyle(each);
              const after = each.closest("section[id], header, nav");
              return [style.outlineStyle, parseFloat(style.outlineWidth), after.id || after.tagName];
            }"""
        )
        assert found[:2] == ["solid", 3]
        places.append(found[2])
    assert list(dict.fromkeys(places))[:3] == ["HEADER", "NAV", "bars"]
    snapshot = seen.page.locator("body").aria_snapshot()
    for words in ("banner", 'navigation "Contents"', "main", "contentinfo", 'region "Bars"', 'searchbox "Search"'):
        assert words in snapshot
    assert 'table "Pass rates by category and dimension"' in snapshot
    assert not re.search(r"- (button|textbox|combobox|link|region)(:|$| \[)", snapshot, re.MULTILINE)


def test_on_paper_all_is_light_whole_and_unfolded(visit):
    seen = visit(told=misses(130), color_scheme="dark")
    seen.page.emulate_media(media="print", color_scheme="dark")
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    for place in ("nav", "#filters", ".skip", "#rest"):
        assert seen.page.locator(place).is_hidden()
    assert len(shown(seen)) == 130
    assert seen.page.get_by_text("missed cases: act-as-friend").is_visible()
    assert seen.page.locator("#heat .scroll").evaluate("each => getComputedStyle(each).overflowX") == "visible"


@pytest.mark.slow
def test_a_page_of_the_largest_size_opens_within_two_seconds(visit):
    told = {"rate": 0.9, "interval": (0.8, 0.95), "cases": 60, "trials": 60, "errors": 0}
    cells = [Cell(dimension=f"d{n}", category=f"category {c}", **told) for n in range(10) for c in range(200)]
    groups = [bar(f"each[{number}]", bar="each", group=f"group {number}", why="") for number in range(600)]
    seen = visit(rich(cells=tuple(cells), bars=(missed(), *groups)), misses(500, 2000))
    painted, loaded = seen.page.evaluate(
        """() => [
          performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
          performance.getEntriesByType("navigation")[0].loadEventEnd,
        ]"""
    )
    assert seen.path.stat().st_size < 5_000_000
    assert painted < 2000
    assert loaded < 2000
    seen.clean()
