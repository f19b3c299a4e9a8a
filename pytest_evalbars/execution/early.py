"""Stops early: a trial does not start once every verdict that it feeds is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.options import labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan, Planned

#: Why a trial was not started, as its report says it.
DECIDED = "no verdict depends on it now"
#: What is measured of a trial and saved with it.
MEASURES = ("seconds", "cost_usd")


def wanted(config: pytest.Config, bars: Bars) -> bool:
    """Whether the user asked to stop early, and there are bars to hold."""
    asked = bars.stop_early or config.getoption("evalbars_stop_early")
    return bool(asked and bars.bar and stage_of(config) != "none")


def stage_of(config: pytest.Config) -> str:
    """The stage whose bars the session holds."""
    return config.getoption("evalbars_stage") or "testing"


def hindrance(config: pytest.Config) -> str:
    """Why this session runs every case although it was asked to stop early; empty if nothing is in the way."""
    if config.getoption("dist", "no") != "no":
        return "xdist's workers do not know each other's results"
    if config.getoption("evalbars_as_tests"):
        return "with --evalbars-as-tests each case stands for itself"
    if config.getoption("evalbars_missed"):
        return "a second look holds no bar"
    if config.getoption("evalbars_shard"):
        return "a shard holds no bar"
    return ""


def notices(config: pytest.Config, bars: Bars) -> list[str]:
    """What the user is told of it before the first case runs."""
    if wanted(config, bars) and (why := hindrance(config)):
        return [f"nothing is stopped early: {why}; every case runs, and each verdict is what it would be anyway"]
    return []


def brake(config: pytest.Config, plan: Plan, bars: Bars) -> EarlyStop | None:
    """The brake of this session; None if every case is to run."""
    if not wanted(config, bars) or hindrance(config):
        return None
    return EarlyStop(plan, bars, stage_of(config), labels_of(config))


class EarlyStop:
    """A brake (see `execution.brakes`): it holds trials that can no longer change any verdict."""

    def __init__(self, plan: Plan, bars: Bars, stage: str, labels: dict[str, str]) -> None:
        from pytest_evalbars.gate.certain import Certainty  # noqa: PLC0415 - imports numpy and scipy

        self.certainty = Certainty(plan, bars, stage, labels)
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
                if (value := said["measures"].get(key)) is not None:
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
