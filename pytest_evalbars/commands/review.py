"""`evalbars review`: draw a sample of a run's answers for people to label, and write their sheets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.declared import add_words, declared
from pytest_evalbars.commands.words import number_of, print_lines, seed
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.places import REVIEWS
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    import argparse

    from pytest_evalbars.labels.vocabulary import Known


def add(commands: Any) -> None:
    """Declare the command's words."""
    review = commands.add_parser("review", help="draw a sample of a run's answers for people to label")
    word = review.add_argument
    word("runs", nargs="+", type=Path, metavar="RUN", help="run files; several are merged into one run")
    word(
        "--dimension",
        action="append",
        default=[],
        metavar="NAME",
        help="what is labelled; default: the dimensions that a judge judged",
    )
    word(
        "--items",
        type=number_of("items"),
        default=100,
        metavar="N",
        help="items of each dimension (100)",
    )
    word(
        "--sample",
        choices=("stratified", "judge-fails"),
        default="stratified",
        help="in proportion to verdict and category; or half of what the judge let miss (stratified)",
    )
    word("--by", default="category", metavar="LABEL", help="the label that is drawn in proportion to (category)")
    word("--raters", default="rater-1,rater-2", metavar="NAMES", help="who labels, with commas (rater-1,rater-2)")
    word("--double", default="all", metavar="all|SHARE|N", help="how many items two raters label, apart (all)")
    word(
        "--rubric",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="the rubric of a dimension, for raters to read; default: the one that its scale names",
    )
    word("--seed", type=seed, metavar="N", help="another sample of the same run; default: made from its id")
    word("--out", type=Path, metavar="DIR", help=f"where the sheets go (a folder of their own in {REVIEWS})")
    word("--force", action="store_true", help="write over sheets that are there")
    add_words(review)
    word("--json", action="store_true", help="print what was drawn as JSON")
    review.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw and write; the exit code is 0 where there is something to label."""
    from pytest_evalbars.labels.assigning import doubled, raters_named  # noqa: PLC0415
    from pytest_evalbars.labels.drawing import Wanted, review_of  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.folder import write_review  # noqa: PLC0415
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415

    raters = raters_named(options.raters)
    if doubled(options.double, options.items) and len(raters) == 1 and options.double != "all":
        raise LabelsError(f"--double {options.double}: one rater cannot label twice; name two with --raters")
    known = _known(options)
    wanted = Wanted(
        dimensions=tuple(options.dimension),
        items=options.items,
        sample=options.sample.replace("-", "_"),
        by=options.by,
        raters=raters,
        double=options.double,
        seed=options.seed,
    )
    found = load_run(*options.runs)
    plan, told = review_of(found, options.runs, wanted, known)
    folder = options.out or REVIEWS / plan.review.id
    files = write_review(plan, folder, force=options.force)
    if options.json:
        said = {"schema": 1, "review": plan.review.id, "folder": str(folder), "files": [path.name for path in files]}
        said |= {"dimensions": [{**asdict(each), "judges": [by._asdict() for by in each.judges]} for each in told]}
        print_document("review", said)
        return 0
    from pytest_evalbars.report.review import review_lines  # noqa: PLC0415

    print_lines(review_lines(plan, told, files, chosen=bool(options.dimension), complete=found.complete))
    return 0


def _known(options: argparse.Namespace) -> Known:
    """The rubrics that are named, and those that the scales of the bars file name; and its scales.

    Raises:
        EvalbarsError: the bars or a rubric cannot be read.
    """
    from pytest_evalbars.config.table import find_table, read_table  # noqa: PLC0415
    from pytest_evalbars.gate.rubrics import rubrics_of  # noqa: PLC0415
    from pytest_evalbars.judges.load import load_rubric  # noqa: PLC0415
    from pytest_evalbars.labels.vocabulary import Known  # noqa: PLC0415

    bars, named = declared(options), options.bars
    table = read_table(named) if named and named.is_file() else find_table([named or Path.cwd()])
    rubrics = [load_rubric(path) for path in options.rubric]
    return Known(rubrics, bars.scales, {} if table is None else rubrics_of(table))
