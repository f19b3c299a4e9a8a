"""Case files as their authors write them: what a test gets of a good one, and every word about a bad one."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_evalbars.cases.files import CaseFileError, read_cases
from pytest_evalbars.errors import EvalbarsError


@pytest.fixture(autouse=True)
def _inside_tmp_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, text):
    path = Path(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(name, text):
    with pytest.raises(CaseFileError) as caught:
        read_cases(write(name, text))
    return str(caught.value)


def facts(row):
    return row.id, row.category, row.status, row.dimensions, dict(row.labels), row.cluster


# -- good files -----------------------------------------------------------------------------------------

FULL = ("refund-1", "refunds", "capability", ("accuracy", "tone"), {"language": "es", "set": "hard"}, "doc-7")
BARE = ("7", None, None, (), {}, None)

JSONL = """\
{"id": "refund-1", "category": "refunds", "status": "capability", "dimension": ["accuracy", "tone"], \
"labels": {"language": "es", "set": "hard"}, "cluster": "doc-7", "question": "Can I, really?"}

{"id": 7, "category": null, "question": "line\\nbreak"}
"""
CSV = """\
id,category,status,dimension,labels.language,labels.set,cluster,question
refund-1,refunds,capability,accuracy; tone,es,hard,doc-7,"Can I, really?"

7,,,,,,,"line
break"
,,,,,,,
"""
YAML = """\
- id: refund-1
  category: refunds
  status: capability
  dimension: [accuracy, tone]
  labels: {language: es, set: hard}
  cluster: doc-7
  question: Can I, really?

- id: 7
  category:
  question: |-
    line
    break
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("q.jsonl", JSONL, (1, 3)),
        ("q.ndjson", JSONL, (1, 3)),
        ("q.JSONL", "\ufeff" + JSONL.replace("\n", "\r\n"), (1, 3)),
        ("q.jsonl", JSONL.rstrip("\n"), (1, 3)),
        ("q.csv", CSV, (2, 4)),
        ("q.csv", "\ufeff" + CSV, (2, 4)),
        ("q.yaml", YAML, (1, 9)),
        ("q.yml", "\ufeff# rows\n---\n" + YAML, (3, 11)),
    ],
)
def test_every_format_says_the_same(name, text, lines):
    path = write(name, text)

    first, second = read_cases(path)

    assert (facts(first), facts(second)) == (FULL, BARE)
    assert first["question"] == "Can I, really?"
    assert second["question"] == "line\nbreak"
    assert lines == (first.line, second.line)
    assert path.absolute() == first.path


def test_csv_rows_take_the_form_of_jsonl_rows():
    (jsonl, _), (table, _) = read_cases(write("q.jsonl", JSONL)), read_cases(write("q.csv", CSV))

    assert dict(jsonl) == dict(table)


def test_csv_cells_of_free_columns_stay_as_they_are():
    (row,) = read_cases(write("q.csv", "id,n,empty,label\na, 007 ,,spam\n"))

    assert dict(row) == {"id": "a", "n": " 007 ", "empty": "", "label": "spam"}


def test_csv_without_a_value_in_a_reserved_column_has_no_such_key():
    (row,) = read_cases(write("q.csv", "id,category,labels.language,dimension\na, ,,tone;\n"))

    assert dict(row) == {"id": "a", "dimension": ["tone"]}


