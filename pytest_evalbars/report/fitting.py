"""Fits a report into the room that there is: rows and sections are left out whole, and the text says which."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What every note of something left out ends with.
ELSEWHERE = "the size of this report is limited; the HTML report has more, the run file has all (`evalbars report`)"
#: Bytes kept for the note of rows left out of a section, and for the one of sections left out.
NOTE, NOTES = 260, 600


@dataclass
class Section:
    """A part of a report that can be left out, wholly or from some row on."""

    #: What its rows are called where some are left out: `misses`.
    name: str
    #: The least is the most important.
    rank: int
    top: str
    rows: list[str] = field(default_factory=list)
    bottom: str = ""
    #: Rows that have its rank; the others come when every section has had its own. None: all.
    first: int | None = None
    #: Rows that there are and nobody gave.
    more: int = 0

    def text(self, shown: int) -> str:
        """The section with its first rows."""
        left, of = len(self.rows) - shown + self.more, len(self.rows) + self.more
        note = f"\n{left:,} of {of:,} {self.name} {'is' if left == 1 else 'are'} not shown: {ELSEWHERE}.\n"
        return self.top + "".join(f"{row}\n" for row in self.rows[:shown]) + (note if left else "") + self.bottom


def size(text: str) -> int:
    """In bytes: GitHub's limits are said in characters, and some count bytes; this many are never too many."""
    return len(text.encode())


def fitted(sections: list[Section], limit: int) -> str:
    """The sections in their order, as far as there is room.

    Args:
        sections: in reading order.
        limit: the bytes that there is room for.
    """
    room = limit - NOTES
    shown: dict[int, int] = {}
    for at, many in _claims(sections):
        section, had = sections[at], shown.get(at)
        cost = 0 if had is not None else size(section.top) + size(section.bottom) + NOTE
        rows = had or 0
        for row in section.rows[rows:many]:
            if cost + size(row) + 1 > room:
                break
            cost, rows = cost + size(row) + 1, rows + 1
        if cost <= room and (rows or not section.rows):
            shown[at] = rows
            room -= cost
    texts = [section.text(shown[at]) for at, section in enumerate(sections) if at in shown]
    dropped = dict.fromkeys(section.name for at, section in enumerate(sections) if at not in shown)
    if dropped:
        texts.append(f"Not shown at all: {', '.join(dropped)}: {ELSEWHERE}.\n")
    return "\n".join(texts)


def _claims(sections: list[Section]) -> list[tuple[int, int]]:
    """Which section may take up to how many rows, in the order of importance."""
    claims = []
    for at, section in enumerate(sections):
        every = len(section.rows)
        claims.append((section.rank, at, every if section.first is None else section.first))
        if section.first is not None and section.first < every:
            claims.append((1_000 + section.rank, at, every))
    return [(at, many) for _, at, many in sorted(claims)]
