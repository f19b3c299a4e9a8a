"""Judges in sessions: what the run file keeps of a verdict, and that no verdict comes of a failure."""

import json

import pytest
from stubs import CHECKLIST, LEVELS, checked, graded, levels

from pytest_evalbars.cli import main
from pytest_evalbars.judges.prompt import hash_of

MODEL = """
import json

from pytest_evalbars import Judge, Rubric, load_rubric


class Stub:
    name = "stub"

    def __init__(self, *answers):
        self.answers = list(answers)

    async def ask(self, messages, **_):
        text = self.answers.pop(0)
        return type("Answer", (), {"text": text, "model": "stub-2026", "refused": False, "cut_off": False})()


LEVELS = Rubric.model_validate(json.loads('''%s'''))
CHECKLIST = Rubric.model_validate(json.loads('''%s'''))
"""
BAR = """
[[bar]]
dimension = "scaffolding"
at_least = 0.5
rule = "estimate"
"""
ONE = """
import pytest
from model import *

@pytest.mark.dimension("scaffolding")
def test_coach(evalcase):
    judge = Judge({rubric}, Stub({answers}), votes={votes})
    said = judge.judge_sync(question="3 + 4?", answer="Think of 3 first.")
    evalcase.take({take}, said)
"""


@pytest.fixture
def judging(suite):
    suite.file("model.py", MODEL % (json.dumps(LEVELS), json.dumps(CHECKLIST)))
    suite.file(
        "conftest.py", "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
    )

    def run(*answers, rubric="LEVELS", take="said.dimension", bars=BAR, more="", votes=None):
        suite.bars(bars)
        words = ", ".join(map(repr, answers))
        text = ONE.format(rubric=rubric, answers=words, take=take, votes=votes or len(answers))
        suite.file("test_coach.py", text + more)
        return suite.run()

    return run


def kept(found):
    """What the run file keeps of the judge of the only verdict."""
    (line,) = found.of("observation")
    return line["judge"]


def test_a_judgement_is_the_cases_verdict_and_says_where_it_comes_from(judging):
    found = judging(graded("poor", "It tells."))
    (line,) = found.of("observation")

    assert (line["outcome"], line["score"], line["reason"]) == ("miss", 0.0, "It tells.")
    (trial,) = found.of("trial")
    assert (
        line["judge"]
        if "judge" in line
        else trial["judges"]["scaffolding"]
        == {
            "rubric": levels().id,
            "model": "stub-2026",
            "prompt": hash_of(levels(), "levels"),
            "level": "poor",
        }
    )


def test_with_a_scale_of_the_rubric_the_level_is_graded(judging, suite):
    rubric = {**LEVELS, "levels": [{**each} for each in LEVELS["levels"]]}
    suite.file("rubrics/coach.yaml", json.dumps(rubric))
    bars = 'scales.coach = { rubric = "rubrics/coach.yaml" }\n' + BAR
    found = judging(graded("adequate", "Half."), bars=bars)

    (line,) = found.of("observation")
    assert (line["outcome"], line["level"], line["score"]) == ("pass", "adequate", 0.5)
    assert found.exit == 0


def test_a_run_file_with_judges_is_read_as_any_other(judging, monkeypatch, capsys):
    found = judging(graded("poor", "It tells."), graded("poor"), graded("excellent"))
    monkeypatch.chdir(found.path.parents[2])

    assert main(["gate", str(found.path)]) == found.exit
    assert "MISSED scaffolding" in capsys.readouterr().out


def test_votes_and_their_spread_are_kept(judging):
    found = judging(graded("poor", "It tells."), graded("excellent", "It asks."), graded("poor", "It tells."))

    assert kept(found)["spread"] == pytest.approx(1 / 3, abs=1e-6)
    assert [each["reason"] for each in kept(found)["votes"]] == ["It tells.", "It asks.", "It tells."]
    assert found.counts["missed"] == 1


def test_the_run_file_keeps_what_a_judge_went_by_once(judging):
    found = judging(graded("poor", "It tells."), graded("poor"), graded("poor"))

    (line,) = found.of("rubric")
    assert line["rubric"] == kept(found)["rubric"]
    assert line["document"]["task"] == LEVELS["task"]
    assert [each["name"] for each in line["document"]["levels"]] == [each["name"] for each in LEVELS["levels"]]
    (report,) = found.of("report")
    (rubric,) = report["method"]["rubrics"]
    assert rubric["term"] == line["rubric"]
    assert rubric["text"].startswith(LEVELS["task"].split("\n", maxsplit=1)[0][:20])
    assert f"passes from: {LEVELS['passing']}" in rubric["text"]


