"""The calibration record that bars are held with: read before anything is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.labels.places import CALIBRATION

if TYPE_CHECKING:
    from pytest_evalbars.calibration.record import Calibration
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision


class NamedCalibration:
    """What is known of judges.

    A record that only the bars file names need not be there yet: its judges are not calibrated, and that is told.

    Args:
        given: the file that the command line names.
        bars: the declared bars, which may name another.

    Raises:
        CalibrationError: the file cannot be used; or the command line names one that is not there.
    """

    def __init__(self, given: str | Path | None, bars: Bars) -> None:
        named = given or bars.calibration
        self.path = Path(named) if named else None
        self.record: Calibration | None = None
        self._missing = self.path is not None and not given and not self.path.exists()
        if self.path is not None and not self._missing:
            from pytest_evalbars.calibration.files import load_calibration  # noqa: PLC0415 - few suites have judges

            self.record = load_calibration(self.path)

    def said(self, decision: Decision) -> str:
        """What a reader should know of the file; empty if nothing."""
        if (
            self.path is None
            and any(judge.record is None for judge in decision.judges)
            and Path(CALIBRATION).exists()
        ):
            return f'{CALIBRATION}: is not read; name it in the bars file: calibration = "{CALIBRATION}"'
        if not self._missing or self.path is None or not decision.judges:
            return ""
        return f"{shown(self.path)}: there is no such calibration record yet; `evalbars calibrate` writes it"
