"""A report tells how each dimension went over the last whole runs; the session's own comes last, and once."""

import json

from past_runs import write_run

from pytest_evalbars.report import past

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n'


def trends(path):
    """What the run file's report says of dimensions over time."""
    (line,) = [each for each in map(json.loads, path.read_text().splitlines()) if each["type"] == "report"]
    return line["trends"]


def test_a_session_tells_the_trend_of_held_cases(suite, monkeypatch):
    monkeypatch.setattr(past, "LAST", 4)
    suite.bars(BAR).cases(9, 10)
    runs = suite.path / ".evalbars" / "runs"
    for day in range(1, 7):
        said = {f"c{n}": "p" if n < day else "m" for n in range(25)}
        write_run(runs, day, said, exit_code=day % 2, started=f"2020-11-{day:02}T10:00:00Z")
    # What is a part of the cases, or did not come to its end, is no trend.
    write_run(runs, 26, {"c0": "m"}, left_out=["c1", "c2"], started="2020-11-26T10:00:00Z")
    write_run(runs, 27, {"c0": "m"}, end=False, started="2020-11-27T10:00:00Z")
    assert suite.command("history").exit == 0
    result = suite.run()
    (trend,) = trends(result.path)
    points = trend["points"]
    assert (trend["dimension"], trend["kind"], len(points)) == ("accuracy", "held", 5)
    assert [each["started"][:10] for each in points[:2]] == ["2020-11-03", "2020-11-04"]
    assert [each["rate"] for each in points[:-1]] == [day / 25 for day in range(3, 7)]
    assert (points[0]["exit_code"], points[1]["exit_code"]) == (1, 0)
    now = points[-1]
    assert (now["run"], now["rate"], now["cases"], now["exit_code"]) == (result.path.stem, 0.9, 10, 0)
    assert now["interval"][0] < 0.9 < now["interval"][1]
    told = json.loads(suite.command("report", result.path, "--stage=testing", "--json").out)
    assert told["trends"] == [trend]  # decided anew, it is not its own past


def test_a_broken_history_costs_no_report(suite):
    suite.bars(BAR).cases(9, 10)
    (suite.path / ".evalbars").mkdir()
    (suite.path / ".evalbars" / "history.db").write_text("no database at all" * 100)
    result = suite.run()
    assert result.exit == 0
    assert trends(result.path) == []


def test_a_run_that_is_a_part_is_no_point_of_a_trend(suite):
    suite.bars(BAR).cases(8, 10)
    suite.run()
    assert len(trends(suite.run().path)[0]["points"]) == 2
    for arguments in (("-k", "case-008"), ("--evalbars-missed",)):
        result = suite.run(*arguments)
        assert trends(result.path) == []
        assert json.loads(suite.command("report", result.path, "--stage=testing", "--json").out)["trends"] == []
