"""`evalbars audit`: draw rows of case files to verify by hand, and say whether the cases may gate."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.words import number_of, print_lines, seed
from pytest_evalbars.labels.places import LABELS, REVIEWS, labels_file
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from pytest_evalbars.labels.audit import Audited, Rows
    from pytest_evalbars.labels.store import Labels

#: Exit codes of --check: what pytest's are to bars.
PROVEN, WORSE, OPEN = 0, 1, 10


def add(commands: Any) -> None:
    """Declare the command's words."""
    audit = commands.add_parser("audit", help="verify a sample of cases by hand before they may gate")
    word = audit.add_argument
    word("cases", nargs="+", type=Path, metavar="CASES", help="case files: JSONL, CSV or YAML")
    word(
        "--check", action="store_true", help="say from the labels whether they may gate: exit 0 yes, 1 no, 10 not yet"
    )
    word("--at-most", type=_share, default=0.05, metavar="SHARE", help="the share of wrong rows that may be (0.05)")
    word(
        "--items",
        type=number_of("rows"),
        metavar="N",
        help="rows to draw; default: as many as prove it if all are right (59)",
    )
    word("--raters", default="rater-1", metavar="NAMES", help="who verifies, with commas; each all rows (rater-1)")
    word("--seed", type=seed, default=0, metavar="N", help="another sample (0)")
    word("--out", type=Path, metavar="DIR", help=f"where the sheets go (a folder of their own in {REVIEWS})")
    word("--force", action="store_true", help="write over sheets that are there")
    words = f"the labels file; default: `human_labels` of the bars, else {LABELS}"
    word("--labels", type=Path, metavar="FILE", help=words)
    word("--json", action="store_true", help="print JSON")
    audit.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw, or say whether the cases may gate."""
    from pytest_evalbars.labels.audit import audited, read_rows  # noqa: PLC0415 - `--help` needs none of these

    rows, labels = read_rows(options.cases), _labels(options)
    found = audited(rows, labels, options.at_most)
    if options.check:
        return _check(options, rows, found)
    return _draw(options, rows, labels, found)


def _check(options: argparse.Namespace, rows: Rows, found: Audited) -> int:
    if options.json:
        said = {"schema": 1, "files": rows.files, **asdict(found), "left": found.left, "high": found.high}
        said |= {"proven": found.proven, "more": found.more if found.proven is None else 0}
        print_document("audit-check", said)
    else:
        from pytest_evalbars.report.case_audit import audit_lines  # noqa: PLC0415

        print_lines(audit_lines(rows.files, found))
    return OPEN if found.proven is None else PROVEN if found.proven else WORSE


def _draw(options: argparse.Namespace, rows: Rows, labels: Labels, found: Audited) -> int:
    from pytest_evalbars.labels.assigning import raters_named  # noqa: PLC0415
    from pytest_evalbars.labels.audit_drawing import drawn  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.folder import write_review  # noqa: PLC0415

    count = options.items or max(found.more, 1)
    plan = drawn(rows, labels, count, raters_named(options.raters), options.seed)
    folder = options.out or REVIEWS / plan.review.id
    files = write_review(plan, folder, force=options.force)
    if options.json:
        said = {"schema": 1, "review": plan.review.id, "folder": str(folder), "files": [path.name for path in files]}
        print_document("audit", said | {"items": len(plan.items), "rows": len(rows.by_hash)})
        return 0
    from pytest_evalbars.report.case_audit import drawn_lines  # noqa: PLC0415

    print_lines(drawn_lines(plan, folder, found))
    return 0


def _labels(options: argparse.Namespace) -> Labels:
    """What was verified so far; nothing, where there is no labels file."""
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.labels.store import Labels, read_labels  # noqa: PLC0415

    place = options.labels or labels_file(find_table([Path.cwd()]))
    return read_labels(place) if options.labels or place.exists() else Labels()


def _share(words: str) -> float:
    try:
        value = float(words)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{words} is not a share strictly between 0 and 1")
    return value
