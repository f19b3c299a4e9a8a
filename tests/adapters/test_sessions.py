"""Other tools' scorers in a session of ours."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time

import pytest

HEAD = """
    import asyncio
    import pytest
    from pytest_evalbars import adapters
"""
#: The Levenshtein of autoevals 0.4.1, for where that is not installed.
DOUBLE = """
    from types import SimpleNamespace

    class Levenshtein:
        def _name(self):
            return "Levenshtein"

        def eval(self, output, expected=None, **_words):
            if expected is None:
                raise ValueError("LevenshteinScorer requires an expected value")
            same = sum(one == other for one, other in zip(output, expected))
            return SimpleNamespace(score=same / max(len(output), len(expected)), metadata={}, error=None)

        async def eval_async(self, output, expected=None, **words):
            return self.eval(output, expected, **words)
"""
SCORER = "\n    from autoevals import Levenshtein\n" if importlib.util.find_spec("autoevals") else DOUBLE
ANSWERS = """
    ANSWERS = [pytest.param(*each, id=each[0][:2]) for each in [("30 days", "30 days"), ("20 days", "30 days"),
                                                               ("10 o'clock", "30 days"), ("no", None)]]
"""


def test_a_scorer_of_another_tool_is_a_dimension_of_a_case(suite):
    suite.bars(
        "max_errors = 1\n[[bar]]\ndimension = 'wording'\nat_least = 0.1\n[[bar]]\ndimension = 'close'\nat_least = 0.1"
    )
    suite.file(
        "test_it.py",
        HEAD
        + SCORER
        + ANSWERS
        + """
    @pytest.mark.dimension("wording", "close")
    @pytest.mark.parametrize("answer, reference", ANSWERS)
    def test_answer(answer, reference, evalcase):
        words = {"answer": answer, "reference": reference}
        r = adapters.autoevals_sync(Levenshtein(), **words, passing=1)
        evalcase.check("wording", r.passed, r.reason)
        evalcase.take("close", adapters.autoevals_sync(Levenshtein(), **words, passing=0.8))
    """,
    )
    outcome = suite.run()

    assert (outcome.exit, outcome.counts) == (0, {"passed": 3, "missed": 2, "failed": 1})
    said = {(case.partition("[")[2][:2], dimension): how for (case, _, _, dimension), how in outcome.verdicts.items()}
    assert said == {
        ("30", "wording"): "pass",
        ("30", "close"): "pass",
        ("20", "wording"): "miss",
        ("20", "close"): "pass",
        ("10", "wording"): "miss",
        ("10", "close"): "miss",
        ("no", "wording"): "error",
        ("no", "close"): "error",
    }
    reasons = {line["reason"] for line in outcome.of("observation") if line["outcome"] == "miss"}
    assert "autoevals Levenshtein gave 0.857, passing is 1" in reasons
    scores = [line["score"] for line in outcome.of("observation") if line["dimension"] == "close"]
    assert scores[:2] == [1.0, pytest.approx(6 / 7)]
    outcome.said(
        "ScorerError: autoevals Levenshtein failed: ValueError: LevenshteinScorer requires an expected value"
    )


def test_cases_overlap_while_scorers_work_and_their_time_is_not_the_products(suite):
    suite.bars("concurrency = 10\nthreads = true\n[[bar]]\ndimension = 'fine'\nat_least = 0.1")
    suite.file(
        "test_it.py",
        HEAD
        + """
    import time
    from types import SimpleNamespace

    class Slow:
        name = "slow"
        active = most = 0

        async def ascore(self, **words):
            Slow.active += 1
            Slow.most = max(Slow.most, Slow.active)
            await asyncio.sleep(0.5)
            Slow.active -= 1
            return SimpleNamespace(value=1.0 if words["response"] % 2 else 0.0, reason=None)

    @pytest.mark.dimension("fine")
    @pytest.mark.parametrize("number", range(10), ids="a b c d e f g h i j".split())
    def test_sync(number, evalcase):
        evalcase.take("fine", adapters.ragas_sync(Slow(), answer=number, passing=0.5))

    @pytest.mark.dimension("fine")
    @pytest.mark.parametrize("number", range(10), ids="k l m n o p q r s t".split())
    async def test_async(number, evalcase):
        evalcase.take("fine", await adapters.ragas(Slow(), answer=number, passing=0.5))

    def test_they_overlapped():
        assert Slow.most > 5
    """,
    )
    outcome = suite.run()

    assert (outcome.exit, outcome.counts) == (0, {"passed": 12, "missed": 10})
    assert min(line["measures"]["seconds"] for line in outcome.of("trial")) < 0.3  # and 0.5 with the scorer's


def test_a_scorer_that_outlasts_the_cases_time_limit_is_an_error(suite):
    suite.bars("max_errors = 1\n[[bar]]\ndimension = 'fine'\nat_least = 0.1")
    suite.file(
        "test_it.py",
        HEAD
        + """
    from pathlib import Path

    ENDED = Path("ended").absolute()

    class Stuck:
        name = "stuck"

        async def ascore(self, **words):
            try:
                await asyncio.sleep(60)
            finally:
                ENDED.touch()

    @pytest.mark.dimension("fine")
    @pytest.mark.timeout(0.5)
    def test_sync(evalcase):
        evalcase.take("fine", adapters.ragas_sync(Stuck(), answer="a", passing=0.5))
    """,
    )
    outcome = suite.run()

    assert {"error"} == set(outcome.verdicts.values())
    outcome.said("0.5")
    deadline = time.monotonic() + 5
    while not (suite.path / "ended").exists():  # the scorer is told to stop too, in its own thread
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_of_it_is_imported_before_it_is_asked_for():
    program = """
