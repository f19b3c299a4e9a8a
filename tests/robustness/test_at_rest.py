"""What the plugin costs a session that has no eval case, and what an xdist worker is spared."""

import os
import re
import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "pydantic", "pydantic_core", "litellm", "tabulate", "asyncio", "yaml", "statistics"}
#: Parts of the package that only a session with eval cases may load.
OF_EVALS = {"gate", "stats", "metrics", "report", "run", "judges", "cli", "session", "hooks", "execution"}


def imported(suite, *arguments):
    """What a pytest process imports, told by the interpreter."""
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=suite.path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "eval bars" not in result.stdout
    return set(re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)", result.stderr, re.MULTILINE))


def test_ordinary_tests_load_nothing_heavy(suite):
    suite.file("test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_x(n): pass\n")
    without = imported(suite)
    ours = imported(suite, "-p", "pytest_evalbars.plugin") - without
    assert "pytest_evalbars.config.options" in ours
    assert {name.partition(".")[0] for name in ours} & HEAVY == set()
    parts = {name.split(".")[1] for name in ours if name.startswith("pytest_evalbars.")}
    assert parts & (OF_EVALS - {"run", "gate"}) == set()
    modules = {name for name in ours if name.startswith("pytest_evalbars.")}
    assert {name for name in modules if ".run." in name or ".gate." in name} <= {
        "pytest_evalbars.run.plan",
        "pytest_evalbars.run.plain",
    }
    # The rest is the standard library's, and little of it.
    others = {name.partition(".")[0] for name in ours} - {"pytest_evalbars"}
    assert others <= set(sys.stdlib_module_names)
    assert len(ours - modules) < 12, sorted(ours - modules)


def test_ordinary_tests_of_an_installed_plugin_load_nothing_heavy(suite):
    suite.file(
        "test_plain.py",
        f"""
        import sys
        def test_x():
            assert "pytest_evalbars.plugin" in sys.modules
            loaded = {{name.partition(".")[0] for name in sys.modules}}
            assert loaded & {HEAVY - {"asyncio", "statistics", "yaml"}} == set()
        """,
    )
    result = suite.run("-p", "no:hypothesispytest", subprocess=True)
    assert (result.exit, result.counts) == (0, {"passed": 1})


@pytest.mark.slow
def test_workers_never_load_what_judges(suite):
    scale = '[tool.evalbars.scales.tone]\nlevels = ["good", "bad"]\npassing = "good"\n'
    bars = ('dimension = "accuracy"', 'metric = "recall"\neach = "class"', 'metric = "p50_hops"')
    suite.bars(scale + "".join(f"[[bar]]\n{bar}\nat_least = 0\n" for bar in bars)).file(
        "test_x.py",
        """
        import os
        import sys
        import pytest
        HEAVY = ("numpy", "scipy", "tabulate", "litellm", "pytest_evalbars.gate.decide", "pytest_evalbars.stats",
                 "pytest_evalbars.metrics.slice", "pytest_evalbars.metrics.classes")
        @pytest.mark.dimension("accuracy", "tone")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n}") for n in range(12)])
        def test_x(n, evalcase):
            evalcase.score("accuracy", 0.5, passing=0.2)
            evalcase.record(output=[1, {"a": 2}])
            evalcase.grade("tone", "good")
            evalcase.predict("a", "b", confidence=0.5)
            evalcase.guardrail("pre", "pass")
            evalcase.measure(hops=n)
            assert "PYTEST_XDIST_WORKER" in os.environ
            assert [name for name in HEAVY if name in sys.modules] == []
        """,
    )
    result = suite.run("-n", "2")
    assert (result.exit, result.counts) == (0, {"passed": 15})


#: A gate on each of these rests on sums and exact tests of them.
LIGHT = {
    "pass rate": {"dimension": "accuracy"},
    "mean score": {"metric": "mean_score"},
    "share within a limit": {"metric": "latency <= 2"},
    "recall": {"metric": "recall", "each": "class"},
    "levels": {"metric": "at_or_above", "level": "good"},
    "coverage": {"metric": "coverage"},
}


