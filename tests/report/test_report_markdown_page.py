"""The Markdown report: what it says, in which order, and what it leaves out where there is no room."""

import re

import pytest
from markdown_reports import CONDITIONS, bar, miss, misses, report

from pytest_evalbars.report.markdown import COMMENT, markdown
from pytest_evalbars.report.model import DecisionTold, Misses


def in_order(text, *words):
    """Assert that these words stand there in this order."""
    place, text = 0, text.replace("\u00a0", " ")
    for word in words:
        found = text.find(word, place)
        assert found >= 0, f"not there (after what came before): {word!r}\n\n{text}"
        place = found + len(word)


def is_whole(text):
    """Assert that no row and no fold was cut."""
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_the_verdict_comes_first_then_what_limits_it_then_the_bars():
    text = markdown(report(), misses())
    assert text.startswith("### ❌ Gate failed (exit 1)\n\n1 of 3 verdicts fails: plain words\n")
    in_order(
        text,
        "60 cases, 61 trials, 1 error · stage testing · confidence 95% · commit `3f9c0de12` with changes",
        *(f"- ⚠️ **{kind}**: plain words" for kind in CONDITIONS),
        "bar changed: plain words",
        "note: plain words",
        "no bar holds them",
        "| verdict | what | value | 95% interval | bar | cases |",
        "| ❌ **missed** | plain words (bar plain words) | 81.0% | 70.1% to 89.0% | at least 90% | 60 |",
        "| ✅ met | faithfulness (bar tone) |",
        "| ⚠️ inconclusive |",
        "- ❌ **plain words (bar plain words)**: plain words: pass rate 81.0% over 60 cases",
        "  - missed cases: plain words",
        "**Against the baseline**: 1 change for the worse, 1 for the better",
        "| `plain words` | plain words | plain words | `plain words` |",
        "<details><summary>1 change for the better",
        "<details><summary>1 error: trials that could not be judged",
        "<details><summary>12 misses</summary>",
        "| `refund-10` | faithfulness | refund-1 | `refund-1` |",
        "<details><summary>Pass rates by dimension and category",
        "<details><summary>How far judges may be trusted",
        "<details><summary>How it was measured",
        "run `plain words`",
    )
    is_whole(text)


@pytest.mark.parametrize(
    ("outcome", "sentence", "title"),
    [
        ("passed", "gate passed: 2 of 2 verdicts met", "### ✅ Gate passed\n\n2 of 2 verdicts met\n"),
        ("undecided", "gate undecided, which fails the session (exit 10): a", "### ⚠️ Gate undecided, which fails"),
        ("not held", "no bar was held (stage none)", "### ⚪ No bar was held (stage none)\n\n60 cases"),
    ],
)
def test_every_outcome_has_a_word_and_a_symbol(outcome, sentence, title):
    text = markdown(report(bars=(), outcome=outcome, sentence=sentence), Misses())
    assert text.startswith(title)


def test_a_bar_that_is_not_enforced_does_not_look_like_a_missed_one():
    text = markdown(report(bars=[bar(fails=False, enforced=False, asides=("not enforced",))]), misses())
    in_order(text, "| ⚪ missed (not enforced) |")


def test_what_stopped_early_has_no_interval():
    possible = {"possible": (0.12, 0.64), "possible_words": "between 12.0% and 64.0%"}
    open_bar = bar(**possible, estimate=None, estimate_words="", interval=None, interval_words="")
    in_order(markdown(report(bars=[open_bar]), misses()), "| - | between 12.0% and 64.0% |")


def test_inconclusive_groups_are_folded_where_they_would_stand_between_the_decision_and_its_reasons():
    groups = [bar(f"g{n}", "tone", "inconclusive", group=f"g{n}") for n in range(40)]
    bars = [bar("bad", "tone"), bar("whole", "tone", "inconclusive"), *groups]
    text = markdown(report(bars=bars), misses())
    in_order(
        text, "❌ **missed**", "tone (bar whole)", "<details><summary>40 groups inconclusive</summary>", "(bar g39)"
    )
    assert "groups inconclusive" not in markdown(report(bars=bars[:20]), misses())


def test_met_groups_of_a_long_suite_are_folded():
    bars = [bar("whole", "tone", "met"), *(bar(f"g{n}", "tone", "met", group=f"g{n}") for n in range(40))]
    text = markdown(report(bars=[*bars, bar("bad", "tone", group="bad")]), misses())
    in_order(text, "❌ **missed**", "tone (bar whole)", "<details><summary>40 groups met</summary>", "tone (bar g39)")
    is_whole(text)