import sys
import pytest_evalbars
assert "adapters" in pytest_evalbars.__all__
assert not [name for name in sys.modules if name.startswith("pytest_evalbars.adapters")]
from pytest_evalbars import adapters
assert adapters is pytest_evalbars.adapters
assert callable(adapters.deepeval) and callable(adapters.inspect_sync) and issubclass(adapters.ScorerError, Exception)
for name in adapters.__all__:
    getattr(adapters, name)
tools = {"deepeval", "ragas", "autoevals", "inspect_ai", "litellm", "openai", "numpy", "pytest"}
assert not tools & set(sys.modules), tools & set(sys.modules)
try:
    adapters.deepevil
except AttributeError as error:
    assert "no attribute 'deepevil'" in str(error)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_scorers_error_that_is_caught_is_an_error_of_the_trial(suite):
    suite.bars("[[bar]]\ndimension = 'wording'\nat_least = 0.1\nrule = 'estimate'")
    suite.file(
        "test_it.py",
        HEAD
        + DOUBLE
        + """
    class Fails(Levenshtein):
        times = 0

        def eval(self, *args, **words):
            Fails.times += 1
            if Fails.times % 2:
                raise OSError("no connection")
            return super().eval(*args, **words)

    WORDS = {"answer": "no", "reference": "no"}

    @pytest.mark.dimension("wording")
    @pytest.mark.parametrize("what", ["outage", "threshold", "again"])
    def test_answer(what, evalcase):
        Fails.times = what == "threshold"
        with pytest.raises(adapters.ScorerError):
            adapters.autoevals_sync(Fails(), **WORDS, passing=None if what == "threshold" else 1)
        if what == "again":
            evalcase.take("wording", adapters.autoevals_sync(Fails(), **WORDS, passing=1))
    """,
    )
    outcome = suite.run()

    assert {line["case"][-7:-1]: line.get("error", "") for line in outcome.of("trial")} == {
        "outage": "autoevals Levenshtein failed: OSError: no connection",
        "eshold": "autoevals Levenshtein scores and has no threshold of its own: say what passes, as passing=0.8",
        "[again": "",
    }
