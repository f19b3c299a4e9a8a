"""What a session says before the first case runs: which bars cannot be met, and what they can still catch."""

import re

import pytest
from scipy.stats import binom

from pytest_evalbars import Run, decide, load_bars

CANNOT = "cannot be met"


def cases(suite, total, **more):
    """A file of cases that all pass, with marks from `more`."""
    marks = "".join(f"@pytest.mark.{name}({value!r})\n" for name, value in more.items())
    suite.file(
        "test_it.py",
        f'import pytest\n@pytest.mark.dimension("accuracy")\n{marks}'
        f'@pytest.mark.parametrize("n", [pytest.param(n, id=f"c{{n}}") for n in range({total})])\n'
        "def test_it(n): pass\n",
    )
    return suite


def bar(keys="at_least = 0.9"):
    return f'[[bar]]\nname = "acc"\ndimension = "accuracy"\n{keys}\n'


def notices(result):
    return [line for line in result.out.splitlines() if line.startswith("evalbars: ") and CANNOT in line]


def most_passes(total, threshold, alpha=0.05):
    """The most passes that the exact test calls proven worse; None if not even 0 would be."""
    proven = [x for x in range(total + 1) if binom.cdf(x, total, threshold) < alpha]
    return max(proven, default=None)


@pytest.mark.parametrize(("total", "threshold"), [(20, 0.9), (28, 0.9), (10, 0.8), (13, 0.8), (50, 0.95), (4, 0.6)])
@pytest.mark.parametrize("arguments", [(), ("--collect-only",)], ids=["run", "collect-only"])
def test_a_bar_that_cannot_be_met_says_what_it_can_still_catch(suite, total, threshold, arguments):
    result = cases(suite, total).bars(bar(f"at_least = {threshold}")).run(*arguments)
    (line,) = notices(result)
    assert result.exit == 0
    assert "acc" in line
    assert f"{total} cases: only {most_passes(total, threshold)} or fewer passes would prove it missed" in line
    # The gate agrees.
    for passes, word in [
        (most_passes(total, threshold), "missed"),
        (most_passes(total, threshold) + 1, "inconclusive"),
    ]:
        rows = [
            {"case": f"c{n}", "dimension": "accuracy", "outcome": "pass" if n < passes else "miss"}
            for n in range(total)
        ]
        assert (
            decide(
                Run.from_observations(rows), load_bars({"bar": [{"dimension": "accuracy", "at_least": threshold}]})
            )
            .verdicts[0]
            .verdict
            == word
        )


def test_the_design_s_own_example(suite):
    (line,) = notices(cases(suite, 20).bars(bar()).run("--collect-only"))
    assert "20 cases: only 15 or fewer passes would prove it missed" in line


@pytest.mark.parametrize(
    ("total", "keys"),
    [
        (29, "at_least = 0.9"),
        (14, "at_least = 0.8"),
        (29, "at_most = 0.1"),
        (60, "at_least = 0.95"),
        (59, "at_least = 0.95"),
    ],
)
def test_a_bar_that_can_be_met_is_not_announced(suite, total, keys):
    assert not notices(cases(suite, total).bars(bar(keys)).run("--collect-only"))
    assert notices(cases(suite, total - 2).bars(bar(keys)).run("--collect-only"))


@pytest.mark.parametrize(("total", "threshold"), [(20, 0.1), (10, 0.2)])
def test_a_ceiling_is_announced_in_its_own_words(suite, total, threshold):
    (line,) = notices(cases(suite, total).bars(bar(f"at_most = {threshold}")).run("--collect-only"))
    least = total - most_passes(total, 1 - threshold)
    assert f"{total} cases: only {least} or more passes would prove it missed" in line
    assert "even if all pass" not in line


def test_where_nothing_would_be_caught_it_says_so(suite):
    assert most_passes(2, 0.9) == 0
    (line,) = notices(cases(suite, 2).bars(bar()).run("--collect-only"))
    assert "only 0 or fewer passes" in line or "only 0 passes" in line
    (line,) = notices(cases(suite, 2).bars(bar("at_least = 0.5")).run("--collect-only"))
    assert most_passes(2, 0.5) is None
    assert "nothing would prove it missed" in line


