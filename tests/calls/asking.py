"""Models at a planned server, which wait for little between two attempts."""

from __future__ import annotations

import pytest

from pytest_evalbars import Model
from pytest_evalbars.calls import client

KEY = "sk-1234567890abcdef"
NAME = "openai/gpt-4o-mini"


def model_at(server, name=NAME, **parameters):
    """A model at a server."""
    return Model(name, **{"api_base": server.url, "api_key": KEY, **parameters})


@pytest.fixture(name="model")
def model_of_the_test(server):
    """A model at the test's own server."""
    return model_at(server)


@pytest.fixture(name="impatient", autouse=True)
def short_waits(monkeypatch):
    """Hardly wait between two attempts."""
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(client, "JITTER", 0.01)
