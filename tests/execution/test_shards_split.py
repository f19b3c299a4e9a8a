"""The division of cases into shards: a partition, even, the same everywhere, and hardly moved by a change."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.execution.durations import RUNS, recorded
from pytest_evalbars.execution.shards import split, weigh
from pytest_evalbars.run.plan import Planned

CASES = st.dictionaries(st.text(max_size=8), st.floats(0, 100), max_size=60)
NUMBERS = st.integers(1, 9)


def loads(cases, shard_of, n):
    return [sum(weight for case, weight in cases.items() if shard_of[case] == k) for k in range(1, n + 1)]


@given(CASES, NUMBERS)
def test_every_case_is_in_one_shard(cases, n):
    shard_of = split(cases, n)
    assert set(shard_of) == set(cases)
    assert set(shard_of.values()) <= set(range(1, n + 1))


@given(CASES, NUMBERS, st.randoms())
def test_the_order_of_collection_does_not_matter(cases, n, random):
    shuffled = list(cases.items())
    random.shuffle(shuffled)
    assert split(dict(shuffled), n) == split(cases, n)


def test_the_split_is_the_same_on_every_machine_and_python():
    """A change of these moves the cases of every user: shards of two versions could not be merged."""
    cases = {f"case-{number}": 1.0 for number in range(10)} | {"long": 3.5, "é\ud800": 0.1}
    shard_of = split(cases, 3)
    found = ["".join(case[-1] for case in cases if shard_of[case] == shard) for shard in (1, 2, 3)]
    assert found == ["01457", "2389\ud800", "6g"]


@given(CASES, NUMBERS)
def test_no_shard_exceeds_an_even_share_by_more_than_one_case(cases, n):
    found = loads(cases, split(cases, n), n)
    longest = max(cases.values(), default=0)
    assert max(found) <= sum(found) / n + longest + 0.001 * len(cases)  # rounded to thousandths
    assert max(found) - min(found) <= 2 * (longest + 0.001 * len(cases))


@given(st.integers(0, 80), NUMBERS)
def test_cases_of_one_length_are_dealt_out_evenly(count, n):
    sizes = loads(
        {f"c{number}": 1 for number in range(count)}, split(dict.fromkeys(map("c{}".format, range(count)), 7.3), n), n
    )
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 10_000))
def test_a_new_case_moves_few_others(number):
    cases = dict.fromkeys(map("c{}".format, range(400)), 1.0)
    before, after = split(cases, 4), split({**cases, f"new-{number}": 1.0}, 4)
    assert sum(before[case] != after[case] for case in cases) <= 8


def test_noise_in_durations_moves_few_cases():
    cases = {f"c{number}": 1 + number % 17 for number in range(400)}
    noisy = {case: weight * (1 + (hash_of % 11 - 5) / 100) for hash_of, (case, weight) in enumerate(cases.items())}
    before, after = split(cases, 4), split(noisy, 4)
    assert sum(before[case] != after[case] for case in cases) <= 60  # of which 300 would be the chance level


# -- durations ---------------------------------------------------------------------------------------------------


def planned(case, test="t", trial=0):
    return Planned(f"{test}[{case}-t{trial}]", case, test, trial, ("accuracy",), {})


def test_a_case_weighs_what_its_trials_and_tests_take_and_an_unknown_one_the_median():
    plan = [planned("a"), planned("a", trial=1), planned("a", "u"), planned("b"), planned("new")]
    known = {("a", "t"): 2.0, ("a", "u"): 0.5, ("b", "t"): 9.0, ("gone", "t"): 1000.0}
    assert weigh(plan, known) == ({"a": 4.5, "b": 9.0, "new": 2.0}, True)


def test_without_durations_each_trial_counts_the_same():
    plan = [planned("a"), planned("a", trial=1), planned("b")]
    assert weigh(plan, {}) == ({"a": 2.0, "b": 1.0}, False)
    assert weigh(plan, {("gone", "t"): 3.0}) == ({"a": 2.0, "b": 1.0}, False)


def write(folder, name, seconds, *, started, shard=None, end=True, **more):
    lines = [{"type": "header", "started": started, **({"shard": shard} if shard else {})}]
    for case, took in seconds.items():
        for trial, each in enumerate(took if isinstance(took, list) else [took]):
            lines.append(
                {"type": "trial", "case": case, "test": "t", "trial": trial, "measures": {"seconds": each}} | more
            )
    text = "".join(json.dumps(line) + "\n" for line in [*lines, *([{"type": "end", "exit": 0}] if end else [])])
    (folder / name).write_text(text)


def test_the_newest_complete_run_that_has_a_case_says_how_long_it_takes(tmp_path):
    write(tmp_path, "z.jsonl", {"a": 1.0, "b": [1.0, 2.0]}, started="2026-01-01")
    write(tmp_path, "a.jsonl", {"a": 5.0}, started="2026-01-02")
    write(tmp_path, "m.jsonl", {"a": 7.0}, started="2026-01-03", end=False)
    assert recorded(tmp_path) == {("a", "t"): 5.0, ("b", "t"): 1.5}


def test_what_is_no_duration_is_passed_over(tmp_path):
    write(tmp_path, "a.jsonl", {"a": "soon", "b": -1, "c": True, "d": None, "e": 2}, started="2026-01-01")
    write(tmp_path, "b.jsonl", {"f": 2}, started="2026-01-02", error="timed out")
    (tmp_path / "c.jsonl").write_bytes(b"\xff\x00 no json\n")
    (tmp_path / "d.jsonl").write_text("")
    (tmp_path / "e.jsonl").write_text('[1]\n{"type": "end"}\n')
    (tmp_path / "f.jsonl").mkdir()
    assert recorded(tmp_path) == {("e", "t"): 2}
    assert recorded(tmp_path / "nowhere") == {}


def test_only_a_few_runs_are_read(tmp_path):
    for number in range(RUNS + 1):
        write(tmp_path, f"{number}.jsonl", {f"c{number}": 1.0}, started=f"2026-01-0{number + 1}")
    assert sorted(case for case, _ in recorded(tmp_path)) == [f"c{number}" for number in range(1, RUNS + 1)]


def test_shards_count_once_all_of_them_are_there(tmp_path):
    """The first shard of a new run, on the same machine, must not change how the second one is divided."""
    one, two = ({"index": index, "of": 2, "suite": "s"} for index in (1, 2))
    write(tmp_path, "a.jsonl", {"a": 1.0}, started="2026-01-01", shard=one)
    assert recorded(tmp_path) == {}
    write(tmp_path, "b.jsonl", {"b": 2.0}, started="2026-01-02", shard=two)
    whole = {("a", "t"): 1.0, ("b", "t"): 2.0}
    assert recorded(tmp_path) == whole
    write(tmp_path, "c.jsonl", {"a": 30.0}, started="2026-01-03", shard=one)
    assert recorded(tmp_path) == whole
    write(tmp_path, "d.jsonl", {"b": 40.0}, started="2026-01-04", shard=two)
    assert recorded(tmp_path) == {("a", "t"): 30.0, ("b", "t"): 40.0}
    write(tmp_path, "e.jsonl", {"b": 9.0}, started="2026-01-05", shard={"index": 0, "of": "?"})
    assert recorded(tmp_path) == {("a", "t"): 30.0, ("b", "t"): 40.0}
