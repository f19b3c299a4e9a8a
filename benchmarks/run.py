"""Run the benchmarks and print one table: figure, measured, goal, met or not.

The exit code is 0 whether goals are met or not; anything that breaks is a traceback.
"""

from __future__ import annotations

import argparse
import json

import bench_calls
import bench_compare
import bench_concurrency
import bench_gate
import bench_history
import bench_metrics
import bench_report
import bench_rivals
import bench_session
import bench_start
import bench_window

BENCHMARKS = {
    "start": bench_start,
    "session": bench_session,
    "concurrency": bench_concurrency,
    "window": bench_window,
    "gate": bench_gate,
    "metrics": bench_metrics,
    "compare": bench_compare,
    "history": bench_history,
    "report": bench_report,
    "calls": bench_calls,
}
#: Runs where it is asked for: it installs other people's packages.
EXTRA = {"rivals": bench_rivals}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description="Benchmarks of pytest-evalbars.")
    known = BENCHMARKS | EXTRA
    parser.add_argument("only", nargs="*", help=f"which of {', '.join(known)} (default: all but rivals)")
    parser.add_argument("--quick", action="store_true", help="few repetitions: a first look")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rivals", action="store_true", help="rivals too, each in a throwaway environment")
    options = parser.parse_args()
    if unknown := [name for name in options.only if name not in known]:
        parser.error(f"{unknown[0]!r} is none of {', '.join(known)}")
    names = [*(options.only or BENCHMARKS), *(["rivals"] if options.rivals else [])]
    chosen = [known[name] for name in dict.fromkeys(names)]
    found = [figure for each in chosen for figure in each.figures(quick=options.quick)]
    if options.json:
        print(json.dumps([figure.to_json() for figure in found], indent=2))
        return
    rows = [("figure", "measured", "goal", "")]
    rows += [(each.name, each.measured, each.goal, "met" if each.met else "NOT MET") for each in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    main()
