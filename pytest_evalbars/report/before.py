"""What an earlier session of a resumed run left to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.session import EvalSession

#: Trials named before the others are only counted.
NAMED = 3


def write_before(reporter: pytest.TerminalReporter, evals: EvalSession) -> None:
    """Write which trials, taken from before, failed their session then, and so fail this one."""
    if failed := evals.failed_before:
        names = ", ".join(sorted(failed)[:NAMED]) + (" ..." if len(failed) > NAMED else "")
        reporter.line(
            safe(f"the session fails because {len(failed)} of the trials taken from before failed it then: {names}"),
            red=True,
        )
