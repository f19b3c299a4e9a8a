"""Every metric that a bar can name: the one place where they are listed.

What stands here is known without numpy: bars are checked in processes that never compute anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pytest_evalbars.config.table import shown as place
from pytest_evalbars.run.plain import shown, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from pytest_evalbars.metrics.slice import Metric

#: What a metric's number is: a share of trials, a score (both from 0 to 1), or an amount of something from 0 up.
Unit = Literal["share", "score", "seconds", "usd", "tokens", "number"]
#: What it rests on. Only verdicts say whether a case missed; labels are people's, of answers that a judge judged.
Of = Literal["verdicts", "predictions", "measures", "guardrails", "labels"]
#: The group under which packages offer metrics of their own: an entry point whose loading registers them.
ENTRY_POINTS = "pytest_evalbars.metrics"
#: Short names of what is measured, and the unit of what has one.
MEASURES = {"latency": "seconds", "cost": "cost_usd", "judge_cost": "judge_cost_usd"}
UNITS: dict[str, Unit] = {
    "seconds": "seconds",
    "cost_usd": "usd",
    "tokens": "tokens",
    "tokens_in": "tokens",
    "tokens_out": "tokens",
    "model_seconds": "seconds",
    "judge_seconds": "seconds",
    "judge_cost_usd": "usd",
    "judge_tokens_in": "tokens",
    "judge_tokens_out": "tokens",
}
#: Homes of metrics that are means over cases, of what a baseline keeps of each.
COMPARABLE = (
    *("verdicts:pass_rate", "verdicts:miss_rate", "verdicts:mean_score"),
    *("levels:at_or_above", "levels:at_or_below", "measures:mean"),
)
#: Names that a report and a node id can carry.
NAME = r"[^\s\x00-\x1f\x7f\[\]]+( [^\s\x00-\x1f\x7f\[\]]+)*"
#: The parameters of families of metrics.
MEASURE = r"(?P<measure>[A-Za-z_]\w*)"
PERCENT = r"(?P<q>\d{1,2}(?:\.\d+)?)"
NUMBER = r"(?P<limit>\d+(?:\.\d+)?(?:e-?\d+)?)"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a metric before anything is computed.

    Args:
        name: as bars write it; for a family of metrics, how its names look.
        words: as reports write it.
        home: the module under `metrics`, and what makes the metric there from its parameters.
        unit: what its number is.
        of: what it rests on.
        by_trial: whether it is of trials, and not of what they said on one dimension. A bar that names no
            dimension then makes one verdict on all trials.
        takes: the keys that a bar must have for it.
        counts: what a share counts, where every trial of its slice counts: passes, misses.
        pattern: the names of a family; its groups are parameters.
    """

    name: str
    words: str
    home: str
    unit: Unit = "share"
    of: Of = "verdicts"
    by_trial: bool = False
    takes: tuple[str, ...] = ()
    counts: str = ""
    pattern: str = ""
    parameters: dict[str, str] = field(default_factory=dict, hash=False)
    #: A user's own function; for it `home` says where it stands.
    own: Callable[..., Any] | None = None

    @property
    def repeats(self) -> int:
        """How many trials of each case it needs."""
        return int(self.parameters.get("k", 2 if self.name == "consistency" else 1))

    @property
    def bounded(self) -> bool:
        """Whether its number lies from 0 to 1."""
        return self.unit in ("share", "score")

    @property
    def comparable(self) -> bool:
        """Whether it is a mean over cases, which can be compared case by case with an earlier run's."""
        return self.home in COMPARABLE

    @property
    def less_is_better(self) -> bool:
        """Whether a higher number is worse: misses, time, money."""
        return (
            self.name == "miss_rate" or self.home == "levels:at_or_below" or self.unit in ("seconds", "usd", "tokens")
        )

    def build(self, **given: Any) -> Metric:
        """The metric itself; imports numpy.

        Args:
            **given: what the bar says of it: `level` and its `scale`.
        """
        if self.own is not None:
            from pytest_evalbars.metrics.own import Own  # noqa: PLC0415 - imports numpy

            return Own(self)
        module, _, name = self.home.partition(":")
        found = getattr(import_module(f"pytest_evalbars.metrics.{module}"), name)
        built: Metric = found(**self.parameters, **given) if self.parameters or given else found
        return built