def test_csv_cells_may_be_longer_than_the_csv_module_likes():
    limit = csv.field_size_limit()

    (row,) = read_cases(write("q.csv", f"id,document\na,{'x' * 1_000_000}\n"))

    assert len(row["document"]) == 1_000_000
    assert limit == csv.field_size_limit()


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20 10:00:00", "2026-11-20 10:00:00"),
        ("no", "no"),
        ("On", "On"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("1e5", "1e5"),
        ('"5"', "5"),
        ("'null'", "null"),
        ("5", 5),
        ("-5", -5),
        ("0.5", 0.5),
        ("1.0e+3", 1000.0),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("Null", None),
        ("", None),
        ("=", "="),
        ("<<", "<<"),
        ("[1, [x]]", [1, ["x"]]),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_yaml_knows_what_json_knows(plain, value):
    (row,) = read_cases(write("q.yaml", f"- id: a\n  value: {plain}\n"))

    assert value == row["value"]
    assert type(value) is type(row["value"])


def test_label_values_become_texts():
    (row,) = read_cases(
        write("q.jsonl", '{"id": "a", "labels": {"n": 1, "x": 0.5, "yes": true, "no": false, "s": "t"}}'),
    )

    assert dict(row.labels) == {"n": "1", "x": "0.5", "yes": "true", "no": "false", "s": "t"}


def test_a_dimension_given_twice_is_one():
    (row,) = read_cases(write("q.jsonl", '{"id": "a", "dimension": ["tone", "accuracy", "tone"]}'))

    assert row.dimensions == ("tone", "accuracy")


def test_nulls_of_reserved_fields_are_absent():
    text = json.dumps({"id": 1} | dict.fromkeys(("category", "status", "dimension", "labels", "cluster")))

    (row,) = read_cases(write("q.jsonl", text))

    assert facts(row) == ("1", None, None, (), {}, None)


@pytest.mark.parametrize(
    "free",
    [
        {"label": "spam"},
        {"stats": {"wins": 3}},
        {"stats": "3 wins"},
        {"table": {"a": 1}},
        {"categories": "x"},
        {"category_2": "x"},
        {"my_category": "x"},
        {"ids": [1]},
        {"dimensions": 3},
        {"dimensions": "x", "dimension": "y"},
        {"state": "Ohio"},
        {"": 1},
        {"\ud800": "\udfff"},
        {"labels.language": "es"},
    ],
)
def test_free_keys_stay_free(free):
    (row,) = read_cases(write("q.jsonl", json.dumps({"id": "a"} | free)))

    assert {"id": "a"} | free == dict(row)


def test_lines_of_a_megabyte_are_read():
    rows = [{"id": number, "document": "é\ud800\x07" * 200_000} for number in range(2)]

    assert rows == [dict(row) for row in read_cases(write("q.jsonl", "\n".join(map(json.dumps, rows))))]


# -- rows -----------------------------------------------------------------------------------------------


@pytest.fixture
def row():
    (row,) = read_cases(write("q.jsonl", '{"id": "refund-1", "turns": [{"who": ["user"]}], "n": null}'))
    return row


def test_a_row_is_a_mapping(row):
    assert list(row) == ["id", "turns", "n"]
    assert len(row) == 3
    assert "turns" in row
    assert "category" not in row
    assert row.get("category", "fallback") == "fallback"
    assert repr(row) == "<case refund-1>"
    assert json.dumps(dict(row)) == '{"id": "refund-1", "turns": [{"who": ["user"]}], "n": null}'


def test_no_test_can_change_what_the_next_one_reads(row):
    row["turns"][0]["who"].append("assistant")
    dict(row)["turns"].clear()

    assert row["turns"] == [{"who": ["user"]}]
    with pytest.raises(TypeError):
        row["id"] = "other"
    with pytest.raises(TypeError):
        row.labels["language"] = "es"
    with pytest.raises(AttributeError, match=r"^<case refund-1> is read-only; change a copy of it, dict\(case\)$"):
        row.id = "other"


def test_rows_are_told_apart_by_identity(row):
    os.utime("q.jsonl", ns=(0, 0))
    (again,) = read_cases(Path("q.jsonl"))

    assert row == row  # noqa: PLR0124 - that is the question
    assert row != again
    assert dict(row) == dict(again)
    assert len({row, again}) == 2


def test_a_missing_key_says_what_there_is(row):
    with pytest.raises(KeyError) as caught:
        row["question"]

    assert caught.value.args == ("question",)
    assert caught.value.__notes__ == ['<case refund-1> (q.jsonl, line 1) has "id", "turns", "n"']


# -- bad rows: the message after `q.jsonl, line 1` ----------------------------------------------------------

EVERY_ROW = "give each row an id of its own, which stays when rows are moved"
UNFOLLOWED = "anchors and aliases (&a, *a) are not followed; write it out, or put it in quotes"
UNFIT = "is not a number that a test can use; write null, or put it in quotes"
STATUS = "(capability, regression or saturated)"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # Not a row.
        (
            '{"id": "a" "b": 1}',
            ": not valid JSON: Expecting ',' delimiter (column 12); a row is one object on one line",
        ),
        (
            "{",
            (
                ": not valid JSON: Expecting property name enclosed in double quotes (column 2);"
                " a row is one object on one line"
            ),
        ),
        ("[1]", ': a list is not a row; a row has keys, as in {"id": "refund-1"}'),
        ('"id"', ': "id" is not a row; a row has keys, as in {"id": "refund-1"}'),
        ("null", ': null is not a row; a row has keys, as in {"id": "refund-1"}'),
        ("true", ': true is not a row; a row has keys, as in {"id": "refund-1"}'),
        ('{"id": "a", "q": 1, "q": 2}', ': the key "q" stands twice; keep one of them'),
        ('{"id": "a", "x": {"q": 1, "q": 2}}', ': the key "q" stands twice; keep one of them'),
        (
            '{"id": "a", "q": NaN}',
            f": NaN {UNFIT}",
        ),
        (
            '{"id": "a", "q": -Infinity}',
            f": -Infinity {UNFIT}",
        ),
        (
            '{"id": "a", "q": 1e999}',
            f": 1e999 {UNFIT}",
        ),
        (f'{{"id": "a", "q": {"1" * 5000}}}', ": holds a number of too many digits; put it in quotes"),
        ('{"id": "a", "q": ' + "[" * 100_000, ": is nested too deeply to be read"),
        # Ids.
        ('{"question": "?"}', f', field "id": is missing; {EVERY_ROW}'),
        ("{}", f', field "id": is missing; {EVERY_ROW}'),
        ('{"id": null}', f', field "id": is missing; {EVERY_ROW}'),
        ('{"id": ""}', f', field "id": is empty; {EVERY_ROW}'),
        ('{"id": true}', ', field "id": true is not a text; put it in quotes'),
        ('{"id": 1.5}', ', field "id": 1.5 is not a text; put it in quotes'),
        ('{"id": ["a"]}', ', field "id": a list is not a text; write one'),
        ('{"id": " a"}', ', field "id": " a" starts or ends with white space; remove it'),
        ('{"id": "a\\n"}', ', field "id": "a\\n" starts or ends with white space; remove it'),
        ('{"id": "a\\nb"}', ', field "id": "a\\nb" holds a control character (U+000A); remove it'),
        (
            '{"id": "a\\u001b[2Jb"}',
            ', field "id": "a\\x1b[2Jb" holds a control character (U+001B); remove it',
        ),
        ('{"id": "a\\ud800"}', ', field "id": "a\\ud800" holds a control character (U+D800); remove it'),
        ('{"id": "a\\u200bb"}', ', field "id": "a\\u200bb" holds a character that does not print; remove it'),
        (
            '{"id": "a::b"}',
            ', field "id": "a::b" holds "::", which separates the parts of a node id; write it otherwise',
        ),
        (f'{{"id": "{"x" * 201}"}}', f', field "id": "{"x" * 60}..." has 201 characters; 200 are allowed'),
        (f'{{"id": {"1" * 201}}}', f', field "id": "{"1" * 60}..." has 201 characters; 200 are allowed'),
        # Other fields.
        (
            '{"id": 1, "status": "regresion"}',
            f', field "status": "regresion" is not a status; did you mean "regression"? {STATUS}',
        ),
        (
            '{"id": 1, "status": "Saturated "}',
            f', field "status": "Saturated " is not a status; did you mean "saturated"? {STATUS}',
        ),
        ('{"id": 1, "status": "done"}', f', field "status": "done" is not a status {STATUS}'),
        ('{"id": 1, "status": "\\ud800"}', f', field "status": "\\ud800" is not a status {STATUS}'),
        ('{"id": 1, "status": 3}', ', field "status": 3 is not a text; put it in quotes'),
        ('{"id": 1, "category": ""}', ', field "category": is empty; write a name, or leave it out'),
        ('{"id": 1, "category": 2026}', ', field "category": 2026 is not a text; put it in quotes'),
        ('{"id": 1, "category": {}}', ', field "category": a mapping is not a text; write one'),
        (
            '{"id": 1, "category": "a\\u202eb"}',
            ', field "category": "a\\u202eb" holds a control character (U+202E); remove it',
        ),
        (
            '{"id": 1, "category": "x\\ty"}',
            ', field "category": "x\\ty" holds a control character (U+0009); remove it',
        ),
        ('{"id": 1, "cluster": 1.5}', ', field "cluster": 1.5 is not a text; put it in quotes'),
        (
            '{"id": 1, "cluster": "\\udfff"}',
            ', field "cluster": "\\udfff" holds a control character (U+DFFF); remove it',
        ),
        ('{"id": 1, "dimension": 5}', ', field "dimension": 5 is not a name; write one, or a list of names'),
        (
            '{"id": 1, "dimension": {}}',
            ', field "dimension": a mapping is not a name; write one, or a list of names',
        ),
        (
            '{"id": 1, "dimension": []}',
            ', field "dimension": is an empty list; name a dimension, or leave it out',
        ),
        ('{"id": 1, "dimension": ""}', ', field "dimension": is empty; write a name, or leave it out'),
        ('{"id": 1, "dimension": ["tone", 5]}', ', field "dimension": 5 is not a text; put it in quotes'),
        (
            '{"id": 1, "dimension": ["tone", "\\u0000"]}',
            ', field "dimension": "\\x00" holds a control character (U+0000); remove it',
        ),
        (
            '{"id": 1, "labels": "x"}',
            ', field "labels": "x" is not a mapping; write one, as in {"language": "es"}',
        ),
        (
            '{"id": 1, "labels": ["x"]}',
            ', field "labels": a list is not a mapping; write one, as in {"language": "es"}',
        ),
        (
            '{"id": 1, "labels": {"status": "x"}}',
            ', field "labels.status": is a field of the row itself, not a label; move it out of the labels',
        ),
        (
            '{"id": 1, "labels": {"k": null}}',
            ', field "labels.k": null is not a text, a number, true or false',
        ),
        (
            '{"id": 1, "labels": {"k": [1]}}',
            ', field "labels.k": a list is not a text, a number, true or false',
        ),
        (
            '{"id": 1, "labels": {"k": "a\\nb"}}',
            ', field "labels.k": "a\\nb" holds a control character (U+000A); remove it',
        ),
        ('{"id": 1, "labels": {"": "a"}}', ', field "labels.": is empty; write a name, or leave it out'),
        (
            '{"id": 1, "labels": {"\\u0007": "a"}}',
            ', field "labels.\\x07": "\\x07" holds a control character (U+0007); remove it',
        ),
        # Keys that are almost reserved.
        (
            '{"id": 1, "categroy": "x"}',
            ', field "categroy": did you mean "category"? Rename the key if it means something else',
        ),
        (
            '{"id": 1, "Category": "x"}',
            ', field "Category": did you mean "category"? Rename the key if it means something else',
        ),
        (
            '{"id": 1, "dimensions": ["x"]}',
            ', field "dimensions": did you mean "dimension"? Rename the key if it means something else',
        ),
        (
            '{"id": 1, "lables": {"x": 1}}',
            ', field "lables": did you mean "labels"? Rename the key if it means something else',
        ),
        (
            '{"id": 1, "label": {"x": 1}}',
            ', field "label": did you mean "labels"? Rename the key if it means something else',
        ),
        (
            '{"id": 1, "satus": "Regression"}',
            ', field "satus": did you mean "status"? Rename the key if it means something else',
        ),
        ('{"ID": 1}', ', field "ID": did you mean "id"? Rename the key if it means something else'),
    ],
)
def test_a_bad_row(line, message):
    assert f"q.jsonl, line 1{message}" == complaint("q.jsonl", line)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question\nx\n", f', line 1: has no column "id"; {EVERY_ROW}'),
        ("ID,question\na,b\n", ', line 1: has no column "id"; rename "ID" if it is meant'),
        ("id;question\na;b\n", ', line 1: has no column "id"; save the file with commas between its cells'),
        ("id\tquestion\na\tb\n", ', line 1: has no column "id"; save the file with commas between its cells'),
        ("id,,b\n", ", line 1: column 2 has no name; name it, or delete it"),
        ("\nid,b,b\n", ', line 2: the column "b" stands twice; rename or delete one'),
        ("id,labels\n", ', line 1: the column "labels": did you mean "labels.language"?'),
        ("id,Label.set\n", ', line 1: the column "Label.set": did you mean "labels.set"?'),
        ("id,b\na,b\na,b,c\n", ', line 3: has 3 cells, the header 2; quote texts with commas: "a, b"'),
        ('id,b\n"a",b\n\na\n', ', line 4: has 1 cells, the header 2; quote texts with commas: "a, b"'),
        (
            'id,b\na,"x\ny"\nb,"c"d\n',
            (
                ", line 4: not valid CSV: ',' expected after '\"';"
                ' a text with a quote is quoted, and its quotes doubled: "a ""b"""'
            ),
        ),
        (
            'id,b\na,"x\ny\n',
            (
                ", line 2: not valid CSV: unexpected end of data;"
                ' a text with a quote is quoted, and its quotes doubled: "a ""b"""'
            ),
        ),
        ("id,b\n,b\n", f', line 2, field "id": is empty; {EVERY_ROW}'),
        (
            "id,dimension\na,;\n",
            ', line 2, field "dimension": is an empty list; name a dimension, or leave it out',
        ),
        (
            "id,labels.status\na,x\n",
            (', line 2, field "labels.status": is a field of the row itself, not a label; move it out of the labels'),
        ),
        ("id,labels.\na,x\n", ', line 2, field "labels.": is empty; write a name, or leave it out'),
        (
            "id,category\na, x\n",
            ', line 2, field "category": " x" starts or ends with white space; remove it',
        ),
        (
            "id,Categories,catgory\na,x,y\n",
            ', line 2, field "catgory": did you mean "category"? Rename the key if it means something else',
        ),
    ],
)
def test_a_bad_csv_file(text, message):
    assert f"q.csv{message}" == complaint("q.csv", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases:\n- id: a\n", ', line 1: is not a list of rows; start each row with "- id:"'),
        ("# one\ntext\n", ', line 2: is not a list of rows; start each row with "- id:"'),
        ("- id: a\n- b\n", ', line 2: "b" is not a row; a row has keys, as in {"id": "refund-1"}'),
        ("- id: a\n  q: 1\n  q: 2\n", ', line 1: the key "q" stands twice; keep one of them'),
        ("- id: a\n  1: x\n", ", line 1: 1 is a key but not a text; put it in quotes"),
        ("- id: a\n  ? [x]\n  : y\n", ", line 1: a list is a key but not a text; put it in quotes"),
        (
            "- id: a\n  q: .nan\n",
            f", line 2: .nan {UNFIT}",
        ),
        (
            "- id: a\n  q: -.inf\n",
            f", line 2: -.inf {UNFIT}",
        ),
        ("- id: a\n  q: &x 1\n- id: b\n  q: *x\n", f", line 2: {UNFOLLOWED}\nq.yaml, line 4: {UNFOLLOWED}"),
        (
            "- id: a\n  q: !!python/object/apply:os.system [x]\n",
            ", line 2: tags (!a) are not obeyed; remove it, or put the text in quotes",
        ),
        ("- id: a\n---\n- id: b\n", ", line 3: starts a second document; keep all rows in one list"),
        (
            "- id: a\n  q: b: c\n",
            (
                ", line 2: not valid YAML: mapping values are not allowed in this context;"
                " put texts with signs in quotes"
            ),
        ),
        (
            "- id: a\n  q: é\n  p: \x07\n",
            ", line 3: not valid YAML: holds a control character (U+0007); remove it",
        ),
        ("- " * 5000, ": is nested too deeply to be read"),
        ("[" * 5000, ": is nested too deeply to be read"),
        ("- category: x\n", f', line 1, field "id": is missing; {EVERY_ROW}'),
        (
            "- id: a\n  status:\n- id: b\n  status: yes\n",
            f', line 3, field "status": "yes" is not a status {STATUS}',
        ),
    ],
)
def test_a_bad_yaml_file(text, message):
    assert f"q.yaml{message}" == complaint("q.yaml", text)


