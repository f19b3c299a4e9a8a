"""Evidence that is kept as digests, or not at all: no word that a model wrote reaches a file of ours."""

import hashlib
import re

import pytest

from pytest_evalbars import load_run
from pytest_evalbars.cases.keeping import digest_of
from pytest_evalbars.run.evidence import evidence_note

BARS = """
evidence = "{}"
keep_calls = true

[[bar]]
dimension = "accuracy"
at_least = 0.9
"""

#: A word that only the model says, made where no line of the test holds it.
WORD = "zebrafish"

SUITE = """
import json, pytest
WORD = "zebra" + "fish"

class Ruling:
    passed, score, level, reason = False, 0.25, None, "the judge quotes " + WORD
    shown = {"input": "a question on " + WORD, "output": WORD}
    provenance = {"rubric": "r@1", "model": "m", "prompt": "0" * 8, "of": "1" * 16, "chars": 3,
                  "votes": [{"reason": WORD, "level": "poor"}] * 3}

class Undecided(Ruling):
    undecided = "no verdict: " + WORD

@pytest.fixture
def setting(n):
    if n == 9:
        raise OSError(WORD)

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(13))
def test_ways(n, evalcase, setting):
    evalcase.record(input=WORD, output={WORD: [WORD, n % 2]}, context=None)
    if n == 0:
        assert WORD == "a cat"
    elif n == 1:
        evalcase.check("accuracy", False, "said " + WORD)
    elif n == 2:
        evalcase.score("accuracy", 0.1, passing=0.5, reason=WORD)
    elif n == 3:
        evalcase.take("accuracy", Ruling())
    elif n == 4:
        evalcase.check("accuracy", True, WORD)
    elif n == 5:
        raise ValueError(WORD)
    elif n == 6:
        evalcase.score("accuracy", WORD)
    elif n == 7:
        evalcase.check(WORD, False)
    elif n == 8:
        pytest.skip(WORD)
    elif n == 10:
        evalcase.take("accuracy", Undecided())
    elif n == 11:
        pytest.fail(WORD)
    elif n == 12:
        evalcase.check("accuracy", False)
"""


def hold(suite, mode, *arguments):
    suite.bars(BARS.format(mode)).file("test_x.py", SUITE)
    return suite.run(*arguments)


def words_on_disk(suite):
    """The files of ours in which the model's word stands; what pytest keeps of its own is pytest's."""
    ours = [*(suite.path / ".evalbars").rglob("*"), *suite.path.glob("out.*")]
    return [path.name for path in ours if path.is_file() and WORD.encode() in path.read_bytes()]


def reasons(result):
    return {line["case"].partition("[")[2].rstrip("]"): line["reason"] for line in result.of("observation")}


def test_whole_evidence_is_the_default(suite):
    result = hold(suite, "keep")
    assert WORD in reasons(result)["0"]
    assert "evidence" not in result.of("header")[0]
    assert evidence_note(load_run(result.path)) == ""


@pytest.mark.parametrize(
    ("mode", "further"), [("off", ()), ("hash", ()), pytest.param("off", ("-n", "2"), marks=pytest.mark.slow)]
)
def test_no_word_of_the_model_reaches_a_file(suite, monkeypatch, mode, further):
    monkeypatch.delenv("EVALBARS_NO_HISTORY")
    result = hold(suite, mode, "--evalbars-html=out.html", *further)
    suite.command("report", result.path, "-o", "out.json", "-o", "out.txt")
    assert words_on_disk(suite) == []
    outcomes = [line["outcome"] for line in result.of("observation")]
    assert {word: outcomes.count(word) for word in set(outcomes)} == {"pass": 1, "miss": 6, "error": 5, "skipped": 1}
    assert result.of("header")[0]["evidence"] == mode
    # The judge is still named, and so is what it judged.
    (judge,) = [line["judge"] for line in result.of("observation") if line["case"].endswith("[3]")]
    assert (judge["of"], judge["votes"][0]) == ("1" * 16, {"level": "poor"})


