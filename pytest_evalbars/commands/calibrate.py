"""`evalbars calibrate`: hold judges against people's labels, and write what is known of them.

With `--json` it prints: `schema` 1; `exit_code`; `confidence` of all intervals; the files `labels` and `calibration`;
`written`, whether the latter was; `notes`; and `dimensions`, a list of `dimension`, `usable` (whether each judge that
was asked about can be relied on), `raters`, `judges`, `unjudged` (labelled items of which no nameable judge said
anything), `unlabelled` (judges of the runs none of whose answers is labelled), `drawn` and `left` (items of reviews,
and those of them without a label that tells), `left_out` (categories of which none has one) and `look` (items to look
at). What `raters` and each of `judges` hold is said in `calibration.findings`; `look` in `calibration.to_look_at`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.declared import add_words, declared
from pytest_evalbars.commands.words import number_of, print_lines
from pytest_evalbars.errors import CalibrationError
from pytest_evalbars.gate.verdict import UNDECIDED
from pytest_evalbars.labels.places import CALIBRATION, LABELS
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.calibration.asking_again import Again
    from pytest_evalbars.calibration.by_dimension import Dimension
    from pytest_evalbars.calibration.record import CalibratedJudge, Calibration
    from pytest_evalbars.calibration.verdicts import Verdict
    from pytest_evalbars.labels.store import Labels

#: Items that a judge is asked again about.
AGAIN = 50
#: How to come by a record where the one that is there cannot be read.
MEND = "restore it, or delete it and calibrate anew (judges that only it knew need their runs named again)"


def add(commands: Any) -> None:
    """Declare the command's words."""
    calibrate = commands.add_parser(
        "calibrate", help="hold judges against people's labels, and say how far they agree"
    )
    word = calibrate.add_argument
    word(
        "runs",
        nargs="*",
        type=Path,
        metavar="RUN",
        help="run files whose judges are calibrated, too, where they judged answers that are labelled",
    )
    word("--labels", type=Path, metavar="FILE", help=f"default: `human_labels` of the bars, or {LABELS}")
    word(
        "--out", type=Path, metavar="FILE", help=f"the record; default: `calibration` of the bars, else {CALIBRATION}"
    )
    word("--dimension", action="append", default=[], metavar="NAME", help="only this one")
    add_words(calibrate)
    word("--dry-run", action="store_true", help="write nothing")
    word(
        "--rejudge",
        nargs="?",
        type=number_of("items"),
        const=AGAIN,
        metavar="N",
        help=f"ask the judge again about N labelled answers of the runs ({AGAIN}); needs --rubric and --model",
    )
    word("--rubric", type=Path, metavar="FILE", help="with --rejudge: what it judges by")
    word("--model", metavar="NAME", help="with --rejudge: its model, as litellm names it, or offline")
    word("--json", action="store_true", help="print what was found out as JSON")
    word("-v", "--verbose", action="store_true", help="name every item to look at, and earlier judges")
    calibrate.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Calibrate; the exit code is 10 where a judge that was asked about cannot be relied on, or there is none."""
    from pytest_evalbars.calibration.by_dimension import Given, find_out, record_of  # noqa: PLC0415
    from pytest_evalbars.calibration.files import write_calibration  # noqa: PLC0415
    from pytest_evalbars.calibration.joining import join  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.store import read_labels  # noqa: PLC0415

    _check_words(options)
    bars = declared(options)
    folder = options.bars if options.bars and options.bars.is_dir() else (options.bars or Path()).parent
    place = options.labels or Path(bars.human_labels or folder / LABELS)
    out = options.out or Path(bars.calibration or folder / CALIBRATION)
    labels = read_labels(place)
    dimensions = _dimensions(options, labels, place)
    before = _before(out)
    verdicts = _verdicts(options.runs)
    again = _again(options, labels, verdicts)
    joined = join(labels, verdicts, before, datetime.now(UTC).date())
    found = find_out(Given(labels, verdicts, before, bars.confidence, again), joined, dimensions)
    # With --dimension nothing is said of others, and they stay as they are.
    asked = [judge for judge in before.judges if not options.dimension or judge.dimension in dimensions]
    gone = [judge for judge in joined.gone if judge in asked]
    record = record_of(found, [judge for judge in before.judges if judge not in asked], bars.confidence)
    notes = [*map(_of_gone, gone), *([] if again is None else _of_again(again, found))]
    code = 0 if all(each.usable for each in found) else UNDECIDED
    failed = None
    written = not options.dry_run and bool(record.judges or before.judges)
    if written:
        try:
            write_calibration(out, record)
        except CalibrationError as error:  # what was found out is printed all the same
            failed, written = error, False
    if written and bars.calibration is None and options.out is None:
        notes.append(f'the gate reads it where the bars say `calibration = "{CALIBRATION}"`')
    _print(options, found, bars.confidence, (place, out), notes, code=code, written=written)
    if failed is not None:
        raise failed
    return code


def _check_words(options: argparse.Namespace) -> None:
    """See that the words go together.

    Raises:
        CalibrationError: they do not.
    """
    given = [f"--{word}" for word in ("rubric", "model") if getattr(options, word) is not None]
    if options.rejudge is None and given:
        raise CalibrationError(f"calibrate: {' and '.join(given)} goes with --rejudge")
    if options.rejudge is not None and not (len(given) == 2 and options.runs):
        raise CalibrationError(
            "calibrate: --rejudge needs --rubric FILE and --model NAME, the judge that is asked again, and the RUN "
            "whose answers it judges"
        )


def _dimensions(options: argparse.Namespace, labels: Labels, place: Path) -> list[str]:
    """The dimensions that are asked for.

    Raises:
        CalibrationError: there is none, or no such.
    """
    from pytest_evalbars.calibration.by_dimension import dimensions_of  # noqa: PLC0415
    from pytest_evalbars.config.nearest import nearest  # noqa: PLC0415
    from pytest_evalbars.config.table import shown  # noqa: PLC0415

    known = dimensions_of(labels)
    if not known:
        raise CalibrationError(f"{shown(place)}: it has no labels of answers; add some with `evalbars labels add`")
    for name in options.dimension:
        if name not in known:
            raise CalibrationError(safe(f'{shown(place)}: no label is on "{name}"{nearest(name, known)}'))
    return [name for name in known if name in options.dimension] if options.dimension else known


def _before(out: Path) -> Calibration:
    """The record so far; an empty one where there is none.

    Raises:
        CalibrationError: it cannot be read.
    """
    from pytest_evalbars.calibration.files import AGAIN, load_calibration  # noqa: PLC0415
    from pytest_evalbars.calibration.record import Calibration  # noqa: PLC0415

    if not out.exists():
        return Calibration()
    try:
        return load_calibration(out)
    except CalibrationError as error:  # not written over: it may know verdicts of judges that nothing else does
        raise CalibrationError(str(error).replace(AGAIN, MEND)) from None


def _verdicts(runs: Sequence[Path]) -> list[Verdict]:
    """What judges said in runs."""
    from pytest_evalbars.calibration.verdicts import verdicts_of  # noqa: PLC0415
    from pytest_evalbars.run.several import load_runs  # noqa: PLC0415

    load_runs(list(runs))  # what is wrong with a run is told as everywhere
    return verdicts_of(runs)


def _again(options: argparse.Namespace, labels: Labels, verdicts: Sequence[Verdict]) -> Again | None:
    """What a judge says again; None where that was not asked for."""
    if options.rejudge is None:
        return None
    from pytest_evalbars.calibration.asking_again import ask_again  # noqa: PLC0415
    from pytest_evalbars.judges.judge import Judge  # noqa: PLC0415
    from pytest_evalbars.judges.load import load_rubric  # noqa: PLC0415
    from pytest_evalbars.labels.answers import said_of  # noqa: PLC0415

    judge = Judge(load_rubric(options.rubric), options.model)
    labelled = {of for dimension, of in labels.labels if dimension == judge.dimension}
    if not labelled:
        raise CalibrationError(safe(f'{options.rubric}: it judges "{judge.dimension}", and no label is on that'))
    said = said_of(options.runs, {each.trial for each in verdicts if each.of in labelled})
    evidence = {trial: each.evidence for trial, each in said.items()}
    return ask_again(judge, verdicts, labelled, evidence, options.rejudge)


def _of_again(again: Again, found: Sequence[Dimension]) -> Iterator[str]:
    """What to say of a judge that was asked again, beside what it said."""
    known = {(each.name, judge.by) for each in found for judge, _ in each.judges}
    for dimension, by in again.words:
        if (dimension, by) not in known:
            yield f"asked again was {by} (prompt {by.prompt}), of whose verdicts on {dimension} none is labelled"
    if not again.words:
        yield f"nothing was asked again: {', '.join(f'{many} {why}' for why, many in again.left_out.items())}"
    if again.fault:
        yield f"asked again, the judge failed: {again.fault}"


def _of_gone(judge: CalibratedJudge) -> str:
    return f"{judge.dimension}: {judge.by} is no longer in the record: no label is of what it judged"


def _print(
    options: argparse.Namespace,
    found: Sequence[Dimension],
    confidence: float,
    files: tuple[Path, Path],
    notes: Sequence[str],
    *,
    code: int,
    written: bool,
) -> None:
    """Print what was found out."""
    from pytest_evalbars.config.table import shown  # noqa: PLC0415

    labels, out = map(shown, files)
    if options.json:
        said = {
            "schema": 1,
            "exit_code": code,
            "confidence": confidence,
            "labels": labels,
            "calibration": out,
            "written": written,
            "notes": [safe(note) for note in notes],
            "dimensions": [each.to_json() for each in found],
        }
        print_document("calibrate", said)
        return
    from pytest_evalbars.report.agreement import agreement_lines  # noqa: PLC0415 - imports tabulate

    print_lines(agreement_lines(found, confidence, everything=options.verbose))
    told = [f"note: {safe(note)}" for note in notes]
    print_lines(["", *told, safe(f"written: {out}" if written else "nothing was written")])
