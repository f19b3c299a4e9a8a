"""No text of a model, a case or a bar becomes markup, a link, a mention or a command."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_reports import misses, report

from pytest_evalbars.report.escapes import code, command_data, command_property, log_line, prose
from pytest_evalbars.report.markdown import markdown

markdown_it = pytest.importorskip("markdown_it", reason="the renderer that checks ours is in the extra `test`")
pytest.importorskip("linkify_it")

#: What GitHub looks for in the text of a page, outside of code (as its html-pipeline and its manual have it).
MENTION = re.compile(r"(?:^|\W)@[a-z0-9][a-z0-9-]*", re.IGNORECASE)
ISSUE = re.compile(r"#\d|\b(?:GH|GHSA|CVE)-\w", re.IGNORECASE)
COMMIT = re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE)
LINK = re.compile(r"://|\bwww\.|\b(?:mailto|xmpp):\w", re.IGNORECASE)
EMOJI = re.compile(r":[\w+-]+:")
#: What we write ourselves.
OURS = {
    "</details>",
    "</summary>",
    "<details>",
    "<summary>",
    "<span>",
    "</span>",
    "<sub>",
    "</sub>",
    "<code>",
    "</code>",
}

HOSTILE = [
    "@org/team please look",
    "ping @octocat, a@b.example",
    "fixes #123, GH-1, org/repo#2, GHSA-abcd-1234-efgh",
    "see 3f9c0de1 or 3f9c0de1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7",
    "org/repo@3f9c0de1",
    "https://evil.example/x?y=1",
    "www.evil.example",
    "mailto:a@b.example",
    "http:&#47;&#47;evil.example",
    "[a](https://evil.example)",
    "<https://evil.example>",
    "![t](https://evil.example/t.png)",
    '<img src="https://evil.example/t.gif">',
    "<script>alert(1)</script>",
    "<!-- hidden",
    "-->",
    "</details></details>",
    "</summary>",
    "| a | b |",
    "a|b",
    "a\\|b",
    "a\\",
    "\\",
    "`",
    "``",
    "`x` and ``y",
    "```\nfence\n```",
    "~~~",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "=====",
    "-----",
    "***",
    "> [!WARNING]\n> now",
    "> quote",
    "[^1]",
    "[^1]: note",
    "[x]: https://evil.example",
    "- [ ] task",
    ":smile: :+1:",
    "$x$",
    "$$\\href{https://e.example}{x}$$",
    "$`x`$",
    "a $5 and 6$ b",
    "**bold** _it_ ~~gone~~",
    "&lt;b&gt; &amp; &copy;",
    "line\n\n# two",
    "line\r\n| x |",
    "tab\tx",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "\x1b[31mred",
    "\x00",
    "\ud800",
    "\u2028x",
    " ",
    "",
    "    code",
    "a" * 3000,
    "$" * 3000,
    "@" * 900,
    "`" * 500,
    "|" * 500,
    "::error::x",
    "##[error]x",
    "{{ x }}",
    "${{ secrets.X }}",
    "<kbd>",
    "&#64;octocat",
    "http://[::1]/",
    "FTP://evil.example",
    "xmpp:a@b.example",
    "@\u200bx",
    "javascript:alert(1)",
    "<a\nhref=x>",
    "`<img src=x>`",
    "*a*|`b`|*c*",
]


def rendered(text):
    """Tokens of an independent renderer of GitHub's Markdown."""
    renderer = markdown_it.MarkdownIt("gfm-like", {"html": True})
    renderer.linkify.set({"fuzzy_link": False})  # what begins with `www.` is looked for by hand
    return renderer.parse(text)


def parts(tokens):
    """All tokens, those within lines too."""
    for token in tokens:
        yield token
        yield from parts(token.children or [])


