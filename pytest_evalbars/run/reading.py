"""Run files, folded into columns: what belongs together is joined, and what should be there is missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.garbage import no_garbage_collection
from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISSING, STOPPED, Run
from pytest_evalbars.run.plan import Plan, Planned, unpacked
from pytest_evalbars.run.rows import Codes, Rows
from pytest_evalbars.run.saturated import merged
from pytest_evalbars.run.shards import Shard, check_shards, shard_of

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from pytest_evalbars.run.judged import Judged
    from pytest_evalbars.run.shards import Source


def load_run(
    *paths: str | Path,
    ended: bool = False,
    left_out: Iterable[str] = (),
    stopped: Iterable[str] = (),
    saved: Mapping[str, float] | None = None,
    not_run: Mapping[str, int] | None = None,
) -> Run:
    """Read a run file, or several files of one run (shards).

    A torn last line is dropped, and the run is then incomplete.

    Args:
        *paths: the files.
        ended: take the run as having come to its end, though its last line is not yet written.
        left_out: items that were planned and then deliberately not run.
        not_run: how many trials were kept from starting, by the reason, where the last line is not yet written.
        stopped: items that were not started because no verdict depended on them any more.
        saved: what they would have taken, in `seconds` and `cost_usd`.

    Raises:
        RunFileError: a file cannot be read, a line is malformed, or the same thing is said twice.
    """
    if not paths:
        raise RunFileError("no run file was named")
    reader = Reader(shown(Path(paths[0])))
    with no_garbage_collection():
        for path in paths:
            reader.read(Path(path))
        reader.left_out += left_out
        if not_run is not None:
            reader.not_run[reader.file] = dict(not_run)
        reader.stop({"stopped": list(stopped), "saved": saved})
        return reader.run(ended=ended)


class Reader(Rows):
    """Makes a `Run` of the rows it has taken."""

    def run(self, *, ended: bool = False) -> Run:
        """The run of all rows taken so far."""
        check_shards(self._sources())
        missing = self._missing()
        planned = self._planned({*missing, *self.left_out, *self.stopped})
        absent = [(one, name, MISSING) for item in missing if (one := planned.get(item)) for name in one.dimensions]
        left_out = [planned[item] for item in self.left_out if item in planned]
        absent += [(one, name, LEFT_OUT) for one in left_out for name in one.dimensions]
        not_started = [item for item in self.stopped if not self.items.get(item)]
        stopped = [planned[item] for item in not_started if item in planned]
        absent += [(one, name, STOPPED) for one in stopped for name in one.dimensions]
        missing += [item for item in not_started if item not in planned]  # of which nobody knows what it judges
        count = len(self.case)
        for each in absent:
            self.add_absent(*each)

        case, test, trial = (_column(each) for each in (self.case, self.test, self.trial))
        dimension, outcome, score = _column(self.dimension), _column(self.outcome), _column(self.score)
        labelset, cluster = _column(self.labelset), _column(self.cluster)
        level, entry = _column(self.level), _column(self.entry)
        key = self._pack(case, test, trial)
        keep = self._once(key[:count], dimension[:count], outcome)
        keep = np.concatenate([keep, np.ones(len(key) - count, bool)])
        flags = self._join(key, labelset, cluster, entry)
        starts, codes = zip(*self.spans, strict=True)
        default = np.repeat(codes, np.diff([*starts, len(labelset)]))
        labelset = np.where(labelset < 0, default, labelset)

        really = key[:count][keep[:count]]
        erred = key[:count][keep[:count] & (outcome[:count] == ERROR)]
        t_key, t_line = self._trial_lines()
        t_flags = _column(self.t_flags)[t_line]
        t_erred, t_replayed = t_key[(t_flags & 1) > 0], t_key[(t_flags & 4) > 0]
        replayed = self._replayed(flags)
        extras = self.entries.columns()
        # Mostly all of them, and then no column need be copied.
        rows = slice(None) if keep.all() else np.flatnonzero(keep)
        new_row = None if isinstance(rows, slice) else {int(old): new for new, old in enumerate(rows)}
        return Run(
            case=case[rows],
            test=test[rows],
            trial=trial[rows],
            dimension=dimension[rows],
            outcome=outcome[rows],
            score=score[rows],
            labelset=labelset[rows],
            cluster=cluster[rows],
            level=level[rows],
            entry=entry[rows],
            expected=((flags & 2) > 0)[rows],
            cases=list(self.cases),
            tests=list(self.tests),
            dimensions=list(self.dimensions),
            labelsets=[dict(labels) for labels in self.labelsets],
            levels=list(self.levels),
            extras=extras,
            reasons=self.reasons
            if new_row is None
            else {new_row[row]: text for row, text in self.reasons.items() if row in new_row},
            numbers=list(self.trials),
            clusters=list(self.clusters),
            trials=_distinct(really, t_key),
            errors=_distinct(erred, t_erred),
            replayed=None if replayed is None else replayed[rows],
            judged=self._judged(len(keep), rows),
            replayed_trials=0 if replayed is None else _distinct(key[replayed & keep], t_replayed),
            calls=self.calls.total(extras.measures),
            complete=not missing and not self.torn and (ended or self.framed <= self.ended),
            missing=tuple(missing),
            unplaced=sum(item not in planned for item in missing),
            unfinished=tuple(dict.fromkeys(self._unfinished(set(missing)))),
            not_run=sum(map(Counter, self.not_run.values()), Counter[str]()),
            torn=self.torn,
            stopped=len(stopped),
            saved=dict(self.saved),
            unseen=tuple(item for item in self.left_out if item not in planned),
            asked=tuple(self.asked),
            second_look=any(header.get("second_look") for header in self.headers),
            order=self._order(),
            headers=tuple(self.headers),
            plans=tuple(words for words, _ in self.plans),
            saturated=merged(self.headers),
            quarantined=tuple(each for entries in self.quarantined.values() for each in entries),
            rubrics=dict(self.rubrics),
            resumes=tuple(self.resumes),
        )

    def _sources(self) -> Iterator[Source]:
        """Each file with its header; one that a resumed session wrote on in has several, of one shard."""
        with_header = set(self.header_files)
        yield from ((where, None) for file, where in self.files.items() if file and file not in with_header)
        seen = set()
        for file, header in zip(self.header_files, self.headers, strict=True):
            if (key := (file, shard_of(header))) not in seen:
                seen.add(key)
                yield self.files[file], header

    def _unfinished(self, missing: set[str]) -> Iterator[Shard]:
        """The shards that did not come to their end, or lack the results of trials that they planned."""
        for file, header in zip(self.header_files, self.headers, strict=True):
            shard = shard_of(header)
            if shard and (file not in self.ended or not missing.isdisjoint(self.shard_items[file])):
                yield shard

    def _replayed(self, flags: NDArray[np.int8]) -> NDArray[np.bool_] | None:
        """Which rows rest on recorded answers, as their trial lines or they themselves say; None for none."""
        if not (self.replayed or self.calls.replays):
            return None
        found: NDArray[np.bool_] = (flags & 4) > 0
        found[_column(self.replayed)] = True
        return found

    def _judged(self, count: int, rows: Any) -> Judged | None:
        """What judges gave their verdicts, for the rows that are kept."""
        found = self.judged.columns(count)
        return (
            None if found is None else replace(found, by=found.by[rows], of=found.of[rows], chars=found.chars[rows])
        )

    def _order(self) -> NDArray[np.int64] | None:
        """The places of the cases in the manifest, where the session put them into random order."""
        if len(self.headers) != 1 or not isinstance(self.headers[0].get("anytime"), dict):
            return None
        case_of = {item: one.case for item, one in self._planned(set(self.items)).items()}
        places = np.full(len(self.cases), len(self.items), np.int64)
        for place, item in enumerate(self.items):
            if (code := self.cases.get(case_of.get(item))) is not None:
                places[code] = min(places[code], place)
        return places

    def _missing(self) -> list[str]:
        """Planned items that no line speaks of."""
        out = {*self.left_out, *self.stopped}
        missing = [item for item, seen in self.items.items() if not seen and item not in out]
        if not missing:
            return []
        spoken = self._item_names()
        return [item for item in missing if item not in spoken]

    def _planned(self, wanted: set[str]) -> dict[str, Planned]:
        """What the manifests say of these items."""
        found: dict[str, Planned] = {}
        for words, shared in self.plans if wanted else ():
            try:
                records = {one.item: one for one in unpacked(words) if one.item in wanted}
            except (ValueError, TypeError, KeyError) as error:
                raise RunFileError(
                    f"{self.where}: the manifest's record of what was planned is broken: {error}"
                ) from None
            found |= {item: replace(one, labels=shared | one.labels) for item, one in records.items()}
        return found

    def _item_names(self) -> set[str]:
        """The node ids that the lines seen so far can stand for, in a file that does not name its items."""
        cases, tests, trials = (list(each) for each in (self.cases, self.tests, self.trials))
        keys = set(zip(self.case, self.test, self.trial, strict=True))
        keys |= set(zip(self.t_case, self.t_test, self.t_trial, strict=True))
        names = set()
        for case_code, test_code, trial_code in keys:
            case, test, trial = cases[case_code], tests[test_code], trials[trial_code]
            names |= {case, f"{test}[{case}]", f"{test}[{case}-t{trial}]", f"{case}[t{trial}]"}
            names |= {f"{case.removesuffix(']')}-t{trial}]", *([test] if test else [])}
            function, bracket, rest = test.partition("[")
            if bracket:
                names |= {f"{function}[{case}-{rest}", f"{function}[{case}-{rest[:-1]}-t{trial}]"}
        return names

    def _pack(self, *columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number for (case, test, trial)."""
        case, test, trial = columns
        return (case * len(self.tests) + test) * max(1, len(self.trials)) + trial

    def _trial_lines(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys of all trial lines, sorted, and which line speaks for each: the last one."""
        key = self._pack(*(_column(each) for each in (self.t_case, self.t_test, self.t_trial)))
        order = np.argsort(key, kind="stable")
        last = np.append(key[order][1:] != key[order][:-1], np.ones(min(1, len(key)), bool))
        return key[order][last], order[last]

    def _once(
        self,
        key: NDArray[np.int64],
        dimension: NDArray[np.int64],
        outcome: NDArray[np.int8],
    ) -> NDArray[np.bool_]:
        """Which rows to keep: all, but that a later verdict replaces an error of the same key."""
        full = key * max(1, len(self.dimensions)) + dimension
        keep = np.ones(len(full), bool)
        order = np.argsort(full, kind="stable")
        again = np.flatnonzero(full[order][1:] == full[order][:-1])
        for place in again:
            earlier, later = int(order[place]), int(order[place + 1])
            if outcome[earlier] != ERROR:
                raise RunFileError(
                    f"{self.where}: case {self._name(self.cases, self.case[later])!r}, test "
                    f"{self._name(self.tests, self.test[later])!r}, trial "
                    f"{self._name(self.trials, self.trial[later])} is judged twice on "
                    f"{self._name(self.dimensions, self.dimension[later])!r}",
                )
            keep[earlier] = False
        return keep

    @staticmethod
    def _name(index: Codes, code: int) -> Any:
        return list(index)[code]

    def _join(
        self,
        key: NDArray[np.int64],
        labelset: NDArray[np.int64],
        cluster: NDArray[np.int64],
        entry: NDArray[np.int64],
    ) -> NDArray[np.int8]:
        """Give each observation the labels, cluster, flags and further words of its trial line."""
        flags = np.zeros(len(key), np.int8)
        t_key, t_line = self._trial_lines()
        if not len(t_key):
            return flags
        place = np.minimum(np.searchsorted(t_key, key), len(t_key) - 1)
        found = t_key[place] == key
        line = t_line[place[found]]
        columns = ((labelset, self.t_labelset), (cluster, self.t_cluster), (entry, self.t_entry))
        for column, source in columns:
            values = _column(source)[line]
            column[found] = np.where(column[found] < 0, values, column[found])
        flags[found] = _column(self.t_flags)[line]
        return flags


def _column(values: array[Any]) -> NDArray[Any]:
    """What was collected, without a copy; nothing can be added to it any more."""
    return np.frombuffer(values, values.typecode) if len(values) else np.zeros(0, values.typecode)


def _distinct(keys: NDArray[np.int64], known: NDArray[np.int64]) -> int:
    """How many different keys there are among both; the known ones are sorted, each once, and mostly all."""
    if len(known):
        keys = keys[known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] != keys]
    return len(known) + len(np.unique(keys))


def planned_run(plan: Plan, labels: dict[str, str]) -> Run:
    """A run in which nothing has happened yet: every planned trial is missing.

    Its rows stand in the order of the plan, trial by trial and dimension by dimension, then what was left out.

    Args:
        plan: what is to run.
        labels: the labels of the whole run.
    """
    reader = Reader("plan")
    saturated = plan.saturated and plan.saturated.to_json()
    reader.take({"type": "header", "labels": labels, "saturated": saturated}, 1)
    reader.take(plan.to_json(), 2)
    return reader.run()
