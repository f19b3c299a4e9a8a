"""`evalbars labels`: add what people said of answers, see what is open, and settle where they differ."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.words import print_lines
from pytest_evalbars.labels.places import LABELS, REVIEWS, labels_file
from pytest_evalbars.safe import safe
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_evalbars.labels.adding import Added
    from pytest_evalbars.labels.checking import Asked
    from pytest_evalbars.labels.incoming import Sheet
    from pytest_evalbars.labels.model import Item, Label, Review
    from pytest_evalbars.labels.store import Labels

#: Files in the form of the labels file itself.
PLAIN = (".jsonl", ".ndjson")


def add(commands: Any) -> None:
    """Declare the command's words."""
    labels = commands.add_parser("labels", help="add people's labels, list what is open, settle where they differ")
    parts = labels.add_subparsers(required=True, metavar="WHAT")
    adds = parts.add_parser("add", help="add filled sheets: CSV, exports of the page or of Label Studio, JSON Lines")
    adds.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what came back")
    adds.add_argument("--rater", action="append", default=[], type=_pair, metavar="ID=NAME", help="who an id is")
    adds.set_defaults(run=run_add)
    lists = parts.add_parser("list", help="how much is labelled, by dimension and rater, and what is open")
    lists.set_defaults(run=run_list)
    differ = parts.add_parser("disagreements", help="where raters differ, what matters most first")
    differ.add_argument(
        "--out", type=Path, metavar="FILE.csv", help="write them side by side, to be settled together"
    )
    differ.set_defaults(run=run_disagreements)
    settle = parts.add_parser("settle", help="add what raters settled on, from the sheet that --out wrote")
    settle.add_argument("files", nargs=1, type=Path, metavar="FILE.csv", help="the sheet, filled in")
    settle.set_defaults(run=run_settle)
    for each in (adds, settle):
        each.add_argument("--replace", action="store_true", help="raters may say otherwise than before")
    for each in (lists, differ):
        each.add_argument("--json", action="store_true", help="print JSON")
    for each in (adds, lists, differ, settle):
        words = f"a review's folder or plan; default: found by its id in {REVIEWS}"
        each.add_argument("--review", type=Path, metavar="DIR", help=words)
        words = f"the labels file; default: `human_labels` of the bars, else {LABELS}"
        each.add_argument("--labels", type=Path, metavar="FILE", help=words)


def run_add(options: argparse.Namespace) -> int:
    """Add sheets; all of all files, or nothing."""
    from pytest_evalbars.labels.checking import checked  # noqa: PLC0415
    from pytest_evalbars.labels.incoming import read_sheet  # noqa: PLC0415
    from pytest_evalbars.labels.plans import Plans  # noqa: PLC0415 - `--help` needs none of these

    place, known = _known(options)
    plans = Plans(Path.cwd(), options.review)
    reviews: dict[str, Review] = {}
    items: dict[Item, None] = {}

    def find(sheet: Sheet, review: str) -> Asked:
        asked = plans.asked(sheet, review, known)
        reviews[asked.review.id] = asked.review
        items.update(dict.fromkeys(asked.items))
        return asked

    plain = [_plain(path) for path in options.files if path.suffix.lower() in PLAIN]
    came = checked(
        [read_sheet(path) for path in options.files if path.suffix.lower() not in PLAIN], find, dict(options.rater)
    )
    labels: list[Label] = list(came.labels)
    for each in plain:
        reviews |= each.reviews
        items.update((item, None) for drawn in each.items.values() for item in drawn)
        labels += [label for by_rater in each.labels.values() for label in by_rater.values()]
    _add(options, place, reviews.values(), items, labels, came.blank)
    return 0


def _plain(path: Path) -> Labels:
    """A file in the form of the labels file.

    Raises:
        LabelsError: it is of another form.
    """
    from pytest_evalbars.errors import LabelsError  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.store import read_labels  # noqa: PLC0415

    found = read_labels(path)
    if not (found.reviews or found.items or found.labels):
        raise LabelsError(safe(f"{path}: holds no labels: no line is of type review, item or label", 500))
    return found