def test_a_bar_that_asks_for_more_cases_than_there_are_is_announced(suite):
    suite = cases(suite, 40)
    assert notices(suite.bars(bar("at_least = 0.9\nmin_cases = 41")).run("--collect-only"))
    assert not notices(suite.bars(bar("at_least = 0.9\nmin_cases = 40")).run("--collect-only"))
    assert notices(suite.bars(bar('at_least = 0.9\nmin_cases = 41\nrule = "estimate"')).run("--collect-only"))


def test_a_bare_estimate_can_be_met_by_any_number_of_cases(suite):
    assert not notices(cases(suite, 3).bars(bar('at_least = 0.9\nrule = "estimate"')).run("--collect-only"))


def test_a_bar_of_one_can_never_be_met(suite):
    (line,) = notices(cases(suite, 300).bars(bar("at_least = 1.0")).run("--collect-only"))
    assert "only 299 or fewer passes" in line


@pytest.mark.parametrize("stage", ["testing", "launch", "none"])
def test_only_the_bars_of_the_stage_are_announced(suite, stage):
    suite = cases(suite, 20).bars(bar('at_least = 0.9\nstage = "launch"'))
    result = suite.run("--collect-only", *([f"--evalbars-stage={stage}"]))
    assert len(notices(result)) == (stage == "launch")


def test_trials_do_not_make_more_cases(suite):
    (line,) = notices(cases(suite, 20, trials=5).bars(bar()).run("--collect-only"))
    assert "20 cases" in line
    assert not notices(cases(suite, 29, trials=2).bars(bar()).run("--collect-only"))


def test_cases_that_are_left_out_are_not_counted(suite):
    suite = cases(suite, 40).bars(bar())
    assert not notices(suite.run("--collect-only"))
    (line,) = notices(suite.run("--collect-only", "-k", "c1 or c2"))  # 1, 2, 10..19, 20..29
    assert f"22 cases: only {most_passes(22, 0.9)} or fewer passes" in line


def test_the_number_counts_with_all_bars_of_the_session(suite):
    """With three wholes in the family, each must be worse than alone."""
    suite.file(
        "test_it.py",
        'import pytest\n@pytest.mark.dimension("a", "b", "c")\n'
        '@pytest.mark.parametrize("n", range(20), ids="c{}".format)\ndef test_it(n): pass\n',
    )
    result = suite.bars('[[bar]]\nname = "all"\nat_least = 0.9\n').run("--collect-only")
    found = notices(result)
    assert [re.search(r"all:(\w)", line)[1] for line in found] == ["a", "b", "c"]
    for line in found:
        assert f"only {most_passes(20, 0.9, 0.05 / 3)} or fewer passes" in line


def test_clusters_are_what_counts_and_the_number_is_of_passes(suite):
    """Twenty cases of ten documents: what the notice says is what the gate does."""
    suite.file(
        "test_it.py",
        "import pytest\n"
        "pairs = [pytest.param(n, id=f'c{n}', marks=pytest.mark.cluster(f'd{n // 2}')) for n in range(20)]\n"
        "@pytest.mark.dimension('accuracy')\n"
        "@pytest.mark.parametrize('n', pairs)\n"
        "def test_it(n): pass\n",
    )
    (line,) = notices(suite.bars(bar()).run("--collect-only"))
    stated = int(re.search(r"only about (\d+) or fewer passes", line)[1])
    assert "20 cases" in line

    def word(passes):
        rows = [
            {
                "case": f"c{n}",
                "dimension": "accuracy",
                "cluster": f"d{n // 2}",
                "outcome": "pass" if n < passes else "miss",
            }
            for n in range(20)
        ]
        return (
            decide(Run.from_observations(rows), load_bars({"bar": [{"dimension": "accuracy", "at_least": 0.9}]}))
            .verdicts[0]
            .verdict
        )

    even = stated - stated % 2
    assert word(even) == "missed"
    assert word(even + 2) == "inconclusive"


