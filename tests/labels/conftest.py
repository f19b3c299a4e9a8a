"""What drawing a review takes in tests."""

import sys
import types

import pytest


@pytest.fixture(autouse=True)
def plain_page(request, monkeypatch):
    """The page is another module's, with tests of its own: here it is a list of what it is given."""
    if "labels/test_review" not in request.path.as_posix():
        return
    stub = types.ModuleType("pytest_evalbars.labels.page")
    stub.page = lambda plan: f"<html>{len(plan.items)}</html>"
    monkeypatch.setitem(sys.modules, stub.__name__, stub)
