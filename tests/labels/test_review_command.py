"""`evalbars review`: what is drawn from a run, what is written and what a user reads."""

import csv
import json
import sys
from pathlib import Path

import pytest
from drawn_runs import judged, many, plain_page, write

from pytest_evalbars.errors import LabelsError
from pytest_evalbars.judges.load import load_rubric
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.labels.plan import read_plan
from pytest_evalbars.run.reading import load_run

FILES = ("guide.txt", "label-studio.json", "label-studio.xml", "page.html", "plan.json")
TONE = """
name = "tone"
task = "How does it sound to a customer?"
passing = "fine"

[[levels]]
name = "warm"
definition = "Kind, and it shows."

[[levels]]
name = "fine"
definition = "Nobody would complain."

[[levels]]
name = "rude"
definition = "It blames or mocks."
examples = ["Read the manual."]
"""


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """The page is another module's."""
    monkeypatch.setitem(sys.modules, "pytest_evalbars.labels.page", plain_page())


def drawn(suite, *words, lines=None, name="run.jsonl"):
    """The outcome of a review, and its plan."""
    path = write(suite.path / name, many(180, 20) if lines is None else lines)
    outcome = suite.command("review", path, "--out", "sheets", *words)
    return outcome, read_plan(suite.path / "sheets") if outcome.exit == 0 else None


def rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_a_review_is_drawn_and_says_what_comes_next(suite):
    path = write(suite.path / "run.jsonl", many(180, 20))
    outcome = suite.command("review", path)
    (folder,) = (suite.path / ".evalbars" / "reviews").iterdir()

    assert outcome.exit == 0
    outcome.said(
        f"review {folder.name}, drawn from 2026-11-20T22-41-07-3f9c",
        "tone: 100 of 200 answers",
        "judged by m-1 by tone@1",
        "the judge passed 180 and let 20 miss; drawn are 90 and 10",
        "to label as pass or miss: rater-1 100, rater-2 100; 100 items by two raters",
        f"The sheets are in .evalbars/reviews/{folder.name}:",
        "page.html: open it in a browser",
        "`label` takes one of the words above, or unclear",
        "evalbars labels add",
        f"{folder.name}/sheet-rater-1.csv",
    )
    outcome.said("note: raters read no rubric; name the file of the judge's, tone@1, with --rubric")
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        [*FILES, "sheet-rater-1.csv", "sheet-rater-2.csv"]
    )
    assert (suite.path / ".evalbars" / ".gitignore").read_text().endswith("*\n")


def test_a_plan_says_what_was_drawn_and_what_the_judge_said(suite):
    _, plan = drawn(suite)
    run = load_run(suite.path / "run.jsonl")
    (population,) = plan.review.populations
    one = plan.items[0]

    assert population.items == 200
    assert population.digest == digest_of(run.judged.of)
    assert population.words == ("pass", "miss")
    assert sum(each.item.weight for each in plan.items) == pytest.approx(200)
    assert {each.item.category for each in plan.items} == {"refunds", "login"}
    assert {each.item.review for each in plan.items} == {plan.review.id}
    assert one.item.judge.by == run.judged.judges[0]
    assert one.item.judge.chars == len(one.evidence["output"])
    assert set(one.evidence) == {"input", "output"}
    for each in plan.items:
        number = int(each.item.case.removeprefix("case-"))
        assert each.item.judge.passed == (number < 180)
        assert each.item.judge.value == ("pass" if number < 180 else "miss")


def test_the_same_run_draws_the_same_and_another_seed_another(suite):
    plans = [drawn(suite, "--force", *words)[1] for words in ((), (), ("--seed", "7"))]

    assert plans[0] == plans[1]
    assert plans[0].review.id != plans[2].review.id
    assert plans[2].review.seed == 7
    assert {each.item.of for each in plans[0].items} != {each.item.of for each in plans[2].items}


def test_few_misses_are_said_to_tell_little(suite):
    said = "10 answers that the judge let miss, few to tell how well it sees faults; --sample judge-fails"
    drawn(suite)[0].said(said)
    drawn(suite, "--force", "--sample", "judge-fails")[0].never_said("few to tell")
    drawn(suite, "--force", "--items", "300")[0].never_said("few to tell")


def test_what_a_resumed_session_said_last_is_labelled(suite):
    first, again = judged("a", True, output="cut off"), judged("a", True, output="whole")
    first[1] |= {"outcome": "error", "judge": None}
    _, plan = drawn(suite, lines=[*first, {"type": "resume"}, *again])
    assert [each.evidence["output"] for each in plan.items] == ["whole"]
    assert plan.items[0].item.of == again[1]["judge"]["of"]


