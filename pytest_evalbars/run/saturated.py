"""How a session ran its saturated cases less often: what its run file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.config.options import SATURATED as MODES
from pytest_evalbars.run.plan import SATURATED, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Rest:
    """Saturated cases of one kind that were not run."""

    dimensions: tuple[str, ...]
    labels: dict[str, str]
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saturated:
    """Which saturated cases a session did not run; a key of the run file's header, absent where all were to run.

    Shards of one run have the same: it is of all cases that were collected, before they were split.
    """

    #: `sample` or `skip`.
    mode: str
    #: How many saturated cases were to run, and how many there were.
    run: int
    of: int
    not_run: tuple[Rest, ...] = ()
    #: Of a sample: the share that was drawn, and what the draw depends on beside the case: the commit, or the day.
    share: float = 0.0
    seed: str = ""

    @property
    def resting(self) -> list[str]:
        """The cases that did not run."""
        return [case for each in self.not_run for case in each.cases]

    @classmethod
    def of_cases(cls, mode: str, everything: Iterable[Planned], gone: Iterable[Planned], **more: Any) -> Saturated:
        """What to say of cases that were taken out.

        Args:
            mode: `sample` or `skip`.
            everything: all saturated trials that were collected.
            gone: those among them that do not run.
            **more: the `share` and the `seed`.
        """
        kinds: dict[Any, dict[str, None]] = {}
        for one in gone:
            kinds.setdefault((one.dimensions, tuple(one.labels.items())), {})[one.case] = None
        not_run = tuple(Rest(names, dict(labels), tuple(cases)) for (names, labels), cases in kinds.items())
        cases = {one.case for one in everything}
        resting = {case for rest in not_run for case in rest.cases}
        return cls(mode, len(cases) - len(resting), len(cases), not_run, **more)

    def words(self, run: int) -> str:
        """What a reader is told, of so many cases that ran."""
        what = f"{SATURATED}: {run} of {self.of} cases run ({self.mode})"
        return f"{what}; bars without a status hold regression cases only"

    def examples(self) -> Iterator[Planned]:
        """One trial that was not run of each kind: enough to know which bars the cases could answer."""
        for each in self.not_run:
            yield Planned("", each.cases[0], "", 0, each.dimensions, each.labels)

    def to_json(self) -> dict[str, Any]:
        """The header's key."""
        not_run = [
            {"dimensions": list(each.dimensions), "labels": each.labels, "cases": list(each.cases)}
            for each in self.not_run
        ]
        drawn = {"share": self.share, "seed": self.seed} if self.seed else {}
        return {"mode": self.mode, "run": self.run, "of": self.of, **drawn, "not_run": not_run}

    @classmethod
    def from_json(cls, given: Any) -> Saturated | None:
        """The reverse of `to_json`; None for None, and where all of them were to run.

        Raises:
            ValueError: it is something else.
        """
        if given is None:
            return None
        values: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
        mode, run, of, not_run = (values.get(key) for key in ("mode", "run", "of", "not_run"))
        if mode == "run":
            return None
        numbers = isinstance(run, int) and isinstance(of, int) and 0 <= run <= of
        if mode not in MODES or not numbers or not isinstance(not_run or [], list):
            raise ValueError(f"what it says of saturated cases is {str(given)[:100]}, not a mode and two numbers")
        share, seed = values.get("share"), values.get("seed")
        return cls(
            mode,
            values["run"],
            values["of"],
            tuple(map(_rest, not_run or [])),
            float(share) if isinstance(share, int | float) else 0.0,
            seed if isinstance(seed, str) else "",
        )


def _rest(given: Any) -> Rest:
    values: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    dimensions, labels, cases = (values.get(key) for key in ("dimensions", "labels", "cases"))
    if not (isinstance(dimensions, list) and isinstance(cases, list) and isinstance(labels, Mapping)):
        raise ValueError(f"a kind of saturated cases that were not run is {str(given)[:100]}")  # noqa: TRY004 - told as the others
    if not (cases and all(isinstance(each, str) for each in (*dimensions, *cases))):
        raise ValueError(f"of a kind of saturated cases that were not run, names are no texts: {str(given)[:100]}")
    return Rest(tuple(dimensions), {str(key): str(value) for key, value in labels.items()}, tuple(cases))


def merged(headers: Iterable[Mapping[str, Any]]) -> Saturated | None:
    """What several files of one run say together; of shards, each says the same.

    Args:
        headers: of the files, already read once without fault.
    """
    found: dict[Any, Saturated] = {}
    for number, header in enumerate(headers):
        each = Saturated.from_json(header.get("saturated"))
        if each is not None:
            labels = header.get("labels") or {}
            kinds = (Rest(one.dimensions, {**labels, **one.labels}, one.cases) for one in each.not_run)
            key = "shard" if header.get("shard") else number
            found[key] = Saturated(each.mode, each.run, each.of, tuple(kinds), each.share, each.seed)
    if len(found) < 2:
        return next(iter(found.values()), None)
    parts = list(found.values())
    mode = "sample" if any(each.mode == "sample" for each in parts) else "skip"
    rests = tuple(rest for each in parts for rest in each.not_run)
    return Saturated(mode, sum(each.run for each in parts), sum(each.of for each in parts), rests)
