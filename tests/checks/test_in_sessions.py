"""Checks in a suite, as a user writes it; and what an import of the package does not cost."""

from __future__ import annotations

import subprocess
import sys

from pytest_evalbars import checks


def test_checks_say_a_cases_verdicts(suite):
    suite.file(
        "test_answers.py",
        """
        import pytest
        from pytest_evalbars import checks

        ANSWERS = ["You have 30 days.", "I'm sorry, but I can't help with that.", None]

        @pytest.mark.dimension("accuracy", "tone")
        @pytest.mark.parametrize("answer", ANSWERS, ids=["right", "refusal", "outage"])
        def test_answer(answer, evalcase):
            said = checks.contains(answer, "30 days")
            evalcase.check("accuracy", said.passed, said.reason)
            declined = checks.refuses(answer)
            evalcase.check("tone", not declined.passed, declined.reason)
        """,
    )

    outcome = suite.run("-rA")

    assert {(case[29:-1], dimension): said for (case, *_, dimension), said in outcome.verdicts.items()} == {
        ("right", "accuracy"): "pass",
        ("right", "tone"): "pass",
        ("refusal", "accuracy"): "miss",
        ("refusal", "tone"): "miss",
        ("outage", "accuracy"): "error",
        ("outage", "tone"): "error",
    }
    reasons = {(line["case"][29:-1], line["dimension"]): line["reason"] for line in outcome.of("observation")}
    assert reasons["refusal", "accuracy"] == 'does not say: "30 days"'
    assert reasons["refusal", "tone"] == 'declines: "i can\'t help"'
    assert "a check reads text, and `answer` is NoneType: None" in reasons["outage", "accuracy"]
    assert outcome.exit == 1


def test_an_import_loads_no_check_and_a_check_no_library():
    program = (
        "import sys, pytest_evalbars\n"
        "assert not [name for name in sys.modules if 'checks' in name]\n"
        "from pytest_evalbars import checks\n"
        "assert checks.contains('a', 'a').passed and checks.json_valid('1').passed\n"
        "assert checks.refuses('I cannot help').passed\n"
        "assert not {'jsonschema', 'sqlglot', 'py3langid', 'numpy', 'pydantic'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_every_public_name_is_there():
    assert {name for name in checks.__all__ if not callable(getattr(checks, name))} == set()
    assert sorted(checks.__all__) == dir(checks)
