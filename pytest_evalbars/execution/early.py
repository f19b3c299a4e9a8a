"""Stops early: a trial does not start once every verdict that it feeds is certain."""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.options import labels_of
from pytest_evalbars.run.tally import COST, paid, priced
from pytest_evalbars.stash import is_worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_evalbars.calibration.record import Calibration
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan, Planned

    Cases = list[tuple[pytest.Item, Planned]]

#: Why a trial was not started, as its report says it.
DECIDED = "no verdict depends on it now"
#: What it costs to be able to stop at any time.
POWER = (
    "such a bar is proven less often than after a fixed number of cases: with 200 cases, a true rate of 95% and a "
    "bar of 90%, in 57 of 100 runs instead of 80"
)
#: What is measured of a trial and saved with it.
MEASURES = ("seconds", COST)


def wanted(config: pytest.Config, bars: Bars) -> bool:
    """Whether the user asked to stop early, and there are bars to hold."""
    asked = bars.stop_early or config.getoption("evalbars_stop_early")
    return bool(asked and bars.bar and stage_of(config) != "none")


def stage_of(config: pytest.Config) -> str:
    """The stage whose bars the session holds."""
    return config.getoption("evalbars_stage") or "testing"


def hindrance(config: pytest.Config) -> str:
    """Why this session runs every case although it was asked to stop early; empty if nothing is in the way."""
    if is_worker(config) or config.getoption("dist", "no") != "no":
        return "xdist's workers do not know each other's results"
    if config.getoption("evalbars_as_tests"):
        return "with --evalbars-as-tests each case stands for itself"
    if config.getoption("evalbars_missed"):
        return "a second look holds no bar"
    if config.getoption("evalbars_shard"):
        return "a shard holds no bar"
    return ""


def notices(config: pytest.Config, plan: Plan, bars: Bars) -> list[str]:
    """What the user is told of it before the first case runs."""
    if wanted(config, bars) and (why := hindrance(config)):
        return [f"nothing is stopped early: {why}; every case runs, and each verdict is what it would be anyway"]
    if not (names := betting(config, bars)):
        return []
    few = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    which = f"bar {few} stops" if len(names) == 1 else f"bars {few} stop"
    return [
        f"{which} as soon as the evidence is there: the eval cases run in random order (seed {seed_of(plan)})",
        POWER,
    ]


def betting(config: pytest.Config, bars: Bars) -> list[str]:
    """The bars of this session that may stop at any time."""
    if not wanted(config, bars) or hindrance(config):
        return []
    if not _in_random_order(config):
        return []
    everything = stage_of(config) == "launch"
    return [bar.name for bar in bars.bar if bar.early_stop and (everything or bar.stage == "testing")]


def _in_random_order(config: pytest.Config) -> bool:
    """Whether all that the session judges ran, or will run, in random order: also what is taken from another."""
    if config.getoption("evalbars_resume") is None:
        return True
    from pytest_evalbars.execution.resume import hold  # noqa: PLC0415 - rare

    return bool(hold(config).former.header.get("anytime")) and not config.getoption("evalbars_force")


def shuffle(config: pytest.Config, bars: Bars, cases: Cases, items: list[pytest.Item]) -> Cases:
    """Put the eval cases into random order where a bar may stop at any time; trials of a case stay together.

    Args:
        config: pytest's.
        bars: the declared bars.
        cases: the eval cases among all collected items.
        items: those that will run; changed in place. Other tests keep their places.

    Returns:
        The eval cases in the order in which they will run, then those that will not.
    """
    if not betting(config, bars):
        return cases
    running = set(items)
    by_case: dict[str, Cases] = {}
    for item, planned in cases:
        if item in running:
            by_case.setdefault(planned.case, []).append((item, planned))
    order = sorted(by_case)
    Random(_seed(order)).shuffle(order)  # noqa: S311 - a fair order, not a secret one
    shuffled = [each for case in order for each in by_case[case]]
    ours, coming = {item for item, _ in shuffled}, iter(shuffled)
    items[:] = [next(coming)[0] if item in ours else item for item in items]
    return [*shuffled, *(each for each in cases if each[0] not in running)]


def seed_of(plan: Plan) -> int:
    """The seed of the order of a session's cases: the same cases always come in the same order."""
    return _seed(sorted({one.case for one in plan.planned}))


def _seed(cases: list[str]) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(cases).encode()).digest()[:4], "big")


def header(config: pytest.Config, plan: Plan, bars: Bars) -> dict[str, Any]:
    """What the run file's header says of the order of the cases, so that others can judge it as the session did."""
    return {"anytime": {"seed": seed_of(plan)}} if betting(config, bars) else {}


def brake(config: pytest.Config, plan: Plan, bars: Bars, calibration: Calibration | None = None) -> EarlyStop | None:
    """The brake of this session; None if every case is to run."""
    if not wanted(config, bars) or hindrance(config):
        return None
    anytime = bool(betting(config, bars))
    return EarlyStop(plan, bars, stage_of(config), labels_of(config), anytime=anytime, calibration=calibration)


class EarlyStop:
    """A brake (see `execution.brakes`): it holds trials that can no longer change any verdict."""

    def __init__(self, plan: Plan, bars: Bars, stage: str, labels: dict[str, str], **how: Any) -> None:
        from pytest_evalbars.gate.certain import Certainty  # noqa: PLC0415 - imports numpy and scipy

        self.certainty = Certainty(plan, bars, stage, labels, **how)
        #: By test: the numbers of measured trials and their sums.
        self._measured: dict[str, dict[str, list[float]]] = {}

    def holds(self, planned: Planned) -> str:
        """Why this trial must not start; empty if it may."""
        return DECIDED if self.certainty.decided(planned) else ""

    def ended(self, planned: Planned, said: Mapping[str, Any]) -> None:
        """Take what a finished trial said."""
        for test in (planned.test, ""):
            measured = self._measured.setdefault(test, {})
            for key in MEASURES:
                if (value := paid(said) if key == COST and priced(said) else said["measures"].get(key)) is not None:
                    of_key = measured.setdefault(key, [0, 0.0])
                    of_key[0] += 1
                    of_key[1] += value
        self.certainty.take(planned, said)

    def saved(self, stopped: list[Planned]) -> dict[str, float]:
        """What these trials would have taken, at the mean of the trials of the same test that ran, or else of all."""
        sums: dict[str, float] = {}
        for one in stopped:
            for key in MEASURES:
                measured = self._measured.get(one.test, {}).get(key) or self._measured.get("", {}).get(key)
                if measured:
                    sums[key] = sums.get(key, 0.0) + measured[1] / measured[0]
        return {key: round(value, 6) for key, value in sums.items()}