def test_a_run_that_was_cut_off_can_be_labelled(suite):
    path = write(suite.path / "run.jsonl", many(8, 2))
    path.write_bytes(path.read_bytes()[:-40])
    outcome = suite.command("review", path)
    assert outcome.exit == 0
    outcome.said("note: the run did not come to its end, and what it lacks is not drawn from", "tone: ")


def test_half_of_an_audit_is_what_the_judge_let_miss(suite):
    outcome, plan = drawn(suite, "--items", "30", "--sample", "judge-fails")
    weights = {passed: [] for passed in (True, False)}
    for each in plan.items:
        weights[each.item.judge.passed].append(each.item.weight)

    outcome.said(
        "drawn are 15 and 15", "half are misses on purpose", "the bare share of labels that pass is no pass rate"
    )
    assert plan.review.sample == "judge_fails"
    assert sum(weights[True]) == pytest.approx(180)
    assert sum(weights[False]) == pytest.approx(20)


def test_what_comes_back_from_elsewhere_is_told_where_it_belongs(suite):
    path = write(suite.path / "run.jsonl", many(90, 10))
    suite.command("review", path).said("export labels-....json", "evalbars labels add FILE.json\n")
    suite.command("review", path, "--out", "a b", "--sample", "judge-fails", "--items", "60").said(
        "drawn are 50 and 10", "more are misses on purpose", "evalbars labels add FILE.json --review 'a b'"
    )


def test_a_sample_that_is_too_small_is_said_to_be(suite):
    drawn(suite, "--items", "30")[0].said(
        "note: 30 items labelled by two: how far people agree is told well from 100 on; raise --items"
    )
    drawn(suite, "--force", "--double", "30%")[0].said("30 items by two raters", "from 100 on; raise --double")
    drawn(suite, "--force", lines=many(20, 5))[0].said("25 of 25 answers", "from 100 on; run more cases or trials")
    drawn(suite, "--force", lines=many(290, 10))[0].said("from 200 on, as more than 95% pass; raise --items")
    drawn(suite, "--force", "--raters", "ana")[0].said("ana 100; 0 items", "how far people agree cannot be found out")


def test_raters_label_apart_in_orders_of_their_own(suite):
    _, plan = drawn(suite, "--raters", "ana, ben,Zoë K.", "--double", "40")
    sheets = [rows(suite.path / "sheets" / f"sheet-{name}.csv") for name in ("ana", "ben", "Zoë_K.")]

    assert [len(sheet) for sheet in sheets] in ([47, 47, 46], [47, 46, 47], [46, 47, 47])
    assert {row["rater"] for row in sheets[2]} == {"Zoë K."}
    assert sum(len(each.raters) == 2 for each in plan.items) == 40
    shared = {row["item"] for row in sheets[0]} & {row["item"] for row in sheets[1]}
    orders = [[row["item"] for row in sheet if row["item"] in shared] for sheet in sheets[:2]]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_no_sheet_shows_what_the_judge_said(suite):
    lines = [line for n in range(40) for line in judged(f"known-bad-{n}", n % 2, output=f"A{n}", rubric="secret@1")]
    for line in lines:
        if line["type"] == "trial":
            line["evidence"]["calls"] = [{"answer": "the verdict is secret@1"}]
    _, plan = drawn(suite, lines=lines)

    for name in ("sheet-rater-1.csv", "label-studio.json", "label-studio.xml", "guide.txt"):
        text = (suite.path / "sheets" / name).read_text(encoding="utf-8")
        for word in ("known-bad", "secret@1", "judge", "weight", "t.py"):
            assert word not in text, (name, word)
    assert "secret@1" not in json.dumps([each.evidence for each in plan.items])


def test_trials_of_a_case_come_after_other_cases(suite):
    lines = [line for n in range(30) for t in range(4) for line in judged(f"c{n}", True, trial=t, output=f"{n} {t}")]
    _, plan = drawn(suite, "--items", "30", lines=lines)
    assert len({each.item.case for each in plan.items}) == 30
    assert {each.item.weight for each in plan.items} == {4.0}


