"""The calibration record on disk: what is written is read, and what is broken is told with its line."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pytest_evalbars.calibration.files import load_calibration, write_calibration
from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge, Calibration
from pytest_evalbars.errors import CalibrationError
from pytest_evalbars.run.judged import JudgedBy

ITEM = CalibratedItem(of="0" * 15 + "a", judge="poor", judged=False, human=0.5, raters={"ana": "poor", "ben": "good"})
JUDGE = CalibratedJudge(
    dimension="tone", rubric="tone@1", model="m", prompt="p", calibrated=date(2026, 11, 21), items=(ITEM,)
)
LINE = (
    '{"type": "judge", "dimension": "tone", "rubric": "tone@1", "model": "m", "prompt": "p", '
    '"calibrated": "2026-11-21"}\n'
)
ONE = '{"type": "item", "of": "0123456789abcdef", "judge": "a", "judged": true, "human": 1}\n'
HEAD = '{"type": "calibration", "schema": 1}\n'


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "evals" / "calibration.jsonl"
    write_calibration(path, Calibration(judges=(JUDGE,)))

    found = load_calibration(path)
    assert found.judges == (JUDGE,)
    assert found.find("tone", JudgedBy("tone@1", "m", "p")) == JUDGE
    assert found.find("tone", JudgedBy("tone@2", "m", "p")) is None
    before = path.read_bytes()
    write_calibration(path, found)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no line of it is of type calibration"),
        (HEAD + "{", "line 2: not valid JSON"),
        (HEAD + "[]\n", "line 2: not a line of a record"),
        (HEAD + '{"type": "item", "of": "0123456789abcdef", "judge": "a", "judged": true, "human": 2}', "`human`"),
        (HEAD + '{"type": "item", "of": "0123456789abcdef", "judge": "a", "judged": true, "human": 1}', "before any"),
        (HEAD + '{"type": "judge", "dimension": "tone"}', "`rubric`: field required"),
        (
            HEAD + LINE + ONE + ONE,
            "line 4: the answer 0123456789abcdef stands twice with one",
        ),
        (HEAD + LINE + ONE + LINE, "line 4: the judge m by tone@1 stands twice on tone"),
        (HEAD + LINE + ONE.replace('"human"', '"weight": 1e300, "human"'), "`weight`: input should be less than"),
        (HEAD + LINE + ONE.replace('"human"', '"weight": 1e-300, "human"'), "`weight`: input should be greater than"),
        ('{"type": "calibration", "schema": 9}', "reads up to 1; upgrade it"),
    ],
)
def test_what_is_broken_is_told_with_its_line_and_the_mend(tmp_path, text, words):
    path = tmp_path / "calibration.jsonl"
    path.write_text(text)

    with pytest.raises(CalibrationError) as caught:
        load_calibration(path)
    assert words in str(caught.value)
    assert "evalbars calibrate" in str(caught.value)


def test_a_key_of_a_broken_record_does_nothing_to_a_terminal(tmp_path):
    path = tmp_path / "calibration.jsonl"
    whole = {"dimension": "tone", "rubric": "tone@1", "model": "m", "prompt": "p", "calibrated": "2026-11-21"}
    path.write_text(HEAD + json.dumps({"type": "judge", **whole, "\x1b[31m": 1}))

    with pytest.raises(CalibrationError, match=r"line 2: `\\x1b\[31m`: extra inputs are not permitted"):
        load_calibration(str(path))


def test_a_missing_record_names_the_command_that_writes_it(tmp_path):
    with pytest.raises(CalibrationError, match="no such calibration record; write it anew"):
        load_calibration(tmp_path / "none.jsonl")
