"""Models at the planned server, for tests: they wait for little between two attempts."""

from __future__ import annotations

import pytest
from openai_server import OpenAIServer

from pytest_evalbars import Model
from pytest_evalbars.calls import client
from pytest_evalbars.calls.litellm_import import litellm

litellm()  # imported once, for all sessions within this process

KEY = "sk-1234567890abcdef"
NAME = "openai/gpt-4o-mini"


@pytest.fixture
def server(monkeypatch):
    """A server of the test's own."""
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(client, "JITTER", 0.01)
    with OpenAIServer() as planned:
        yield planned


@pytest.fixture
def model(server):
    """A model at that server."""
    return model_at(server)


def model_at(server, name=NAME, **parameters):
    """A model at a server."""
    return Model(name, **{"api_base": server.url, "api_key": KEY, **parameters})