@pytest.mark.parametrize("clustered", [False, True])
def test_a_mean_score_is_announced_with_the_mean_that_would_miss(suite, clustered):
    mark = ", marks=pytest.mark.cluster(f'd{n // 2}')" if clustered else ""
    suite.file(
        "test_it.py",
        "import pytest\n"
        "@pytest.mark.dimension('accuracy')\n"
        f"@pytest.mark.parametrize('n', [pytest.param(n, id=f'c{{n}}'{mark}) for n in range(12)])\n"
        "def test_it(n): pass\n",
    )
    (line,) = notices(suite.bars(bar('at_least = 0.9\nmetric = "mean_score"')).run("--collect-only"))
    stated = float(re.search(r"a mean of (0\.\d\d) or less", line)[1])

    def word(mean):
        rows = [
            {
                "case": f"c{n}",
                "dimension": "accuracy",
                "outcome": "pass",
                "score": mean,
                **({"cluster": f"d{n // 2}"} if clustered else {}),
            }
            for n in range(12)
        ]
        bars = load_bars({"bar": [{"dimension": "accuracy", "at_least": 0.9, "metric": "mean_score"}]})
        return decide(Run.from_observations(rows), bars).verdicts[0].verdict

    assert word(stated) == "missed"
    assert word(stated + 0.01) != "missed"


# -- groups ------------------------------------------------------------------------------------------------------


def grouped(suite, sizes):
    rows = [(f"{name}-{n}", name) for name, size in sizes.items() for n in range(size)]
    suite.file(
        "test_it.py",
        "import pytest\n@pytest.mark.dimension('accuracy')\n"
        f"@pytest.mark.parametrize('n', [pytest.param(i, id=i, marks=pytest.mark.category(c)) "
        f"for i, c in {rows!r}])\n"
        "def test_it(n): pass\n",
    )
    return suite.bars(bar('at_least = 0.9\neach = "category"'))


def test_groups_that_cannot_be_met_are_one_notice(suite):
    sizes = {f"k{n:02}": 10 + n for n in range(6)}
    result = grouped(suite, sizes).run("--collect-only")
    (line,) = notices(result)
    assert "6 groups of 10 to 15 cases" in line
    level = 0.05 / 2 / 6
    assert f"k05 (15 cases) would be proven missed by {most_passes(15, 0.9, level)} or fewer passes" in line


def test_only_groups_that_are_too_small_are_counted(suite):
    (line,) = notices(grouped(suite, {"big": 40, "small": 4, "also small": 4}).run("--collect-only"))
    assert "2 groups of 4 cases" in line


def test_a_single_small_group_is_named(suite):
    (line,) = notices(grouped(suite, {"big": 40, "small": 4}).run("--collect-only"))
    assert "1 group of 4 cases" in line
    assert f"small (4 cases) would be proven missed by {most_passes(4, 0.9, 0.05 / 4)} or fewer passes" in line


def test_whole_and_groups_that_cannot_be_met_are_two_notices(suite):
    lines = notices(grouped(suite, {"a": 8, "b": 8}).run("--collect-only"))
    assert len(lines) == 2
    assert f"16 cases: only {most_passes(16, 0.9, 0.025)} or fewer passes" in lines[0]


def test_names_in_notices_cannot_colour_the_terminal(suite):
    result = grouped(suite, {"big": 40, "sm\x1b[31mall": 4}).run("--collect-only")
    assert notices(result)
    assert "\x1b[31m" not in result.out


# -- how it is said ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_under_xdist_it_is_said_once(suite):
    assert len(notices(cases(suite, 20).bars(bar()).run("-n", "2"))) == 1


def test_a_second_look_announces_nothing(suite):
    suite = cases(suite, 20).bars(bar())
    assert not notices(suite.run("--evalbars-missed", "--collect-only"))


def test_ids_made_from_a_position_are_named_once(suite):
    suite.file(
        "test_it.py",
        'import pytest\n@pytest.mark.dimension("accuracy")\n'
        '@pytest.mark.parametrize("thing", [object() for _ in range(5)])\ndef test_it(thing): pass\n',
    )
    result = suite.run()
    (line,) = [line for line in result.out.splitlines() if line.startswith("evalbars: 5 cases have ids")]
    assert "position" in line
    assert "test_it[thing0]" in line