_CLASS: dict[str, Any] = {"of": "predictions", "by_trial": True, "takes": ("class",)}
_PREDICTED: dict[str, Any] = {"of": "predictions", "by_trial": True}
_GUARDED: dict[str, Any] = {"of": "guardrails", "by_trial": True}
_MEASURED: dict[str, Any] = {"of": "measures", "by_trial": True}
_LABELLED: dict[str, Any] = {"of": "labels"}

BUILT_IN = (
    Kind("pass_rate", "pass rate", "verdicts:pass_rate", counts="passes"),
    Kind("miss_rate", "miss rate", "verdicts:miss_rate", counts="misses"),
    Kind("mean_score", "mean score", "verdicts:mean_score", "score"),
    Kind("error_rate", "error rate", "verdicts:error_rate", of="measures", by_trial=True),
    Kind("at_or_above", "share at or above", "levels:at_or_above", takes=("level",), counts="such trials"),
    Kind("at_or_below", "share at or below", "levels:at_or_below", takes=("level",), counts="such trials"),
    Kind("pass@K", "pass@{k}", "repeats:pass_at", pattern=r"pass@(?P<k>[1-9]\d*)"),
    Kind("pass^K", "pass^{k}", "repeats:pass_hat", pattern=r"pass\^(?P<k>[1-9]\d*)"),
    Kind("consistency", "agreement of trials", "repeats:consistency"),
    Kind("recall", "recall", "classes:recall", **_CLASS),
    Kind("precision", "precision", "classes:precision", **_CLASS),
    Kind("false_positive_rate", "false-positive rate", "classes:false_positive_rate", **_CLASS),
    Kind("false_negative_rate", "false-negative rate", "classes:false_negative_rate", **_CLASS),
    Kind("macro_recall", "macro recall", "classes:macro_recall", **_PREDICTED),
    Kind("macro_precision", "macro precision", "classes:macro_precision", **_PREDICTED),
    Kind("macro_f1", "macro F1", "classes:macro_f1", **_PREDICTED),
    Kind("brier", "Brier score", "calibration:brier", "score", **_PREDICTED),
    Kind("overconfidence", "overconfidence", "calibration:overconfidence", "score", **_PREDICTED),
    Kind("underconfidence", "underconfidence", "calibration:underconfidence", "score", **_PREDICTED),
    Kind("calibration_error", "calibration error", "calibration:calibration_error", "score", **_PREDICTED),
    Kind("correct_abstention", "correct abstention", "handling:correct_abstention", **_PREDICTED),
    Kind("false_abstention", "false abstention", "handling:false_abstention", **_PREDICTED),
    Kind("correct_escalation", "correct escalation", "handling:correct_escalation", **_PREDICTED),
    Kind("missed_escalation", "missed escalation", "handling:missed_escalation", **_PREDICTED),
    Kind("false_escalation", "false escalation", "handling:false_escalation", **_PREDICTED),
    Kind("coverage", "coverage", "guardrails:coverage", **_GUARDED),
    Kind("coverage_pre", "coverage before generation", "guardrails:coverage_pre", **_GUARDED),
    Kind("coverage_post", "coverage after generation", "guardrails:coverage_post", **_GUARDED),
    Kind("answered_pass_rate", "pass rate among answered", "guardrails:answered_pass_rate"),
    Kind("effective_pass_rate", "effective pass rate", "guardrails:effective_pass_rate"),
    Kind("cost_per_useful", "cost per useful response", "measures:cost_per_useful", "usd", **_MEASURED),
    Kind("pNN_MEASURE", "p{q} {measure}", "measures:quantile", "number", pattern=f"p{PERCENT}_{MEASURE}",
         **_MEASURED),
    Kind("mean_MEASURE", "mean {measure}", "measures:mean", "number", pattern=f"mean_{MEASURE}", **_MEASURED),
    Kind("MEASURE <= X", "share with {measure} <= {limit}", "measures:within", pattern=f"{MEASURE} ?<= ?{NUMBER}",
         counts="such trials", **_MEASURED),
    Kind("MEASURE >= X", "share with {measure} >= {limit}", "measures:beyond", pattern=f"{MEASURE} ?>= ?{NUMBER}",
         counts="such trials", **_MEASURED),
    Kind("judge_specificity", "specificity (bad answers stopped)", "labels:judge_specificity", **_LABELLED),
    Kind("judge_sensitivity", "sensitivity (good answers passed)", "labels:judge_sensitivity", **_LABELLED),
    Kind("judge_agreement", "agreement of judge and people", "labels:judge_agreement", **_LABELLED),
    Kind("judge_ac1", "AC1 of judge and people", "labels:judge_ac1", "score", **_LABELLED),
    Kind("rater_agreement", "agreement of raters", "labels:rater_agreement", **_LABELLED),
    Kind("rater_ac1", "AC1 of raters", "labels:rater_ac1", "score", **_LABELLED),
    Kind("rater_alpha", "Krippendorff's alpha of raters", "labels:rater_alpha", "score", **_LABELLED),
)  # fmt: skip
_FOUND = {kind.name: kind for kind in BUILT_IN if not kind.pattern}
_OWN: dict[str, Kind] = {}


