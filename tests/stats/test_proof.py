"""The page of promises is what the simulations say, and says that they are kept."""

import pytest
from proof import amounts, classes, confidence, judges, pairs, rates, scores, sessions
from proof.table import Effort
from prove import README, SECTIONS

BY_TITLE = {section.title: section for section in SECTIONS}

#: What is known not to be kept, by section and error, and why.
NOT_KEPT = {
    (
        "Pass rates, cases in documents: heavy tail to 100",
        rates.HIGH_1,
    ): "few large documents decide the rate, and at 1% their own chance is not wholly seen",
    (
        "Mean scores, cases in documents",
        scores.LOW,
    ): "the variance between documents of unequal size is itself uncertain",
    (
        "Sessions of 45 verdicts, cases in documents",
        sessions.FAILS,
    ): "the verdicts of a family are held at errors far below 5%, where heavy documents break them (as above)",
    **{
        (f"Amounts and the cost of a useful response, costs {skewed}", f"{error}, {cases} cases"): reason
        for skewed, error, few, reason in (
            ("skewed", amounts.DISPLAY, (20, 50, 100), "it is not widened for the large costs that a sample lacks"),
            ("very skewed", amounts.DISPLAY, (20, 50, 100), "as above"),
            ("skewed", amounts.HIGH, (20,), "a small sample lacks the large costs, and does not show that it does"),
            ("very skewed", amounts.HIGH, (20, 50, 100), "as above; 100 cases often lack them too"),
        )
        for cases in few
    },
    (
        "Amounts and the cost of a useful response, cases in documents",
        amounts.DISPLAY,
    ): "by less than the chance of this simulation; a few large documents decide the cost",
    **{
        (f"Classification, {cases} in every class", classes.LOW.format("macro precision")): reason
        for cases, reason in (
            ("10 cases and more", "what it divides by, how often a class was given, is chance itself"),
            ("5 cases", "as above"),
        )
    },
    (
        "Brier scores and overconfidence",
        f"{confidence.HIGH}: overconfidence",
    ): "confidence near 1 and no miss in the sample: it does not vary, and its mean is far from the ends of -1..1",
    (
        "Drops on the same cases, one trial a case",
        pairs.MISSED,
    ): "Tango's test where a few cases flip to the better, and some more to the worse; on average it keeps 5%",
    (
        "Drops of mean scores on the same cases",
        pairs.MISSED,
    ): "as above, of scores that are nearly pass or fail",
    (
        "Rises of amounts on the same cases, skewed",
        pairs.MET,
    ): "20 cases often lack the largest rises, and do not show that they do",
    (
        "Corrected pass rates, half of the labels of what the judge missed",
        judges.LOW,
    ): "25 labels of what it passed, each for 34 cases, are often all right, and do not show how wrong they may be",
    (
        "A judge's errors, half of the labels of what it missed",
        f"{judges.HIGH}: specificity",
    ): "one wrong pass among those 25 labels stands for 36 cases, where people miss about 50 in all",
}


def table():
    """What the page says of each error: {(section, error): last word}."""
    said, title = {}, ""
    for line in README.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("| ") and not line.startswith("| error"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            said[title, cells[0]] = cells[-1]
    return said


def test_every_promise_is_kept_or_known_not_to_be():
    said = table()
    assert set(said.values()) <= {"kept", "not promised", "NOT KEPT"}
    assert {key for key, word in said.items() if word == "NOT KEPT"} == set(NOT_KEPT)


def test_every_promise_has_its_row():
    said = table()
    assert list(dict.fromkeys(title for title, _ in said)) == list(BY_TITLE)
    for title in BY_TITLE:
        errors = {error for section, error in said if section == title}
        if title.startswith("Pass rates"):
            assert set(rates.PROMISES) <= errors
        elif title.startswith("Mean scores") and "stop" not in title:
            assert set(scores.PROMISES) <= errors
        assert errors
    for error in (sessions.FAILS, sessions.MET, sessions.MISSED, sessions.LAUNCHES):
        assert any(each == error for _, each in said)


def assert_fresh(title):
    section = BY_TITLE[title]
    assert section.markdown(list(section.rows(Effort()))) in README.read_text(encoding="utf-8")


def test_what_is_counted_exactly_is_what_the_page_says():
    assert_fresh("Pass rates, one trial a case")


#: Sections of 10 seconds or more each, 8 minutes in all: `python tests/stats/prove.py --check` runs them too, and
#: is for whoever changes an estimator.
LONG = (
    "Drops on the same cases, more trials than before or fewer",
    "Sessions of 45 verdicts, cases in documents",
    "Pass rates, cases in documents: heavy tail to 100",
    "Pass rates, cases in documents: 4.5 on average",
    "Calibration error, one trial a case",
    "Pass rates, cases in documents: a tenth with 30",
    "Drops between other cases",
    "Drops on the same cases, 10 trials a case",
    "Drops of mean scores on the same cases",
    "Mean scores, cases in documents",
    "Calibration error, several trials a case",
    "Classification, 14 classes from 300 cases to 5",
    "Drops on the same cases, in documents",
    "Drops on the same cases, 3 trials a case",
    "Relative rises of amounts, much alike",
    "Relative rises of amounts, skewed",
    "Bars that may stop at any time",
    "Pass rates, cases tried 1, 2, 3 or 10 times",
    "Classification, 10 cases and more in every class",
    "Corrected pass rates, by a judge's errors elsewhere",
    "A judge's errors, labels drawn at random",
    "A judge's errors, half of the labels of what it missed",
    "Agreement of two raters, pass or fail",
    "Agreement of three raters on five levels",
    "Agreement of three raters on five levels, cases in documents",
)


def test_long_sections_are_sections():
    assert set(LONG) <= BY_TITLE.keys()


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title in BY_TITLE if title not in LONG])
def test_a_fresh_simulation_says_what_the_page_says(title):
    """As `prove.py --check` does, one section a test; but for the long ones."""
    assert_fresh(title)