OTHERS = (*list(LIGHT)[1:], "cost_per_useful", "p95_latency")
SELDOM = [pytest.param(name, marks=pytest.mark.slow) for name in OTHERS]


@pytest.mark.parametrize("metric", [next(iter(LIGHT)), "calibration_error", *SELDOM])
def test_a_gate_loads_nothing_heavier_than_scipy_special(metric):
    """And of our own metrics only the one that was asked for."""
    code = f"""
import sys
from pytest_evalbars import Run, decide, load_bars
scale = {{"levels": ["good", "bad"], "passing": "good"}}
bar = {LIGHT.get(metric, {"metric": metric})!r} | {{"at_least": 0.01}}
rows = [
    {{"case": f"c{{n}}", "dimension": "accuracy", "outcome": "pass", "level": "good", "score": 0.5,
      "prediction": {{"expected": "a", "predicted": "a", "confidence": 0.5}}, "guardrail": {{"pre": "pass"}},
      "measures": {{"seconds": 1.0, "cost_usd": 0.1}}}}
    for n in range(40)
]
verdicts = decide(Run.from_observations(rows), load_bars({{"bar": [bar], "scales": {{"accuracy": scale}}}})).verdicts
assert verdicts and all(each.verdict != "no data" for each in verdicts), verdicts
print(*sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    heavy = {"stats", "optimize", "sparse", "integrate", "interpolate", "spatial", "ndimage", "signal", "linalg"}
    alone = subprocess.run(
        [sys.executable, "-c", "import sys, scipy.special; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    theirs = set(alone.stdout.split())
    assert {name for name in loaded - theirs if name.startswith("scipy.") and name.split(".")[1] in heavy} == set()
    tops = {name.partition(".")[0] for name in loaded}
    assert tops & {"statsmodels", "sklearn", "pandas", "litellm", "tabulate", "pytest", "yaml", "asyncio"} == set()
    if metric in LIGHT and metric != "recall":
        ours = {name for name in loaded if name.startswith(("pytest_evalbars.metrics.", "pytest_evalbars.stats."))}
        assert {name for name in ours if name.rpartition(".")[2] in ("classes", "calibration", "ratios")} == (
            {"pytest_evalbars.stats.ratios"} if metric == "share within a limit" else set()
        )


def test_two_hundred_ordinary_tests_show_no_trace(suite):
    suite.file(
        "test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_x(n): assert n != 7\n"
    )
    # Not even a mistake in the bars is told where no case asks for them.
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 90')
    with_us, without = suite.run("-v", "--junit-xml=a.xml"), suite.run("-v", "-p", "no:evalbars", "--junit-xml=b.xml")
    plain = [re.sub(r"evalbars-[\d.]+,? ?| in [\d.]+s|[ab]\.xml|=+", "", each.out) for each in (with_us, without)]
    assert plain[0].splitlines()[6:] == plain[1].splitlines()[6:]
    assert with_us.exit == without.exit == 1
    assert not (suite.path / ".evalbars").exists()
    sizes = [(suite.path / name).stat().st_size for name in ("a.xml", "b.xml")]
    assert abs(sizes[0] - sizes[1]) < 200


def test_no_hook_of_ours_runs_for_ordinary_tests(suite):
    suite.file("test_plain.py", "def test_x(): pass\n")
    suite.file(
        "conftest.py",
        """
        def pytest_collection_finish(session):
            hooks = session.config.hook
            for name in ("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call",
                         "pytest_runtest_teardown", "pytest_runtest_makereport", "pytest_runtest_logreport"):
                found = [each.plugin_name for each in getattr(hooks, name).get_hookimpls()]
                assert not [name for name in found if "evalbars" in name], found
        """,
    )
    assert suite.run().exit == 0


@pytest.mark.parametrize("text", ["", "def helper(): pass\n"])
def test_no_tests_is_still_exit_5(suite, text):
    suite.file("test_plain.py", text)
    assert suite.run().exit == 5


def test_the_fixture_alone_in_an_ordinary_test_says_what_to_do(suite):
    suite.file("test_plain.py", "def test_x(evalcase): pass\n")
    result = suite.run()
    assert result.exit == 1
    result.said("is no eval case: mark it with pytest.mark.dimension")
    assert suite.run_files() == []
