"""Every format of a report that is full of hostile texts is one that its readers can read, as text alone."""

import html.parser
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hostile_reports import full, rotated
from hostile_strings import HOSTILE
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pytest_evalbars.report.explain import explained
from pytest_evalbars.report.layout import laid_out
from pytest_evalbars.report.model import Report
from pytest_evalbars.report.rendering import FORMATS

#: What no line of ours may hold.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
#: What a job takes for a command, at the beginning of a line.
COMMAND = re.compile(r"^\s*(::|##\[|##vso|##teamcity|section_start:)", re.MULTILINE)
#: Elements and attributes that a page of ours has no use for.
UNWANTED = frozenset(
    {"applet", "audio", "base", "embed", "foreignobject", "form", "frame", "iframe", "img", "link", "marquee", "math"}
    | {"noscript", "object", "plaintext", "source", "template", "textarea", "video", "animate", "blink"}
)
#: What our Markdown has of HTML.
OURS = re.compile(r"</?(details|summary|span|sub|sup|code|br)( open)?\s*/?>|<!-- [\w -]+ -->")
LINKING = frozenset({"href", "src", "srcdoc", "action", "formaction", "xlink:href", "data", "poster", "background"})


class Parsed(html.parser.HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def check_html(text):
    assert RAW.search(text) is None
    page = Parsed()
    page.feed(text)
    page.close()
    tags = [tag for tag, _ in page.elements]
    assert not UNWANTED & set(tags), UNWANTED & set(tags)
    assert tags.count("title") <= 1
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in LINKING & set(attributes):
            assert (attributes[name] or "").startswith("#"), (tag, attributes)
        if tag == "meta":
            assert (attributes.get("http-equiv") or "").lower() in ("", "content-security-policy")
    return page.elements


def check_markdown(text):
    assert RAW.search(text) is None
    assert COMMAND.search(text) is None
    markdown_it = pytest.importorskip("markdown_it")
    parsed = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    for token in [each for block in parsed for each in (block, *(block.children or ()))]:
        assert token.type not in ("image", "link_open", "fence", "code_block", "hr"), token
        if token.type in ("html_inline", "html_block"):
            assert not [tag for tag in re.findall("<[^>]*>?", token.content) if not OURS.fullmatch(tag)], (
                token.content
            )


def check_xml(text):
    root = ET.fromstring(text)  # noqa: S314 - to parse hostile text is what we test
    assert "<!DOCTYPE" not in text
    assert RAW.search(text) is None
    return {each.tag for each in root.iter()}


def check_json(text):
    value = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    text.encode("utf-8")
    assert RAW.search(text) is None
    return value


def check_text(text):
    assert RAW.search(text) is None


CHECKS = {".html": check_html, ".md": check_markdown, ".json": check_json, ".txt": check_text}


def rendered(form, report, misses):
    return FORMATS[form](report, misses, None)


@pytest.mark.parametrize("form", CHECKS)
@pytest.mark.parametrize(
    "first", [0, 53, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, len(HOSTILE), 27))]
)
def test_the_corpus_in_every_field(form, first):
    CHECKS[form](rendered(form, *full(rotated(first))))


@pytest.mark.parametrize("first", [0, 53, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 161, 40))])
def test_the_corpus_in_the_story(first):
    report, _ = full(rotated(first))
    check_text("\n".join(explained(report)))


#: Not known from the first or the last of a list by chance.
SOME = ("\x1b[31mred\x1b[0m", "{{7*7}} {% for x in [] %} {# #}", "<!-- a comment -->", "null")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(each, marks=() if each in SOME else pytest.mark.slow)
        for each in [*SOME, *HOSTILE[::4]]
        if each.strip()
    ],
)
def test_one_text_everywhere_adds_no_element(text):
    """A page has the elements that the same report of plain words has."""
    page = check_html(rendered(".html", *full([text])))
    plain = check_html(rendered(".html", *full(["word " * (len(text) // 5 + 1)])))
    assert {tag for tag, _ in page} == {tag for tag, _ in plain}
    names, ours = ({name for _, each in elements for name in each} for elements in (page, plain))
    assert names <= ours | {"dir", "open", "title", "hidden"}


def test_a_report_reads_back_as_it_was():
    report, _ = full(HOSTILE)
    line = json.dumps(report.to_json())
    assert Report.model_validate(json.loads(line)) == report


ANY = st.lists(
    st.text(st.characters(), max_size=40)
    | st.text("<>&\"'`[]()!|*_#@:/\\\n\r\t{}%$=+-;.~^ a1\x1b\x00\u202e\ud800", max_size=60)
    | st.sampled_from(HOSTILE),
    min_size=1,
    max_size=30,
)


def fuzz(form, texts):
    if form == "story":
        check_text("\n".join(explained(full(texts)[0])))
    else:
        CHECKS[form](rendered(form, *full(texts)))


@pytest.mark.parametrize("form", [*CHECKS, "story"])
def test_any_text(form):
    settings(max_examples=8, phases=[Phase.generate])(given(ANY)(lambda texts: fuzz(form, texts)))()


@pytest.mark.slow
@pytest.mark.parametrize("form", [*CHECKS, "story"])
def test_any_text_at_length(form):
    settings(max_examples=150, phases=[Phase.generate])(given(ANY)(lambda texts: fuzz(form, texts)))()


def test_lines_of_the_terminal_are_lines():
    for first in (0, 40, 80, 120):
        lines = list(laid_out(full(rotated(first))[0].summary))
        assert lines
        assert not [line.text for line in lines if RAW.search(line.text) or "\n" in line.text]
