"""The record of a case: always passes, flaky or always misses; since when; where it changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.history.cases import STEADY, standings
from pytest_evalbars.history.records import CaseRecord, History, PastRun, Told

#: A run by its letter: passes, judged trials, errors.
SAID = {"p": (1, 1, 0), "m": (0, 1, 0), "x": (2, 5, 0), "P": (5, 5, 0), "e": (0, 0, 1), "E": (1, 1, 1)}


def history_of(letters, contents=None, part=()):
    """A case in one run for each letter, blank where the run does not have it."""
    runs = tuple(
        PastRun(f"run-{n}", f"2026-01-01T00:00:{n:02}Z", f"commit-{n}", "", {}, "testing", 0, True, {}, n not in part)
        for n in range(len(letters))
    )
    told = tuple(
        Told(n, *SAID[letter], "regression", None, (contents or "a" * len(letters))[n].strip())
        for n, letter in enumerate(letters)
        if letter != " "
    )
    return History(runs, (CaseRecord("case", "accuracy", "test", "", told),))


def standing(letters, contents=None, part=()):
    (found,) = standings(history_of(letters, contents, part))
    return found


@pytest.mark.parametrize(
    ("letters", "word", "since", "before", "passes", "trials"),
    [
        ("p", "always passes", 0, None, 1, 1),
        ("pPp", "always passes", 0, None, 7, 7),
        ("mmm", "always misses", 0, None, 0, 3),
        ("pppm", "always misses", 3, 2, 0, 1),
        ("pppmmm", "always misses", 3, 2, 0, 3),
        ("mmP", "always passes", 2, 1, 5, 5),
        ("pmp", "flaky", 1, 0, 1, 2),
        ("ppmppp", "flaky", 2, 1, 3, 4),
        ("x", "flaky", 0, None, 2, 5),
        ("pppx", "flaky", 3, 2, 2, 5),
        ("pppxp", "flaky", 3, 2, 3, 6),
        ("e", "not judged", 0, None, 0, 0),
        ("ee", "not judged", 0, None, 0, 0),
        ("pep", "always passes", 0, None, 2, 2),
        ("pem", "always misses", 2, 0, 0, 1),
        ("Ep", "always passes", 0, None, 2, 2),
        ("p m", "always misses", 2, 0, 0, 1),
        ("ppm" + "p" * (STEADY - 1), "flaky", 2, 1, STEADY - 1, STEADY),
        ("ppm" + "p" * STEADY, "always passes", 3, 2, STEADY, STEADY),
        ("ppx" + "p" * (STEADY - 1), "flaky", 2, 1, STEADY + 1, STEADY + 4),
        ("ppx" + "p" * STEADY, "always passes", 3, 2, STEADY, STEADY),
        # An old flakiness does not make a later change flaky.
        ("pmp" + "p" * STEADY + "mm", "always misses", STEADY + 3, STEADY + 2, 0, 2),
    ],
)
def test_what_a_case_does_and_since_when(letters, word, since, before, passes, trials):
    found = standing(letters)
    assert (found.word, found.since, found.before, found.passes, found.trials) == (
        word,
        since,
        before,
        passes,
        trials,
    )


def test_a_case_that_asks_something_else_begins_anew():
    found = standing("mmmpp", "aaabb")
    assert (found.word, found.since, found.before) == ("always passes", 3, None)
    assert (found.born, found.changed) == (3, True)
    # Runs that do not know what was asked change nothing.
    found = standing("mmmpp", "aa  a")
    assert (found.word, found.since, found.before, found.born, found.changed) == ("always passes", 3, 2, 0, False)


def test_a_case_is_gone_where_a_later_run_of_everything_has_it_no_more():
    assert standing("pp ").gone
    assert not standing("pp ", part=(2,)).gone
    assert not standing("p p").gone


def test_a_run_of_some_files_says_what_is_gone_from_those_alone():
    """Every third of the runs is of everything; the others are of the file that `asked` says."""

    def gone(told, asked):
        runs = history_of("p" * len(asked)).runs
        runs = tuple(replace(run, everything=file == "") for run, file in zip(runs, asked, strict=True))
        records = tuple(
            CaseRecord(
                name,
                "accuracy",
                f"{name[0]}.py::test",
                "",
                tuple(Told(n, 1, 1, 0, "", None, "") for n, letter in enumerate(letters) if letter != " "),
            )
            for name, letters in told.items()
        )
        return {each.case: each.gone for each in standings(History(runs, records))}

    assert gone({"a1": "ppp", "a2": "p  ", "b1": "p  "}, ["", "a", "a"]) == {"a1": False, "a2": True, "b1": False}
    assert gone({"a1": "ppp", "a2": "pp ", "b1": "p  "}, ["", "a", ""]) == {"a1": False, "a2": True, "b1": True}
    assert gone({"a1": "p p", "b1": "pp "}, ["b", "b", "a"]) == {"a1": False, "b1": False}
    # A file that holds nothing more is known to be gone by runs of everything alone.
    assert gone({"a1": "p ", "b1": "pp"}, ["", "a"]) == {"a1": False, "b1": False}


def test_errors_of_the_last_run_are_told():
    assert (standing("pE").errors, standing("Ep").errors) == (1, 0)


@given(st.text("pmxeP", min_size=1, max_size=40))
def test_a_standing_says_what_its_runs_say(letters):
    found = standing(letters)
    judged = [(n, letter) for n, letter in enumerate(letters) if letter != "e"]
    mine = [letter for n, letter in judged if n >= found.since]
    kinds = {"m" if letter == "m" else "x" if letter == "x" else "p" for letter in mine}
    if not judged:
        assert found.word == "not judged"
        return
    assert found.runs == len(mine)
    assert (found.passes, found.trials) == tuple(sum(SAID[letter][at] for letter in mine) for at in (0, 1))
    expected = {frozenset("p"): "always passes", frozenset("m"): "always misses"}
    assert found.word == expected.get(frozenset(kinds), "flaky")
    before = [n for n, _ in judged if n < found.since]
    assert found.before == (before[-1] if before else None)
    if found.word != "flaky" and before:  # it did something else just before
        assert SAID[letters[found.before]][:2] != SAID[mine[0]][:2]
        assert (letters[found.before] in "pP") != (mine[0] in "pP") or letters[found.before] == "x"