def test_yaml_reads_the_same_without_libyaml(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")

    first, second = read_cases(write("q.yaml", YAML))

    assert (facts(first), facts(second)) == (FULL, BARE)
    assert (
        complaint(
            "q.yaml",
            '- "\\ud800"',
        )
        == 'q.yaml, line 1: "\\ud800" is not a row; a row has keys, as in {"id": "refund-1"}'
    )
    assert (
        complaint(
            "q.yaml",
            "- é\n- \x07",
        )
        == "q.yaml, line 2: not valid YAML: holds a control character (U+0007); remove it"
    )


def test_yaml_without_pyyaml(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    assert complaint("q.yaml", YAML) == "q.yaml: reading YAML needs PyYAML; pip install 'pytest-evalbars[yaml]'"


# -- whole files ----------------------------------------------------------------------------------------


def test_the_first_five_bad_rows_are_told():
    lines = [json.dumps({"id": number, "status": "regresion"}) for number in range(7)]
    told = f'"regresion" is not a status; did you mean "regression"? {STATUS}'

    message = complaint("q.jsonl", "\n".join(["{}}", '{"id": "good"}', *lines]))

    assert [
        "q.jsonl, line 1: not valid JSON: Extra data (column 3); a row is one object on one line",
        *(f'q.jsonl, line {number}, field "status": {told}' for number in (3, 4, 5, 6)),
        "and 3 more bad rows",
    ] == message.splitlines()
    assert complaint("q.jsonl", "[]\n" * 6).endswith("\nand 1 more bad row")


def test_an_error_knows_its_place():
    with pytest.raises(EvalbarsError) as caught:
        read_cases(write("q.jsonl", '{"id": 1}\n{}'))

    assert (Path("q.jsonl").absolute(), 2) == (caught.value.path, caught.value.line)


def test_the_same_id_twice():
    assert complaint("q.jsonl", '{"id": 7}\n\n{"id": "7"}\n{"id": 7}').splitlines() == [
        'q.jsonl, line 3, field "id": "7" is the id of line 1 too; give each row an id of its own',
        'q.jsonl, line 4, field "id": "7" is the id of line 1 too; give each row an id of its own',
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("q.txt", "x", ": is not a case file; their names end in .jsonl, .ndjson, .csv, .yaml, .yml"),
        ("q", "x", ": is not a case file; their names end in .jsonl, .ndjson, .csv, .yaml, .yml"),
        ("q.jsonl", "", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.jsonl", " \r\n\n", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.csv", "", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.csv", "id,question\n,\n", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.yaml", "# soon\n", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.yaml", "[]", ": holds no rows; add some, or do not name it in a cases marker"),
        ("q.csv", b"id\na\ncaf\xe9\n", ', line 3: is not UTF-8; save it as "UTF-8" or "CSV UTF-8"'),
        (
            "q.jsonl",
            '{"id": 1}'.encode("utf-16"),
            ', line 1: is not UTF-8; save it as "UTF-8" or "CSV UTF-8"',
        ),
        ("q\x1b[2J\n.jsonl", "", ": holds no rows; add some, or do not name it in a cases marker"),
    ],
)
def test_a_bad_file(name, text, message):
    place = name.replace("\x1b", "\\x1b").replace("\n", "\\n")

    assert place + message == complaint(name, text)


def test_a_missing_file():
    with pytest.raises(CaseFileError) as caught:
        read_cases(Path("evals") / ".." / "q.jsonl")

    assert str(caught.value) == "q.jsonl: there is no such file; paths start at the folder of the test file"
    assert caught.value.line is None


def test_a_folder(tmp_path):
    (tmp_path / "cases.csv").mkdir()
    with pytest.raises(CaseFileError, match=r"^cases\.csv: is a folder; name the case files in it$"):
        read_cases(Path("cases.csv"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for():
    os.mkfifo("q.csv")
    with pytest.raises(CaseFileError, match=r"^q\.csv: is not a case file; their names end in "):
        read_cases(Path("q.csv"))


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(CaseFileError, match=r"^loop\.csv: cannot be read: Too many levels of symbolic links$"):
        read_cases(Path("loop.csv"))
    with pytest.raises(CaseFileError, match=r"^a\\x00b\.csv: cannot be read: embedded null byte$"):
        read_cases(Path("a\0b.csv"))

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert complaint("q.csv", CSV) == "q.csv: cannot be read: Permission denied"


def test_a_file_outside_of_the_working_directory_is_told_in_full(tmp_path, monkeypatch):
    path = write("q.csv", "").absolute()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    with pytest.raises(CaseFileError) as caught:
        read_cases(Path("../q.csv"))

    assert str(caught.value).startswith(f"{path}: holds no rows;")


def test_a_file_is_read_once_until_it_changes(tmp_path):
    path = write("q.jsonl", '{"id": 1}')
    (tmp_path / "link.jsonl").symlink_to(path.name)

    first = read_cases(path)

    assert first is read_cases(path)
    assert first is read_cases(Path("../") / tmp_path.name / path)
    assert first is read_cases(Path("link.jsonl"))

    path.write_text('{"id": 22}')

    assert read_cases(path)[0].id == "22"


def test_a_file_is_known_by_its_own_name_not_by_what_it_links_to(tmp_path):
    write("blob", '{"id": 1}\n{}')
    (tmp_path / "q.jsonl").symlink_to("blob")
    with pytest.raises(CaseFileError, match=r"^q\.jsonl, line 2, "):
        read_cases(Path("q.jsonl"))


def test_importing_the_reader_costs_nothing():
    code = "import sys; old = {*sys.modules}; import pytest_evalbars.cases.files; print(*{*sys.modules} - old)"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    packages = {name.partition(".")[0] for name in answer.stdout.split()}
    assert packages - sys.stdlib_module_names == {"pytest_evalbars"}


def test_hostile_width_is_no_burden():
    columns = [f"column{number}" for number in range(100_000)]
    twice = json.dumps(dict.fromkeys(columns))[:-1] + ', "column99999": 1}'

    (row,) = read_cases(write("q.csv", f"id,{','.join(columns)}\na{',' * len(columns)}\n"))

    assert len(row) == 100_001
    assert complaint("q.jsonl", twice) == 'q.jsonl, line 1: the key "column99999" stands twice; keep one of them'


# -- properties -----------------------------------------------------------------------------------------

printable = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
ids = printable.filter(lambda text: "::" not in text)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
free_keys = st.text(min_size=1, max_size=8).map("x_{}".format)
reserved = {
    "category": printable,
    "status": st.sampled_from(["capability", "regression", "saturated"]),
    "dimension": st.lists(printable, min_size=1, max_size=3, unique=True),
    "labels": st.dictionaries(printable.map("l_{}".format), printable, min_size=1, max_size=3),
    "cluster": printable,
}


def rows_of(free):
    row = st.builds(
        lambda case_id, fields, rest: {"id": case_id} | fields | rest,
        ids,
        st.fixed_dictionaries({}, optional=reserved),
        st.dictionaries(free_keys, free, max_size=3),
    )
    return st.lists(row, min_size=1, max_size=5, unique_by=lambda row: row["id"])


def read_from(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_cases(path)


def as_yaml(rows):
    # Through JSON, so that nothing is shared and written as an alias.
    return yaml.safe_dump(json.loads(json.dumps(rows)), sort_keys=False)


@given(rows_of(values), st.booleans())
def test_what_is_written_as_jsonl_is_read(rows, ascii_only):
    found = read_from("q.jsonl", "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows))

    assert rows == [dict(row) for row in found]
    assert [row.get("labels", {}) for row in rows] == [dict(row.labels) for row in found]
    assert [tuple(row.get("dimension", ())) for row in rows] == [row.dimensions for row in found]


@given(rows_of(values))
def test_what_pyyaml_writes_is_read(rows):
    found = read_from("q.yaml", as_yaml(rows))

    assert rows == [dict(row) for row in found]


@given(rows_of(st.text(min_size=1)))
def test_the_format_makes_no_difference(rows):
    # A cell of a CSV file separates dimensions by semicolons, so none can hold one.
    assume(not any(";" in name for row in rows for name in row.get("dimension", ())))
    flat = []
    for row in rows:
        labels = {f"labels.{key}": value for key, value in row.get("labels", {}).items()}
        names = {"dimension": ";".join(row["dimension"])} if "dimension" in row else {}
        flat.append({key: value for key, value in row.items() if key != "labels"} | labels | names)
    header = dict.fromkeys(key for row in flat for key in row)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "q.csv")
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, header)
            writer.writeheader()
            writer.writerows(flat)
        from_csv = read_cases(table)

    from_jsonl = read_from("q.jsonl", "\n".join(map(json.dumps, rows)))
    from_yaml = read_from("q.yaml", as_yaml(rows))

    assert list(map(facts, from_jsonl)) == list(map(facts, from_yaml))
    assert list(map(facts, from_jsonl)) == list(map(facts, from_csv))


hostile = st.binary() | st.text().map(str.encode) | st.text("{}[]\":,;idx0-1.eE\\u\n \t#&*!|>'").map(str.encode)


@settings(max_examples=300)
@given(
    st.sampled_from([".jsonl", ".csv", ".yaml"]),
    st.sampled_from([b"", b"id,x\n", b"- id: ", b'{"id": ']),
    hostile,
)
def test_whatever_stands_in_a_file_is_rows_or_a_case_file_error(suffix, start, rest):
    message, found = "", ()
    try:
        found = read_from(f"q{suffix}", start + rest)
    except CaseFileError as error:
        message = str(error)

    assert bool(message) != bool(found)
    assert message.replace("\n", "").isprintable()
    assert len({row.id for row in found}) == len(found)
