"""What tests printed and raised stands in a job's log as text: no workflow command of a model is obeyed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_evalbars.session import EvalSession


class Fence:
    """Keeps what tests printed and raised, which pytest shows at the end, from being read as workflow commands."""

    def __init__(self, evals: EvalSession) -> None:
        self.evals = evals

    # Outermost: captured output and tracebacks are shown by pytest's own part of it.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
        """Stop commands, by a word that no test can know; then tell our own."""
        word = secrets.token_hex(16)
        terminalreporter.ensure_newline()
        terminalreporter.line(f"::stop-commands::{word}")
        try:
            return (yield)
        finally:
            terminalreporter.ensure_newline()
            terminalreporter.line(f"::{word}::")
            for line in self.evals.reports.told.annotations:
                terminalreporter.line(line)
