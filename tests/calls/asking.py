"""Models at a planned server."""

from __future__ import annotations

from pytest_evalbars import Model

KEY = "sk-1234567890abcdef"
NAME = "openai/gpt-4o-mini"


def model_at(server, name=NAME, **parameters):
    """A model at a server."""
    return Model(name, **{"api_base": server.url, "api_key": KEY, **parameters})
