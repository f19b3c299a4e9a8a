"""What a test's end says of its case: pass, miss, error or skipped; never one for another."""

import gc
import pkgutil

import pytest

#: Holds the case, so that a miss is nobody's test failure and one miss proves nothing.
BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.5
"""

#: The case on trial, and one beside it that passes, so that there is data.
SUITE = """
import asyncio, sys, time, unittest
import pytest
pytestmark = pytest.mark.dimension("accuracy")
def test_other(): pass

@pytest.fixture
def broken(): raise {broken}

{text}
"""

BODY = "def test_it(): {}"


#: pytest has them since 9.0.
SUBTESTS = hasattr(pytest, "Subtests")


def run(suite, text: str, *arguments: str, broken: str = "ValueError('in a fixture')", **options):
    """Run the suite around `text`."""
    suite.file("test_it.py", SUITE.format(text=text, broken=broken))
    return suite.run(*arguments, **options)


def verdict(result) -> tuple[str, str]:
    """Outcome and reason of the one case on trial."""
    said = {
        (line["outcome"], line["reason"])
        for line in result.of("observation")
        if not line["case"].endswith("test_other")
    }
    assert len(said) == 1, said
    return said.pop()


MISSES = {
    "assert": (BODY.format("assert 1 == 2, 'wrong'"), "wrong"),
    "pytest.fail": (BODY.format("pytest.fail('wrong')"), "wrong"),
    "raise": (BODY.format("raise AssertionError('wrong')"), "wrong"),
    "own subclass": ("class Wrong(AssertionError): pass\n" + BODY.format("raise Wrong('wrong')"), "wrong"),
    "in a helper": ("def judge(): assert False, 'wrong'\n" + BODY.format("judge()"), "wrong"),
    "in a library": (
        "from unittest import mock\n" + BODY.format("mock.Mock().assert_called()"),
        "Expected 'mock' to have been called.",
    ),
    "pytest.raises": (BODY.format("\n    with pytest.raises(ValueError): pass"), "DID NOT RAISE"),
    "in a method": ("class TestIt:\n    def test_it(self): assert False, 'wrong'", "wrong"),
    "decorated": (
        "import functools\n"
        "def loud(f):\n    @functools.wraps(f)\n    def g(*a, **k): return f(*a, **k)\n    return g\n@loud\n"
        + BODY.format("assert False, 'wrong'"),
        "wrong",
    ),
    "partial": (
        "import functools\ndef judge(good): assert good, 'wrong'\ntest_it = functools.partial(judge, False)",
        "wrong",
    ),
    "unittest assert": (
        "class TestIt(unittest.TestCase):\n    def test_it(self): self.assertEqual(1, 2, 'wrong')",
        "1 != 2 : wrong",
    ),
    "unittest fail": ("class TestIt(unittest.TestCase):\n    def test_it(self): self.fail('wrong')", "wrong"),
    "unittest plain assert": (
        "class TestIt(unittest.TestCase):\n    def test_it(self): assert False, 'wrong'",
        "wrong",
    ),
    "unittest async": (
        "class TestIt(unittest.IsolatedAsyncioTestCase):\n    async def test_it(self): assert False, 'wrong'",
        "wrong",
    ),
    "subtest": ("def test_it(subtests):\n    with subtests.test('one'): assert False, 'wrong'", "wrong"),
    "second subtest": (
        (
            "def test_it(subtests):\n    with subtests.test('one'): pass\n"
            "    with subtests.test('two'): assert False, 'wrong'"
        ),
        "wrong",
    ),
    "after a subtest": (
        "def test_it(subtests):\n    with subtests.test('one'): pass\n    assert False, 'wrong'",
        "wrong",
    ),
    "unittest subtest": (
        (
            "class TestIt(unittest.TestCase):\n    def test_it(self):\n"
            "        with self.subTest('one'): self.fail('wrong')\n        with self.subTest('two'): pass"
        ),
        "wrong",
    ),
}


@pytest.mark.parametrize("how", MISSES)
def test_a_failed_assertion_in_the_body_is_a_miss(suite, how):
    text, reason = MISSES[how]
    if "(subtests)" in text and not SUBTESTS:
        pytest.skip("this pytest has no subtests")
    suite.bars(BAR)
    result = run(suite, text, "-v")
    assert verdict(result)[0] == "miss"
    assert reason in verdict(result)[1]
    assert result.exit == 0
    assert "failed" not in result.counts
    assert result.counts["missed"] == 1
    result.said("MISSED")
    result.said("2 cases, 2 trials, 0 errors")
    assert "error" not in next(line for line in result.of("trial") if "other" not in line["case"])


def test_a_miss_is_an_m(suite):
    suite.bars(BAR)
    run(suite, BODY.format("assert False, 'wrong'")).said("test_it.py .m")


ERRORS = {
    "ValueError": (BODY.format("raise ValueError('boom')"), "ValueError: boom", "failed"),
    "ConnectionError": (BODY.format("raise ConnectionError"), "ConnectionError", "failed"),
    "in a helper": ("def ask(): return {}['x']\n" + BODY.format("ask()"), "KeyError", "failed"),
    "SystemExit": (BODY.format("sys.exit(0)"), "SystemExit", "failed"),
    "group": (
        BODY.format("raise ExceptionGroup('all', [AssertionError('x'), ValueError('y')])"),
        "ExceptionGroup",
        "failed",
    ),
    "fixture": ("def test_it(broken): pass", "in a fixture", "errors"),
    "no such fixture": ("def test_it(nobody): pass", "nobody", "errors"),
    "setup_function": (
        "class TestIt:\n    def setup_method(self): assert False, 'in setup'\n    def test_it(self): pass",
        "in setup",
        "errors",
    ),
    "async generator": ("async def test_it(): yield", "async def", "failed"),
    "never awaited": (
        "class Late:\n    def __await__(self): yield\ndef test_it(): return Late()",
        "natively supported",
        "failed",
    ),
    "returns a verdict": (BODY.format("return True"), "returned", "failed"),
    "setUp": (
        (
            "class TestIt(unittest.TestCase):\n"
            "    def setUp(self): assert False, 'in setup'\n    def test_it(self): pass"
        ),
        "in setup",
        "failed",
    ),
    "unittest ValueError": (
        "class TestIt(unittest.TestCase):\n    def test_it(self): raise ValueError('boom')",
        "ValueError: boom",
        "failed",
    ),
    "error in a subtest": (
        "def test_it(subtests):\n    with subtests.test('one'): raise ValueError('boom')",
        "ValueError: boom",
        "failed",
    ),
    "error after a missed subtest": (
        "def test_it(subtests):\n    with subtests.test('one'): assert False\n    raise ValueError('boom')",
        "ValueError: boom",
        "failed",
    ),
}


@pytest.mark.parametrize("how", ERRORS)
def test_what_else_goes_wrong_is_an_error(suite, how):
    text, reason, kind = ERRORS[how]
    if "(subtests)" in text and not SUBTESTS:
        pytest.skip("this pytest has no subtests")
    suite.bars(BAR)
    result = run(suite, text, "-v")
    outcome, words = verdict(result)
    assert outcome == "error"
    assert reason in words
    assert result.exit == 1
    assert result.counts[kind] == (2 if "in a subtest" in how else 1)  # pytest counts the subtest too
    assert "missed" not in result.counts
    result.said("2 cases, 2 trials, 1 error;")
    assert reason in next(line for line in result.of("trial") if "other" not in line["case"])["error"]


def test_no_garbage_speaks_up_while_a_session_is_judged_and_told(suite, monkeypatch):
    enabled = []
    for place in ("gate.presets.judged", "report.building.build.build"):
        real = pkgutil.resolve_name(f"pytest_evalbars.{place}")
        monkeypatch.setattr(
            f"pytest_evalbars.{place}", lambda *a, real=real, **k: (enabled.append(gc.isenabled()), real(*a, **k))[1]
        )
    suite.bars(BAR)
    run(suite, "def test_it(): pass")
    assert enabled == [False, False]
    assert gc.isenabled()


def test_a_coroutine_that_nobody_awaits_is_an_error(suite):
    suite.bars(BAR)
    text = "async def ask(): assert False\ndef test_it(): return ask()"
    result = run(suite, text, subprocess=True)  # a coroutine that is dropped is told of wherever it is found
    assert verdict(result)[0] == "error"
    assert result.exit == 1


@pytest.mark.parametrize(
    "broken", ["AssertionError('in a fixture')", "pytest.fail.Exception('in a fixture')", "SystemExit(3)"]
)
@pytest.mark.parametrize("scope", ["function", "module"])
def test_whatever_a_fixture_raises_is_an_error(suite, broken, scope):
    suite.bars(BAR)
    text = f"@pytest.fixture(scope='{scope}')\ndef shared(): raise {broken}\ndef test_it(shared): pass"
    result = run(suite, text)
    assert verdict(result)[0] == "error"
    assert (result.exit, result.counts["errors"]) == (1, 1)


@pytest.mark.parametrize("hook", ["pytest_pyfunc_call", "pytest_runtest_call"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_assertion_around_the_body_is_an_error(suite, hook, when):
    argument = "pyfuncitem" if hook == "pytest_pyfunc_call" else "item"
    bad = f"assert 'other' in {argument}.name, 'the harness is broken'"
    suite.file(
        "conftest.py",
        f"""
        import pytest
        @pytest.hookimpl(wrapper=True)
        def {hook}({argument}):
            {bad if when == "before" else ""}
            result = yield
            {bad if when == "after" else ""}
            return result
        """,
    )
    suite.bars(BAR)
    result = run(suite, BODY.format("pass"))
    outcome, words = verdict(result)
    assert outcome == "error"
    assert "the harness is broken" in words
    assert (result.exit, result.counts["failed"]) == (1, 1)


TIMEOUT = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:anyio")


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.timeout(0.2)\ndef test_it(): time.sleep(5)",
        "def wait(): time.sleep(5)\n@pytest.mark.timeout(0.2)\ndef test_it():\n    wait()",
        "@pytest.fixture\ndef slow(): time.sleep(5)\n@pytest.mark.timeout(0.2)\ndef test_it(slow): pass",
    ],
    ids=["body", "helper", "fixture"],
)
def test_a_timeout_is_an_error(suite, text):
    suite.bars(BAR)
    result = run(suite, text, quiet=TIMEOUT)
    outcome, words = verdict(result)
    assert outcome == "error"
    assert "within its timeout of 0.2 s" in words
    assert (result.exit, result.counts.get("missed")) == (1, None)


SKIPS = {
    "body": (BODY.format("pytest.skip('not now')"), "not now"),
    "helper": ("def ask(): pytest.skip('not now')\n" + BODY.format("ask()"), "not now"),
    "fixture": ("@pytest.fixture\ndef off(): pytest.skip('not now')\ndef test_it(off): pass", "not now"),
    "mark": ("@pytest.mark.skip(reason='not now')\n" + BODY.format("assert False"), "not now"),
    "skipif": ("@pytest.mark.skipif(True, reason='not now')\n" + BODY.format("assert False"), "not now"),
    "param": (
        (
            "@pytest.mark.parametrize('n', [pytest.param(1, marks=pytest.mark.skip('not now'), id='x')])\n"
            "def test_it(n): assert False"
        ),
        "not now",
    ),
    "importorskip": (BODY.format("pytest.importorskip('no_such_module')"), "no_such_module"),
    "unittest": (
        "class TestIt(unittest.TestCase):\n    def test_it(self): self.skipTest('not now')",
        "not now",
    ),
    "unittest decorator": (
        "class TestIt(unittest.TestCase):\n    @unittest.skip('not now')\n    def test_it(self): assert False",
        "not now",
    ),
}


@pytest.mark.parametrize("how", SKIPS)
def test_a_skip_is_counted_and_in_no_rate(suite, how):
    text, reason = SKIPS[how]
    suite.bars(BAR)
    result = run(suite, text)
    outcome, words = verdict(result)
    assert outcome == "skipped"
    assert reason in words
    assert (result.exit, result.counts["skipped"]) == (0, 1)
    row = next(line.split() for line in result.out.splitlines() if line.startswith("accuracy"))
    assert row[2:5] == ["1", "1", "100.0%"]


def test_a_bar_with_nothing_but_skips_has_no_data(suite):
    suite.bars(BAR)
    suite.file("test_it.py", "import pytest\n@pytest.mark.dimension('accuracy')\ndef test_it(): pytest.skip('x')\n")
    result = suite.run()
    assert result.exit == 10
    result.said("no judged case", "1 trial skipped")


XFAILS = {
    # text: outcome of the case, exit code, what pytest counts
    "@pytest.mark.xfail\ndef test_it(): assert False": ("miss", 0, "xfailed"),
    "@pytest.mark.xfail(strict=True)\ndef test_it(): assert False": ("miss", 0, "xfailed"),
    "@pytest.mark.xfail(raises=AssertionError)\ndef test_it(): assert False": ("miss", 0, "xfailed"),
    "@pytest.mark.xfail\ndef test_it(): pytest.fail('x')": ("miss", 0, "xfailed"),
    "def test_it(request):\n    request.applymarker(pytest.mark.xfail)\n    assert False": ("miss", 0, "xfailed"),
    "@pytest.mark.xfail\ndef test_it(evalcase): evalcase.check('accuracy', False)": ("miss", 0, None),
    "def test_it(): pytest.xfail('known')": ("miss", 0, "xfailed"),
    "@pytest.mark.xfail\ndef test_it(): pass": ("pass", 0, "xpassed"),
    "@pytest.mark.xfail(strict=True)\ndef test_it(): pass": ("pass", 1, "failed"),
    "@pytest.mark.xfail(False, reason='x')\ndef test_it(): pass": ("pass", 0, None),
}


@pytest.mark.parametrize("bar", [BAR, ""], ids=["held", "no bar"])
@pytest.mark.parametrize("text", XFAILS)
def test_an_xfail_mark_expects_a_miss(suite, text, bar):
    suite.bars(bar)
    outcome, code, count = XFAILS[text]
    result = run(suite, text)
    assert verdict(result)[0] == outcome
    assert result.exit == code, result.out
    assert result.counts.get("failed", 0) == (1 if count == "failed" else 0)
    if count:
        assert result.counts[count] == 1


@pytest.mark.parametrize(("bar", "code", "count"), [(BAR, 0, "missed"), ("", 1, "failed")], ids=["held", "no bar"])
@pytest.mark.parametrize(
    "mark", ["xfail(False, reason='x')", "xfail(condition=False, reason='x')", "xfail(raises=KeyError)"]
)
def test_an_xfail_mark_that_does_not_apply_changes_nothing(suite, bar, code, count, mark):
    suite.bars(bar)
    result = run(suite, f"@pytest.mark.{mark}\n" + BODY.format("assert False, 'wrong'"))
    assert verdict(result) == ("miss", "wrong\nassert False")
    assert (result.exit, result.counts[count]) == (code, 1)
    assert "xfailed" not in result.counts


def test_runxfail_switches_expectations_off(suite):
    suite.bars("")
    result = run(suite, "@pytest.mark.xfail\n" + BODY.format("assert False"), "--runxfail")
    assert verdict(result)[0] == "miss"
    assert (result.exit, result.counts["failed"]) == (1, 1)


def test_an_expected_error_was_still_not_judged(suite):
    suite.bars(BAR)
    result = run(suite, "@pytest.mark.xfail\n" + BODY.format("raise ValueError('boom')"))
    assert verdict(result) == ("error", "ValueError: boom")
    assert result.exit == 1


@pytest.mark.parametrize(
    ("status", "code", "count"),
    [("regression", 1, "failed"), ("capability", 0, "missed"), ("category('x')", 1, "failed")],
)
@pytest.mark.parametrize("bar", ["", '[[bar]]\ndimension = "tone"\nat_least = 0.1'], ids=["no bars", "another's bar"])
def test_only_a_regression_case_that_no_bar_holds_fails_alone(suite, status, code, count, bar):
    suite.bars(bar)
    text = f"@pytest.mark.{status}\n{BODY.format('assert False')}\n"
    text += "@pytest.mark.dimension('tone')\ndef test_tone_of_other(): pass\n"
    suite.file("test_it.py", SUITE.format(text=text, broken=""))
    result = suite.run()
    assert (result.exit, result.counts[count]) == (code, 1)
    assert sorted(result.verdicts.values()) == ["miss", "pass", "pass", "pass"]
    if code:
        result.said("no bar speaks of it", "test_it.py::test_it on accuracy", "1 miss without a bar")


def test_a_capability_case_is_held_only_by_a_bar_that_names_it(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nstatus = "capability"\nat_least = 0.9')
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.capability
        @pytest.mark.parametrize("n", range(20))
        def test_it(n): assert n < 5
        """,
    )
    result = suite.run()
    assert (result.exit, result.counts["missed"], result.counts["failed"]) == (1, 15, 1)
    result.said("FAILED evalbars::pass_rate:accuracy,status=capability")