def run_settle(options: argparse.Namespace) -> int:
    """Add what raters settled on."""
    from pytest_evalbars.labels.checking import checked  # noqa: PLC0415
    from pytest_evalbars.labels.party import read_party, settling  # noqa: PLC0415
    from pytest_evalbars.labels.plans import Plans  # noqa: PLC0415 - `--help` needs none of these

    place, known = _known(options)
    plans = Plans(Path.cwd(), options.review)

    def find(sheet: Sheet, review: str) -> Asked:
        return settling(plans, sheet, review, known)

    came = checked([read_party(path) for path in options.files], find)
    _add(options, place, (), (), came.labels, came.blank)
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Say what is labelled and what is open."""
    from pytest_evalbars.labels.counts import by_dimension, by_rater  # noqa: PLC0415
    from pytest_evalbars.labels.plans import Plans  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.store import read_labels  # noqa: PLC0415
    from pytest_evalbars.report.labels import list_lines  # noqa: PLC0415 - imports tabulate

    labels = read_labels(_place(options))
    dimensions, raters = by_dimension(labels), by_rater(labels, Plans(Path.cwd(), options.review).every())
    if options.json:
        print_document("labels-list", {"schema": 1, "dimensions": dimensions, "raters": raters})
    else:
        print_lines(list_lines(dimensions, raters))
        if any(one["disagreements"] for one in dimensions):
            print_lines(["next: evalbars labels disagreements"])
    return 0


def run_disagreements(options: argparse.Namespace) -> int:
    """Say where raters differ; the exit code is 0 whether they do or not."""
    from pytest_evalbars.labels.consensus import disagreements  # noqa: PLC0415
    from pytest_evalbars.labels.party import write_party  # noqa: PLC0415
    from pytest_evalbars.labels.plans import Plans  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.store import read_labels  # noqa: PLC0415
    from pytest_evalbars.report.labels import disagreement_json, disagreement_lines  # noqa: PLC0415

    found, bare = disagreements(read_labels(_place(options))), 0
    if options.out is not None and found:
        plans = Plans(Path.cwd(), options.review).every()
        texts = {each.item.key: each.evidence for plan in plans for each in plan.items}
        write_party(options.out, found, texts)
        bare = sum(one.key not in texts for one in found)
    if options.json:
        said = {"schema": 1, "disagreements": [disagreement_json(one) for one in found]}
        print_document("labels-disagreements", said)
        return 0
    print_lines(disagreement_lines(found))
    if bare:
        words = "without their texts, as their review's folder is not found: --review DIR"
        print_lines([f"note: {bare} of them {words}"])
    if found:
        out = safe(options.out or "FILE.csv")
        first = "fill in the column `settled` of it" if options.out else f"write them to a sheet with --out {out}"
        print_lines([f"next: {first}, then evalbars labels settle {out}"])
    return 0


def _add(
    options: argparse.Namespace,
    place: Path,
    reviews: Iterable[Review],
    items: Iterable[Item],
    labels: Iterable[Label],
    blank: int,
) -> None:
    from pytest_evalbars.labels.adding import add as add_labels  # noqa: PLC0415 - `--help` does not need it

    reviews = list(reviews)
    added = add_labels(place, reviews, items, labels, replace=options.replace)
    print_lines(_told(place, added, blank))
    cases = bool(reviews) and all(each.kind == "cases" for each in reviews)
    following = "evalbars audit --check CASES" if cases else "evalbars calibrate"
    if blank and not (added.labels or added.changed or added.same):
        following = "fill in the sheet; who labelled in the page exports a file labels-....json there: add that"
    print_lines([f"next: {following}"])


def _told(place: Path, added: Added, blank: int) -> Iterator[str]:
    """What was added, and how far raters agree."""
    from pytest_evalbars.config.table import shown  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.consensus import agreement, disagreements  # noqa: PLC0415
    from pytest_evalbars.report.labels import agreement_words  # noqa: PLC0415
    from pytest_evalbars.report.numbers import count  # noqa: PLC0415

    words = [f"{count(added.labels, 'label')} added"]
    words += [f"{added.changed} changed"] if added.changed else []
    words += [f"{added.same} {'was' if added.same == 1 else 'were'} there already"] if added.same else []
    words += [f"{count(blank, 'row')} not labelled yet"] if blank else []
    yield f"{shown(place)}: {', '.join(words)}"
    yield agreement_words(*agreement(added.now))
    if found := len(disagreements(added.now)):
        yield f"{count(found, 'item')} to settle: evalbars labels disagreements"


def _place(options: argparse.Namespace) -> Path:
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - `--help` does not need it

    return options.labels or labels_file(find_table([Path.cwd()]))


def _known(options: argparse.Namespace) -> tuple[Path, Labels]:
    """Where the labels file stands, and what it says; nothing, where there is none."""
    from pytest_evalbars.labels.store import Labels, read_labels  # noqa: PLC0415 - `--help` needs none of these

    place = _place(options)
    return place, read_labels(place) if place.exists() else Labels()


def _pair(words: str) -> tuple[str, str]:
    one, sign, name = words.partition("=")
    if not (one.strip() and sign and name.strip()):
        raise argparse.ArgumentTypeError(f"{words!r} is no ID=NAME, as 7=ana")
    return one.strip(), name.strip()