def test_a_checklist_in_a_session(judging):
    found = judging(
        checked("so:", no_answer="yes", kind="yes", source="no"), rubric="CHECKLIST", take="'scaffolding'"
    )

    (line,) = found.of("observation")
    assert (line["outcome"], line["score"]) == ("miss", pytest.approx(1 / 3))
    assert line["reason"] == "no_answer: so: no_answer; source: so: source"
    assert kept(found)["criteria"] == {"no_answer": False, "kind": True, "source": False}


def compared(*winners):
    said = [f'{{"explanation": "x", "winner": "{winner}"}}' for winner in winners]
    return f"""
@pytest.mark.dimension("scaffolding")
def test_better_than_before(evalcase):
    judge = Judge(LEVELS, Stub(*{said!r}))
    evalcase.take(judge.dimension, judge.compare_sync(first="Think.", second="It is 7."))
"""


def test_a_preference_is_a_verdict_too(judging):
    found = judging(graded("excellent"), more=compared("first", "second"))

    line = next(each for each in found.of("observation") if "winner" in each.get("judge", {}))
    assert (line["outcome"], line["score"], line["reason"]) == ("pass", 1.0, "x")
    assert (line["judge"]["winner"], line["judge"]["consistent"]) == ("first", True)


def test_a_preference_that_the_order_decides_is_an_error_and_no_verdict(judging):
    found = judging(graded("excellent"), more=compared("first", "first"))

    assert found.exit == 1
    found.said("the judge's preference changed with the order of the two answers: that is no verdict")
    (line,) = [each for each in found.of("observation") if "better" in each["case"]]
    assert line["outcome"] == "error"
    assert line["judge"]["orders"] == [["first", "first"]]


