"""Who a case is, so that it is the same case tomorrow, in another order, on another worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.cases.rows import CaseRow

#: The parameter that numbers a case's trials.
TRIAL = "evalbars_trial"


def row_of(item: pytest.Item) -> CaseRow | None:
    """The case-file row that the item judges, if any."""
    from pytest_evalbars.cases.rows import CaseRow  # noqa: PLC0415 - not needed in a session without cases

    row = parameters(item).get("case")
    return row if isinstance(row, CaseRow) else None


def trial_of(item: pytest.Item) -> int:
    """The number of the item's trial, from 0."""
    return int(parameters(item).get(TRIAL, 0))


def parameters(item: pytest.Item) -> dict[str, Any]:
    """The item's parameters by name."""
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def identify(item: pytest.Item, nodeid: str) -> tuple[str, str]:
    """The item's case id and test id.

    The case is the row's id, or the node id without its trial. The test is the node id without row and trial,
    other parameters kept.

    Args:
        item: the item.
        nodeid: its node id as collected, before xdist adds a group to it.
    """
    row = row_of(item)
    callspec = getattr(item, "callspec", None)
    if callspec is None or not nodeid.endswith(f"[{callspec.id}]"):
        return (row.id if row else nodeid), nodeid
    function, inner = nodeid[: -len(callspec.id) - 2], callspec.id
    if TRIAL in callspec.params:
        inner = inner.removesuffix(f"t{trial_of(item)}").removesuffix("-")
    case = f"{function}[{inner}]" if inner else function
    if row is None:
        return case, case
    for token in (row.id, row.id.encode("unicode_escape").decode("ascii")):
        if inner == token or inner.startswith(f"{token}-"):
            rest = inner[len(token) + 1 :]
            return row.id, f"{function}[{rest}]" if rest else function
    return row.id, case


def made_from_position(item: pytest.Item) -> bool:
    """Whether pytest numbered one of the item's parameters for want of a better id (`case0`)."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return False
    tokens, row = callspec.id.split("-"), row_of(item)
    return any(
        token != value and token.removeprefix(name).isdecimal()
        for name, value in callspec.params.items()
        if name != TRIAL and (row is None or name != "case")
        for token in tokens
        if token.startswith(name)
    )
