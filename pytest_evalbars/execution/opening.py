"""How the run file of a new run begins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases.keeping import keeping_of
from pytest_evalbars.collection import missed_last_time
from pytest_evalbars.config.options import labels_of
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.execution import early
from pytest_evalbars.run.journal import Journal, header
from pytest_evalbars.stash import RUN

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan


def new_run_file(config: pytest.Config, plan: Plan, bars: Bars) -> Journal:
    """Open a session's run file, and write what goes before its trials.

    Raises:
        pytest.UsageError: it cannot be written.
    """
    try:
        journal = Journal.create(config.rootpath, config.getoption("evalbars_run"), config.stash.get(RUN, None))
    except EvalbarsError as error:
        raise pytest.UsageError(str(error)) from None
    more: dict[str, Any] = {"bars": [bar.model_dump(exclude_defaults=True, by_alias=True) for bar in bars.bar]}
    more |= {"confidence": bars.confidence, "max_errors": bars.max_errors}
    if config.getoption("evalbars_missed"):
        more |= {"second_look": True, "erred": _erred_last_time(config, plan)}
    if not (keeping := keeping_of(config, bars)).whole:
        more["evidence"] = keeping.mode
    if plan.shard is not None:
        more["shard"] = plan.shard.to_json()
    if plan.saturated is not None:
        more["saturated"] = plan.saturated.to_json()
    more |= early.header(config, plan, bars)
    first = header(journal.run, config.rootpath, labels=labels_of(config), **more)
    journal.write(first, replace(plan, shard=None, saturated=None).to_json())
    return journal


def _erred_last_time(config: pytest.Config, plan: Plan) -> list[str]:
    """Cases that are looked at again only because they could not be judged."""
    known = missed_last_time(config)
    last = [(one.case, known.get(one.item)) for one in plan.planned]
    return sorted({case for case, word in last if word == "error"} - {case for case, word in last if word == "miss"})
