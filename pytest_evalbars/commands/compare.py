"""`evalbars compare`: runs held against each other on the same cases."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.commands.plan import confidence, rate
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.comparison.finding import Asked, Comparison, Part
    from pytest_evalbars.comparison.flips import Flip
    from pytest_evalbars.report.compared import Shown

#: Cases that changed for the worse, and for the better, that are named without -v.
NAMED = 3


def add(commands: Any) -> None:
    """Declare the command's words."""
    compare = commands.add_parser("compare", help="hold runs against each other, case by case")
    compare.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run files; the others are compared with the first"
    )
    word = compare.add_argument
    word(
        "--by",
        default="category",
        metavar="LABEL",
        help="compare each of its values too, where the later run puts a case (category)",
    )
    word("--by-label", metavar="LABEL", help="cut one run by a label such as model, and compare its values")
    word(
        "--reference",
        metavar="VALUE",
        help="with --by-label: what the others are compared with; default: the first by name",
    )
    word("--margin", type=rate, default=0.02, metavar="SHARE", help="the largest drop that does not matter (0.02)")
    word("--confidence", type=confidence, default=0.95, metavar="SHARE", help="of verdicts and intervals (0.95)")
    word(
        "--renamed", type=_renamed, action="append", default=[], metavar="OLD=NEW", help="a case of another name now"
    )
    word(
        "--status",
        action="append",
        choices=("capability", "regression", "saturated"),
        help="whose cases are held; others are compared apart (regression and saturated)",
    )
    word("--json", action="store_true", help="print the comparison as JSON")
    word("-v", "--verbose", action="store_true", help="show every group, and name every case that changed")
    compare.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare; the exit code is 1 where anything regressed."""
    from pytest_evalbars.comparison.compare import compare  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.comparison.finding import Asked  # noqa: PLC0415
    from pytest_evalbars.garbage import no_garbage_collection  # noqa: PLC0415

    files, parts, notes = _parts(options)
    asked = Asked(
        by=options.by,
        status=tuple(options.status or Asked().status),
        margin=options.margin,
        confidence=options.confidence,
        renamed=dict(options.renamed),
    )
    with no_garbage_collection():
        found = compare(parts, asked)
    code = int(any(each.fails for each in found))
    shown = _shown(found, files, None if options.verbose else NAMED)
    if options.json:
        print_document("compare", _as_json(found, asked, shown, code))
        return code
    from pytest_evalbars.report.compared import comparison_lines  # noqa: PLC0415 - imports pydantic
    from pytest_evalbars.report.layout import laid_out  # noqa: PLC0415
    from pytest_evalbars.report.screen import print_told, screen_of  # noqa: PLC0415

    print_told(laid_out([*notes, *comparison_lines(found, asked, shown, everything=options.verbose)], screen_of()))
    return code


def _parts(options: argparse.Namespace) -> tuple[dict[str, list[Path]], list[Part], list[str]]:
    """The runs that are compared, the files that each stands in by its name, and what to say of their cutting."""
    from pytest_evalbars.comparison.finding import Part  # noqa: PLC0415
    from pytest_evalbars.comparison.labels import split  # noqa: PLC0415
    from pytest_evalbars.config.table import shown  # noqa: PLC0415
    from pytest_evalbars.run.reading import load_run  # noqa: PLC0415
    from pytest_evalbars.run.several import load_runs  # noqa: PLC0415

    if options.by_label is not None:
        parts, without = split(load_run(*options.runs), options.by_label, options.reference)
        cases = "1 case has" if without == 1 else f"{without} cases have"
        notes = [f"note: {cases} no such label, and stand aside"] if without else []
        return {part.name: options.runs for part in parts}, parts, notes
    if options.reference is not None:
        raise EvalbarsError("compare: --reference goes with --by-label; the first run is the reference")
    if len(options.runs) < 2:
        raise EvalbarsError("compare: name two runs or more, or one with --by-label")
    parts = [Part(shown(path), run) for path, run in zip(options.runs, load_runs(options.runs), strict=True)]
    return {shown(path): [path] for path in options.runs}, parts, []


def _shown(found: Sequence[Comparison], files: dict[str, list[Path]], most: int | None) -> list[Shown]:
    """The cases that changed, with what they recorded; each file is read once more, for those only."""
    from pytest_evalbars.run.evidence import evidence_of  # noqa: PLC0415

    rows = [[(each, *one.flips.of(each.place, each.measure, most)) for each in one.findings] for one in found]
    wanted: dict[Path, dict[tuple[str, str, str], int]] = {}
    for one, findings in zip(found, rows, strict=True):
        for _, *sides in findings:
            for flip in (*sides[0], *sides[1]):
                for part, key, side in zip(
                    (one.before, one.after), _keys(flip), (flip.before, flip.after), strict=True
                ):
                    for path in files[part.name]:
                        wanted.setdefault(path, {})[key] = side.trials
    said = {path: evidence_of(path, keys) for path, keys in wanted.items()}

    def recorded(part: Part, key: tuple[str, str, str]) -> dict[str, Any]:
        return next((here for path in files[part.name] if (here := said[path].get(key))), {})

    def told(one: Comparison, flips: Sequence[Flip]) -> list[tuple[Flip, Any, Any]]:
        found = []
        for flip in flips:
            before, after = _keys(flip)
            found.append((flip, recorded(one.before, before), recorded(one.after, after)))
        return found

    return [
        [(each, told(one, worse), told(one, better)) for each, worse, better in findings]
        for one, findings in zip(found, rows, strict=True)
    ]


def _keys(flip: Flip) -> list[tuple[str, str, str]]:
    return [(told.case, told.test, flip.place.dimension) for told in (flip.before, flip.after)]


def _as_json(found: Sequence[Comparison], asked: Asked, shown: Sequence[Shown], code: int) -> dict[str, Any]:
    reference = found[0].before
    return {
        "schema": 1,
        "exit_code": code,
        "confidence": asked.confidence,
        "margin": asked.margin,
        "by": asked.by,
        "status": list(asked.status),
        "reference": {
            "run": reference.name,
            "complete": reference.run.complete,
            "errors": reference.run.errors,
            "replayed": reference.run.replayed_trials,
        },
        "comparisons": [
            {
                **one.to_json(),
                "flips": [flip.to_json(recorded) for _, *sides in rows for side in sides for flip, *recorded in side],
            }
            for one, rows in zip(found, shown, strict=True)
        ],
    }


def _renamed(words: str) -> tuple[str, str]:
    old, equals, new = words.partition("=")
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{words} is not OLD=NEW, the names of one case")
    return old, new
