"""The plugin's entry: hooks that hand over to the part that knows.

In a session without eval cases nothing beyond pytest and the standard library is imported, and after collection
no hook of ours runs per test.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.calls.watch import watch
from pytest_evalbars.cases.glance import function_concerns_us, item_concerns_us
from pytest_evalbars.config.options import MARKERS, add_options
from pytest_evalbars.stash import COLLECTION, PROBLEMS, REPEATED, SESSION, STARTED, is_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pytest_evalbars.cases.evalcase import EvalCase
    from pytest_evalbars.execution.limits import Limiter

#: Options that ask for something which only eval cases can give.
ASKING = ("evalbars_stage", "evalbars_resume", "evalbars_html", "evalbars_markdown")


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STARTED] = time.monotonic()
    config.stash[PROBLEMS] = []
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    config.add_cleanup(watch(partial(_is_offline, config)))
    if config.getoption("dist", "no") != "no" and not config.getoption("collectonly"):
        from pytest_evalbars.execution.xdist import ControllerHooks  # noqa: PLC0415 - only under xdist

        config.pluginmanager.register(ControllerHooks(config), "evalbars-xdist")


def _is_offline(config: pytest.Config) -> bool:
    from pytest_evalbars.calls.mode import is_offline  # noqa: PLC0415 - only where litellm is imported

    return is_offline(config)


@pytest.fixture
def evalcase(request: pytest.FixtureRequest) -> Iterator[EvalCase]:
    """The running trial's account of itself: `check`, `score`, `measure`, `record`."""
    from pytest_evalbars.cases.evalcase import accounting  # noqa: PLC0415 - only for eval cases

    with accounting(request.node) as account:
        yield account


@pytest.fixture(scope="session")
def evalbars_limit() -> Callable[[str], Limiter]:
    """`limit("openai/gpt-4o")`: a context manager, sync and async, to put around each call of a limited resource."""
    from pytest_evalbars.execution.limits import limit  # noqa: PLC0415 - only where a client asks for it

    return limit


@pytest.fixture(name="evalbars_trial")
def _evalbars_trial(request: pytest.FixtureRequest) -> int:
    """The number of this trial of the case, from 0."""
    return getattr(request, "param", 0)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None, Any, Any]:
    if not function_concerns_us(metafunc.definition):
        return (yield)
    from pytest_evalbars.cases.parametrize import add_rows, add_trials  # noqa: PLC0415 - only for eval cases

    add_rows(metafunc)
    result = yield
    add_trials(metafunc)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session,
    config: pytest.Config,
    items: list[pytest.Item],
) -> Generator[None, Any, Any]:
    if REPEATED in config.stash:
        from pytest_evalbars.cases.collect import drop_surplus_trials  # noqa: PLC0415 - only for repeated cases

        drop_surplus_trials(items)
    everything = [(item, item.nodeid) for item in items]
    result = yield
    if config.stash[PROBLEMS] or any(item_concerns_us(item) for item, _ in everything):
        from pytest_evalbars.collection import collected  # noqa: PLC0415 - only where there may be cases

        collected(session, everything, items)
    return result


# Before the terminal asks what there is to say of the collection.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    if COLLECTION in session.config.stash:
        from pytest_evalbars.hooks import start  # noqa: PLC0415 - only where there are cases

        start(session)


# Innermost: bars are reported before the terminal and others close what the loop opened.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    stopped: BaseException | None = None
    if SESSION in session.config.stash:
        session.testscollected += session.config.stash[SESSION].expected_bars
    try:
        return (yield)
    except BaseException as error:
        stopped = error
        raise
    finally:
        if SESSION in session.config.stash:
            session.config.stash[SESSION].looped(session, stopped)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if SESSION in session.config.stash:
        session.config.stash[SESSION].finish(session)
    elif any(session.config.getoption(name) is not None for name in ASKING) and not is_worker(session.config):
        from pytest_evalbars.session import no_case  # noqa: PLC0415 - rare

        no_case(session)
