"""The tables of the history. What repeats from run to run stands once, in `cards`; a year of runs stays small.

Rows are written in the order of the columns: those of `cards` and `sums` are the fields of `Card` and `Sum`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

#: What a SQLite file of ours says of itself: `PRAGMA application_id` ("evba") and `PRAGMA user_version`.
APPLICATION, VERSION = 0x65766261, 3

TABLES = MetaData()

runs = Table(
    "runs",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("commit", Text),
    Column("changes", Text),
    #: JSON.
    Column("labels", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("exit", Integer),
    Column("complete", Boolean, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("everything", Boolean, nullable=False),
    #: Trials that replayed recorded answers, and so are not in `told` and `sums`.
    Column("replayed", Integer, nullable=False),
    UniqueConstraint("name", "started"),
)

#: Every run file that was looked at, as it was then: it is read again when it has changed. `problem` says why it is
#: no run of the history; empty where there is nothing to mend.
files = Table(
    "files",
    TABLES,
    Column("path", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("run", Integer, ForeignKey("runs.id", ondelete="SET NULL")),
    Column("problem", Text, nullable=False),
)

#: What the gate said of a run: each bar by its name as a test; `replayed` is how many of its trials rest on recorded
#: answers.
verdicts = Table(
    "verdicts",
    TABLES,
    Column("run", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("bar", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("enforced", Boolean, nullable=False),
    Column("fails", Boolean, nullable=False),
    Column("replayed", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: A case on a dimension, where it stands and what it asks; `seen` is when the last run with this card began.
cards = Table(
    "cards",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("case", Text, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("test", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("category", Text),
    Column("cluster", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Index("cards_of_case", "case", "dimension"),
)

#: What a run said of a card. Without a table of its own for the key: it is the row.
told = Table(
    "told",
    TABLES,
    Column("run", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("card", Integer, primary_key=True),
    Column("passes", Integer, nullable=False),
    Column("trials", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: What the slices of a run add up to, so that a listing need not read what its cases said.
sums = Table(
    "sums",
    TABLES,
    Column("run", Integer, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("dimension", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text),
    Column("cases", Integer, nullable=False),
    Column("trials", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("stopped", Integer, nullable=False),
    Column("value", Float),
    Column("n_eff", Float),
    Index("sums_of_run", "run"),
)

#: What makes a file of an older version, by its number, one of the next. Run files that are still there are then read
#: again, for what was not kept; what bars said of them stays.
STEPS = {
    1: (
        "ALTER TABLE runs ADD COLUMN everything BOOLEAN NOT NULL DEFAULT 1",
        "ALTER TABLE cards ADD COLUMN cluster TEXT NOT NULL DEFAULT ''",
        "DELETE FROM files",
    ),
    2: (
        "ALTER TABLE runs ADD COLUMN replayed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE verdicts ADD COLUMN replayed INTEGER NOT NULL DEFAULT 0",
    ),
}
