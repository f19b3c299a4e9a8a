"""No word of the story that the report's numbers do not carry, whatever the report."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from story_reports import reports

from pytest_evalbars.report.explain import explained, wrapped
from pytest_evalbars.report.numbers import count, figure
from pytest_evalbars.safe import UNSAFE, safe

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
ESCAPED = re.compile(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}")
#: Where the word stands that no verdict is proven by: it says what the word means, or that something is not so.
NO_CLAIM = (
    r"not proven",
    r"Not proven",
    r"Proven means",
    r"would prove",
    r"none of \d+ verdicts? is proven met",
    r"bars are met: \d+ of \d+ verdicts? (is|are) proven met, and \d+ (is|are) not",
    r"^\d+ of \d+ verdicts? (is|are) proven met, and \d+ (is|are) not",
    r"^\d+ of \d+ verdicts are proven met\.$",
)
#: Few enough for the time that tests have; the slow ones look at many more.
FEW = settings(max_examples=40, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=400, suppress_health_check=list(HealthCheck))


def strings(value):
    """Every text in a report's plain values."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from strings(key)
            yield from strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int):
        yield str(value)


def numbers_of(report):
    """The numbers that a report carries: its texts and counts, its figures in words, and how many verdicts it has."""
    confidence = report.decision.confidence
    known = set(NUMBER.findall(" ".join(strings(report.to_json()))))
    known |= {f"{confidence * 100:g}", f"{(1 - confidence) * 100:.4g}", "95", "100"}
    said = [
        figure("share", end)
        for cell in report.cells
        for end in (cell.rate, *(cell.interval or ()))
        if end is not None
    ]
    said += [
        figure(each.unit, end)
        for each in report.measures
        for end in (each.median, each.p95, each.total)
        if end is not None
    ]
    known |= set(NUMBER.findall(" ".join(said)))
    lengths = len(report.bars) + len(report.decision.standing) + len(report.cells) + len(report.judges)
    for flips in (report.compared.worse, report.compared.better) if report.compared else ():
        lengths = max(lengths, len(flips))
    known |= {str(number) for number in range(lengths + 1)}
    known |= {report.run.started[:10], *NUMBER.findall(report.run.started[:10])}
    return known | set(NUMBER.findall(report.run.commit[:9]))


def part(lines, head):
    """The items under a head."""
    return [line for line in lines[lines.index(head) + 1 :] if line] if head in lines else []


def items_after(lines, head):
    """The list items that stand directly under a line."""
    for line in part(lines, head):
        if not line.startswith("- "):
            return
        yield line


def named(lines):
    """The verdicts that lines speak of, by their subjects."""
    text = " ".join(lines)
    return set(re.findall(r"subject-(\w)", text)) | set(re.findall(r"\(bar bar-(\w)\)", text))


def check(report):
    """See whether every statement of the story is the report's."""
    lines = list(explained(report))
    text = "\n".join(lines)
    verdicts = {bar.bar[-1]: bar for bar in report.bars}

    assert not UNSAFE.search(text.replace("\n", ""))
    assert set(NUMBER.findall(ESCAPED.sub("", text))) <= numbers_of(report)
    assert ("The gate passed" in text) == (report.decision.outcome == "passed")
    assert ("The gate failed" in text) == (report.decision.outcome == "failed")
    assert ("The gate is undecided" in text) == (report.decision.outcome == "undecided")
    for condition in report.run.conditions:
        assert safe(condition.text.strip())[1:] in text
    check_proof(report, lines, verdicts)


def check_proof(report, lines, verdicts):
    """See whether the word `proven` stands only where the report carries the proof."""
    sure = {name for name, bar in verdicts.items() if bar.proven and bar.enforced}
    for word in ("met", "missed"):
        those = {name for name in sure if verdicts[name].proven == word}
        shown = named(items_after(lines, f"Proven {word}:"))
        assert shown == those
        short = named([line for line in lines if re.match(rf"(- )?Proven {word}: ", line)])
        assert short <= those
    for bar in report.bars:
        if bar.bar[-1] not in sure:
            own = [line for line in lines if named([line]) == {bar.bar[-1]}]
            assert not any("Proven" in line or "proven at" in line for line in own)
    counted = re.findall(
        r"(?:(?<!none of )\b(\d+)|the one) (?:of \d+ )?verdicts? (?:is|are) proven met", "\n".join(lines)
    )
    for number in filter(None, counted):
        met = sum(bar.proven == "met" for bar in report.bars if bar.enforced)
        assert met == int(number)
    rest = [line for line in lines if re.search(r"proven", line, re.IGNORECASE) and not named([line])]
    for line in rest:
        if line in ("Proven met:", "Proven missed:", "WHAT IS PROVEN, AND WHAT IS NOT"):
            continue
        claims = any(re.search(pattern, line) for pattern in NO_CLAIM)
        assert claims or sure, line


@FEW
@given(reports())
def test_every_number_and_every_proof_of_the_story_is_the_report_s(report):
    check(report)


@pytest.mark.slow
@MANY
@given(reports())
def test_so_in_thousands_of_reports(report):
    check(report)


@FEW
@given(reports())
def test_a_failed_gate_is_never_told_as_passed_and_unknown_never_as_met(report):
    lines = list(explained(report))

    if report.decision.outcome in ("failed", "undecided"):
        assert not any(re.search(r"gate (has )?passed|nothing is\b", line) for line in lines)
        assert lines[1].startswith("The gate failed" if report.decision.exit_code == 1 else "The gate is undecided")
    for bar in report.bars:
        if bar.verdict in ("no data", "inconclusive"):
            assert bar.bar[-1] not in named(items_after(lines, "Proven met:"))


@FEW
@given(reports())
def test_wrapped_it_says_the_same_and_no_line_is_too_long(report):
    told = list(explained(report))
    lines = list(wrapped(told, 60))

    assert "".join(" ".join(told).split()) == "".join(" ".join(lines).split())
    assert all(len(line) <= 60 or " " not in line.strip().removeprefix("- ") for line in lines)


def test_the_numbers_of_this_test_are_found():
    assert NUMBER.findall("81.6% to 91.0%, 1,200 of 3 cases.") == ["81.6", "91.0", "1,200", "3"]
    assert count(2, "case") == "2 cases"
