"""The page of a report full of hostile texts, in a real browser: nothing runs, is asked for or is stopped."""

import sys
from pathlib import Path

import pytest
from hostile_reports import full, rotated
from hostile_strings import HOSTILE

from pytest_evalbars.report.rendering import FORMATS

sys.path.append(str(Path(__file__).parents[1] / "labels"))
from browsers import Watched

#: All elements, each with the names of its attributes.
ELEMENTS = """
[...document.querySelectorAll("*")].map((each) => [each.tagName, ...each.getAttributeNames()].join(" "))
"""
#: What a reader may press.
PRESS = "[...document.querySelectorAll('summary, button, [tabindex]')].slice(0, 60).forEach((each) => each.click())"


def opened(browser, path, texts, **options):
    path.write_text(FORMATS[".html"](*full(texts), None), encoding="utf-8")
    return Watched(browser.new_context(viewport={"width": 1280, "height": 860}, **options), path)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (40, 80, 120))])
def test_nothing_runs_in_a_page_full_of_hostile_texts(browser, tmp_path, first):
    seen = opened(browser, tmp_path / "hostile.html", rotated(first))
    seen.page.evaluate(PRESS)
    for box in seen.page.locator("input[type=search]").all():
        if box.is_visible():
            box.fill("<img src=x onerror=window.ran=1>")
    seen.page.wait_for_timeout(300)
    seen.clean()
    found = set(seen.page.evaluate(ELEMENTS))
    plain = opened(browser, tmp_path / "plain.html", [f"word {n}" for n in range(len(HOSTILE))])
    tags = {each.split(" ")[0] for each in plain.page.evaluate(ELEMENTS)}
    assert {each.split(" ")[0] for each in found} <= tags
    assert not [each for each in found if any(name.startswith("on") for name in each.split(" ")[1:])]
    for page in (seen, plain):
        page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3, len(HOSTILE), 8))
def test_nothing_runs_of_any_one_text(browser, tmp_path, number):
    seen = opened(browser, tmp_path / "page.html", [HOSTILE[number] or "empty"])
    seen.clean()
    seen.context.close()
