"""Makes what models, cases and bars wrote plain text where it would mean something: in Markdown, in a job's log."""

from __future__ import annotations

import re

from pytest_evalbars.safe import safe

#: Stands unseen within what would otherwise be a mention, a link or an emoji. An entity would not do: GitHub looks
#: for these in the text that a browser shows.
UNSEEN = "\u200b"
#: After what it stands: mentions and addresses, issues, advisories, `:smile:`, links, commits.
BREAKS = re.compile(
    r"@(?=\S)|#(?=\d)|\b(?:GH|GHSA|CVE)-(?=\w)|:(?=[\w+-]+:)|:(?=//)|\b(?:mailto|xmpp):|\bwww(?=\.)"
    r"|\b[0-9a-f]{7,40}\b",
    re.IGNORECASE,
)
#: Characters of a commit's name that GitHub takes for none.
NO_COMMIT = 6
#: What GitHub's Markdown gives a meaning, and how it is written as itself. `|` may end a cell even if escaped.
MARKUP = {
    **{mark: f"\\{mark}" for mark in "\\`*_[]~"},
    "|": "&#124;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "$": "<span>$</span>",  # as GitHub's manual says of formulas
}
MARKS = re.compile("[" + re.escape("".join(MARKUP)) + "]")
#: What begins a heading, a list or a rule.
BEGINS = re.compile(r"\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|-[- ]*$|=+\s*$|#|:)")
PLAIN = re.compile(r"[^\w ,()=-]", re.ASCII)
#: In characters; of a text that stands for itself, as a reason.
LENGTH = 300


def prose(words: object, length: int = LENGTH) -> str:
    """One line of Markdown that shows these words and does nothing: no link, no mention, no markup.

    Args:
        words: what to show.
        length: the characters that are kept of it; in bytes the result is at most four times as long.
    """
    line = cut(safe(words).strip(), length)
    while len((text := _prose(line)).encode()) > 4 * length:  # nothing but dollars
        line = cut(line, len(line) * 3 // 4)
    return text


def _prose(line: str) -> str:
    text = MARKS.sub(lambda found: MARKUP[found[0]], _broken(line))
    begin = BEGINS.match(text)
    return f"{begin[0]}\\{text[begin.end() :]}" if begin else text


def _broken(line: str) -> str:
    return BREAKS.sub(lambda found: _apart(found[0]), line)


def _apart(word: str) -> str:
    if len(word) <= NO_COMMIT or not word.isalnum():
        return word + UNSEEN
    return UNSEEN.join(word[at : at + NO_COMMIT] for at in range(0, len(word), NO_COMMIT))


def code(words: object, length: int = LENGTH) -> str:
    """The words as code, in which GitHub looks for nothing; empty where there are none.

    Args:
        words: what to show.
        length: the characters that are kept of it.
    """
    text = cut(safe(words).strip(), length)
    if not text:
        return ""
    if "|" in text:  # ends a table's cell within code too
        return f"<code>{PLAIN.sub(lambda found: f'&#{ord(found[0])};', _broken(text))}</code>"
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cut(text: str, length: int) -> str:
    """The text's beginning, where it is longer."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def cut_within(text: str, length: int) -> str:
    """The text's beginning and end, where it is longer: what differs in a bar's name is often its end."""
    return text if len(text) <= length else f"{text[: length - length // 3 - 1]}…{text[-(length // 3) :]}"


def command_data(words: object, length: int = 1_000) -> str:
    """The message of a workflow command: one line, whatever is in it."""
    return cut(safe(words), length).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(words: object, length: int = 200) -> str:
    """A property of a workflow command, as its title."""
    return command_data(words, length).replace(":", "%3A").replace(",", "%2C")


def log_line(line: str) -> str:
    """A line of a job's log that is no workflow command: it does not begin with `::`, and has no `##[`."""
    line = line.replace("##[", "##\\[")
    return f"\\{line}" if line.lstrip().startswith("::") else line
