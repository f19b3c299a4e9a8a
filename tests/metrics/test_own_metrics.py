"""A user's own metric: registered in one place, held as any other, and never able to break the gate."""

import json
import sys
import textwrap

import pytest

from pytest_evalbars.metrics import registry

CASES = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(30), ids="c{:02}".format)
def test_it(evalcase, n):
    evalcase.measure(words=n, cost_usd=0.5)
    evalcase.score("accuracy", 0.75)
"""
HEAD = "import math\nimport numpy as np\nfrom pytest_evalbars import metric\n"


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """What an inner session registers is known to it alone."""
    monkeypatch.setattr(registry, "_OWN", {})
    monkeypatch.setattr(registry, "_FOUND", dict(registry._FOUND))  # noqa: SLF001 - to put it back


def run(suite, metric, bar='metric = "mine"\nat_least = 0.5', *arguments, cases=CASES):
    suite.file("conftest.py", HEAD + textwrap.dedent(metric))
    suite.bars(f"[[bar]]\n{bar}").file("test_it.py", cases)
    return suite.run(*arguments)


def verdict_of(suite, result, *arguments):
    """The sole verdict, as the command says it in JSON."""
    told = suite.pytester.run("evalbars", "gate", str(result.path), "--json", *arguments).stdout.str()
    return json.loads(told)["verdicts"][0]


def row_of(result, start="accuracy"):
    return next(line for line in result.out.splitlines() if line.startswith(start) and "evalbars::" not in line)


# -- what they may return ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "shown", "word", "code"),
    [
        ("return part.scores()", "0.750", "met", 0),
        ("return list(part.scores())", "0.750", "met", 0),
        ("return part.passed()", "1.000", "met", 0),
        ("return np.zeros(len(part.rows))", "0.000", "MISSED", 1),
        ("return [None if n == 0 else 1 for n in range(len(part.rows))]", "1.000", "met", 0),
        ("return np.where(part.measured('words') < 15, 1, 0)", "0.500", "inconclusive", 0),
    ],
)
def test_numbers_for_each_row_are_held_as_a_score(suite, body, shown, word, code):
    result = run(suite, f"@metric('mine')\ndef mine(part):\n    {body}\n")
    assert result.exit == code
    row = row_of(result).split()
    assert row[:5] == ["accuracy", "mine", "30", "30" if "None" not in body else "29", shown] or row[2] == "29"
    assert row[-1] == word


def test_amounts_have_a_unit_and_words(suite):
    result = run(
        suite,
        """
        @metric("mine", words="words of an answer", unit="number", by_trial=True)
        def mine(part):
            return part.measured("words")
        """,
        'metric = "mine"\nat_most = 40',
    )
    assert result.exit == 0
    assert row_of(result, "all trials").split()[2:8] == ["words", "of", "an", "answer", "30", "30"]
    result.said("evalbars")


@pytest.mark.parametrize("unit", ["seconds", "usd", "tokens", "number"])
def test_amounts_may_exceed_one(suite, unit):
    result = run(
        suite,
        f"@metric('mine', unit='{unit}')\ndef mine(part): return 5 + part.measured('words')\n",
        'metric = "mine"\nat_most = 100',
    )
    assert (result.exit, row_of(result).split()[-1]) == (0, "met")


def test_an_estimate_of_ones_own_decides(suite):
    metric = """
    class Mine:
        value, cases = 0.7, 12
        def bounds(self, alpha): return 0.6, 0.8
        def interval(self, confidence): return 0.55, 0.85
        def p_below(self, threshold): return 0.01 if threshold > 0.8 else 0.5
        def p_above(self, threshold): return 0.5
        def cases_to_settle(self, threshold, alpha_below, alpha_above): return None
    @metric("mine")
    def mine(part): return Mine()
    """
    for bar, word, code in (
        ("at_least = 0.6", "met", 0),
        ("at_least = 0.9", "MISSED", 1),
        ("at_least = 0.7", "inconclusive", 0),
    ):
        result = run(suite, metric, f'metric = "mine"\n{bar}')
        assert (result.exit, row_of(result).split()[-1]) == (code, word)
        assert row_of(result).split()[2:7] == ["12", "30", "0.700", "0.550", "to"]


def test_none_and_no_data_say_so(suite):
    result = run(suite, "@metric('mine')\ndef mine(part): return None\n")
    assert result.exit == 10
    result.said("metric mine (conftest.py:4) has nothing to say of these 30 rows")
    result = run(
        suite,
        """
        from pytest_evalbars import NoData
        @metric("other")
        def other(part): raise NoData("nobody counted the words")
        """,
        'metric = "other"\nat_least = 0.5',
    )
    assert result.exit == 10
    result.said("nobody counted the words")


NONSENSE = {
    "NaN everywhere": ("return np.full(len(part.rows), np.nan)", ["returned no number for any of the 30 rows"]),
    "above one": ("return np.full(len(part.rows), 1.5)", ["returned 1.5", "from 0 to 1"]),
    "below zero": ("return np.full(len(part.rows), -0.1)", ["returned -0.1", "from 0 to 1"]),
    "infinite": ("return np.full(len(part.rows), np.inf)", ["returned inf", "from 0 to 1"]),
    "minus infinite": ("return np.full(len(part.rows), -np.inf)", ["returned -inf", "from 0 to 1"]),
    "one number": ("return 0.5", ["returned 0.5", "not one number from 0 to 1 for each of the 30 rows"]),
    "a numpy number": ("return np.float64(0.5)", ["returned", "for each of the 30 rows"]),
    "too few": ("return [0.5]", ["returned [0.5]", "for each of the 30 rows"]),
    "a table": ("return np.zeros((30, 2))", ["for each of the 30 rows"]),
    "ragged": ("return [[1], [1, 2]]", ["for each of the 30 rows"]),
    "strings": ("return ['good'] * len(part.rows)", ["returned ['good'", "for each of the 30 rows"]),
    "a string": ("return 'good'", ["returned 'good'", "for each of the 30 rows"]),
    "a dictionary": ("return {'a': 1}", ["returned {'a': 1}", "for each of the 30 rows"]),
    "complex": ("return np.full(len(part.rows), 1j)", ["for each of the 30 rows"]),
    "raises": ("raise KeyError('words')", ["failed: KeyError: 'words'"]),
    "raises with a long text": ("raise ValueError('x' * 5000)", ["failed: ValueError: xxx"]),
    "raises an escape": ("raise ValueError('\\x1b[31mred')", ["failed: ValueError:", "red"]),
    "divides by zero": ("return 1 / 0", ["failed: ZeroDivisionError"]),
    "asserts": ("assert False, 'never'", ["failed: AssertionError: never"]),
    "recurses": ("return mine(part)", ["failed: RecursionError"]),
    "exits": ("raise SystemExit(0)", ["failed: SystemExit"]),
    "skips": ("import pytest; pytest.skip('no')", ["failed: Skipped"]),
    "writes the run": ("part.run.outcome[:] = 0; return part.scores()", ["failed: ValueError", "read-only"]),
}


@pytest.mark.parametrize("how", NONSENSE)
def test_nonsense_is_no_data_that_names_the_metric_and_its_line(suite, how):
    body, words = NONSENSE[how]
    result = run(suite, f"@metric('mine')\ndef mine(part):\n    {body}\n")
    assert result.exit == 10
    result.said("metric mine (conftest.py:4)", words[0])
    for word in words:
        result.said(word)
    result.never_said("Traceback", "INTERNALERROR", "\x1b[31m")


ESTIMATES = {
    "no number": ("value = 'high'", "value makes no sense: 'high'"),
    "NaN": ("value = math.nan", "value makes no sense: nan"),
    "no cases": ("cases = None", "cases makes no sense: None"),
    "a probability of two": ("p_below = p_above = lambda self, t: 2.0", "makes no sense"),
    "a probability of NaN": ("p_below = p_above = lambda self, t: math.nan", "makes no sense"),
    "no probability": ("p_below = p_above = lambda self, t: 'low'", "makes no sense"),
    "bounds that raise": ("def bounds(self, alpha): raise ValueError('no bounds')", "no bounds"),
    "one bound": ("def bounds(self, alpha): return 0.5", "bounds makes no sense"),
    "bounds of NaN": ("def bounds(self, alpha): return math.nan, math.nan", "bounds makes no sense"),
    "bounds the wrong way": ("def bounds(self, alpha): return 0.9, 0.1", "bounds makes no sense"),
    "an interval of words": ("def interval(self, confidence): return 'a', 'b'", "interval makes no sense"),
    "an interval that raises": ("def interval(self, confidence): raise KeyError('gone')", "gone"),
    "a p-value that raises": ("def p_below(self, t): raise KeyError('gone')", "gone"),
    "a need in words": ("def cases_to_settle(self, t, a, b): return 'many'", "cases_to_settle makes no sense"),
}


@pytest.mark.parametrize("how", ESTIMATES)
def test_an_estimate_that_makes_no_sense_is_no_data(suite, how):
    line, word = ESTIMATES[how]
    metric = f"""
    class Mine:
        value, cases = 0.7, 12
        def bounds(self, alpha): return 0.6, 0.8
        def interval(self, confidence): return 0.55, 0.85
        def p_below(self, threshold): return 0.5
        def p_above(self, threshold): return 0.5
        def cases_to_settle(self, threshold, alpha_below, alpha_above): return None
        {line}
    @metric("mine")
    def mine(part): return Mine()
    """
    result = run(suite, metric, 'metric = "mine"\nat_least = 0.7')
    assert result.exit == 10
    result.said("metric mine (conftest.py:13)", word)
    result.never_said("Traceback", "INTERNALERROR")


def test_errors_leave_an_estimate_of_ones_own_undecided(suite):
    """Nobody knows how they would change it."""
    metric = """
    class Mine:
        value, cases = 0.7, 12
        def bounds(self, alpha): return 0.6, 0.8
        def interval(self, confidence): return 0.55, 0.85
        def p_below(self, threshold): return 0.001
        def p_above(self, threshold): return 0.001
        def cases_to_settle(self, threshold, alpha_below, alpha_above): return None
    @metric("mine")
    def mine(part): return Mine()
    """
    cases = CASES + '    if n == 3: raise ValueError("down")\n'
    for limit in ("at_least = 0.5", "at_least = 0.9", "at_most = 0.5", "at_most = 0.9"):
        result = run(suite, metric, f'metric = "mine"\n{limit}', cases=cases)
        assert row_of(result).split()[-1] == "inconclusive"
        result.said("1 trial could not be judged")


def test_errors_bound_numbers_by_row(suite):
    cases = CASES + '    if n == 3: raise ValueError("down")\n'
    body = "@metric('mine')\ndef mine(part): return np.ones(len(part.rows))\n"
    for limit, word in ((0.5, "met"), (0.88, "inconclusive")):
        result = run(suite, body, f'metric = "mine"\nat_least = {limit}', cases=cases)
        assert row_of(result).split()[-1] == word
    assert run(suite, body, 'metric = "mine"\nat_least = 0.88').exit == 0


def test_an_estimate_that_lacks_something_says_what(suite):
    metric = """
    class Mine:
        value = 0.7
        def p_below(self, threshold): return 0.5
    @metric("mine")
    def mine(part): return Mine()
    """
    result = run(suite, metric)
    assert result.exit == 10
    result.said("returned an estimate that has no cases, bounds, interval, p_above, cases_to_settle")


# -- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("@metric('pass_rate')\ndef mine(part): pass\n", ["metric 'pass_rate' exists already"]),
        ("@metric('p95_latency')\ndef mine(part): pass\n", ["metric 'p95_latency' exists already"]),
        ("@metric('mine', unit='percent')\ndef mine(part): pass\n", ["unit 'percent' is none of share"]),
        (
            "@metric('mine')\ndef one(part): pass\n@metric('mine')\ndef two(part): pass\n",
            ["metric 'mine' exists already", "conftest.py:4"],
        ),
        ("@metric('')\ndef mine(part): pass\n", ["is no name of a metric"]),
        ("@metric\ndef mine(part): pass\n", ["is no name of a metric", '@metric("brevity")']),
        ("@metric('two\\nlines')\ndef mine(part): pass\n", ["is no name of a metric"]),
        ("@metric(' blank ')\ndef mine(part): pass\n", ["is no name of a metric"]),
        ("@metric('a[b]')\ndef mine(part): pass\n", ["is no name of a metric"]),
        ("@metric(3)\ndef mine(part): pass\n", ["is no name of a metric"]),
    ],
)
def test_a_name_that_is_taken_or_none_is_refused_where_it_is_given(suite, code, words):
    result = run(suite, code)
    assert result.exit == 4
    for word in words:
        result.said(word)


def test_the_same_function_may_be_imported_twice(suite):
    """A conftest that is executed again in one process registers the same thing."""
    metric = "@metric('mine')\ndef mine(part): return part.scores()\n"
    assert run(suite, metric).exit == 0
    assert suite.run().exit == 0


def test_a_metric_that_nobody_registers_is_named_with_the_nearest(suite):
    result = run(
        suite, "@metric('politeness')\ndef mine(part): return part.scores()\n", 'metric = "politness"\nat_least = 0.5'
    )
    assert result.exit == 4
    result.said('"politness" is not a metric', 'did you mean "politeness"?')


# -- entry points --------------------------------------------------------------------------------------------------


@pytest.fixture
def package(suite, monkeypatch):
    """A distribution that offers a metric, on the path of this and of further processes."""

    def offer(module, points="mine = our_metrics"):
        folder = suite.path / "site"
        suite.file("site/our_metrics.py", HEAD + textwrap.dedent(module))
        suite.file(
            "site/our_metrics-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: our-metrics\nVersion: 1.0\n"
        )
        suite.file("site/our_metrics-1.0.dist-info/entry_points.txt", f"[pytest_evalbars.metrics]\n{points}\n")
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
        monkeypatch.delitem(sys.modules, "our_metrics", raising=False)

    return offer


GOOD = "@metric('mine', words='our own')\ndef mine(part): return part.scores()\n"


def test_a_package_offers_a_metric_by_entry_point(suite, package):
    package(GOOD)
    result = run(suite, "")
    assert result.exit == 0
    assert row_of(result).split()[:4] == ["accuracy", "our", "own", "30"]
    # The command knows it too: nobody has to import anything.
    assert verdict_of(suite, result)["verdict"] == "met"
    assert "our_metrics" in registry.kind_of("mine").home


def test_an_entry_point_is_loaded_only_when_a_bar_names_it(suite, package):
    package("raise RuntimeError('loaded')\n")
    assert run(suite, "", 'metric = "pass_rate"\nat_least = 0.5').exit == 0


@pytest.mark.parametrize(
    ("module", "points", "words"),
    [
        ("raise RuntimeError('broken')\n", "mine = our_metrics", ["mine", "broken"]),
        ("", "mine = no_such_module", ["mine", "no_such_module"]),
        ("", "mine = our_metrics:nothing", ["mine", "nothing"]),
        ("", "mine = our_metrics", ["mine", "registers no metric"]),
        ("@metric('other')\ndef mine(part): pass\n", "mine = our_metrics", ["mine", "registers no metric"]),
    ],
)
def test_an_entry_point_that_fails_is_a_usage_error_that_names_it(suite, package, module, points, words):
    package(module, points)
    result = run(suite, "")
    assert result.exit == 4
    for word in words:
        result.said(word)
    result.never_said("INTERNALERROR")


@pytest.mark.slow
def test_a_metric_of_the_conftest_is_known_to_workers_and_after_them(suite):
    suite.file("conftest.py", HEAD + "@metric('mine')\ndef mine(part): return part.scores()\n")
    suite.bars('[[bar]]\nmetric = "mine"\nat_least = 0.5').file("test_it.py", CASES)
    result = suite.run("-n", "2")
    assert (result.exit, row_of(result).split()[-1]) == (0, "met")


def test_the_command_without_the_conftest_says_what_it_lacks(suite):
    result = run(suite, "@metric('mine')\ndef mine(part): return part.scores()\n")
    told = suite.pytester.run("evalbars", "gate", str(result.path))
    assert told.ret == 4
    text = told.stdout.str() + told.stderr.str()
    assert '"mine" is not a metric' in text
    assert "entry point" in text
