"""What a run knows of verdicts that judges gave: by what, of what, and how long it was."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_evalbars.errors import RunFileError
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.run.columns import Run
from pytest_evalbars.run.judged import JudgedBy

BY = {"rubric": "tone@1", "model": "m-1", "prompt": "p"}


def row(case, of=None, **judge):
    said = {"case": case, "dimension": "tone", "outcome": "pass"}
    return said | ({"judge": {**BY, "of": of, **judge}} if of else {})


def test_a_run_knows_which_judge_gave_which_verdict():
    run = Run.from_observations([row("a", "0" * 15 + "a", chars=7), row("b"), row("c", "f" * 16, model="m-2")])

    assert run.judged.judges == (JudgedBy("tone@1", "m-1", "p"), JudgedBy("tone@1", "m-2", "p"))
    assert run.judged.by.tolist() == [0, -1, 1]
    assert run.judged.of.tolist() == [10, 0, 2**64 - 1]
    assert run.judged.chars.tolist() == [7, -1, -1]


def test_a_run_without_judges_has_no_such_columns():
    assert Run.from_observations([row("a")]).judged is None


def test_a_judge_that_votes_is_another_judge():
    run = Run.from_observations([row("a", "0" * 16, votes=[{}, {}, {}])])
    assert run.judged.judges == (JudgedBy("tone@1", "m-1 (3 votes)", "p"),)


def test_a_hash_that_is_none_is_told():
    with pytest.raises(
        RunFileError, match=r"line 1: not a line of a run file: judge\.of is 'abc', not 16 hex digits"
    ):
        Run.from_observations([row("a", "abc")])


def test_the_digest_of_a_sample_does_not_depend_on_the_order():
    codes = np.array([3, 2**64 - 1, 1, 1], np.uint64)
    assert digest_of(codes) == digest_of(codes[::-1])
    assert digest_of(codes) != digest_of(codes[:3])


def test_what_a_judge_saw_is_kept_for_those_who_label(suite):
    suite.file(
        "test_tone.py",
        """
        import pytest
        from pytest_evalbars import Judge, Rubric

        RUBRIC = Rubric(name="tone", task="Is it kind?", criteria=[
            {"name": "kind", "ask": "Is it kind?", "signs": ["thank you"]},
        ])

        @pytest.mark.dimension("tone")
        def test_tone(evalcase):
            evalcase.record(input="as I say it")
            evalcase.take("tone", Judge(RUBRIC).judge_sync(question="as the judge reads it", answer="Thank you."))
        """,
    )
    outcome = suite.run()

    (trial,), (said,) = outcome.of("trial"), outcome.of("observation")
    assert outcome.exit == 0
    assert trial["evidence"] == {"input": "as I say it", "output": "Thank you."}
    assert said["judge"]["chars"] == len("Thank you.")
    assert len(said["judge"]["of"]) == 16