def test_what_is_off_tells_only_where(suite):
    result = hold(suite, "off")
    assert [line["evidence"] for line in result.of("trial")] == [{}] * 13
    told = reasons(result)
    line = {number: n for n, words in enumerate(SUITE.splitlines(), 1) for number in re.findall(r"n == (\d+)", words)}
    assert told["0"] == f'assert WORD == "a cat" (test_x.py:{line["0"] + 1})'
    assert told["1"] == f"not kept (test_x.py:{line['1'] + 1})"
    assert told["2"] == f"not kept (test_x.py:{line['2'] + 1}); score 0.1 is below 0.5"
    assert told["5"] == f"ValueError: raise ValueError(WORD) (test_x.py:{line['5'] + 1})"
    assert told["6"] == f"score(...) makes no sense; its values are not kept (test_x.py:{line['6'] + 1})"
    assert told["7"] == f"a verdict makes no sense; its values are not kept (test_x.py:{line['7'] + 1})"
    assert told["9"] == f"OSError: raise OSError(WORD) (test_x.py:{line['9'] + 1})"
    assert told["11"] == f"pytest.fail(WORD) (test_x.py:{line['11'] + 1})"
    assert told["12"] == ""


def test_digests_tell_what_is_equal(suite):
    result = hold(suite, "hash")
    evidence = [line["evidence"] for line in result.of("trial") if line["evidence"]]
    expected = f"sha256:{hashlib.sha256(WORD.encode()).hexdigest()[:16]}, 9 characters"
    assert {each["input"] for each in evidence if "question" not in each} == {expected}
    assert len({each["output"] for each in evidence}) == 2
    assert reasons(result)["1"].startswith(f"{digest_of('said ' + WORD)} (test_x.py:")


def test_the_command_line_goes_before_the_bars_file(suite):
    assert hold(suite, "keep", "--evalbars-evidence=off").of("header")[0]["evidence"] == "off"
    assert "evidence" not in hold(suite, "off", "--evalbars-evidence=keep").of("header")[0]


def test_a_mode_that_there_is_not(suite):
    result = hold(suite, "none")
    assert result.exit == 4
    result.said('`evidence`: "none" is none of keep, hash, off')


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        ("off", 'evidence and reasons were not kept (evidence = "off")'),
        ("hash", 'evidence and reasons were kept as digests only (evidence = "hash")'),
    ],
)
def test_a_run_without_evidence_cannot_be_reviewed(suite, mode, note):
    result = hold(suite, mode)
    assert evidence_note(load_run(result.path)) == note
    told = suite.command("review", result.path)
    assert told.exit == 4
    told.said(f"no answer on accuracy can be labelled: {note}; run it again with --evalbars-evidence=keep")


def test_a_resumed_run_says_that_a_part_was_not_kept(suite):
    result = hold(suite, "keep")
    suite.cut(trials=4)
    again = suite.run("--evalbars-resume", "--evalbars-evidence=off")
    assert again.exit != 4, again.out
    note = evidence_note(load_run(result.path))
    assert note == 'evidence and reasons were in a part of this run not kept (evidence = "off")'


@pytest.mark.slow
def test_calls_of_models_are_kept_as_digests(suite):
    pytest.importorskip("litellm")
    suite.bars(BARS.format("hash"), ini='filterwarnings = ["ignore"]')
    suite.file(
        "test_x.py",
        """
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_x():
            said = [{"role": "user", "content": "zebra" + "fish"}]
            litellm.completion("openai/gpt-x", said, mock_response="zebra" + "fish")
        """,
    )
    for mode in ("hash", "off"):
        result = suite.run(f"--evalbars-evidence={mode}")
        (trial,) = result.of("trial")
        assert words_on_disk(suite) == []
        assert trial["calls"]["models"]
        shown = {"model": "gpt-x", "answer": digest_of(WORD)}
        if mode == "hash":
            assert {key: trial["evidence"]["calls"][0][key] for key in shown} == shown
        else:
            assert trial["evidence"] == {}


@pytest.mark.parametrize("value", [{1: 2, "a": 3}, float("nan"), {1, 2}, "\ud800", b"raw", object])
def test_anything_has_a_digest(value):
    assert re.fullmatch(r"sha256:[0-9a-f]{16}, \d+ characters", digest_of(value))


def test_endless_things_have_a_digest():
    loop = []
    loop.append(loop)
    assert digest_of(loop) == digest_of(loop)


def test_a_huge_output_keeps_the_session_and_the_file_small(suite):
    suite.file(
        "test_x.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(3))
        def test_x(n, evalcase):
            huge = ("é" if n else "x") * 50_000_000
            evalcase.record(output=huge if n < 2 else [huge, {"a": huge}])
            evalcase.check("accuracy", False, huge)
        """,
    )
    result = suite.run()
    assert len(result.of("observation")) == 3
    assert result.path.stat().st_size < 1_000_000
    evidence = [line["evidence"]["output"] for line in result.of("trial")]
    assert evidence[0].endswith("x ... [49950000 more characters]")
    assert result.of("observation")[0]["reason"].endswith("x ... [49998000 more characters]")
