"""Changes keys of rows in YAML, block or flow: by the places that the parser gives, never by writing it anew."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pytest_evalbars.lifecycle.spans import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What ends a line in YAML 1.1.
NEWLINE = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
BLANK = " \t\r\n\x85\u2028\u2029"


def edits(text: str, wanted: Mapping[int, Mapping[str, Any]]) -> Iterator[Edit | tuple[int, str]]:
    """The edits that give rows other values; or a row's number, and why its change cannot be made.

    Args:
        text: the file's, known to be valid.
        wanted: new values of keys, by the number of the row; None takes a key away.
    """
    import yaml  # noqa: PLC0415 - an extra

    root: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for number, values in wanted.items():
        row = _Row(text, root.value[number])
        try:
            yield from [edit for key, value in values.items() for edit in row.edits(key, value)]
        except ValueError as error:
            yield number, str(error)


class _Row:
    """One row of the list."""

    def __init__(self, text: str, node: Any) -> None:
        self.text, self.flow = text, node.flow_style
        self.column: int = node.start_mark.column
        self.pairs: dict[str, tuple[Any, Any]] = {key.value: (key, value) for key, value in node.value}
        self.names = list(self.pairs)

    def edits(self, key: str, value: Any) -> Iterator[Edit]:
        """What gives the key another value, writes it after the status or the id, or takes it away."""
        if key not in self.pairs:
            if value is not None:
                yield self._added(key, value)
        elif value is None:
            yield self._removed(key)
        else:
            yield self._replaced(key, value)

    def _replaced(self, key: str, value: Any) -> Edit:
        name, node = self.pairs[key]
        start, end = node.start_mark.index, self._end(key)
        style = getattr(node, "style", None)
        words = _words(value, style if style in ("'", '"') else None)
        if start < end:
            return Edit(start, end, words)
        # A key without a value: what comes after it, up to where the parser says that nothing stands, has the colon.
        between = self.text[name.end_mark.index : start]
        space = "" if self.text[start - 1] in " \t" else " "
        return Edit(start, start, f"{space}{words}" if ":" in between else f": {words}")

    def _added(self, key: str, value: Any) -> Edit:
        beside = "status" if "status" in self.pairs else "id"
        style = self.pairs["id"][0].style
        words = f"{_words(key, style)}: {_words(value, style)}"
        at = self._end(beside)
        if self.flow:
            return Edit(at, at, f", {words}")
        if (self.pairs[beside][1].style or "") in ("|", ">"):
            raise ValueError(f"the {beside} is written with {self.pairs[beside][1].style}; write it on one line")
        newline = NEWLINE.search(self.text, at) or NEWLINE.search(self.text)
        at = self._line_end(at)
        return Edit(at, at, f"{newline[0] if newline else chr(10)}{' ' * self.column}{words}")

    def _removed(self, key: str) -> Edit:
        place = self.names.index(key)
        start, end = self.pairs[key][0].start_mark.index, self._end(key)
        if not place:
            return Edit(start, self.pairs[self.names[1]][0].start_mark.index, "")
        if self.flow:
            return Edit(self._end(self.names[place - 1]), end, "")
        start -= self.pairs[key][0].start_mark.column  # to where its line begins
        end = self._line_end(end)
        newline = NEWLINE.match(self.text, end)
        if newline:
            return Edit(start, newline.end(), "")
        return Edit(start - len(NEWLINE.findall(self.text[:start])[-1]), end, "")

    def _end(self, key: str) -> int:
        """Where a key's value ends: of blocks, the parser says where the next thing begins."""
        node: Any = self.pairs[key][1]
        start, end = node.start_mark.index, node.end_mark.index
        return int(
            start + len(self.text[start:end].rstrip(BLANK)) if not _is_block(node) else _leaf_end(self.text, node)
        )

    def _line_end(self, at: int) -> int:
        newline = NEWLINE.search(self.text, at)
        return newline.start() if newline else len(self.text)


def _is_block(node: Any) -> bool:
    return getattr(node, "flow_style", True) is False


def _leaf_end(text: str, node: Any) -> int:
    """Where the last text within a block ends; comments after it are not its own."""
    while _is_block(node) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    start, end = node.start_mark.index, node.end_mark.index
    return int(start + len(text[start:end].rstrip(BLANK)))


def _words(value: Any, style: str | None) -> str:
    """A value as YAML, in the quotes that are asked for; a mapping stands on one line, its texts in quotes."""
    if isinstance(value, dict):
        quote = '"' if style == '"' else ""
        inner = ", ".join(
            f"{quote}{key}{quote}: {json.dumps(each, ensure_ascii=False)}" for key, each in value.items()
        )
        return f"{{{inner}}}"
    return f"{style}{value}{style}" if style else str(value)
