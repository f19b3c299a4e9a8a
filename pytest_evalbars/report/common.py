"""What a run has in common with its baseline, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.against import Common

#: Cases of one kind named before the others are only counted.
NAMED = 5
#: What becomes of cases of a kind, where they are not left out of every comparison.
NOTES = {"renamed": "", "status": " (compared by bars that hold both)"}
#: Characters of a commit that tell it from others.
SHORT = 9


def common_lines(common: Common, *, everything: bool) -> Iterator[str]:
    """Which cases are compared, and what became of the others.

    Args:
        common: what the runs have in common.
        everything: name all of them.
    """
    about = ", ".join(filter(None, [common.started[:10], f"commit {common.commit[:SHORT]}" if common.commit else ""]))
    whole = "" if common.complete else ", which is incomplete"
    yield safe(
        f"compared with the baseline{f' ({about})' if about else ''}{whole}: {count(common.cases, 'case')} in common"
    )
    if common.replayed:
        yield f"    {common.replayed} of its {count(common.trials, 'trial')} replayed recorded answers then"
    kinds: dict[str, Sequence[str]] = {
        "renamed": [f"{before} -> {after}" for before, after in common.renamed],
        "changed": common.changed,
        "status": [f"{case} {before} -> {after}" for case, before, after in common.restated],
        "new": common.new,
        "removed": common.removed,
    }
    for kind, names in kinds.items():
        if names:
            many = len(names) if everything else NAMED
            more = f" and {len(names) - many} more" if len(names) > many else ""
            apart = NOTES.get(kind, " (not compared)")
            yield safe(f"    {kind}: {', '.join(names[:many])}{more}{apart}", 10**6)
    if common.idle:
        yield safe(f"    renamed in the bars file, and one of the two is not there: {', '.join(common.idle)}", 10**6)
    if common.elsewhere:
        yield f"    not asked for: {count(common.elsewhere, 'case')} of other files"