def is_harmless(text):
    """Assert that nothing comes out of it that we did not write; gives what was rendered."""
    words, within, tokens = [], 0, rendered(text)
    for token in parts(tokens):
        assert token.type not in {"link_open", "image", "fence", "code_block", "blockquote_open", "hr"}, token
        if token.type == "html_inline":
            assert token.content in OURS, token.content
            within += {"<code>": 1, "</code>": -1}.get(token.content, 0)
        elif token.type == "html_block":
            assert re.fullmatch(r"(<details><summary>[\w ,.:]+</summary>|</details>)\n?", token.content), (
                token.content
            )
        elif token.type == "text" and not within:
            words.append(token.content)
        elif token.type != "text":
            words.append("" if token.type == "text_special" else "\n")
    shown = "".join(words)
    for found in (MENTION, ISSUE, COMMIT, LINK, EMOJI):
        assert not found.search(shown), found.search(shown)
    return tokens


def cells(tokens):
    """What a reader sees of a page's form."""
    return [token.type for token in tokens if token.type.startswith(("td_", "tr_", "table_", "th_", "heading_"))]


@pytest.fixture(scope="module")
def form():
    return cells(rendered(markdown(report("words"), misses("words"), 10**6)))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_a_report_full_of_hostile_words_is_only_a_report(words, form):
    text = markdown(report(words), misses(words), 10**6)
    tokens = is_harmless(text.replace("commit `3f9c0de12`", ""))
    lines = text.splitlines()
    assert lines.count("</details>") == sum(line.startswith("<details>") for line in lines)
    if words.strip():
        assert cells(tokens) == form


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=4).map("".join) | st.text(max_size=60),
    st.integers(2_000, 65_536),
)
def test_a_report_full_of_any_words_is_only_a_report_in_any_room(words, limit):
    text = markdown(report(words), misses(words, 20), limit)
    assert len(text.encode()) <= limit
    is_harmless(text.replace("commit `3f9c0de12`", ""))
    assert text.count("\n<details>") == text.count("\n</details>")


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("@#:/.$`|\\<>![]()*_~^-+=1a \n&;w"), max_size=40))
@example("\\`|`")
def test_prose_and_code_are_text_in_a_cell_and_in_a_list(words):
    for written in (prose(words), code(words)):
        assert "\n" not in written
        assert "|" not in written
        is_harmless(f"| a | b |\n| --- | --- |\n| {written} | x |\n")
        is_harmless(f"- **a**: {written}\n")
        is_harmless(f"{written}\n" if written.strip() else "")
        cells = [
            token for token in rendered(f"| a | b |\n| --- | --- |\n| {written} | x |\n") if token.type == "td_open"
        ]
        assert len(cells) == 2


@given(st.text(max_size=60))
def test_words_without_meaning_are_shown_as_they_are(words):
    plain = re.sub(r"[^a-z ]", "", words).strip()
    assert plain == prose(plain)
    assert f"`{plain}`" == code(plain) if plain else code(plain) == ""


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("81.6% to 91.0%", "81.6% to 91.0%"),
        ("-4.0 points", "-4.0 points"),
        ("snake_case", r"snake\_case"),
        ("@octocat", "@\u200boctocat"),
        ("a|b <b>", "a&#124;b &lt;b&gt;"),
        ("$5", "<span>$</span>5"),
        ("1. first", "1\\. first"),
        ("two\nlines", "two lines"),
    ],
)
def test_what_is_written(words, written):
    assert written == prose(words)


def test_code_that_holds_backticks_is_fenced_by_more_of_them():
    assert code("a`b") == "``a`b``"
    assert code("`a`") == "`` `a` ``"
    assert code("a|b`") == "<code>a&#124;b&#96;</code>"


@given(st.text())
def test_a_command_is_one_line_and_ends_no_property(words):
    data, given_property = command_data(words), command_property(words)
    assert not set("\r\n") & set(data + given_property)
    assert not set(":,") & set(given_property)
    assert re.fullmatch(r"(?:[^%]|%25|%0D|%0A|%3A|%2C)*", given_property)


@given(st.text(alphabet=st.sampled_from(":#[ ax\t"), max_size=12))
def test_a_line_of_the_log_is_no_command(words):
    line = log_line(words)
    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    assert words == line.replace("\\", "")
