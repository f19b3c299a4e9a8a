"""Statuses change in case files: exactly where they must, in the row's own way of writing, or not at all."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_evalbars.cases.files import read_cases
from pytest_evalbars.lifecycle.apply import Change, apply

QUARANTINE = {"owner": "ann", "reason": 'flaky: "4 of 9"', "until": "2027-01-31"}


def change(case, status, file="q.jsonl"):
    return Change(case, "t.py::test_x", file, status, QUARANTINE if status == "quarantined" else None)


def edited(name, text, case, status):
    """What a file holds after a change, and why the change was not made."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text.encode())
        applied = apply(Path(folder), [change(case, status, name)], write=True)
        return path.read_bytes().decode(), [why for _, why in applied.failed]


JSON_QUARANTINE = r'"quarantine": {"owner": "ann", "reason": "flaky: \"4 of 9\"", "until": "2027-01-31"}'


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ('{"id": "a", "status": "capability", "q": 1}', "regression", '{"id": "a", "status": "regression", "q": 1}'),
        ('{"id": "a", "status": null}', "saturated", '{"id": "a", "status": "saturated"}'),
        ('{"id": "a", "q": 1}', "regression", '{"id": "a", "status": "regression", "q": 1}'),
        ('{"id":"a","q":1}', "regression", '{"id":"a","status":"regression","q":1}'),
        ('{"q":1,"id":"a"}', "regression", '{"q":1,"id":"a","status":"regression"}'),
        ('{"id": "a"}', "regression", '{"id": "a", "status": "regression"}'),
        ('{"id":"a"}', "regression", '{"id":"a","status":"regression"}'),
        (
            ' {"x": {"status": "capability"} ,"\\u0069d" : "\\u0061" , "sta\\u0074us"\t:  "capability" }\r',
            "regression",
            ' {"x": {"status": "capability"} ,"\\u0069d" : "\\u0061" , "sta\\u0074us"\t:  "regression" }\r',
        ),
        ('{"q": "\\"status\\": \\"capability\\"", "id": "a"}', "saturated", None),
        (
            '{"id": "a", "status": "regression"}',
            "quarantined",
            f'{{"id": "a", "status": "regression", {JSON_QUARANTINE}}}',
        ),
        ('{"id": "a", "q": "é"}', "quarantined", f'{{"id": "a", {JSON_QUARANTINE}, "q": "é"}}'),
        (f'{{"id": "a", {JSON_QUARANTINE}}}', "regression", '{"id": "a", "status": "regression"}'),
        (f'{{{JSON_QUARANTINE}, "id": "a"}}', "regression", '{"id": "a", "status": "regression"}'),
        (
            f'{{"id": "a", {JSON_QUARANTINE}}}',
            "capability",
            f'{{"id": "a", "status": "capability", {JSON_QUARANTINE}}}',
        ),
        (
            '{"id": "a", "quarantine": {"owner": "bob", "reason": "old", "until": "2026-01-01"}, "q": 1}',
            "quarantined",
            f'{{"id": "a", {JSON_QUARANTINE}, "q": 1}}',
        ),
    ],
)
def test_a_line_of_jsonl_keeps_its_form(before, status, after):
    others = '\ufeff{"id": "0", "status": "capability"}\n\n', '\n{"id": "z", "status": "capability"}'
    if after is None:
        after = before[:-1] + f', "status": "{status}"}}'

    assert (f"{others[0]}{after}{others[1]}", []) == edited("q.jsonl", f"{others[0]}{before}{others[1]}", "a", status)


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("id,status,q\na,capability,1\n", "regression", "id,status,q\na,regression,1\n"),
        ("id,status,q\na,,1", "regression", "id,status,q\na,regression,1"),
        ('\ufeff"q","id","status"\r\n"x, ""y""\r\nz","a","capability"\r\n', "saturated", None),
        ("q,id,status\r\n\r\n,,\r\n x ,a, \r\n", "saturated", "q,id,status\r\n\r\n,,\r\n x ,a,saturated\r\n"),
        (
            "id,quarantine.owner,quarantine.until,quarantine.reason\na,,,\nb,,,\n",
            "quarantined",
            'id,quarantine.owner,quarantine.until,quarantine.reason\na,ann,2027-01-31,"flaky: ""4 of 9"""\nb,,,\n',
        ),
        (
            'id,status,quarantine.owner,quarantine.until,quarantine.reason\na,,ann,"2027-01-31",x\n',
            "regression",
            'id,status,quarantine.owner,quarantine.until,quarantine.reason\na,regression,,"",\n',
        ),
    ],
)
def test_a_cell_of_csv_keeps_its_quotes(before, status, after):
    after = before.replace("capability", status) if after is None else after

    assert (after, []) == edited("q.csv", before, "a", status)