def test_raters_read_the_rubric_and_grade(suite):
    suite.file("tone.toml", TONE)
    levels = ("warm", "fine", "rude")
    lines = [line for n in range(30) for line in judged(f"c{n}", n % 3 < 2, output=f"{n}", level=levels[n % 3])]
    outcome, plan = drawn(suite, "--rubric", "tone.toml", lines=lines)
    population, guide = plan.review.population("tone"), plan.guide("tone")

    outcome.said("to label as warm, fine or rude: ")
    outcome.said("note: raters read tone@", ", and the judge judged by tone@1: not the same words")
    assert (population.levels, population.passing) == (levels, ("warm", "fine"))
    assert guide.task == "How does it sound to a customer?"
    assert guide.words["rude"] == "It blames or mocks.\nFor example: Read the manual."
    assert {each.item.judge.value for each in plan.items} == set(levels)
    assert all(population.passes(each.item.judge.value) == each.item.judge.passed for each in plan.items)

    suite.file("rubrics/tone.toml", TONE)
    suite.bars('[tool.evalbars.scales]\nvoice.rubric = "rubrics/tone.toml"')
    _, again = drawn(suite, "--force", lines=lines)
    assert again.guides == plan.guides
    assert again.review.id == plan.review.id
    assert again.review.populations == plan.review.populations

    suite.bars('[tool.evalbars.scales.tone]\nlevels = ["warm", "fine", "rude"]\npassing = "fine"')
    outcome, again = drawn(suite, "--force", lines=lines)
    assert again.review.id != plan.review.id
    assert again.guide("tone").words == {"warm": "passes", "fine": "passes", "rude": "does not pass"}

    suite.bars("")
    outcome, again = drawn(suite, "--force", lines=lines)
    outcome.said("note: the judge grades it, and nothing declares the levels: raters say pass or miss")
    assert {each.item.judge.value for each in again.items} == {"pass", "miss"}


def test_levels_of_another_rubric_are_an_error(suite):
    suite.file("tone.toml", TONE)
    outcome, _ = drawn(suite, "--rubric", "tone.toml", lines=judged("a", True, level="splendid"))
    assert outcome.exit == 4
    outcome.said(
        "tone: the judge graded an answer 'splendid', none of the levels warm > fine > rude; name the rubric"
    )


def test_pairs_are_compared(suite):
    lines = [
        line
        for n in range(30)
        for line in judged(
            f"c{n}", n % 3 < 2, output={"first": f"a{n}", "second": f"b{n}"}, winner=("first", "tie", "second")[n % 3]
        )
    ]
    lines += judged("odd", True, output="only one", winner="first")
    outcome, plan = drawn(suite, lines=lines)
    population = plan.review.population("tone")

    outcome.said("to label as first, tie or second: ", "left out: 1 answer of which no output was recorded")
    assert (population.words, population.passing) == (("first", "tie", "second"), ("first", "tie"))
    assert plan.guide("tone").words["tie"] == "neither is better"
    assert all(population.passes(each.item.judge.value) == each.item.judge.passed for each in plan.items)
    texts = {row["output"] for row in rows_in_full(suite.path / "sheets" / "sheet-rater-1.csv")}
    assert "[first]\na3\n\n[second]\nb3" in texts