ASYNCIO = ("-p", "no:randomly", "-p", "no:anyio", "-p", "no:timeout")


@pytest.mark.parametrize(
    ("text", "outcome", "code"),
    [
        ("@pytest.mark.asyncio\nasync def test_it(): await asyncio.sleep(0)", "pass", 0),
        ("@pytest.mark.asyncio\nasync def test_it():\n    await asyncio.sleep(0)\n    assert False", "miss", 0),
        ("@pytest.mark.asyncio\nasync def test_it(): pytest.fail('x')", "miss", 0),
        (
            (
                "class TestIt:\n    @pytest.mark.asyncio\n    async def test_it(self):\n"
                "        await asyncio.sleep(0)\n        assert False"
            ),
            "miss",
            0,
        ),
        ("@pytest.mark.asyncio\nasync def test_it(): raise ValueError('boom')", "error", 1),
        ("@pytest.mark.asyncio\nasync def test_it(): pytest.skip('x')", "skipped", 0),
        (
            (
                "import pytest_asyncio\n@pytest_asyncio.fixture\nasync def off(): assert False\n"
                "@pytest.mark.asyncio\nasync def test_it(off): pass"
            ),
            "error",
            1,
        ),
        ("async def test_it(): await asyncio.sleep(0)", "pass", 0),
        ("async def test_it(): assert False", "miss", 0),
    ],
)
def test_async_cases_under_pytest_asyncio(suite, text, outcome, code):
    suite.bars(BAR, ini='asyncio_mode = "strict"\nasyncio_default_fixture_loop_scope = "function"')
    result = run(suite, text, quiet=ASYNCIO)
    assert verdict(result)[0] == outcome
    assert result.exit == code


