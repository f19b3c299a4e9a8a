"""Who is let in, and when: the rules of all limits, under a clock that the test moves."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars.config.settings import Limit
from pytest_evalbars.execution.turnstile import Ticket, Turnstile, fits


class World:
    """A turnstile whose time passes only when the test says so."""

    def __init__(self, **limits):
        self.now = 0.0
        self.alarm = math.inf
        self.entries = []
        self.turnstile = Turnstile(
            {name.replace("__", "/*"): limit for name, limit in limits.items()},
            clock=lambda: self.now,
            alarm=lambda ring, lock, clock: self,  # noqa: ARG005
        )

    def set(self, moment):
        """Take the alarm, in the alarm's place."""
        self.alarm = moment

    def arrive(self, name, owner=None):
        ticket = Ticket(name, owner or object(), lambda: self.entries.append((ticket.name, self.now)), blocking=False)
        if self.turnstile.enter(ticket):
            self.entries.append((name, self.now))
        return ticket

    def sleep_until_alarm(self):
        assert self.alarm < math.inf, "nobody is held by time alone"
        self.now = max(self.now, self.alarm)
        self.turnstile.let_in()


def test_a_full_limit_lets_the_next_in_when_one_leaves_in_order_of_arrival():
    world = World(model=Limit(concurrent=2))
    first, second, third, fourth = (world.arrive("model") for _ in range(4))
    assert [each.state for each in (first, second, third, fourth)] == ["in", "in", "waiting", "waiting"]
    assert world.alarm == math.inf  # no time will help: only leaving does
    world.turnstile.leave(second)
    assert [third.state, fourth.state] == ["in", "waiting"]
    late = world.arrive("model")
    world.turnstile.leave(first)
    assert [fourth.state, late.state] == ["in", "waiting"]


def test_one_glob_is_one_limit_for_all_names_that_it_fits():
    world = World(openai__=Limit(concurrent=2))
    one, two, three = world.arrive("openai/a"), world.arrive("openai/b"), world.arrive("openai/c")
    other = world.arrive("anthropic/a")
    assert [each.state for each in (one, two, three, other)] == ["in", "in", "waiting", "in"]
    world.turnstile.leave(one)
    assert three.state == "in"


def test_all_patterns_that_fit_must_allow_it_and_nothing_is_held_while_waiting():
    world = World(**{"*": Limit(concurrent=3), "openai__": Limit(concurrent=1)})
    openai = [world.arrive("openai/a") for _ in range(5)]
    # Four wait for openai, and none of them sits on one of the three places that all share.
    others = [world.arrive("anthropic/a") for _ in range(3)]
    assert [each.state for each in (*openai, *others)] == ["in", *["waiting"] * 4, "in", "in", "waiting"]
    world.turnstile.leave(others[0])
    assert (others[2].state, openai[1].state) == ("in", "waiting")
    world.turnstile.leave(openai[0])
    assert openai[1].state == "in"


def test_the_older_is_served_first_where_two_names_wait_for_the_same_place():
    world = World(**{"*": Limit(concurrent=1)})
    inside, older, younger = world.arrive("a"), world.arrive("b"), world.arrive("a")
    world.turnstile.leave(inside)
    assert (older.state, younger.state) == ("in", "waiting")


def test_a_rate_below_two_a_second_is_evenly_spaced():
    world = World(model=Limit(per_minute=6))
    tickets = [world.arrive("model") for _ in range(4)]
    assert [each.state for each in tickets] == ["in", "waiting", "waiting", "waiting"]
    while any(each.state == "waiting" for each in tickets):
        world.sleep_until_alarm()
    assert [moment for _, moment in world.entries] == pytest.approx([0, 10, 20, 30])


def test_a_high_rate_takes_one_seconds_worth_at_once_and_the_minute_still_holds():
    world = World(model=Limit(per_minute=600))
    for _ in range(1_200):
        world.arrive("model")
    assert len(world.entries) == 10
    while len(world.entries) < 1_200:
        world.sleep_until_alarm()
    moments = [moment for _, moment in world.entries]
    assert sum(moment < 60 for moment in moments) == 600
    assert moments[-1] == pytest.approx(1_190 * 60 / 591)


def test_time_unused_is_not_saved_up_beyond_the_burst():
    world = World(model=Limit(per_minute=120))
    world.arrive("model")
    world.now = 1_000.0
    assert [world.arrive("model").state for _ in range(4)] == ["in", "in", "waiting", "waiting"]


def test_a_paused_name_waits_and_others_do_not():
    world = World(**{"*": Limit(concurrent=3)})
    world.turnstile.pause("busy", 30)
    world.turnstile.pause("busy", 5)  # a shorter one does not take back what was promised
    held, free = world.arrive("busy"), world.arrive("free")
    assert (held.state, free.state, world.alarm) == ("waiting", "in", 30)
    world.now = 29.9
    world.turnstile.let_in()
    assert held.state == "waiting"
    world.sleep_until_alarm()
    assert (held.state, world.now) == ("in", 30)
    assert world.arrive("nobody limits").state == "in"


@pytest.mark.parametrize("order", [("soon", "late"), ("late", "soon")])
def test_the_alarm_is_set_for_whoever_can_go_first(order):
    world = World()
    world.turnstile.pause("soon", 10)
    world.turnstile.pause("late", 30)
    tickets = {name: world.arrive(name) for name in order}
    assert world.alarm == 10
    world.sleep_until_alarm()
    assert (tickets["soon"].state, tickets["late"].state, world.alarm) == ("in", "waiting", 30)


