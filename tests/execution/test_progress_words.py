"""The words of progress: what is told of a running session, what is not known, and how often."""

import pytest

from pytest_evalbars.report.progress import Progress
from pytest_evalbars.run.tally import Tally


class Paper:
    """A view that keeps what it is shown."""

    def __init__(self, first=0.0, pause=0.0):
        self.first, self.pause, self.shown, self.closed = first, pause, [], False

    def show(self, text):
        self.shown.append(text)

    def again(self):
        pass

    def close(self):
        self.closed = True


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self):
        return self.now


def said(*outcomes, cost=0.001, error=""):
    """What a trial said, on one dimension for each outcome."""
    verdicts = {f"d{place}": [outcome, None, None, ""] for place, outcome in enumerate(outcomes)}
    return {"verdicts": verdicts, "error": error, "measures": {} if cost is None else {"cost_usd": cost}}


def tally_of(planned, *trials):
    tally = Tally(planned)
    for trial in trials:
        tally.take(trial)
    return tally


def test_the_words_of_a_running_session():
    clock = Clock()
    tally = tally_of(500, *[said("pass")] * 108, *[said("pass", "miss")] * 12)
    progress = Progress(tally, Paper(), clock=clock)
    clock.now += 12
    progress.tick(50)
    words = "120 of 500 trials, 50 in flight, 12 missed, 0 errors, 90.0% pass so far, $0.12, about 38 s left"
    assert progress.view.shown == [words]


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ([], "0 of 9 trials, 0 missed, 0 errors"),
        ([said("error")], "1 of 9 trials, 0 missed, 1 error, $0.001"),
        ([said("miss", "pass", error="a mistake")], "1 of 9 trials, 0 missed, 1 error, $0.001"),
        ([said("skipped", cost=None)], "1 of 9 trials, 0 missed, 0 errors"),
        ([said("skipped", cost=None), said("pass")], "2 of 9 trials, 0 missed, 0 errors, 100.0% pass so far, $0.001"),
        ([said("pass", cost=None)], "1 of 9 trials, 0 missed, 0 errors, 100.0% pass so far"),
        (
            [said("pass", cost=None), said("miss", cost=1.25)],
            "2 of 9 trials, 1 missed, 0 errors, 50.0% pass so far, $1.25+",
        ),
        ([said("pass", cost=0)], "1 of 9 trials, 0 missed, 0 errors, 100.0% pass so far, $0.00"),
    ],
)
def test_what_is_not_known_is_not_shown(trials, words):
    assert Progress(tally_of(9, *trials), Paper(), clock=Clock()).text() == words


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ([said("pass", cost=1)], "$1.00 of $5.00"),
        ([said("pass", cost=None), said("pass", cost=1)], "$1.00+ of $5.00"),
        ([said("pass", cost=None)], "unknown cost of $5.00"),
    ],
)
def test_a_budget_stands_beside_what_is_spent(trials, words):
    text = Progress(tally_of(9, *trials), Paper(), budget=5.0, clock=Clock()).text()
    assert text.endswith(f", {words}")


@pytest.mark.parametrize(
    ("calls", "measures", "words"),
    [
        ({"judges": {"j": 1}}, {"cost_usd": 1, "judge_cost_usd": 0.5}, "$1.50"),
        ({"judges": {"j": 1}}, {"judge_cost_usd": 0.5}, "$0.50+"),
        ({"models": {"m": 2}, "replayed": 2}, {"cost_usd": 1}, "$0.00"),
        ({"models": {"m": 2}, "replayed": 2}, {}, "$0.00"),
        ({"models": {"m": 2}, "replayed": 1, "paid": 0.5}, {"cost_usd": 1}, "$0.50"),
        ({"models": {"m": 2}, "replayed": 1, "unpriced": 1, "paid": 0}, {}, ""),
        ({"models": {"m": 1}, "judges": {"j": 1}, "judges_unpriced": 1}, {"cost_usd": 1}, "$1.00+"),
    ],
)
def test_what_is_paid_holds_the_judges_and_no_replays(calls, measures, words):
    text = Progress(tally_of(9, said("pass") | {"calls": calls, "measures": measures}), Paper(), clock=Clock()).text()
    assert text.partition("so far")[2].removeprefix(", ") == words


@pytest.mark.parametrize(
    ("done", "not_run", "in_flight", "elapsed", "words"),
    [
        (4, 0, None, 100, ""),
        (5, 0, None, 100, "about 32 min left"),
        (5, 0, 6, 100, ""),
        (6, 0, 6, 60, "about 16 min left"),
        (50, 0, None, 120, "about 2 min left"),
        (50, 40, None, 100, "about 20 s left"),
        (50, 0, None, 36_000, "about 10.0 h left"),
        (99, 0, None, 0.1, "about 1 s left"),
    ],
)
def test_the_time_left_is_told_from_the_pace_once_there_is_one(done, not_run, in_flight, elapsed, words):
    clock, tally = Clock(), tally_of(100, *[said("pass")] * done)
    tally.not_run = not_run
    progress = Progress(tally, Paper(), clock=clock)
    progress.in_flight = in_flight
    clock.now += elapsed
    assert progress.text().partition("$")[2].partition(", ")[2] == words


def test_texts_keep_their_distance_and_end_with_the_last_trial():
    clock, paper = Clock(), Paper(first=30.0, pause=30.0)
    tally = tally_of(2)
    progress = Progress(tally, paper, clock=clock)
    for now in (100, 129.9, 130, 131, 159.9, 160):
        clock.now = now
        progress.tick()
    assert len(paper.shown) == 2
    tally.take(said("pass"))
    tally.not_run = 1
    wrapper = progress.pytest_runtest_logreport()
    next(wrapper)
    assert not paper.closed
    with pytest.raises(StopIteration):
        wrapper.send(None)
    assert paper.closed
    clock.now = 1000
    progress.tick()
    assert len(paper.shown) == 2
