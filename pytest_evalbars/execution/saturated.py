"""Runs saturated cases less often, where the team says so: a sample that changes with the commit, or none.

A sample is drawn case by case from a hash of the case's id and the commit (outside of git: the day): the same commit
always gives the same sample, and a case more or less moves no other. Whoever looks at single cases (by node id, with
`--lf` or `--evalbars-missed`) gets them all. At the launch stage a sample is all of them; skipped is skipped there
too, and bars that name `saturated` are then not enforced. A run that is gone on with goes on in its own way.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import BarsError
from pytest_evalbars.run.plan import SATURATED
from pytest_evalbars.run.saturated import Saturated
from pytest_evalbars.selection import folders_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_evalbars.execution.early import Cases
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Planned

#: What was done, as messages say it.
DONE = {"run": "run", "sample": "sampled", "skip": "skipped"}


def drawn(case: str, seed: str, share: float) -> bool:
    """Whether the case is in the sample that the seed gives."""
    return _place(case, seed) < share


def _place(case: str, seed: str) -> float:
    """The case's place, from 0 to 1, in the order that the seed gives."""
    words = f"{seed}\0{case}".encode("utf-8", "backslashreplace")
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big") / 2**64


def basis_of(config: pytest.Config, day: str) -> dict[str, Any]:
    """What the choice rests on, the same in all processes: the seed; of a run that is gone on with, all it did.

    Args:
        config: pytest's, not in a worker.
        day: the run's, for where there is no commit.
    """
    if config.getoption("evalbars_resume") is not None:
        from pytest_evalbars.execution.resume import hold  # noqa: PLC0415 - rare

        done = hold(config).former.header.get("saturated") or {}
        return {"mode": done.get("mode", "run"), "share": done.get("share"), "seed": done.get("seed")}
    if not _may_sample(config):
        return {}
    from pytest_evalbars.run.revision import commit_of  # noqa: PLC0415 - only for samples

    return {"seed": commit_of(config.rootpath) or day}


def _may_sample(config: pytest.Config) -> bool:
    option = config.getoption("evalbars_saturated")
    if option is None:
        from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - only where the option says nothing

        try:
            option = find_table(folders_of(config)).values.get("saturated")
        except BarsError:  # told where the bars are read
            return False
    return bool(option == "sample")


def way_of(config: pytest.Config, bars: Bars, *, single: bool) -> str:
    """How a new run treats its saturated cases: `run`, `sample` or `skip`.

    Args:
        config: pytest's.
        bars: the declared ones.
        single: whether single cases were asked for.
    """
    asked: str = config.getoption("evalbars_saturated") or bars.saturated
    everything = single or config.getoption("evalbars_missed")
    launch = asked == "sample" and config.getoption("evalbars_stage") == "launch"
    return "run" if everything or launch else asked


def spare(cases: Cases, way: str, basis: Mapping[str, Any], share: float) -> tuple[Cases, Saturated | None]:
    """The cases without the saturated ones that do not run; what was done, or None where nothing was to do.

    Args:
        cases: all that were collected.
        way: as `way_of` gives it; the way of a run that is gone on with comes first.
        basis: as `basis_of` gives it.
        share: of a sample; that of a run that is gone on with comes first.
    """
    way, share, seed = basis.get("mode") or way, basis.get("share") or share, basis.get("seed") or ""
    if way == "run":
        return cases, None
    sample = way == "sample"
    saturated = [one for _, one in cases if _saturated(one)]
    chosen = {one.case for one in saturated if sample and drawn(one.case, seed, share)}
    if sample and saturated and not chosen:  # of a few cases a small share may be none
        chosen = {min((one.case for one in saturated), key=lambda case: _place(case, seed))}
    gone = [one for one in saturated if one.case not in chosen]
    more = {"share": share, "seed": seed} if sample else {}
    staying = [each for each in cases if not _saturated(each[1]) or each[1].case in chosen]
    return staying, Saturated.of_cases(way, saturated, gone, **more)


def _saturated(planned: Planned) -> bool:
    return planned.labels.get("status") == SATURATED


def clashes(config: pytest.Config, header: Mapping[str, Any], planned: Mapping[str, Planned]) -> list[str]:
    """How what is asked for now differs from what a run did that is gone on with, in words.

    Args:
        config: pytest's.
        header: the run's.
        planned: what it planned.
    """
    done = Saturated.from_json(header.get("saturated"))
    if not (done.of if done else any(map(_saturated, planned.values()))):
        return []
    then = done.mode if done else "run"
    asked, launch = config.getoption("evalbars_saturated"), config.getoption("evalbars_stage") == "launch"
    if launch and then == "sample":
        return ["the run's saturated cases were sampled, and the launch stage runs all of them"]
    if asked in (None, then) or (asked == "sample" and launch and then == "run"):
        return []
    return [f"the run's saturated cases were {DONE[then]}, and --evalbars-saturated={asked} is asked for"]
