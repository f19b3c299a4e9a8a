"""A report of runs that no session judged: shards, what a killed session left, or under other bars than then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.baseline import Baseline
from pytest_evalbars.calibration.named import NamedCalibration
from pytest_evalbars.gate.presets import judged
from pytest_evalbars.report.building.build import build
from pytest_evalbars.report.past import past_of
from pytest_evalbars.run.reading import load_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.report.model import Report


def decided_now(
    runs: Sequence[Path],
    bars: Bars,
    *,
    stage: str,
    strict: bool,
    baseline: Path | None,
    calibration: Path | None,
) -> Report:
    """Decide as `evalbars gate` does, and tell.

    Raises:
        EvalbarsError: a file cannot be read.
    """
    held = Baseline(baseline, bars, stage, Path.cwd(), updating=False)
    known = NamedCalibration(calibration, bars)
    run = load_run(*runs)
    decision, bars = judged(run, bars, stage=stage, strict=strict, baseline=held.run, calibration=known.record)
    return build(run, bars, decision, past_of(Path.cwd(), run))
