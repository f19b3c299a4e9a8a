"""What a session set out to do: one record for each item that is a trial of a case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_evalbars.run.shards import Shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.run.quarantined import Quarantined
    from pytest_evalbars.run.saturated import Saturated

#: Where a case stands in its life, as its author says, and where one stands that does not say.
STATUSES = ("capability", "regression", "saturated")
DEFAULT_STATUS = "regression"
SATURATED = "saturated"
#: The status of a regression case while its quarantine lasts: nobody writes it, but bars may name it.
QUARANTINED = "quarantined"
#: The four things one trial can say on one dimension.
OUTCOMES = ("pass", "miss", "error", "skipped")


@dataclass(frozen=True, slots=True)
class Planned:
    """One item: a trial of a case in a test, with all that is known of it before it runs."""

    item: str
    case: str
    test: str
    trial: int
    dimensions: tuple[str, ...]
    labels: dict[str, str]
    cluster: str | None = None
    #: A digest of what the trial asks: its row, its parameters, the test's source. Empty where nobody has taken it.
    content: str = ""
    #: The case file that the case stands in, relative to the project's root; empty where a test's own code has it.
    file: str = ""


def packed(planned: Iterable[Planned]) -> str:
    """Records as one JSON text inside JSON: a reader that needs none of them need not build them."""
    groups: dict[Any, dict[str, Any]] = {}
    for one in planned:
        key = (one.dimensions, tuple(one.labels.items()), one.cluster, one.file)
        if key not in groups:
            alike = {"dimensions": one.dimensions, "labels": one.labels, "cluster": one.cluster}
            groups[key] = {**alike, **({"file": one.file} if one.file else {}), "items": []}
        groups[key]["items"].append([one.item, one.case, one.test, one.trial, one.content])
    return json.dumps(list(groups.values()))


def unpacked(words: str) -> Iterator[Planned]:
    """The reverse of `packed`; keys of a newer version are not ours to read."""
    for group in json.loads(words):
        dimensions, labels, cluster = tuple(group["dimensions"]), group["labels"], group.get("cluster")
        file = group.get("file", "")
        for item, case, test, trial, *more in group["items"]:
            yield Planned(item, case, test, trial, dimensions, labels, cluster, more[0] if more else "", file)


@dataclass(frozen=True, slots=True)
class Plan:
    """A session's manifest: what was to run, what was left out, and of what."""

    planned: tuple[Planned, ...]
    #: Cases that were collected and then deselected.
    left_out: tuple[Planned, ...] = ()
    #: Why further cases, which nobody can name, were left out.
    unseen: tuple[str, ...] = ()
    #: The files and folders that were asked for, where that is not the whole project.
    asked: tuple[str, ...] = ()
    #: Things a reader should know before the first case runs.
    notes: tuple[str, ...] = field(default=())
    #: Which part of the run this is, where it is one.
    shard: Shard | None = None
    #: Which saturated cases are not run, where they are run less often; they are not left out.
    saturated: Saturated | None = None
    #: The cases among the planned ones that are in quarantine, or were.
    quarantined: tuple[Quarantined, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether cases of the suites that were asked for do not run."""
        return bool(self.left_out or self.unseen)

    def to_json(self) -> dict[str, Any]:
        """The manifest line of a run file."""
        return {
            "type": "manifest",
            "items": [each.item for each in self.planned],
            "left_out": [each.item for each in self.left_out] + list(self.unseen),
            "asked": list(self.asked),
            "planned": packed((*self.planned, *self.left_out)),
            "notes": list(self.notes),
            **({"shard": self.shard.to_json()} if self.shard else {}),
            **({"saturated": self.saturated.to_json()} if self.saturated else {}),
            **({"quarantined": [each.to_json() for each in self.quarantined]} if self.quarantined else {}),
        }

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Plan:
        """The reverse of `to_json`."""
        from pytest_evalbars.run.quarantined import Quarantined  # noqa: PLC0415 - they build on this module
        from pytest_evalbars.run.saturated import Saturated  # noqa: PLC0415

        known = {one.item: one for one in unpacked(line["planned"])}
        return cls(
            planned=tuple(known[item] for item in line["items"]),
            left_out=tuple(known[item] for item in line["left_out"] if item in known),
            unseen=tuple(item for item in line["left_out"] if item not in known),
            asked=tuple(line["asked"]),
            notes=tuple(line["notes"]),
            shard=Shard.from_json(line.get("shard")),
            saturated=Saturated.from_json(line.get("saturated")),
            quarantined=Quarantined.of_line(line),
        )