def test_misses_that_have_no_room_are_counted():
    many = misses("refund-1", 500, 0, total=700)
    text = markdown(report(), many)
    shown = text.count("| faithfulness | refund-1 |")
    assert 100 < shown <= 500
    in_order(text, f"{700 - shown} of 700 misses are not shown", "run file has all", "</details>")
    long = Misses(shown=tuple(miss("x" * 200, n) for n in range(500)), misses=500)
    text = markdown(report(), long)
    shown = len(re.findall(r"^\| `x+…?` \| faithfulness", text, re.MULTILINE))
    assert 20 < shown < 500
    in_order(text, f"{500 - shown} of 500 misses are not shown: the size of this report is limited")
    assert len(text.encode()) <= COMMENT
    is_whole(text)


@pytest.mark.parametrize(
    ("words", "many"),
    [
        pytest.param("n" * 100, 1_000, id="long"),
        pytest.param("語" * 100, 3, id="some-wide"),
        pytest.param("語" * 100, 1_000, id="wide"),
        pytest.param("$|`@" * 25, 3, id="some-marks", marks=pytest.mark.slow),
        pytest.param("$|`@" * 25, 1_000, id="marks", marks=pytest.mark.slow),
        pytest.param("😀" * 100, 1_000, id="faces", marks=pytest.mark.slow),
    ],
)
def test_the_verdict_and_every_failing_bar_have_room(words, many):
    bars = [bar(f"{n:04}{words[:96]}", f"{n:04}{words[:96]}") for n in range(many)]
    bars = [*bars, *(bar(f"m{n}{words}", words, "met") for n in range(1_000))]
    long = misses(words * 20, 500, 500)
    text = markdown(report(words * 20, bars), long)
    assert text.startswith("### ❌ Gate failed")
    assert len(text) <= len(text.encode()) <= COMMENT
    is_whole(text)
    told = {name for name in (f"{n:04}" for n in range(many)) if name in text}
    more = re.search(r"and ([\d,]+) more\n", text)
    assert len(told) + (int(more[1].replace(",", "")) if more and many == 1_000 else 0) >= many
    if words in ("n" * 100, "語" * 100):
        assert len(told) == many


@pytest.mark.parametrize("limit", [3_000, 5_000, 8_000, 12_000, 20_000, 30_000, 60_000])
def test_the_least_important_is_left_out_first_and_the_text_says_so(limit):
    text = markdown(report(), misses("refund-1", 300, 3), limit)
    assert len(text.encode()) <= limit
    assert "### ❌ Gate failed (exit 1)" in text
    assert "**missed**" in text
    assert "not shown" in text or limit >= 30_000
    is_whole(text)


def test_what_is_left_out_wholly_is_named():
    in_order(
        markdown(report(), misses(), 4_000), "Not shown at all: ", "slices", ": the size of this report is limited"
    )


def test_the_same_report_gives_the_same_text():
    assert markdown(report(), misses()) == markdown(report(), misses())


def test_a_report_of_nothing():
    decision = DecisionTold(
        outcome="undecided",
        exit_code=10,
        sentence="gate undecided, which fails the session (exit 10): no data",
        stage="launch",
        confidence=0.9,
        allowed_errors=0,
    )
    nothing = dict.fromkeys(("bars", "cells", "trends", "quality", "measures", "judges"), ())
    text = markdown(report(decision=decision, compared=None, **nothing), Misses())
    assert text.startswith("### ⚠️ Gate undecided, which fails the session (exit 10)\n\nno data\n")
    is_whole(text)


def test_a_session_s_report_is_the_one_that_its_run_file_gives(suite):
    suite.bars('max_errors = 1\n[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n').cases(20, 60)
    suite.file(
        "test_more.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.category("a|b\\n# c")
        def test_missed():
            assert False, "@octocat <img src=x> | `x`\\n</details>"

        @pytest.mark.dimension("tone")
        def test_error():
            raise ValueError("::error::mine")
        """,
    )
    result = suite.run("--evalbars-markdown=now.md")
    text = (suite.path / "now.md").read_text(encoding="utf-8")
    assert suite.command("report", result.path, "-o", "later.md").exit == 0
    assert text == (suite.path / "later.md").read_text(encoding="utf-8")
    in_order(
        text, "### ❌ Gate failed", "**errors**: 1 of 62 trials could not be judged", "| ❌ **missed** | accuracy |"
    )
    in_order(
        text, "<details><summary>41 misses", "accuracy | a&#124;b # c | <code>&#64;&#8203;octocat &#60;img src=x&#62;"
    )
    is_whole(text)


def test_part_of_the_cases_is_told_as_a_part(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n').cases(20, 60)
    suite.run("-k", "case-00", "--evalbars-markdown=now.md")
    text = (suite.path / "now.md").read_text(encoding="utf-8")
    in_order(text, "- ⚠️ **partial**: ", "| ⚪ ", " (not enforced) | accuracy |")
