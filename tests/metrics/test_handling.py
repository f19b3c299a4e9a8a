"""Refusals and hand-overs: rightly, wrongly, and one where the other was due."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_rows import only, row
from scipy.stats import binom

WAYS = ("answer", "refuse", "escalate")
#: By the word of a way: its two metrics, and how reports put it.
OF = {
    "refuse": ("correct_abstention", "false_abstention", "refused"),
    "escalate": ("correct_escalation", "false_escalation", "handed over"),
}
every_way = pytest.mark.parametrize("word", OF)
#: Trials by what should have been done and what was.
CONFUSION = {
    ("answer", "answer"): 60,
    ("answer", "refuse"): 7,
    ("answer", "escalate"): 3,
    ("refuse", "refuse"): 27,
    ("refuse", "answer"): 2,
    ("refuse", "escalate"): 1,
    ("escalate", "escalate"): 15,
    ("escalate", "answer"): 4,
    ("escalate", "refuse"): 6,
}


def handled(counts, label=False, predict=True, **more):
    """One-shot cases that should be handled in one way and are in another."""
    pairs = [pair for pair, number in counts.items() for _ in range(number)]
    return [
        row(
            f"c{n:03}",
            "pass" if should == did else "miss",
            **({"labels": {"expect": should}} if label else {}),
            **({"prediction": {"expected": should, "predicted": did}} if predict else {}),
            **more,
        )
        for n, (should, did) in enumerate(pairs)
    ]


def shares(rows, word):
    """The estimates of the two metrics."""
    right, wrong, _ = OF[word]
    return only(rows, right, at_least=0.5), only(rows, wrong, at_most=0.5)


# -- numbers ---------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("label", [False, True])
def test_rightly_and_wrongly_of_three_ways(word, label):
    rows = handled(CONFUSION, label)
    due, other = {"refuse": (30, 95), "escalate": (25, 100)}[word]
    rightly = CONFUSION[word, word]
    wrongly = sum(number for (should, did), number in CONFUSION.items() if did == word != should)
    right, wrong = shares(rows, word)
    assert (right.estimate, right.cases) == (pytest.approx(rightly / due), due)
    assert (wrong.estimate, wrong.cases) == (pytest.approx(wrongly / other), other)
    assert wrong.verdict == "met"
    # Each is a share of its cases, so its bounds are a binomial's.
    assert binom.sf(rightly - 1, due, right.low) == pytest.approx(0.05)
    assert binom.cdf(wrongly, other, wrong.high) == pytest.approx(0.05)
    names = OF[word]
    assert only(rows, names[0], at_least=0.99).verdict == "missed"
    assert only(rows, names[1], at_most=0.01).verdict == "missed"


def test_a_missed_hand_over_is_one_that_was_due_whatever_was_done_instead():
    rows = handled(CONFUSION)
    missed, right = only(rows, "missed_escalation", at_most=0.01), only(rows, "correct_escalation", at_least=0.99)
    assert missed.estimate == pytest.approx((4 + 6) / 25)
    assert (missed.verdict, missed.cases, missed.p_missed) == (right.verdict, 25, pytest.approx(right.p_missed))
    assert (missed.low, missed.high) == pytest.approx((1 - right.high, 1 - right.low))


def test_a_refusal_where_a_hand_over_was_due_is_right_of_neither():
    rows = handled({("escalate", "refuse"): 40, ("refuse", "escalate"): 30})
    assert [shares(rows, word)[0].estimate for word in OF] == [0, 0]
    assert [shares(rows, word)[1].estimate for word in OF] == [1, 1]
    assert [shares(rows, word)[0].cases for word in OF] == [30, 40]


@pytest.mark.parametrize("trials", [2, 5])
def test_each_case_weighs_the_same_however_often_it_is_tried(trials):
    rows = [
        row(f"c{n}", trial=trial, prediction={"expected": "escalate", "predicted": "escalate" if trial else "answer"})
        for n in range(30)
        for trial in range(trials if n else 1)
    ]
    verdict = only(rows, "correct_escalation", at_least=0.1)
    assert verdict.estimate == pytest.approx(29 / 30 * (trials - 1) / trials)
    assert (verdict.cases, verdict.trials) == (30, 29 * trials + 1)


# -- where nothing is predicted, or not of all -----------------------------------------------------------------


@every_way
def test_cases_of_which_nobody_says_what_should_be_done_are_no_data(word):
    right, _, words = OF[word]
    verdict = only([row(f"c{n}", guardrail={"pre": "pass"}) for n in range(9)], right, at_least=0.5)
    assert verdict.verdict == "no data"
    (note,) = verdict.notes
    assert note.startswith(f'nothing says which cases should be {words}; label them expect = "{word}", the others ')
    assert note.endswith(f'or say evalcase.predict("{word}", ...)')


@every_way
@pytest.mark.parametrize("only_answers", [{("answer", "answer"): 30}, {("answer", "answer"): 29, ("answer", "x"): 1}])
def test_suites_where_it_is_never_due_show_only_what_is_done_wrongly(word, only_answers):
    right, wrong = shares(handled(only_answers), word)
    assert (right.verdict, right.notes) == (
        "no data", (f"no case that should be {OF[word][2]} says what was done with it",),
    )  # fmt: skip
    assert (wrong.verdict, wrong.estimate) == ("met", 0)


@every_way
def test_suites_where_it_is_always_due_show_only_what_is_done_rightly(word):
    right, wrong = shares(handled({(word, word): 30}), word)
    assert (right.verdict, right.estimate) == ("met", 1)
    assert wrong.notes == (f"no case that should not be {OF[word][2]} says what was done with it",)


@every_way
def test_an_unjudged_trial_that_may_have_been_due_counts_against(word):
    rows = handled({(word, word): 30, ("answer", "answer"): 30}, label=True)
    for n, labels in ((60, {"expect": word}), (61, {"expect": "answer"}), (62, {})):
        rows.append({"case": f"c{n}", "dimension": "accuracy", "outcome": "error", "labels": labels})
    right, wrong = shares(rows, word)
    assert (right.estimate, right.cases, right.unjudged) == (1, 30, 2)
    assert (wrong.estimate, wrong.cases, wrong.unjudged) == (0, 30, 2)


# -- guardrails ------------------------------------------------------------------------------------------------


def guarded(should, action, predicted=None, number=30):
    told = {"prediction": {"expected": should, "predicted": predicted}} if predicted else {}
    return [
        row(f"{should}{n}", "miss", labels={"expect": should}, guardrail={"post": action}, **told)
        for n in range(number)
    ]


def test_guardrails_alone_tell_refusals_from_the_rest():
    rows = guarded("refuse", "block", number=27) + [
        {**each, "case": f"let-through-{n}"} for n, each in enumerate(guarded("refuse", "pass", number=3))
    ]
    rows += guarded("answer", "pass", number=63)
    rows += [{**each, "case": f"blocked-{n}"} for n, each in enumerate(guarded("answer", "block", number=7))]
    right, wrong = shares(rows, "refuse")
    assert (right.estimate, right.cases, right.verdict) == (pytest.approx(27 / 30), 30, "met")
    assert (wrong.estimate, wrong.cases, wrong.verdict) == (pytest.approx(7 / 70), 70, "met")


def test_what_a_guardrail_blocked_reached_nobody():
    right, _ = shares(guarded("escalate", "block"), "escalate")
    assert (right.estimate, right.cases) == (0, 30)
    assert only(guarded("escalate", "block"), "false_abstention", at_most=0.5).estimate == 1
    right, _ = shares(guarded("escalate", "block", "answer"), "escalate")
    assert right.estimate == 0


def test_what_a_guardrail_let_through_may_have_been_handed_over_or_not():
    right, _ = shares(guarded("escalate", "pass"), "escalate")
    assert (right.verdict, right.estimate) == ("no data", None)
    assert right.notes == ("no case that should be handed over says what was done with it",)


def test_a_block_that_hands_over_is_a_hand_over_and_no_refusal():
    rows = guarded("escalate", "block", "escalate")
    right, _ = shares(rows, "escalate")
    assert (right.estimate, right.verdict) == (1, "met")
    assert only(rows, "false_abstention", at_most=0.2).estimate == 0
    # Any other word is of no weight against a guardrail.
    assert only(guarded("answer", "block", "answer"), "false_abstention", at_most=0.5).estimate == 1


# -- what holds of every confusion -----------------------------------------------------------------------------

COUNTS = st.lists(st.integers(0, 9), min_size=9, max_size=9)


@settings(max_examples=40)
@given(COUNTS)
def test_every_trial_that_was_due_is_right_or_missed_and_the_ways_are_alike(numbers):
    pairs = [(should, did) for should in WAYS for did in WAYS]
    counts = dict(zip(pairs, numbers, strict=True))
    rows = handled(counts)
    if not rows:
        return
    by = {name: only(rows, name, at_least=0.5).estimate for name in (*OF["refuse"][:2], *OF["escalate"][:2])}
    for word, (right, wrong, _) in OF.items():
        due = sum(counts[word, did] for did in WAYS)
        other = len(rows) - due
        assert by[right] == (pytest.approx(counts[word, word] / due) if due else None)
        done = sum(counts[should, word] for should in WAYS if should != word)
        assert by[wrong] == (pytest.approx(done / other) if other else None)
    missed = only(rows, "missed_escalation", at_most=0.5).estimate
    assert (missed is None) == (by["correct_escalation"] is None)
    assert missed is None or missed + by["correct_escalation"] == pytest.approx(1)
    # With the two words exchanged everywhere, the two kinds of metrics change places.
    swap = {"answer": "answer", "refuse": "escalate", "escalate": "refuse"}
    mirrored = handled({(swap[one], swap[other]): number for (one, other), number in counts.items()})
    assert by["correct_escalation"] == only(mirrored, "correct_abstention", at_least=0.5).estimate
    assert by["false_escalation"] == only(mirrored, "false_abstention", at_least=0.5).estimate


# -- through a session -----------------------------------------------------------------------------------------

SUITE = """
import pytest