def test_a_table_without_the_column_stays_as_it_is_and_says_which_to_add():
    text = "id,q\na,1\n"

    after, (why,) = edited("q.csv", text, "a", "regression")
    assert after == text
    assert why == 'the file has nowhere to write it; add a column "status"'

    after, (why,) = edited("q.csv", "id,quarantine.owner\na,\n", "a", "quarantined")
    assert why == 'the file has nowhere to write it; add columns "quarantine.reason", "quarantine.until"'


YAML_QUARANTINE = r'quarantine: {owner: "ann", reason: "flaky: \"4 of 9\"", until: "2027-01-31"}'


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("- id: a # x\n  status: capability  # why\n", "regression", "- id: a # x\n  status: regression  # why\n"),
        ("- status: 'capability'\n  id: a\n", "regression", "- status: 'regression'\n  id: a\n"),
        ('-   id: a  # x\n    q: {status: "capability"}', "saturated", None),
        ("- id: a", "saturated", "- id: a\n  status: saturated"),
        ("- q: 1\r\n  id: a\r\n- id: b\r\n", "saturated", "- q: 1\r\n  id: a\r\n  status: saturated\r\n- id: b\r\n"),
        ("- id: a\n  status:   # none\n  q: 1\n", "saturated", "- id: a\n  status: saturated   # none\n  q: 1\n"),
        ("- {id: a, status: , q: 1}\n", "saturated", "- {id: a, status: saturated, q: 1}\n"),
        ("- {id: a, status, q: 1}\n", "saturated", "- {id: a, status: saturated, q: 1}\n"),
        ("- {q: é😀, id: a}\n", "saturated", "- {q: é😀, id: a, status: saturated}\n"),
        ('[{"id":"a","q":1}]', "saturated", '[{"id":"a", "status": "saturated","q":1}]'),
        (
            "- id: a\n  status: |-\n    capability\n\n  q: 1\n",
            "saturated",
            "- id: a\n  status: saturated\n\n  q: 1\n",
        ),
        ("- ? id\n  : a\n  ? status\n  : capability\n", "saturated", "- ? id\n  : a\n  ? status\n  : saturated\n"),
        ("- id: a\n  q: 1", "quarantined", f"- id: a\n  {YAML_QUARANTINE}\n  q: 1"),
        ("- {id: a}", "quarantined", f"- {{id: a, {YAML_QUARANTINE}}}"),
        (f"- id: a\n  {YAML_QUARANTINE}  # gone\n  q: 1", "regression", "- id: a\n  status: regression\n  q: 1"),
        (f"- id: a\n  status: regression\n  {YAML_QUARANTINE}", "regression", "- id: a\n  status: regression"),
        (f"- {YAML_QUARANTINE}\n  id: a\n", "regression", "- id: a\n  status: regression\n"),
        (f"- {{id: a, {YAML_QUARANTINE}}}\n", "regression", "- {id: a, status: regression}\n"),
        (
            "- id: a\n  quarantine:\n    owner: b\n    until: 2026-01-01\n    reason: >\n      so\n\n  # q\n  q: 1\n",
            "regression",
            "- id: a\n  status: regression\n\n  # q\n  q: 1\n",
        ),
        (
            "- id: a\n  quarantine:\n    owner: bob\n    reason: old\n    until: 2026-01-01 # x\n  # of q\n  q: 1\n",
            "quarantined",
            f"- id: a\n  quarantine:\n    {YAML_QUARANTINE.removeprefix('quarantine: ')} # x\n  # of q\n  q: 1\n",
        ),
    ],
)
def test_a_row_of_yaml_keeps_its_form(before, status, after):
    after = before.replace("# x\n", "# x\n    status: saturated\n") if after is None else after

    assert (after, []) == edited("q.yaml", before, "a", status)
    assert (f"\ufeff# all\n{after}", []) == edited("q.yml", f"\ufeff# all\n{before}", "a", status)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("q.jsonl", '{"id": "b"}\n', "no row of this id"),
        ("q.jsonl", '{"id": "a", "status": "capability", "status": "saturated"}\n', 'key "status" stands twice'),
        ("q.jsonl", '{"id": "a"}\n{"id": "a"}\n', '"a" is the id of line 1 too'),
        ("q.jsonl", '{"id": "a"\n', "not valid JSON"),
        ("q.jsonl", "", "holds no rows"),
        ("q.jsonl", '{"id": "a", "x": ' + "[" * 100_000 + "}", "nested too deeply"),
        ("q.csv", 'id,status\na,"capability\n', "not valid CSV"),
        ("q.csv", "id,status\na,\x00\n", "is not a status"),
        ("q.yaml", "- &x id: a\n", "anchors and aliases"),
        ("q.yaml", "- id: !!python/name:os.system a\n", "tags"),
        ("q.yaml", "- id: |-\n    a\n", "the id is written with |; write it on one line"),
        ("q.yaml", "- id: a\n  q: [\n", "not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_edited_stays_as_it_is_and_is_told(name, text, why):
    after, (said,) = edited(name, text, "a", "saturated")

    assert after == text
    assert why in said


# -- any rows -------------------------------------------------------------------------------------------

FILE_TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
IDS = st.lists(
    st.text("aé-_ 1,\"':#{}[]", min_size=1, max_size=5).map(str.strip), min_size=1, max_size=5, unique=True
)
WORDS = ("capability", "regression", "saturated")


@st.composite
def rows(draw, values, keys):
    """Rows with ids, often a status, and anything else in any order."""
    found = []
    for name in draw(IDS.filter(all)):
        row = {
            "id": name,
            **{f"k{key}": value for key, value in draw(st.dictionaries(keys, values, max_size=3)).items()},
        }
        if draw(st.booleans()):
            row["status"] = draw(st.sampled_from(WORDS))
        found.append({key: row[key] for key in draw(st.permutations(list(row)))})
    return found


def only_the_status_changes(name, text, found, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text.encode())
        before = [dict(row) for row in read_cases(path)]
        place = data.draw(st.integers(0, len(before) - 1))
        status = data.draw(st.sampled_from([word for word in WORDS if word != before[place].get("status")]))
        applied = apply(Path(folder), [change(found[place]["id"], status, name)], write=True)
        assert applied.failed == []
        after = [dict(row) for row in read_cases(path)]
        assert [*before[:place], {**before[place], "status": status}, *before[place + 1 :]] == after
        return text, path.read_bytes().decode(), place


def differing(before, after):
    """How many lines of two texts of as many lines differ."""
    old, new = before.split("\n"), after.split("\n")
    assert len(old) == len(new)
    return sum(a != b for a, b in zip(old, new, strict=True))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FILE_TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FILE_TEXT | st.just("status"), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=30)
