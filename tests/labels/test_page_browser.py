"""The page of a review in a real browser: by keyboard, by mouse, by small windows, and with hostile texts."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from browsers import Watched, drawn, missing
from review_pages import HOSTILE, hostile, of, plan, tone

from pytest_evalbars.labels.model import Guide, Label
from pytest_evalbars.labels.page import page

#: What an answer may be shown with.
ELEMENTS = {"SECTION", "H2", "DIV", "P", "SPAN", "BDI", "OL", "LI", "BUTTON"}
ATTRIBUTES = {"class", "title", "dir", "type", "role", "tabindex", "aria-label"}
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


@pytest.fixture
def visit(browser, tmp_path):
    """Open the page of a plan in a profile of its own."""
    contexts = []

    def opened(shown, *, width=1280, height=860, before="", **options):
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(page(shown), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        return Watched(contexts[-1], path, before=before)

    yield opened
    for context in contexts:
        context.close()


def five():
    """Five answers for two raters."""
    return plan([tone(number) for number in range(1, 6)])


def exported(seen, tmp_path, act):
    """The file that an act has the browser save."""
    with seen.page.expect_download() as download:
        act()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_five_answers_are_labelled_by_keyboard_alone_kept_and_exported(visit, tmp_path):
    seen = visit(five())
    seen.press("Tab", "Enter")
    assert (seen.text("#item-title"), seen.text("#count")) == ("Answer 1 of 5", "0 of 5 labelled")
    assert "Warm and clear." in seen.text("#words")

    seen.press("1")
    assert (seen.text("#item-title"), seen.text("#status")) == ("Answer 2 of 5", "1 of 5: excellent.")
    seen.press("3", "u", "ArrowLeft", "n")
    seen.page.keyboard.type("1 or 2? <b>e</b>")
    seen.press("Escape", "j", "2")
    assert (seen.text("#item-title"), seen.text("#count")) == ("Answer 5 of 5", "4 of 5 labelled")
    seen.press("k", "k", "k", "1", "ArrowRight")  # another label for the second
    assert seen.text("#count") == "4 of 5 labelled"

    seen.page.reload()
    assert (seen.text("#item-title"), seen.text("#count")) == ("Answer 5 of 5", "4 of 5 labelled")
    seen.press("2")
    assert seen.text("#done-title") == "All done. Thank you."
    assert "of 1 you could not tell" in seen.text("#done-lead")
    assert "evalbars labels add labels-support-1-Ana.json" in seen.text("#done")

    path, found = exported(seen, tmp_path, lambda: seen.press("e"))
    assert path.name == "labels-support-1-Ana.json"
    assert {**found, "labels": 0} == {
        "type": "evalbars-labels",
        "schema": 1,
        "review": "support-1",
        "rater": "Ana",
        "labels": 0,
    }
    assert [each["value"] for each in found["labels"]] == ["excellent", "excellent", "unclear", "good", "good"]
    assert [each["note"] for each in found["labels"]] == ["", "", "1 or 2? <b>e</b>", "", ""]
    assert {each["of"] for each in found["labels"]} == {of(number) for number in range(1, 6)}
    for each in found["labels"]:
        Label(**each, rater=found["rater"], passed=None)
        assert abs((date.fromisoformat(each["labelled"]) - date.today()).days) <= 1  # noqa: DTZ011 - the browser's
    seen.clean()


def test_raters_see_their_own_items_in_their_own_order_and_no_labels_of_each_other(visit):
    items = [tone(number, ("Ana", "Ben") if number < 8 else ("Ben",)) for number in range(12)]
    seen = visit(plan(items))
    orders = {}
    for rater in ("Ana", "Ben", "Ana"):
        seen.enter(rater)
        assert seen.text("#count").startswith("1" if rater in orders else "0")
        while seen.page.locator("#previous").is_enabled():
            seen.page.keyboard.press("k")
        cases = []
        while True:
            cases.append(seen.text("#item-case"))
            if seen.page.locator("#next").is_disabled():
                break
            seen.page.keyboard.press("ArrowRight")
        assert orders.setdefault(rater, cases) == cases
        seen.page.locator("#open").click()
        seen.press("1")
        seen.page.locator("#switch").click()
    assert len(orders["Ana"]) == 8
    assert len(orders["Ben"]) == 12
    assert [case for case in orders["Ben"] if case in orders["Ana"]] != orders["Ana"]
    assert seen.page.locator("#raters li").all_inner_texts() == [
        "Ana\n2 of 8 answers labelled",
        "Ben\n1 of 12 answers labelled",
    ]

    seen.page.locator("#name").fill("  bEN ")
    seen.press("Enter")
    assert seen.text("#count") == "1 of 12 labelled"
    seen.page.locator("#switch").click()
    seen.page.locator("#name").fill("Settled")
    seen.page.locator("#enter").click()
    assert "for what raters settle together" in seen.text("#status")
    seen.page.locator("#name").fill("Zo\u00eb")
    seen.page.locator("#enter").click()
    assert seen.text("#count") == "0 of 12 labelled"
    assert "does not name you" in seen.text("#status")
    seen.clean()


def test_hostile_texts_are_texts_in_every_place(visit, tmp_path):
    assert len(HOSTILE) >= 30
    seen = visit(hostile())
    seen.page.locator("#name").fill(HOSTILE[1])
    seen.page.locator("#enter").click()
    shown = set()
    for number in range(len(HOSTILE)):
        found = seen.page.evaluate(
            """() => {
              const all = [...document.querySelectorAll("#evidence *, .option *, #guide-title *, #item-case *")];
              return {
                elements: [...new Set(all.map((each) => each.tagName))],
                attributes: [...new Set(all.flatMap((each) => each.getAttributeNames()))],
                text: document.body.innerText,
                output: document.querySelector(".part.output .text").textContent,
              };
            }"""
        )
        assert set(found["elements"]) <= ELEMENTS | {"KBD"}
        assert set(found["attributes"]) <= ATTRIBUTES | {"aria-hidden"}
        assert not HIDDEN.search(found["text"])
        shown.add(found["output"])
        seen.page.keyboard.press("1" if number == 3 else "ArrowRight")
    plain = {text for text in HOSTILE if not HIDDEN.search(text) and text.isascii()}
    assert plain <= shown
    assert {"RLOesreverPDF and LRIisolated", "lineLSEPparaPSEPend"} <= shown
    seen.press("n")
    seen.page.keyboard.insert_text(HOSTILE[6])
    seen.press("Escape")
    path, found = exported(seen, tmp_path, lambda: seen.press("e"))
    assert found["rater"] == HOSTILE[1]
    assert re.fullmatch(r"labels-[\w.-]+\.json", path.name)
    seen.page.locator("#switch").click()
    assert seen.page.locator("#raters button").count() == len(HOSTILE)
    seen.clean()


def test_the_policy_stops_what_the_code_would_let_through(visit):
    seen = visit(five())
    seen.enter("Ana")
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
    assert not [fault for fault in seen.faults if fault.startswith("dialog")]


@pytest.mark.slow
def test_a_long_answer_is_folded_and_scrolls(visit):
    long = "\u202e" + "word " * 40_000 + "the end"
    seen = visit(plan([tone(1, output=long, context="line\n" * 500)]))
    seen.enter("Ana")
    box = seen.page.locator(".part.output .box")
    assert box.bounding_box()["height"] < 700
    assert "the end" not in box.inner_text()
    for left in ("180,008", "140,008", "100,008", "60,008"):
        seen.page.get_by_role("button", name=f"Show more: {left} characters are left").click()
    assert "the end" in box.inner_text()
    scrolling = seen.page.get_by_role("group", name="Context, scrolls")
    scrolling.focus()
    assert scrolling.evaluate("each => each === document.activeElement")
    seen.clean()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["a\0", "\u202e\u0351", "\u200b\u200c", "\n"], ids=ascii)
def test_texts_of_200_kb_of_anything_are_shown(visit, text):
    long = text * (200_000 // len(text))
    seen = visit(plan([tone(1, output=long, context=[text] * 100_000, also=[long, [long]])]))
    seen.enter("Ana")
    if text.strip():
        seen.page.locator(".part.output .more").click()
        assert "Show more: 140,000 characters are left" in seen.text(".part.output .more")
    seen.press("1")
    assert seen.text("#done-title") == "All done. Thank you."
    seen.clean()


def test_every_control_has_a_name_a_place_in_order_and_a_visible_focus(visit):
    seen = visit(five())
    seen.enter("Ana")
    snapshot = seen.page.locator("body").aria_snapshot()
    for words in (
        'button "You are Ana; change"',
        'progressbar "0 of 5 labelled"',
        'heading "Answer 1 of 5" [level=1]',
        'navigation "Items"',
        'region "Answer"',
        'group "Your label"',
        'button "excellent Warm and clear."',
        'textbox "Note (if you like)"',
        'button "Help and settings"',
    ):
        assert words in snapshot
    assert not re.search(r"- (button|textbox|checkbox|link)(:|$| \[)", snapshot, re.MULTILINE), (
        "a control without a name"
    )

    words = ["excellent", "good", "poor", "unclear"]
    for key, order in {"Tab": ["next", "open", *words, "note"], "Shift+Tab": ["help", "export", "switch"]}.items():
        seen.page.locator("#item-title").focus()
        for name in order:
            seen.page.keyboard.press(key)
            found = seen.page.evaluate(
                """() => {
                  const each = document.activeElement;
                  const style = getComputedStyle(each);
                  return [each.id || each.dataset.word, style.outlineStyle, parseFloat(style.outlineWidth)];
                }"""
            )
            assert found == [name, "solid", 3]

    seen.page.locator('[data-word="good"]').click()
    assert seen.text("#item-title") == "Answer 2 of 5"
    assert seen.page.evaluate("document.activeElement.id") == "item-title"
    seen.page.keyboard.press("ArrowLeft")
    assert seen.page.get_by_role("button", name="good", pressed=True).count() == 1
    seen.press("2")
    assert seen.text("#status") == "1 of 5: taken back."
    seen.press("?")
    assert seen.page.get_by_role("dialog", name="Help and settings").is_visible()
    assert seen.page.get_by_role("checkbox", name="Go on to the next one after a choice").is_checked()
    seen.page.get_by_role("checkbox", name="Shortcuts on single keys").uncheck()
    seen.press("Escape", "1")
    assert seen.text("#count") == "0 of 5 labelled"
    seen.clean()


WINDOWS = [
    pytest.param(1280, 860, "light", id="light", marks=pytest.mark.slow),
    pytest.param(1280, 860, "dark", id="dark", marks=pytest.mark.slow),
    pytest.param(1024, 600, "light", id="low", marks=pytest.mark.slow),
    pytest.param(768, 1024, "light", id="tablet", marks=pytest.mark.slow),
    pytest.param(360, 740, "dark", id="phone"),
    pytest.param(320, 560, "light", id="small phone", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("width", "height", "scheme"), WINDOWS)
def test_all_screens_can_be_read_in_windows_of_all_sizes(visit, width, height, scheme):
    guide = Guide(
        dimension="tone",
        title="Tone",
        task="How it reads. " * 8,
        words={"excellent": "Warm, clear and right in every point. " * 3, "good": "Clear."},
        criteria=("Does it answer what was asked?", "L" + "o" * 80 + "ng"),
    )
    pair = tone(2, output={"first": "One answer. " * 30, "second": "x" * 300})
    items = [tone(1, output="An answer.\n\n" * 60, context=["a" * 400, "b"], reference={"price": 7}), pair]
    seen = visit(plan(items, ("Ana", "M" + "a" * 150), (guide,)), width=width, height=height, color_scheme=scheme)

    def look():
        seen.layout()
        assert drawn(seen.page.screenshot()) > 0.005

    look()
    seen.enter("Ana")
    for _ in items:
        look()
        seen.press("2")
    look()
    seen.press("?")
    look()
    seen.press("Escape")
    seen.page.locator("#again").click()
    look()
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 200) == (scheme == "dark")
    seen.clean()


@pytest.mark.slow
def test_the_checks_of_a_layout_find_what_is_wrong(visit):
    seen = visit(five())
    seen.enter("Ana")
    seen.page.evaluate(
        """() => {
          document.querySelector("#count").style.color = "#ccc";
          document.querySelector("#export").style.marginInlineEnd = "-3rem";
          const small = { alignSelf: "start", minHeight: "0", height: "1rem" };
          Object.assign(document.querySelector("#previous").style, small);
          document.querySelector("#evidence").style.width = "3000px";
        }"""
    )
    with pytest.raises(AssertionError) as caught:
        seen.layout()
    for words in ("contrast", "overlap", "scrolls sideways", "beyond the edge", "small"):
        assert words in str(caught.value)


@pytest.mark.slow
def test_an_exported_file_goes_on_elsewhere_and_what_is_none_is_told(visit, tmp_path):
    seen = visit(five())
    seen.enter("Ben")
    seen.press("1", "2")
    path, found = exported(seen, tmp_path, lambda: seen.page.locator("#export").click())

    other = visit(five())
    other.enter("Ben")
    other.press("3")
    other.page.locator("#switch").click()
    found["labels"] += [{"dimension": "tone", "of": of(99), "value": "good"}, {"of": 1}, None]
    path.write_text(json.dumps(found), encoding="utf-8")
    other.page.locator("#file").set_input_files(path)
    other.page.locator("#work").wait_for()
    other.page.wait_for_function("document.querySelector('#status').textContent.includes('Taken')")
    assert other.text("#status") == (
        "Taken from the file: 2 labels. 1 replaced what was here. 3 fit nothing in this review and were left out."
    )
    assert (other.text("#count"), other.text("#item-title")) == ("2 of 5 labelled", "Answer 3 of 5")
    other.page.locator("#switch").click()
    for text, words in {
        "{": "not JSON",
        "[]": "holds no labels",
        '{"type": "evalbars-labels", "schema": 1, "rater": "Ben", "labels": {}}': "holds no labels",
        json.dumps(found | {"schema": 9}): "another version",
        json.dumps(found | {"review": "<b>\u202e"}): "another review, <b>[RLO]. This is support-1",
        json.dumps(found | {"rater": " "}): "holds no labels",
    }.items():
        path.write_text(text, encoding="utf-8")
        other.page.locator("#file").set_input_files(path)
        other.page.wait_for_function(
            "words => document.querySelector('#status').textContent.includes(words)", arg=words
        )
        assert other.page.locator("#start").is_visible()
    other.clean()
    seen.clean()


NO_STORAGE = (
    "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"
)
FULL = "Storage.prototype.setItem = (key) => { if (key.startsWith('[')) throw new DOMException('full'); };"


@pytest.mark.slow
@pytest.mark.parametrize(("before", "words"), [(NO_STORAGE, "keeps nothing"), (FULL, "no more room")])
def test_where_a_browser_keeps_nothing_it_says_so_and_warns_before_it_closes(visit, tmp_path, before, words):
    seen = visit(five(), before=before)
    seen.enter("Ana")
    seen.press("1")
    assert words in seen.text("#warning")
    with seen.page.expect_event("close"):
        seen.page.close(run_before_unload=True)
    assert [fault.split()[1] for fault in seen.faults] == ["beforeunload"]

    seen = visit(five(), before=before)
    seen.enter("Ana")
    seen.press("1")
    exported(seen, tmp_path, lambda: seen.press("e"))
    with seen.page.expect_event("close"):
        seen.page.close(run_before_unload=True)
    assert seen.faults == []


@pytest.mark.slow
def test_what_cannot_be_read_is_set_aside_and_another_tab_is_followed(visit):
    seen = visit(five())
    key = json.dumps(["evalbars-labels", "support-1", "Ana"], separators=(",", ":"))
    seen.page.evaluate("key => localStorage.setItem(key, '{broken')", key)
    seen.enter("Ana")
    assert "could not be read; it was set aside" in seen.text("#warning")
    seen.press("1")
    assert seen.page.evaluate("key => localStorage.getItem(key + ':unread')", key) == "{broken"

    seen.page.reload()
    assert seen.text("#count") == "1 of 5 labelled"
    assert seen.page.locator("#warning").is_hidden()
    other = seen.context.new_page()
    other.goto(seen.path.as_uri())
    other.locator("#raters button", has_text="Ana").click()
    other.keyboard.press("3")
    seen.page.wait_for_function("document.querySelector('#count').textContent === '2 of 5 labelled'")


@pytest.mark.slow
def test_cases_are_called_cases_settings_stay_and_notes_without_a_label_are_told(visit, tmp_path):
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]
    seen = visit(plan([tone(1, input=turns), tone(2, input=turns)], raters=(), kind="cases"))
    assert seen.text("#start-title") == "Check these cases"
    assert seen.text("#name-label") == "Your name"
    seen.page.locator("#enter").click()
    assert seen.text("#status") == "Write your name first."
    seen.page.locator("#name").fill("Zo\u00eb / \u674e")
    seen.press("Enter")
    assert seen.text("#item-title") == "Case 1 of 2"
    assert seen.page.locator(".turn .role").all_inner_texts() == ["user", "assistant"]

    seen.press("?")
    seen.page.get_by_role("checkbox", name="Go on to the next one after a choice").uncheck()
    seen.page.get_by_role("checkbox", name="Fixed-width text").check()
    seen.page.get_by_role("button", name="Close").click()
    seen.page.reload()
    seen.press("u")
    assert (seen.text("#item-title"), seen.text("#status")) == ("Case 1 of 2", "1 of 2: cannot tell.")
    assert "mono" in seen.page.locator(".part.output .text").evaluate("each => getComputedStyle(each).fontFamily")
    seen.press("j", "n")
    seen.page.keyboard.type("why?")
    path, found = exported(seen, tmp_path, lambda: seen.page.locator("#export").click())
    assert path.name == "labels-support-1-Zo\u00eb-\u674e.json"
    assert [each["value"] for each in found["labels"]] == ["unclear"]
    assert seen.text("#status").endswith("Not in it: 1 note on what has no label yet.")
    seen.clean()


def test_without_a_browser_tests_skip_and_say_what_to_install_or_fail_where_one_must_be(monkeypatch):
    monkeypatch.delenv("EVALBARS_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install"):
        missing("install one")
    monkeypatch.setenv("EVALBARS_BROWSER", "required")
    with pytest.raises(pytest.fail.Exception, match="EVALBARS_BROWSER=required, and install one"):
        missing("install one")
