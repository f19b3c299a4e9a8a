"""A pytest whose insides are others than the window knows: it costs speed and a word, never a verdict."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("its runner and its logging", "monkeypatch.setattr(private, 'runner', None)"),
        ("its call_and_report", "monkeypatch.setattr(private.runner, 'call_and_report', lambda item, log: None)"),
        ("its capturing", "monkeypatch.setattr(private, 'CAPTURING', ('rewind',))"),
        ("its SetupState", "monkeypatch.setattr(session._setupstate, 'stack', [])"),
        ("its Function items", "monkeypatch.delattr(type(session.items[0]), '_initrequest')"),
        ("its parameters", "monkeypatch.setattr(session.items[0], 'callspec', object())"),
    ],
)
def test_each_private_name_is_checked_before_the_first_case(suite, what, change):
    suite.bars("[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    suite.file(
        "conftest.py",
        f"""
        import pytest
        from pytest_evalbars.execution import private

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_finish(session):
            with pytest.MonkeyPatch.context() as monkeypatch:
                {change}
                session.config._said = private.unfit(session, session.items[0])

        def pytest_terminal_summary(terminalreporter, config):
            terminalreporter.line(f"unfit: {{config._said}}.")
        """,
    )
    suite.file(
        "test_it.py",
        """
        import asyncio, pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", ["a", "b", "c"])
        async def test_a(n): await asyncio.sleep(0)
        """,
    )
    outcome = suite.run("--evalbars-concurrency=4")
    assert outcome.counts == {"passed": 4}
    outcome.said(f"unfit: {what}.")
