"""litellm takes seconds to import: once for all sessions within this process."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no test reaches the network
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import litellm
    import litellm.types.llms.openai
    import tiktoken  # noqa: F401

    litellm.ModelResponse()  # pydantic warns when the first answer is made, in whichever test that is

import cachecontrol.caches.file_cache  # noqa: F401
from openai_server import OpenAIServer

import pytest_evalbars.calls.begin
import pytest_evalbars.calls.store  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Suite

litellm.suppress_debug_info = True


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """An OpenAI-compatible server; sessions find it by the environment."""
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def project(suite: Suite, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A project whose tested code asks a model through litellm."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nobody-must-see-this")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    suite.bars("", ini='filterwarnings = ["ignore"]')
    return suite