@pytest.mark.parametrize(
    ("body", "outcome", "code"), [("pass", "pass", 0), ("assert False", "miss", 0), ("1 / 0", "error", 1)]
)
@pytest.mark.parametrize("in_class", [False, True], ids=["function", "class"])
def test_async_cases_without_a_plugin(suite, body, outcome, code, in_class):
    suite.bars(BAR)
    text = f"class TestIt:\n    async def test_it(self): {body}" if in_class else f"async def test_it(): {body}"
    result = run(suite, text)
    assert verdict(result)[0] == outcome
    assert result.exit == code


ANYIO = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:timeout")


@pytest.mark.parametrize(
    ("body", "outcome", "code"), [("pass", "pass", 0), ("assert False", "miss", 0), ("1 / 0", "error", 1)]
)
def test_async_cases_under_anyio(suite, body, outcome, code):
    suite.bars(BAR)
    text = "@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n"
    result = run(suite, f"{text}@pytest.mark.anyio\nasync def test_it(): {body}", quiet=ANYIO)
    assert verdict(result)[0] == outcome
    assert result.exit == code


@pytest.mark.parametrize(
    ("body", "outcome", "count"), [("pass", "pass", "passed"), ("assert False", "miss", "missed")]
)
@pytest.mark.parametrize("error", ["ValueError('late')", "AssertionError('late')"])
def test_an_error_in_teardown_fails_the_session_and_the_verdict_stands(suite, body, outcome, count, error):
    suite.bars(BAR)
    text = f"@pytest.fixture\ndef late():\n    yield\n    raise {error}\ndef test_it(late): {body}"
    result = run(suite, text)
    assert verdict(result)[0] == outcome
    assert (result.exit, result.counts["errors"]) == (1, 1)
    assert result.counts[count] >= 1
    result.said("2 cases, 2 trials, 0 errors")