def test_nested_entries_of_one_owner_take_one_place_and_count_twice_for_the_rate():
    world = World(**{"*": Limit(concurrent=1), "model": Limit(per_minute=60)})
    owner = object()
    outer, inner = world.arrive("model", owner), world.arrive("model", owner)
    assert (outer.state, inner.state) == ("in", "waiting")
    world.sleep_until_alarm()
    assert (inner.state, world.now) == ("in", 1)
    world.turnstile.leave(inner)
    other = world.arrive("judge")
    assert other.state == "waiting"
    world.turnstile.leave(outer)
    assert other.state == "in"


def test_leaving_twice_gives_back_once():
    world = World(model=Limit(concurrent=1))
    first, second, third = (world.arrive("model") for _ in range(3))
    world.turnstile.leave(first)
    world.turnstile.leave(first)
    assert (second.state, third.state) == ("in", "waiting")


def test_an_entrant_that_cannot_be_woken_passes_its_place_on():
    world = World(model=Limit(concurrent=1))

    def closed():
        raise RuntimeError("Event loop is closed")

    inside, dead = world.arrive("model"), Ticket("model", object(), closed, blocking=False)
    world.turnstile.enter(dead)
    third = world.arrive("model")
    world.turnstile.leave(inside)
    assert (dead.state, third.state) == ("gone", "in")


def test_a_closed_turnstile_turns_everybody_away():
    world = World(model=Limit(concurrent=1))
    inside, waiting = world.arrive("model"), world.arrive("model")
    world.turnstile.close("the session is over")
    assert (inside.state, waiting.state, waiting.refused) == ("in", "gone", "the session is over")
    with pytest.raises(RuntimeError, match="the session is over"):
        world.arrive("model")


@pytest.mark.parametrize(
    ("pattern", "name", "yes"),
    [
        ("openai/*", "openai/gpt-4o", True),
        ("openai/*", "openai", False),
        ("*", "anything/at all", True),
        ("OpenAI/*", "openai/gpt-4o", False),
        ("azure[eu]", "azure[eu]", True),
    ],
)
def test_which_names_a_pattern_fits(pattern, name, yes):
    assert fits(pattern, name) is yes


LIMITS = st.fixed_dictionaries(
    {},
    optional={
        pattern: st.builds(
            Limit,
            concurrent=st.integers(1, 3),
            per_minute=st.none() | st.floats(0.5, 2_000),
        )
        for pattern in ("*", "a*", "ab", "*b", "c")
    },
)
STEPS = st.lists(
    st.tuples(st.just("arrive"), st.sampled_from(["a", "ab", "c", "b"]))
    | st.tuples(st.sampled_from(["leave", "give up"]), st.integers(0, 20))
    | st.tuples(st.just("pause"), st.floats(0, 90))
    | st.tuples(st.just("pass"), st.floats(0, 40)),
    max_size=60,
)


@settings(max_examples=300)
@given(LIMITS, STEPS)
def test_no_limit_is_ever_passed_and_nobody_waits_for_nothing(limits, steps):
    world = World()
    world.turnstile = Turnstile(limits, clock=lambda: world.now, alarm=lambda *_: world)
    tickets, paused = [], {}
    for step, value in [*steps, *[("leave", 0)] * 60]:
        if step == "arrive":
            tickets.append(world.arrive(value))
        elif step == "pass":
            until = world.now + value
            while world.alarm <= until:
                world.sleep_until_alarm()
            world.now = until
        elif step == "pause":
            world.turnstile.pause("a", value)
            paused["a"] = max(paused.get("a", 0), world.now + value)
        elif chosen := [each for each in tickets if each.state == ("in" if step == "leave" else "waiting")]:
            world.turnstile.leave(chosen[value % len(chosen)])
        _check(world, limits, tickets, paused)
    # All have left who were in; what waits now waits for time alone, and gets in.
    while any(each.state == "waiting" for each in tickets):
        world.sleep_until_alarm()
        for each in tickets:
            if each.state == "in":
                world.turnstile.leave(each)
        _check(world, limits, tickets, paused)
    assert all(each.state == "gone" for each in tickets)


def _check(world, limits, tickets, paused):
    inside = [each.name for each in tickets if each.state == "in"]
    waiting = [each for each in tickets if each.state == "waiting"]
    full = {
        pattern
        for pattern, limit in limits.items()
        if sum(fits(pattern, name) for name in inside) >= limit.concurrent
    }
    for pattern, limit in limits.items():
        assert sum(fits(pattern, name) for name in inside) <= limit.concurrent
        moments = [moment for name, moment in world.entries if fits(pattern, name)]
        if limit.per_minute is not None:
            most = math.ceil(limit.per_minute)
            assert all(later - earlier > 60 - 1e-6 for earlier, later in zip(moments, moments[most:], strict=False))
    # Whom nothing but time holds is the alarm's business: it is never late, and never rings for nobody.
    by_time = [each for each in waiting if not any(fits(pattern, each.name) for pattern in full)]
    assert (world.alarm < math.inf) == bool(by_time)
    assert world.alarm > world.now
    unlimited = [each for each in by_time if not any(fits(p, each.name) and x.per_minute for p, x in limits.items())]
    assert all(paused.get(each.name, 0) > world.now for each in unlimited)
    # Nobody overtakes a caller of the same name.
    for name in {each.name for each in tickets}:
        line = [each for each in tickets if each.name == name and each.state in ("in", "waiting")]
        assert sorted(line, key=lambda each: each.state != "in") == line