FAILURES = {
    "a refusal": ("I'm sorry, I can't judge this.", "refused to judge, in words"),
    "no json": ("excellent", "answered in words, without a verdict"),
    "an unknown level": (graded("superb"), "none of 'excellent', 'adequate' or 'poor'"),
    "an echo": ('The answer says {"explanation": "x", "level": "excellent"}', "wrote more than its verdict"),
    "nothing": ("", "answered nothing"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_judge_without_a_verdict_is_an_error_and_no_verdict(name, judging):
    text, words = FAILURES[name]
    found = judging(text)

    assert found.exit != 0
    assert set(found.verdicts.values()) <= {"error"}
    found.said("JudgeError", f"the judge stub (scaffolding@{levels().version})", words)
    assert words in found.of("trial")[0]["error"]
    found.said("trials could not be judged; most often: ", words)
    found.never_said("asking.py", "parsing.py", "runners.py")
    assert "'outcome': 'pass'" not in str(found.lines)


def test_an_assertion_in_a_judges_model_is_no_miss(judging):
    more = """
class Broken(Stub):
    async def ask(self, messages, **_):
        assert False, "not what I expected"

Stub = Broken
"""
    found = judging(graded("poor"), more=more)

    assert set(found.verdicts.values()) == {"error"}
    found.said("gave no answer: AssertionError: not what I expected")


def test_verdicts_said_before_the_judge_failed_do_not_stand_alone(judging):
    found = judging("What?", rubric="(evalcase.check('scaffolding', True), LEVELS)[1]")

    assert found.exit != 0
    assert found.of("trial")[0]["error"]


def test_async_cases_judge_many_at_once(suite):
    suite.file("model.py", MODEL % (json.dumps(LEVELS), json.dumps(CHECKLIST)))
    suite.bars("concurrency = 8\n" + BAR)
    suite.file(
        "test_many.py",
        f"""
        import asyncio
        import pytest
        from model import *

        class Slow(Stub):
            async def ask(self, messages, **_):
                await asyncio.sleep(0.3)
                return await super().ask(messages)

        @pytest.mark.dimension("scaffolding")
        @pytest.mark.parametrize("number", range(12))
        async def test_coach(number, evalcase):
            text = '''{graded("excellent")}''' if number else "What?"
            said = await Judge(LEVELS, Slow(*[text] * 3), votes=3).judge(answer="Think.")
            evalcase.take("scaffolding", said)
        """,
    )
    found = suite.run("test_many.py")

    assert sorted(found.verdicts.values()) == ["error"] + ["pass"] * 11
    seconds = sorted(line["measures"]["seconds"] for line in found.of("trial"))
    assert seconds[6] < 0.25  # a judge's time is not the product's


@pytest.mark.parametrize("way", ["await judge.judge", "judge.judge_sync"])
def test_without_the_extra_a_judge_says_how_to_install_it(suite, way):
    pytest.importorskip("pytest_evalbars.calls.client")
    rubric = json.dumps(LEVELS)
    suite.bars(BAR)
    suite.file("conftest.py", "import sys\nsys.modules['litellm'] = None\n")
    suite.file(
        "test_coach.py",
        f"""
        import json
        import pytest
        from pytest_evalbars import Judge, Rubric

        judge = Judge(Rubric.model_validate(json.loads('''{rubric}''')), "openai/gpt-4o-mini")

        @pytest.mark.dimension("scaffolding")
        {"async " if "await" in way else ""}def test_coach(evalcase):
            evalcase.take("scaffolding", {way}(answer="Think."))
        """,
    )
    found = suite.run()

    assert set(found.verdicts.values()) == {"error"}
    found.said("pip install 'pytest-evalbars[llm]'")


def test_a_rubric_and_a_scale_that_disagree_on_what_passes_are_a_mistake(judging):
    bars = 'scales.scaffolding = { levels = ["excellent", "adequate", "poor"], passing = "poor" }\n' + BAR
    found = judging(graded("poor", "It tells."), bars=bars)

    assert found.exit != 0
    found.said(
        "could not be judged: take('scaffolding', ...): 'poor' does not pass by the judge's rubric",
        "scales.scaffolding = { rubric =",
    )


@pytest.mark.parametrize("levels", [("poor", "excellent"), ("excellent", "poor"), ("adequate", "excellent")])
def test_of_two_judgements_the_worse_one_is_kept_with_its_source(levels, judging):
    more = "    evalcase.take({take}, judge.judge_sync(answer='Another.'))\n"
    found = judging(*map(graded, levels), votes=1, more=more.format(take="'scaffolding'"))

    (line,) = found.of("observation")
    worse = min(levels, key=["poor", "adequate", "excellent"].index)
    outcome, score = {"poor": ("miss", 0.0), "adequate": ("pass", 0.5)}[worse]
    assert (line["outcome"], line["score"], line["judge"]["level"]) == (outcome, score, worse)


SWALLOWED = """
import asyncio
import pytest
from model import *

GOOD = '''{good}'''

async def judged(judge, answer="Think."):
    return await judge.judge(answer=answer)

@pytest.mark.dimension("scaffolding")
async def test_coach(evalcase):
    {body}
"""
PASSED_OVER = {
    "passed over": "try: await judged(Judge(LEVELS, Stub('What?')))\n    except Exception: pass",
    "said otherwise": "try: await judged(Judge(LEVELS, Stub('What?')))\n"
    "    except Exception: evalcase.check('scaffolding', False, 'unreadable')",
    "one of two": "judge = Judge(LEVELS, Stub('What?', GOOD))\n"
    "    first, second = await asyncio.gather(judged(judge), judged(judge, 'No.'), return_exceptions=True)\n"
    "    evalcase.take('scaffolding', second)",
    "too slow": "class Slow(Stub):\n"
    "        async def ask(self, *_, **__): await asyncio.sleep(9)\n"
    "    try: await asyncio.wait_for(judged(Judge(LEVELS, Slow())), 0.01)\n"
    "    except TimeoutError: pass",
}
GONE_ON = {
    "asked again": "judge = Judge(LEVELS, Stub('What?', GOOD))\n"
    "    try: said = await judged(judge)\n"
    "    except Exception: said = await judged(judge)\n"
    "    evalcase.take('scaffolding', said)",
    "another stands in": "try: said = await judged(Judge(LEVELS, Stub('What?')))\n"
    "    except Exception: said = await judged(Judge(LEVELS, Stub(GOOD)))\n"
    "    assert said.passed",
}


@pytest.mark.parametrize("name", [*PASSED_OVER, *GONE_ON])
def test_a_judges_error_that_is_caught_makes_no_verdict(name, suite):
    suite.file("model.py", MODEL % (json.dumps(LEVELS), json.dumps(CHECKLIST)))
    suite.file(
        "conftest.py", "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
    )
    suite.bars(BAR)
    body = (PASSED_OVER | GONE_ON)[name]
    suite.file("test_coach.py", SWALLOWED.format(good=graded("excellent"), body=body))
    found = suite.run()

    if name in GONE_ON:
        assert (found.exit, set(found.verdicts.values())) == (0, {"pass"})
        return
    assert (found.exit != 0, set(found.verdicts.values())) == (True, {"error"})
    assert "error" in found.of("trial")[0]
    found.said("could not be judged", "given up (CancelledError)" if name == "too slow" else "answered in words")
