"""The baseline that runs are compared with: read before anything is judged, written anew where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import EvalbarsError, RunFileError
from pytest_evalbars.gate.select import held_bars

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.plan import Plan

NAME = 'add baseline = "evals/baseline.jsonl" to the bars file'
#: Bars named before the others are only counted.
NAMED = 3


class Baseline:
    """What a run is compared with, and whether the run is to take its place.

    Args:
        given: the file that the command line names.
        bars: the declared bars, which may name another.
        stage: whose bars are held.
        root: the folder that the names of test files start at.
        updating: whether the run is to become the baseline.

    Raises:
        RunFileError: a bar compares and there is nothing to compare with, or nothing says what to update.
    """

    def __init__(self, given: str | Path | None, bars: Bars, stage: str, root: Path, *, updating: bool) -> None:
        named = given or bars.baseline
        self.path = Path(named) if named else None
        self.root, self.updating = root, updating
        self.run: Run | None = None
        #: What a reader should know of it, and whether it is bad.
        self.said, self.refused = "", False
        if self.path is None and updating:
            raise RunFileError(f"--evalbars-update-baseline: nothing says which file; {NAME}")
        comparing = [bar.name for bar in held_bars(bars, stage) if bar.compares]
        try:
            self._read(comparing)
        except RunFileError as error:
            if comparing and not updating:
                names = ", ".join(comparing[:NAMED]) + (" ..." if len(comparing) > NAMED else "")
                hold = "compares" if len(comparing) == 1 else "compare"
                raise RunFileError(f"{error}; {names} {hold} with it (max_drop)") from None
            there = self.path is not None and self.path.exists()
            self.said = str(error) if there or not updating else ""

    def _read(self, comparing: list[str]) -> None:
        """Read the file, if there is one.

        Raises:
            RunFileError: there is none though bars compare with it, or it cannot be read.
        """
        if self.path is None:
            if comparing:
                raise RunFileError(f"no baseline is named; {NAME}, and write it with --evalbars-update-baseline")
            return
        if not self.path.exists():
            if comparing:
                raise RunFileError(
                    f"{shown(self.path)}: there is no such baseline; write it with --evalbars-update-baseline"
                )
            return
        from pytest_evalbars.run.baseline_reading import load_baseline  # noqa: PLC0415 - imports numpy

        self.run = load_baseline(self.path)

    def update(self, run: Run, decision: Decision) -> None:
        """Make a run the baseline, unless something speaks against it."""
        from pytest_evalbars.run.baseline import kept_lines, why_not_baseline, write_baseline  # noqa: PLC0415

        if not self.updating or self.path is None:
            return
        if why := why_not_baseline(run, decision) or self._not_ours():
            self.refuse(why)
            return
        try:
            write_baseline(self.path, run, kept=kept_lines(self.path, run, self.root))
        except EvalbarsError as error:
            self.refuse(str(error))
            return
        missed = [each.name for each in decision.verdicts if each.verdict == "missed"]
        replaced = f" in place of one that could not be read ({self.said})" if self.said else ""
        self.said = f"baseline written: {shown(self.path)}{replaced}"
        if run.replayed_trials:
            self.said += f"; {run.replayed_trials} of its {run.trials} trials replay recorded answers"
        self.said += f"; this run misses {', '.join(missed)}" if missed else ""

    def _not_ours(self) -> str:
        """Why the file must not be written over; empty if it may."""
        from pytest_evalbars.run.baseline_reading import looks_like_baseline  # noqa: PLC0415 - imports numpy

        if self.path is None or not self.path.is_file() or looks_like_baseline(self.path):
            return ""
        return f"{shown(self.path)} is no baseline, and is not written over; name another file, or remove it"

    def refuse(self, why: str) -> None:
        """Leave the baseline as it is."""
        self.said, self.refused = f"the baseline was not updated: {why}", True


def baseline_of(config: pytest.Config, bars: Bars, plan: Plan) -> Baseline:
    """The baseline of a session.

    Raises:
        RunFileError: see `Baseline`; or the session's run can be no baseline.
    """
    updating: bool = config.getoption("evalbars_update_baseline")
    second_look: bool = config.getoption("evalbars_missed")
    if updating and (why := _no_baseline(plan, second_look=second_look)):
        raise RunFileError(f"--evalbars-update-baseline: {why}")
    stage = config.getoption("evalbars_stage") or "testing"
    holds = "none" if second_look or plan.shard is not None else stage
    return Baseline(config.getoption("evalbars_baseline"), bars, holds, config.rootpath, updating=updating)


def _no_baseline(plan: Plan, *, second_look: bool) -> str:
    """Why a session can be no baseline, whatever comes out of it; empty if it can."""
    if plan.shard is not None:
        return "a shard is a part of the cases; update with `evalbars gate SHARDS --update-baseline`"
    if second_look:
        return "a second look at what missed is no run to compare with"
    if plan.partial:
        return "this is a part of the cases, and a baseline needs all of them; leave out -k, -m, --lf and node ids"
    return ""