def kind_of(name: str) -> Kind | None:
    """The metric of this name, built in or a user's; None if there is none.

    Raises:
        ValueError: a package offers one, and fails.
    """
    if name in _FOUND:
        return _FOUND[name]
    if (member := _family(name)) is not None:
        _FOUND[name] = member
        return member
    if name not in _OWN:
        for each in entry_points(group=ENTRY_POINTS):
            if each.name == name:
                _load(each)
    return _OWN.get(name)


def _load(offer: EntryPoint) -> None:
    """Let a package register what it offers.

    Raises:
        ValueError: it fails, or registers something else.
    """
    package = f" of {offer.dist.name}" if offer.dist else ""
    where = f'the entry point "{offer.name} = {offer.value}"{package}'
    try:
        offer.load()
    except (Exception, SystemExit) as error:
        raise ValueError(f"{where} cannot be loaded: {type(error).__name__}: {text(error, 200)}") from error
    if offer.name not in _OWN:
        raise ValueError(f'{where} registers no metric of this name; say @metric("{offer.name}") there')


def _family(name: str) -> Kind | None:
    """The metric of this name, if some family has one."""
    matches = ((kind, re.fullmatch(kind.pattern, name)) for kind in BUILT_IN if kind.pattern)
    return next((_member(kind, name, match.groupdict()) for kind, match in matches if match), None)


def _member(family: Kind, name: str, parameters: dict[str, str]) -> Kind | None:
    """One metric of a family."""
    measure = parameters.get("measure")
    if measure is not None:
        parameters["measure"] = MEASURES.get(measure, measure)
    if float(parameters.get("q", 50)) == 0 or float(parameters.get("limit", 0)) == float("inf"):
        return None
    unit = family.unit if measure is None or family.unit == "share" else UNITS.get(parameters["measure"], "number")
    words = family.words.format(**{**parameters, "measure": measure})
    return replace(family, name=name, words=words, unit=unit, parameters=parameters)


def names() -> list[str]:
    """Every name that a bar can write, families by how theirs look."""
    offered = (each.name for each in entry_points(group=ENTRY_POINTS))
    return sorted({*(kind.name for kind in BUILT_IN), *_OWN, *offered})


def metric(
    name: str,
    *,
    words: str = "",
    unit: Unit = "score",
    by_trial: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a metric of your own, under the name that bars write.

    The function is given a `Slice` and returns one number for each of its rows, NaN where a row says nothing: from 0
    to 1 for a share or a score, from 0 up for an amount. Their mean over cases is held against the bar, with its
    bounds. Or it returns an `Estimate` of its own, or None where there is nothing to say. How trials that could not
    be judged might change such an estimate nobody knows: with any of them its bar stays inconclusive.

    Args:
        name: as bars write it.
        words: as reports write it; the name, if left out.
        unit: `share`, `score`, or an amount: `seconds`, `usd`, `tokens`, `number`.
        by_trial: whether it is of trials as a whole, so that a bar without a dimension makes one verdict.

    Raises:
        ValueError: the name is none, or taken; or the unit is none of these.
    """
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        raise ValueError(
            f"{shown(name)} is no name of a metric: a word or several, without brackets, and given as "
            '@metric("brevity")'
        )
    if unit not in (units := get_args(Unit)):
        raise ValueError(f"metric {name!r}: unit {shown(unit)} is none of {', '.join(units)}")

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        code = getattr(function, "__code__", None)
        home = f"{place(Path(code.co_filename))}:{code.co_firstlineno}" if code else shown(function)
        taken = _OWN.get(name) or _FOUND.get(name) or _family(name)
        if taken is not None and taken.home != home:
            where = f"at {taken.home}" if taken.own else "built in"
            raise ValueError(f"metric {name!r} exists already, {where}; choose another name")
        _OWN[name] = Kind(name, words or name, home, unit, by_trial=by_trial, own=function)
        return function

    return register
