"""Plans in words: what it takes to settle a bar, from numbers or from a past run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from tabulate import tabulate

from pytest_evalbars.metrics.registry import kind_of
from pytest_evalbars.report.audit import can_be, of_verdict
from pytest_evalbars.report.numbers import amount, count
from pytest_evalbars.report.units import money, roughly
from pytest_evalbars.report.words import metric_words, subject
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.needs import Need
    from pytest_evalbars.gate.numbers import Answer
    from pytest_evalbars.gate.sight import Sight
    from pytest_evalbars.gate.verdict import Verdict
    from pytest_evalbars.metrics.registry import Kind

HEADS = ["dimension", "slice", "bar", "cases", "worth", "rate", "can be", "heads for", "cases needed", "cost"]
#: Verdicts told in words before the rest stands in the table alone.
TOLD = 10
#: More alike than this, three trials of a case are worth less than two cases.
ALIKE = 0.3
NO_NUMBER = "no number of cases settles it: the rate is the bar itself, or as good as that"


PASS_RATE = cast("Kind", kind_of("pass_rate"))


def percent(rate: float) -> str:
    """`99.3%`, with as many places as it was given."""
    return f"{rate * 100:.10g}%"


def share(kind: Kind, value: float) -> str:
    """A number computed: `98.6%`, and near 0 and 1 as many places as two digits need: `99.996%`."""
    rest = min(value, 1 - value) * 100
    if kind.unit == "score" or rest >= 1 or rest <= 0:
        return amount(kind, value)
    return f"{value * 100:.{1 - math.floor(math.log10(rest))}f}%"


def answer_lines(said: Answer) -> Iterator[str]:
    """What it takes, from numbers."""
    ask = said.question
    heading = f"bar {'at most' if ask.at_most else 'at least'} {percent(ask.bar)}"
    if ask.rate is not None:
        heading += f", true rate {percent(ask.rate)}"
    yield f"{heading}; power {percent(ask.power)}, confidence {percent(ask.confidence)}"
    if ask.rate is not None:
        yield from _cases_needed(said)
    if ask.cases is not None:
        yield _seen(said)
    if ask.verdicts > 1:
        yield family(ask.alpha_missed, ask.alpha, f"{ask.verdicts} verdicts of its session")


def _cases_needed(said: Answer) -> Iterator[str]:
    ask = said.question
    if said.safe is None:
        yield NO_NUMBER
        return
    words = f"{count(said.safe, 'independent case')} {'shows' if said.safe == 1 else 'show'} it {said.verdict}"
    if said.first != said.safe:
        words += (
            f" ({said.first} is the first number with that power, {said.safe} the one it never falls below again)"
        )
    yield words
    if ask.icc is None:
        (option,) = said.options
        if option.cost_usd is not None:
            yield f"one run of them costs about {money(option.cost_usd)}"
        return
    heads = ["trials of a case", "cases", "trials in all", *(["cost"] if ask.cost is not None else [])]
    rows = [
        [each.trials, each.cases, each.trials_in_all, *([] if each.cost_usd is None else [money(each.cost_usd)])]
        for each in said.options
    ]
    yield ""
    yield from tabulate(rows, heads, tablefmt="plain", disable_numparse=True, colalign=["right"] * len(heads)).split(
        "\n"
    )
    yield ""
    yield _trade(said, ask.icc)


def _trade(said: Answer, icc: float) -> str:
    """Cases against trials."""
    if said.cheapest is not None:
        each = said.cheapest
        about = money(each.cost_usd or 0.0)
        return f"cheapest: {count(each.cases, 'case')} with {count(each.trials, 'trial')} each, about {about}"
    if icc > ALIKE:
        return f"at an icc of {icc:g} more cases beat more trials: those of one case say much the same"
    return f"at an icc of {icc:g} more trials are worth having where new cases are hard to come by"


def _seen(said: Answer) -> str:
    ask = said.question
    worth = f", worth {said.n_eff:.1f} tried once," if ask.trials > 1 else ""
    return f"the {count(ask.cases or 0, 'case')} at hand{worth} {_from(ask.at_most, said.met_from, said.missed_from)}"


def _from(upper: bool, met_from: float | None, missed_from: float | None, kind: Kind = PASS_RATE) -> str:
    """`are met from 98.6% up and missed from 80.1% down with that power`."""
    up, down = ("down", "up") if upper else ("up", "down")
    met = "cannot show it met" if met_from is None else f"show it met from {share(kind, met_from)} {up}"
    missed = (
        "cannot show it missed" if missed_from is None else f"show it missed from {share(kind, missed_from)} {down}"
    )
    return f"{met}{' but ' if (met_from is None) != (missed_from is None) else ' and '}{missed}"


def family(alpha_missed: float, alpha: float, of: str) -> str:
    """What the other verdicts of a session cost this one."""
    instead = f"proven at {alpha_missed:.2%} instead of {percent(alpha)}"
    return f"a miss counts as one of {of}, so it must be {instead}; met need not"


def need_lines(needs: Sequence[Need], power: float, confidence: float, stage: str) -> Iterator[str]:
    """What each verdict of a past run needs: a table, then sentences."""
    yield f"{count(len(needs), 'verdict')} (stage {stage}); power {percent(power)}, confidence {percent(confidence)}"
    if not needs:
        yield "nothing to plan: no bar is declared for that stage"
        return
    yield ""
    text = tabulate([_row(each) for each in needs], HEADS, tablefmt="plain", disable_numparse=True)
    yield from (line.rstrip() for line in text.splitlines())
    told = [each for each in needs if each.verdict.group is None and each.sight is not None][:TOLD]
    for each in told:
        yield ""
        yield f"{_about(each.verdict)}: {'. '.join(_sentences(each))}"
    sights = [each.sight for each in needs if each.sight is not None and each.sight.evidence]
    if lines := list(_families(sights)):
        yield ""
        yield from lines


def _families(sights: Sequence[Sight]) -> Iterator[str]:
    for level in sorted({each.alpha_missed for each in sights if each.alpha_missed < each.alpha}, reverse=True):
        alike = [each for each in sights if each.alpha_missed == level]
        alpha = alike[0].alpha
        yield family(level, alpha, f"{round(alpha / level)} (those of its tier, times the tiers)")


def _about(verdict: Verdict) -> str:
    """`faithfulness, pass^3`."""
    bar = verdict.spec
    return (
        subject(verdict)
        if bar.metric == "pass_rate" or bar.all_trials
        else f"{subject(verdict)}, {metric_words(bar)}"
    )


def _row(each: Need) -> list[str]:
    verdict, sight = each.verdict, each.sight
    start = [*of_verdict(verdict), str(verdict.cases)]
    if sight is None:
        return [*start, "-", "-", each.why_not, "-", "-", "-"]
    return [
        *start,
        f"{sight.sample.n_eff:.1f}",
        amount(verdict.spec.kind, sight.sample.value),
        can_be(met=sight.can_be_met, missed=sight.can_be_missed),
        each.heads_for or "-",
        "-" if each.needed is None else str(each.needed),
        "-" if each.cost_usd is None else money(each.cost_usd),
    ]


def _sentences(each: Need) -> Iterator[str]:
    """What a verdict needs, as a person would say it."""
    verdict, sight = each.verdict, each.sight
    if sight is None or not sight.evidence:
        yield each.why_not
        return
    rate = amount(verdict.spec.kind, sight.sample.value)
    if each.needed is None:
        yield f"At {rate}, {NO_NUMBER}"
    elif each.needed <= verdict.cases:
        yield f"At {rate} the {count(verdict.cases, 'case')} at hand are enough to show it {each.heads_for}"
    else:
        yield (
            f"If {rate} is the truth, about {count(each.needed, 'case')} like these show it {each.heads_for}, "
            f"{each.needed - verdict.cases} more than now{_price(each)}"
        )
    yield f"The cases at hand {_from(verdict.spec.upper, each.met_from, each.missed_from, verdict.spec.kind)}"
    if each.twice_the_trials is not None and each.twice_the_cases is not None:
        yield (
            f"They are worth {sight.sample.n_eff:.0f} tried once; twice the trials would make that "
            f"{each.twice_the_trials:.0f}, twice the cases {each.twice_the_cases:.0f} at the same price"
        )


def _price(each: Need) -> str:
    parts = [
        *([money(each.cost_usd)] if each.cost_usd is not None else []),
        *([f"{roughly(each.seconds)} of trials"] if each.seconds is not None and each.seconds >= 1 else []),
    ]
    return safe(f"; a run of them takes about {' and '.join(parts)}") if parts else ""
