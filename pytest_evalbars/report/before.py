"""What is said before anything else: what an earlier session of a resumed run left to say, and what is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.session import EvalSession

#: Trials named before the others are only counted.
NAMED = 3


def write_before(reporter: pytest.TerminalReporter, evals: EvalSession) -> None:
    """Write which trials, taken from before, failed their session then, and so fail this one; and what is lost."""
    if failure := evals.ledger.failure:
        reporter.line(f"{safe(failure)}; the recording is not complete", red=True)
    if failed := evals.failed_before:
        names = ", ".join(sorted(failed)[:NAMED]) + (" ..." if len(failed) > NAMED else "")
        reporter.line(
            safe(f"the session fails because {len(failed)} of the trials taken from before failed it then: {names}"),
            red=True,
        )