def rows_in_full(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_answers_of_a_judge_in_a_real_session(suite):
    suite.file(
        "test_tone.py",
        """
        import pytest
        from pytest_evalbars import Judge, Rubric

        RUBRIC = Rubric(name="tone", task="Is it kind?", criteria=[
            {"name": "kind", "ask": "Is it kind?", "signs": ["thank you"]},
            {"name": "rude", "ask": "Is it rude?", "passes": "no", "signs": ["idiot"]},
        ])

        @pytest.mark.category("mail")
        @pytest.mark.dimension("tone", "length")
        @pytest.mark.parametrize("number", range(12))
        def test_tone(evalcase, number):
            answer = f"Thank you, number {number}." if number % 4 else f"You idiot {number}."
            evalcase.take("tone", Judge(RUBRIC).judge_sync(question="Kind?", answer=answer))
            evalcase.check("length", len(answer) > 16)
        """,
    )
    suite.file(
        "tone.toml",
        """
        name = "tone"
        task = "Is it kind?"
        criteria = [
            {name = "kind", ask = "Is it kind?", signs = ["thank you"]},
            {name = "rude", ask = "Is it rude?", passes = "no", signs = ["idiot"]},
        ]
        """,
    )
    path = suite.run().path
    outcome = suite.command("review", path, "--out", "sheets", "--rubric", "tone.toml")
    plan = read_plan(suite.path / "sheets")

    assert outcome.exit == 0
    outcome.said("tone: 12 of 12 answers", "the judge passed 9 and let 3 miss; drawn are 9 and 3")
    outcome.never_said("length", "not the same words")
    assert plan.guide("tone").criteria == ("Is it kind? (must be yes)", "Is it rude? (must be no)")
    assert plan.guide("tone").words == {
        "pass": "all questions are answered as they should be",
        "miss": "anything else",
    }
    assert {each.evidence["input"] for each in plan.items} == {"Kind?"}

    outcome = suite.command("review", path, "--out", "others", "--dimension", "length", "--dimension", "tone")
    plan = read_plan(suite.path / "others")
    outcome.said("length: 12 of 12 answers", "the test passed", "tone: 12 of 12")
    assert [each.dimension for each in plan.guides] == ["length", "tone"]
    assert [each.item.judge is None for each in plan.items] == [True] * 12 + [False] * 12


def test_without_judges_all_dimensions_are_drawn_from(suite):
    lines = [line | {"judge": None} for n in range(5) for line in judged(f"c{n}", True, output=f"{n}")]
    outcome, plan = drawn(suite, lines=lines)
    _, again = drawn(suite, "--force", lines=lines)

    outcome.said("note: no judge gave any verdict of this run: all dimensions are drawn from", "the test passed 5")
    assert plan == again
    assert len({each.item.of for each in plan.items}) == 5
    assert {each.item.judge for each in plan.items} == {None}


def test_verdicts_without_a_judge_stand_aside_where_a_judge_gave_others(suite):
    lines = [line for n in range(5) for line in judged(f"c{n}", True, output=f"{n}")]
    lines += [line | {"judge": None} for line in judged("checked", True)]
    outcome, plan = drawn(suite, lines=lines)

    outcome.said("tone: 5 of 5 answers", "not drawn from: 1 verdict that no judge gave")
    assert plan.review.populations[0].digest == digest_of([int(each.item.of, 16) for each in plan.items])


def test_answers_that_nobody_recorded_are_left_out(suite):
    lines = many(8, 2) + [line for n in range(3) for line in judged(f"mute-{n}", True, output=None)]
    outcome, plan = drawn(suite, lines=lines)

    outcome.said("tone: 10 of 13 answers", "left out: 3 answers of which no output was recorded", "evalcase.record(")
    assert sum(each.item.weight for each in plan.items) == pytest.approx(13)


def test_a_dimension_without_anything_to_show_is_said_and_the_others_are_drawn(suite):
    lines = many(8, 2) + judged("mute", True, dimension="length", output=None)
    outcome, plan = drawn(suite, lines=lines)

    outcome.said("tone: 10 of 10 answers", "length: 0 of 1 answer", "judged by m-1", "left out: 1 answer")
    assert [each.dimension for each in plan.review.populations] == ["tone"]


@pytest.mark.parametrize(
    ("lines", "words", "said"),
    [
        (judged("a", True, output=None), (), "no answer on tone can be labelled"),
        ([], (), "has no verdict, pass or miss, so that there is nothing to label"),
        (many(3, 1), ("--dimension", "tune"), 'tune is no dimension of this run; did you mean "tone"?'),
        (many(3, 1), ("--by", "langage"), "--by langage: no case has such a label"),
        (many(3, 1), ("--raters", "ana,,ben"), "names nobody in one place"),
        (many(3, 1), ("--raters", "ana,Ana"), "'Ana' is named twice"),
        (many(3, 1), ("--raters", "a/b,a b"), "would be one file, sheet-a_b.csv"),
        (many(3, 1), ("--raters", "settled,ana"), "'settled' is what raters agree on"),
        (many(3, 1), ("--raters", "a\x1b[31m"), "is no name"),
        (many(3, 1), ("--double", "most"), "neither all, nor a share such as 30%, nor a number"),
        (many(3, 1), ("--raters", "ana", "--double", "3"), "one rater cannot label twice"),
        (many(3, 1), ("--rubric", "gone.toml"), "gone.toml: cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_error(suite, lines, words, said):
    outcome, _ = drawn(suite, *words, lines=lines)
    assert outcome.exit == 4
    outcome.said("ERROR: ", said)
    assert not (suite.path / "sheets").exists()


@pytest.mark.parametrize("words", [("--items", "0"), ("--items", "many"), ("--seed", "-1"), ("--sample", "best")])
def test_words_that_mean_nothing_are_usage_errors(suite, words):
    with pytest.raises(SystemExit) as caught:
        drawn(suite, *words)
    assert caught.value.code == 4


def test_a_rubric_of_nothing_that_is_drawn_is_an_error(suite):
    suite.file("tone.toml", TONE.replace('"tone"', '"tune"'))
    outcome, _ = drawn(suite, "--rubric", "tone.toml")
    assert outcome.exit == 4
    outcome.said("--rubric: nothing is drawn of 'tune', which it is of; did you mean \"tone\"?")


def test_a_rubric_is_found_by_the_judge_that_judged_by_it(suite):
    """One rubric is of two dimensions; of two that are named, the very version that judged is read."""
    suite.file("old.toml", TONE)
    suite.file("new.toml", TONE.replace("Kind", "Very kind"))
    rubric = load_rubric(suite.path / "old.toml").id
    said = {"rubric": rubric, "level": "fine"}
    lines = judged("a", True, **said) + judged("b", True, dimension="safety", output="2", **said)
    outcome, plan = drawn(suite, "--rubric", "old.toml", lines=lines)
    outcome.never_said("raters read")
    assert [guide.words["warm"] for guide in plan.guides] == ["Kind, and it shows."] * 2

    outcome, _ = drawn(suite, "--rubric", "old.toml", "--rubric", "new.toml", lines=lines)
    assert outcome.exit == 4
    outcome.said("--rubric: nothing is drawn of 'tone', which it is of")
    lines = judged("a", True, rubric="tone@0", level="fine")
    outcome, _ = drawn(suite, "--rubric", "old.toml", "--rubric", "new.toml", lines=lines)
    assert outcome.exit == 4
    outcome.said("--rubric: tone@", " and tone@", " are both of tone; name one of them")


def test_what_people_labelled_is_not_written_over(suite):
    drawn(suite)
    (suite.path / "sheets" / "sheet-rater-1.csv").write_text("labelled", encoding="utf-8")
    outcome, _ = drawn(suite)

    assert outcome.exit == 4
    outcome.said("is there already, and people may have labelled in it", "--force", "Nothing was written")
    assert (suite.path / "sheets" / "sheet-rater-1.csv").read_text(encoding="utf-8") == "labelled"
    assert drawn(suite, "--force")[0].exit == 0
    assert len(rows(suite.path / "sheets" / "sheet-rater-1.csv")) == 100


def test_a_full_disk_leaves_nothing(suite, monkeypatch):
    replace = Path.replace

    def full(path, target):
        if Path(target).name == "label-studio.xml":
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    outcome, _ = drawn(suite)

    assert outcome.exit == 4
    outcome.said("label-studio.xml: cannot be written: No space left on device; nothing of the review was written")
    assert not (suite.path / "sheets").exists()


def test_a_folder_that_is_none_is_said(suite):
    suite.file("sheets", "a file")
    outcome, _ = drawn(suite)
    assert outcome.exit == 4
    outcome.said("sheets", "cannot be written", "nothing of the review was written")


def test_a_run_of_several_files_is_one_population(suite):
    for number in range(2):
        lines = [line for n in range(5) for line in judged(f"c{number}-{n}", True, output=f"{number} {n}")]
        write(suite.path / f"{number}.jsonl", lines, run=f"../run {number}")
    outcome = suite.command("review", "0.jsonl", "1.jsonl", "--json")
    said = json.loads(outcome.out)
    plan = read_plan(suite.path / said["folder"])

    assert outcome.exit == 0
    assert plan.review.of == ("../run 0", "../run 1")
    assert said["dimensions"][0]["population"] == 10
    assert said["dimensions"][0]["judges"] == [{"rubric": "tone@1", "model": "m-1", "prompt": "p"}]
    assert Path(said["folder"]).parent == Path(".evalbars/reviews")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such plan of a review"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "nested too deeply to be read"),
        ("[]", "not a plan of a review"),
        ('{"review": {"schema": 9}}', "its schema is 9, this pytest-evalbars reads up to 1; upgrade it"),
        ('{"guides": [], "items": []}', "`review`: field required"),
        (b"\xff\xfe", "not a plan of a review"),
    ],
)
def test_a_plan_that_is_none(tmp_path, text, said):
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LabelsError, match=r"plan\.json: .*") as caught:
        read_plan(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["items"].append(raw["items"][0]), "stands there twice on 'tone'"),
        (lambda raw: raw.update(guides=[]), "nothing says what can be said on 'tone'"),
        (lambda raw: raw["items"][0]["item"].update(of="xyz"), "`items.0.item.of`: "),
        (lambda raw: raw["items"][0]["item"].update(weight=0), "`items.0.item.weight`: "),
    ],
)
def test_a_plan_that_does_not_hold_together(suite, change, said):
    drawn(suite, lines=many(3, 1))
    path = suite.path / "sheets" / "plan.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(LabelsError) as caught:
        read_plan(path)
    assert said in str(caught.value)
