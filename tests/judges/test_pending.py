"""A judge that nobody awaited is an error that says so, and no pass."""

import asyncio

import pytest
from stubs import Scripted, graded, levels

from pytest_evalbars import Judge, adapters


@pytest.fixture
def judge():
    return Judge(levels(), Scripted([graded("excellent"), graded("poor")]))


def test_what_is_not_awaited_is_neither_true_nor_false(judge):
    with pytest.raises(TypeError, match=r"judge\(\.\.\.\) was not awaited: write `await`, or call judge_sync"):
        assert judge.judge(answer="Think.")
    with pytest.raises(TypeError, match="compare_sync"):
        assert not judge.compare(first="a", second="b")
    with pytest.raises(TypeError, match="autoevals_sync"):
        assert adapters.autoevals(object(), answer="a")


@pytest.mark.parametrize(
    "awaited",
    [
        lambda work: work,
        asyncio.create_task,
        lambda work: asyncio.wait_for(work, 5),
        asyncio.ensure_future,
    ],
    ids=["await", "create_task", "wait_for", "ensure_future"],
)
def test_it_is_awaited_as_any_coroutine(judge, awaited):
    async def both():
        first = await awaited(judge.judge(answer="Think."))
        (second,) = await asyncio.gather(judge.judge(answer="Think."))
        return first.passed, second.passed

    assert asyncio.run(both()) == (True, False)


def test_a_time_limit_reaches_it():
    class Slow:
        name = "slow"

        async def ask(self, *_, **__):
            await asyncio.sleep(60)

    async def impatient():
        await asyncio.wait_for(Judge(levels(), Slow()).judge(answer="x"), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())


def test_in_a_case_it_is_an_error_and_no_pass(suite):
    suite.file(
        "test_cases.py",
        """
        import pytest
        from pytest_evalbars import Judge, Rubric

        rubric = Rubric(name="r", task="t", criteria=[{"name": "a", "ask": "b?", "signs": ["c"]}])

        @pytest.mark.dimension("accuracy")
        def test_forgotten():
            assert Judge(rubric).judge(answer="c")
        """,
    )

    ran = suite.run()

    assert (ran.exit, set(ran.verdicts.values())) == (1, {"error"})
    ran.said("judge(...) was not awaited")