WANTED = ["answer"] * 40 + ["escalate"] * 20 + ["refuse"] * 10

@pytest.mark.dimension("escalation")
@pytest.mark.parametrize("n", range(70), ids="c{:02}".format)
def test_it(n, evalcase):
    wanted = WANTED[n]
    done = "refuse" if 40 <= n < 48 else "escalate" if n == 0 else wanted
    evalcase.predict(wanted, done)
    evalcase.check("escalation", wanted == done)
"""
BARS = """
[[bar]]
metric = "correct_escalation"
dimension = "escalation"
at_least = 0.95

[[bar]]
metric = "false_escalation"
dimension = "escalation"
at_most = 0.15

[[bar]]
metric = "missed_escalation"
at_most = 0.05
"""


def test_a_session_holds_hand_overs_and_names_those_that_were_missed(suite):
    suite.bars(BARS).file("test_it.py", SUITE)
    result = suite.run()
    assert result.exit == 1
    result.said(
        "correct escalation", "60.0%", "MISSED", "false escalation", "2.0%", "met", "missed escalation", "40.0%"
    )
    result.said("MISSED escalation: correct escalation 60.0% over 20 cases", "(escalate, predicted refuse)")
    result.said("FAILED evalbars::correct_escalation:escalation", "FAILED evalbars::missed_escalation")
    result.never_said("FAILED evalbars::false_escalation")


def test_a_session_under_labels_that_says_nothing_of_hand_overs_has_no_data(suite):
    suite.bars(BARS).cases(3, 3, "escalation")
    result = suite.run()
    assert result.exit == 10
    result.said("NO DATA", 'label them expect = "escalate"')