FLAKY = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"n-{{n:02}}") for n in range({total})])
def test_it(n{argument}):
    if n < {bad}: raise ConnectionError("no route")
    {also}
"""


@pytest.mark.parametrize(
    ("allowed", "bad", "code"),
    [
        (None, 1, 1),
        ("0", 1, 1),
        ("1", 1, 0),
        ("1", 2, 1),
        ('"10%"', 2, 0),
        ('"10%"', 3, 1),
        ('"9.9%"', 2, 1),
        ('"0%"', 1, 1),
        ('"0%"', 0, 0),
    ],
)
@pytest.mark.parametrize("bar", [BAR, ""], ids=["held", "no bar"])
def test_errors_up_to_max_errors_are_tolerated(suite, allowed, bad, code, bar):
    suite.bars((f"max_errors = {allowed}\n" if allowed else "") + bar)
    suite.file("test_it.py", FLAKY.format(total=20, bad=bad, argument="", also="pass"))
    result = suite.run()
    assert result.exit == code
    assert result.counts.get("failed", 0) == bad
    assert list(result.verdicts.values()).count("error") == bad
    assert result.of("end")[0]["exit"] == code
    if code:
        result.said(f"{bad} of 20 trials could not be judged")


ALSO = {
    "a plain test fails": "\ndef test_plain(): assert False\n",
    "a teardown fails": (
        "\n@pytest.fixture\ndef late():\n    yield\n    raise ValueError('late')\n"
        "@pytest.mark.dimension('accuracy')\ndef test_late(late): pass\n"
    ),
    "the tolerated case fails in teardown too": (
        "\n@pytest.fixture\ndef late():\n    yield\n    raise ValueError('late')\n"
        "@pytest.mark.dimension('accuracy')\ndef test_late(late): raise ConnectionError\n"
    ),
    "a module does not load": None,
}


@pytest.mark.parametrize("how", ALSO)
def test_max_errors_tolerates_nothing_else(suite, how):
    suite.bars(f"max_errors = 5\n{BAR}")
    text = FLAKY.format(total=20, bad=1, argument="", also="pass")
    suite.file("test_it.py", text + (ALSO[how] or ""))
    if ALSO[how] is None:
        suite.file("test_not.py", "raise ValueError\n")
    result = suite.run("--continue-on-collection-errors")
    assert result.exit == 1


def test_max_errors_tolerates_errors_in_setup(suite):
    suite.bars(f"max_errors = 1\n{BAR}")
    text = FLAKY.format(total=20, bad=0, argument="", also="pass")
    text += "\n@pytest.fixture\ndef off(): raise OSError\n"
    text += "@pytest.mark.dimension('accuracy')\ndef test_off(off): pass\n"
    suite.file("test_it.py", text)
    result = suite.run()
    assert (result.exit, result.counts["errors"]) == (0, 1)


@pytest.mark.skipif(not SUBTESTS, reason="this pytest has no subtests")
def test_max_errors_tolerates_an_error_in_a_subtest(suite):
    suite.bars(f"max_errors = 1\n{BAR}")
    text = "def test_it(subtests):\n    with subtests.test('one'): raise ConnectionError"
    assert run(suite, text).exit == 0


@pytest.mark.parametrize(
    ("keys", "stage", "workers", "code"),
    [
        ("", "testing", (), 1),
        ("", "launch", (), 1),
        ("max_errors = 9\n", "testing", (), 0),
        ("max_errors = 9\n", "launch", (), 10),
        pytest.param("", "testing", ("-n", "2"), 1, marks=pytest.mark.slow),
        ("max_errors = 9\n", "launch", ("-n", "2"), 10),
    ],
)
def test_nine_of_ten_that_cannot_be_reached_are_no_pass(suite, keys, stage, code, workers):
    suite.bars(keys + BAR)
    suite.file("test_it.py", FLAKY.format(total=10, bad=9, argument="", also="pass"))
    result = suite.run(f"--evalbars-stage={stage}", *workers)
    assert result.exit == code
    result.said("10 cases, 10 trials, 9 errors")
    result.said("INCONCLUSIVE" if stage == "launch" else "inconclusive")
    result.said("9 trials could not be judged, and could have passed or missed")
    assert sorted(result.verdicts.values()) == ["error"] * 9 + ["pass"]
    rows = [line.split() for line in result.out.splitlines() if line.startswith("accuracy")]
    assert rows
    assert all(row[-1] != "met" for row in rows)


def test_a_miss_among_errors_is_neither_hidden_nor_doubled(suite):
    suite.bars(f"max_errors = 9\n{BAR}")
    suite.file("test_it.py", FLAKY.format(total=10, bad=5, argument="", also="assert n != 7, 'wrong'"))
    result = suite.run()
    assert sorted(result.verdicts.values()) == ["error"] * 5 + ["miss"] + ["pass"] * 4
    assert result.counts == {"failed": 5, "missed": 1, "passed": 5}
    assert result.exit == 0
