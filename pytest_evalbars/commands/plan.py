"""`evalbars plan`: how many cases a bar needs, from numbers or from a past run's own variance."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.declared import add_words, declared
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What is asked by numbers alone, and so not of a run.
NUMBERS = ("bar", "rate", "cases", "trials", "icc", "verdicts", "cost", "case_cost", "confidence", "at_most")


def add(commands: Any) -> None:
    """Declare the command's words."""
    plan = commands.add_parser("plan", help="say how many cases a bar needs, and what the cases at hand can show")
    plan.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="run files; without, the numbers below")
    plan.add_argument("--power", type=_inside, default=0.8, metavar="SHARE", help="chance of the verdict (0.8)")
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")
    run = plan.add_argument_group("from past runs")
    add_words(run)
    run.add_argument("--stage", choices=("testing", "launch"), help="whose bars; default: launch, which holds all")
    from_numbers = plan.add_argument_group("from numbers")
    number = from_numbers.add_argument
    number("--bar", type=rate, metavar="RATE", help="the threshold, such as 0.90")
    number("--rate", type=rate, metavar="RATE", help="the true rate that must be told from it")
    number("--cases", type=_whole, metavar="N", help="cases at hand: what can they show?")
    number("--at-most", action="store_true", default=None, help="the bar is a ceiling")
    number("--confidence", type=confidence, metavar="SHARE", help="of the verdict (0.95)")
    number("--trials", type=_whole, metavar="K", help="trials of each case; needs --icc")
    number("--icc", type=rate, metavar="SHARE", help="how alike the trials of a case are, 0..1")
    number("--verdicts", type=_whole, metavar="N", help="verdicts of the session, among which a miss must be proven")
    number("--cost", type=_amount, metavar="USD", help="of one trial")
    number("--case-cost", type=_amount, metavar="USD", help="of a new case, before any trial; needs --cost")
    plan.set_defaults(run=run_plan)


def run_plan(options: argparse.Namespace) -> int:
    """Plan; the exit code is 0 whatever the plan says."""
    given = {key: value for key in NUMBERS if (value := getattr(options, key)) is not None}
    lines = _from_runs(options, given) if options.runs else _from_numbers(options, given)
    for line in lines:
        print(line)  # noqa: T201 - a command prints
    return 0


def _from_runs(options: argparse.Namespace, given: dict[str, Any]) -> Iterator[str]:
    from pytest_evalbars.calibration.named import NamedCalibration  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.gate.needs import needs  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.gate.presets import judged  # noqa: PLC0415
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415
    from pytest_evalbars.run.spent import spent  # noqa: PLC0415

    if given:
        words = ", ".join(f"--{key.replace('_', '-')}" for key in given)
        raise EvalbarsError(f"plan: a run says for itself what {words} would say; name a run or numbers, not both")
    bars = declared(options)
    stage = options.stage or "launch"
    run = load_run(*options.runs)
    decision, bars = judged(run, bars, stage=stage, calibration=NamedCalibration(None, bars).record)
    found = needs(run, bars, decision, spent(options.runs), options.power)
    if options.json:
        said = {"schema": 1, "stage": stage, "power": options.power, "confidence": bars.confidence}
        print_document("plan-run", {**said, "verdicts": [each.to_json() for each in found]})
        return
    from pytest_evalbars.report.plans import need_lines  # noqa: PLC0415 - imports tabulate

    yield from need_lines(found, options.power, bars.confidence, stage)


def _from_numbers(options: argparse.Namespace, given: dict[str, Any]) -> Iterator[str]:
    from pytest_evalbars.gate.numbers import Question, answer  # noqa: PLC0415

    for key, value in {"--bars": options.bars, "--stage": options.stage}.items():
        if value is not None:
            raise EvalbarsError(f"plan: {key} goes with a run; name one")
    if "bar" not in given or not {"rate", "cases"} & given.keys():
        raise EvalbarsError(
            "plan: name a run, or --bar with --rate (how many cases?) or --cases (what do they show?)"
        )
    if given.get("trials", 1) > 1 and "icc" not in given:
        raise EvalbarsError("plan: --trials needs --icc: how alike the trials of a case are, 0 to 1")
    if "case_cost" in given and "cost" not in given:
        raise EvalbarsError("plan: --case-cost needs --cost, of one trial")
    said = answer(Question(power=options.power, **given))
    if options.json:
        print_document("plan", said.to_json())
        return
    from pytest_evalbars.report.plans import answer_lines  # noqa: PLC0415 - imports tabulate

    yield from answer_lines(said)


def _number(words: str, what: str, fits: Callable[[float], bool]) -> float:
    try:
        value = float(words)
    except ValueError:
        value = math.nan
    if not fits(value):
        hint = f"; did you mean {value / 100:g}?" if 1 < value < 100 and fits(value / 100) else ""
        raise argparse.ArgumentTypeError(f"{words} is not {what}{hint}")
    return value


def rate(words: str) -> float:
    return _number(words, "a rate between 0 and 1", lambda value: 0 <= value <= 1)


def _inside(words: str) -> float:
    return _number(words, "a share strictly between 0 and 1", lambda value: 0 < value < 1)


def confidence(words: str) -> float:
    return _number(words, "a confidence from 0.5 up to, not including, 1", lambda value: 0.5 <= value < 1)


def _amount(words: str) -> float:
    return _number(words, "an amount of money", lambda value: 0 <= value < math.inf)


def _whole(words: str) -> int:
    return int(_number(words, "a whole number from 1 on", lambda value: value >= 1 and value.is_integer()))
