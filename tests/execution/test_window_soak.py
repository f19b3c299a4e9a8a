"""Random fixtures, scopes, failures and orders: a window must give the serial run's reports and fixture events."""

from __future__ import annotations

import json
import random
import re
from collections import Counter

import pytest

CONFTEST = """
import json, sys

def pytest_unconfigure(config):
    module = sys.modules.get("test_soak")
    if module:
        with open("events.json", "w") as file:
            json.dump(module.EVENTS, file)
"""
HEAD = """
import asyncio, logging, pytest
EVENTS = []
def event(*words): EVENTS.append(words)
"""
SCOPES = ("session", "module", "class", "function")


class Writer:
    """Writes one random module of fixtures and cases."""

    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311 - the same in every run
        self.scopes = {}
        self.lines = []

    def chance(self, share):
        return self.random.random() < share

    def module(self):
        for number in range(self.random.randint(4, 9)):
            self.fixture(f"f{number}")
        for number in range(self.random.randint(4, 9)):
            if self.chance(0.25):
                self.lines.append(f"class TestC{number}:")
                for inner in range(self.random.randint(1, 3)):
                    self.case(f"{number}_{inner}", indent="    ")
            else:
                self.case(str(number))
        return HEAD + "\n".join(self.lines) + "\n"

    def fixture(self, name):
        scope = self.random.choice([*SCOPES, "function", "function"])
        rank = SCOPES.index(scope)
        below = [each for each, of in self.scopes.items() if SCOPES.index(of) <= rank and self.chance(0.4)]
        params = self.random.choice([None, None, None, [1, 2]]) if scope != "session" else None
        is_async = self.chance(0.2) and scope == "function"
        boom, late_boom = self.chance(0.06), self.chance(0.05)
        self.lines += [
            f"@pytest.fixture(scope={scope!r}, params={params!r}, autouse={self.chance(0.1) and not is_async})",
            f"{'async ' if is_async else ''}def {name}({', '.join(['request', *below])}):",
            f"    tag = ({name!r}, getattr(request, 'param', None), request.node.name)",
            "    event('+', *tag)",
            *(["    await asyncio.sleep(0)"] if is_async else []),
            *(["    raise RuntimeError('setup')"] if boom else []),
            f"    yield [tag, {', '.join(below)}]",
            "    event('-', *tag)",
            *(["    raise RuntimeError('teardown')"] if late_boom else []),
        ]
        self.scopes[name] = scope
        if is_async:
            self.asynchronous = {*getattr(self, "asynchronous", ()), name}

    def needs_loop(self, names):
        """Async fixtures are for async cases: whatever leads to one is left to those."""
        found, text = set(getattr(self, "asynchronous", ())), "\n".join(self.lines)
        for name in self.scopes:
            arguments = re.search(rf"def {name}\((.*)\):", text)[1].split(", ")
            if found & set(arguments):
                found.add(name)
        return [name for name in names if name not in found]

    def case(self, name, indent=""):
        kind = self.random.choice("aaaasm")
        names = list(self.scopes) if kind == "a" else self.needs_loop(self.scopes)
        use = self.random.sample(names, min(len(names), self.random.randint(0, 4)))
        if kind == "m":
            use.append("monkeypatch")
        marks = ["@pytest.mark.dimension('accuracy')"]
        if self.chance(0.7):
            marks.append(f"@pytest.mark.parametrize('p', range({self.random.randint(2, 6)}))")
            use.append("p")
        wide, narrow = None, [each for each in names if self.scopes[each] == "function"]
        if narrow and self.chance(0.3):
            wide = self.random.choice(narrow)
            values, scope = self.random.choice([[1, 2], [2, 3], [5]]), self.random.choice(SCOPES[1:])
            marks.append(f"@pytest.mark.parametrize({wide!r}, {values}, indirect=True, scope={scope!r})")
            use = [*(each for each in use if each != wide), wide]
        marks += ["@pytest.mark.skip(reason='x')"] if self.chance(0.08) else []
        marks += ["@pytest.mark.xfail"] if self.chance(0.08) else []
        marks += ["@pytest.mark.trials(2)"] if self.chance(0.1) else []
        arguments = ", ".join([*(["self"] if indent else []), "request", *use])
        body = [f"{'' if kind == 's' else 'async '}def test_{name}({arguments}):"]
        body += ["    print('begin', request.node.name)"]
        body += [] if kind == "s" else [f"    await asyncio.sleep({self.random.random() * 0.01:.4f})"]
        body += [
            f"    assert {each}[0][2] == request.node.name, {each}"
            for each in use
            if self.scopes.get(each) == "function" and each != wide
        ]
        body += [f"    assert p != {self.random.randint(0, 5)}"] if "p" in use and self.chance(0.5) else []
        body += ["    raise ValueError('no verdict')"] if self.chance(0.05) else []
        body += ["    request.addfinalizer(lambda: event('fin', request.node.name))"] if self.chance(0.1) else []
        body += [
            "    logging.getLogger().warning('end %s', request.node.name)",
            "    event('ran', request.node.name)",
        ]
        self.lines += [indent + line for line in (*marks, *body)]


def told(suite, seed, *arguments):
    """Everything that a reader and a fixture can tell of one run, in the order of the reports."""
    suite.bars("max_errors = '100%'\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    suite.file("conftest.py", CONFTEST)
    suite.file("test_soak.py", Writer(seed).module())
    outcome = suite.run("-rA", "-v", "--tb=short", "-p", "no:cacheprovider", *arguments)
    events = json.loads((suite.path / "events.json").read_text())
    sections = outcome.out.partition("short test summary info")[2].splitlines()
    progress = re.findall(r"(?m)^(test_soak.py::\S+) ([A-Z]+)", outcome.out)
    captured = re.findall(r"(?ms)^_{3,} (?:ERROR at \w+ of )?(\S+) _{3,}$.*?(?=^_{3,} |^={3,} )", outcome.out)
    return {
        "exit": outcome.exit,
        "counts": outcome.counts,
        "in order": progress,
        "summary": sorted(line for line in sections if line[:1].isupper() and "::" in line),
        "captured": captured,
        "printed": re.findall(r"(?m)^begin \S+$", outcome.out),
        "logged": re.findall(r"(?m)end test_\S+$", outcome.out),
        "verdicts": outcome.verdicts,
        "events": Counter(map(str, events)),
    }


def compare(suite, seed):
    serially, together = told(suite, seed), told(suite, seed, "--evalbars-concurrency=8")
    for what, expected in serially.items():
        assert together[what] == expected, f"seed {seed}: {what}"


SELDOM = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 12)]


@pytest.mark.parametrize("seed", [*range(3), *SELDOM])
def test_a_window_tells_what_a_serial_run_tells(suite, seed):
    compare(suite, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 125))
def test_a_window_tells_what_a_serial_run_tells_soaked(suite, seed):
    compare(suite, seed)
