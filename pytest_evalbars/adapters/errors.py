"""What can go wrong with another tool's scorer."""

from __future__ import annotations

from pytest_evalbars.errors import EvalbarsError


class ScorerError(EvalbarsError):
    """Another tool's scorer gave no score. Its text names the tool and the scorer; its cause is what was raised."""
