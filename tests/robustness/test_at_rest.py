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


def test_workers_never_load_what_judges(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1').file(
        "test_x.py",
        """
        import os
        import sys
        import pytest
        HEAVY = ("numpy", "scipy", "tabulate", "litellm", "pytest_evalbars.gate.decide", "pytest_evalbars.stats")
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n}") for n in range(12)])
        def test_x(n, evalcase):
            evalcase.score("accuracy", 0.5, passing=0.2)
            evalcase.record(output=[1, {"a": 2}])
            assert "PYTEST_XDIST_WORKER" in os.environ
            assert [name for name in HEAVY if name in sys.modules] == []
        """,
    )
    result = suite.run("-n", "2")
    assert (result.exit, result.counts) == (0, {"passed": 13})


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