@given(
    rows(JSON, FILE_TEXT),
    st.booleans(),
    st.sampled_from([None, (",", ":"), (" ,\t", "  : ")]),
    st.sampled_from(["\n", "\r\n"]),
    st.data(),
)
def test_of_any_jsonl_one_line_changes(found, escaped, separators, newline, data):
    text = newline.join(json.dumps(row, ensure_ascii=escaped, separators=separators) for row in found)

    before, after, _ = only_the_status_changes("q.jsonl", text, found, data)

    assert differing(before, after) == 1


@settings(max_examples=30)
@given(rows(CELLS, CELLS), st.booleans(), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_of_any_csv_one_cell_changes(found, quoted, newline, data):
    columns = list(dict.fromkeys(["status", *(key for row in found for key in row)]))
    stream = io.StringIO(newline="")
    breaks = any(sign in word for row in found for pair in row.items() for word in pair for sign in "\r\n")
    quoting = csv.QUOTE_ALL if quoted or breaks else csv.QUOTE_MINIMAL  # which leaves some breaks without quotes
    writer = csv.DictWriter(stream, columns, lineterminator=newline, quoting=quoting)
    writer.writeheader()
    writer.writerows(found)

    before, after, place = only_the_status_changes("q.csv", stream.getvalue(), found, data)

    old, new = (list(csv.reader(io.StringIO(text, newline=""))) for text in (before, after))
    differ = [(y, x) for y, row in enumerate(old) for x, cell in enumerate(row) if new[y][x] != cell]
    assert len(differ) == 1
    assert differ[0][1] == columns.index("status")
    assert place < len(old)


@settings(max_examples=30)
@given(rows(JSON, FILE_TEXT), st.sampled_from([None, True, False]), st.sampled_from(["\n", "\r\n"]), st.data())
def test_of_any_yaml_one_line_changes_or_comes(found, flow, newline, data):
    text = yaml.safe_dump(found, default_flow_style=flow, line_break=newline, sort_keys=False, allow_unicode=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "q.yaml")
        path.write_bytes(text.encode())
        try:
            read_cases(path)
        except Exception:  # noqa: BLE001 - what our reader takes more narrowly than PyYAML
            assume(False)

    before, after, _ = only_the_status_changes("q.yaml", text, found, data)

    new = after.split("\n")
    if len(new) == len(before.split("\n")):
        assert differing(before, after) == 1
    else:
        assert any(before == "\n".join([*new[:n], *new[n + 1 :]]) for n in range(len(new)))
