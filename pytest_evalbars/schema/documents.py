"""The documents, by the command that prints each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.schema.calibrate import Calibrate
from pytest_evalbars.schema.compare import Compare
from pytest_evalbars.schema.gate import Gate
from pytest_evalbars.schema.history import HistoryTold
from pytest_evalbars.schema.labels import AuditChecked, AuditDrawn, LabelsDisagreements, LabelsListed, ReviewDrawn
from pytest_evalbars.schema.lifecycle import LifecycleTold
from pytest_evalbars.schema.plan import PlanOfNumbers, PlanOfRuns
from pytest_evalbars.schema.reported import Reported
from pytest_evalbars.schema.starting import PresetsListed, SuiteStarted

if TYPE_CHECKING:
    from pydantic import BaseModel

#: By name: a command, and its further words where it prints several.
DOCUMENTS: dict[str, type[BaseModel]] = {
    "init": SuiteStarted,
    "init-list": PresetsListed,
    "gate": Gate,
    "report": Reported,
    "compare": Compare,
    "plan": PlanOfNumbers,
    "plan-run": PlanOfRuns,
    "history": HistoryTold,
    "lifecycle": LifecycleTold,
    "review": ReviewDrawn,
    "labels-list": LabelsListed,
    "labels-disagreements": LabelsDisagreements,
    "calibrate": Calibrate,
    "audit": AuditDrawn,
    "audit-check": AuditChecked,
}
