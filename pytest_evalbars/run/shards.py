"""One run in several files: which of them is which part, and whether they make up the whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: Files named in a message before the others are only counted.
NAMED = 5
#: A file of a run, as messages name it, and its header if it has one.
Source = tuple[str, "Mapping[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Shard:
    """Which part of a run one session was; a key of the run file's header."""

    index: int
    of: int
    #: A digest of everything collected and of how it was split: shards of one run have the same.
    suite: str
    #: How many cases all shards have together, and this one.
    cases: int = 0
    here: int = 0

    def __str__(self) -> str:
        return f"shard {self.index} of {self.of}"

    def to_json(self) -> dict[str, Any]:
        """The header's key."""
        return asdict(self)

    @classmethod
    def from_json(cls, words: Any) -> Shard | None:
        """The reverse of `to_json`; None for None.

        Raises:
            ValueError: it names no shard.
        """
        if words is None:
            return None
        get = words.get if isinstance(words, dict) else lambda _: None
        index, of, suite = get("index"), get("of"), get("suite")
        if not (type(index) is type(of) is int and 1 <= index <= of and isinstance(suite, str) and suite):
            raise ValueError(f"its shard is {str(words)[:100]}, not an index, a number of shards and a suite")
        return cls(index, of, suite, *(each if type(each := get(key)) is int else 0 for key in ("cases", "here")))


def check_shards(sources: Iterable[Source]) -> None:
    """See that shards are all there, once each, and of one run; files without any shard are not looked at.

    Raises:
        RunFileError: they are not.
    """
    sources = list(sources)
    shards = [(where, shard, header) for where, header in sources if header and (shard := shard_of(header))]
    if not shards:
        return
    first, one, _ = shards[0]
    strangers = [where for where, header in sources if not (header and shard_of(header))]
    if strangers:
        raise RunFileError(
            f"{_listed(strangers)}: not of a shard, but {first} is {one}; "
            f"name the run files of the {one.of} shards and no other",
        )
    _check_alike(shards)
    of_index: dict[int, list[str]] = {}
    for where, shard, _ in shards:
        of_index.setdefault(shard.index, []).append(where)
    for index, files in of_index.items():
        if len(files) > 1:
            raise RunFileError(
                f"shard {index} of {one.of} is given more than once: {_listed(files)}; keep one of them",
            )
    missing = [index for index in range(1, one.of + 1) if index not in of_index]
    if missing:
        which = f"shard {missing[0]}" if len(missing) == 1 else f"shards {_joined(list(map(str, missing)))}"
        raise RunFileError(
            f"{which} of {one.of} {'is' if len(missing) == 1 else 'are'} missing (given: "
            f"{_listed([where for where, *_ in shards])}); run --evalbars-shard={missing[0]}/{one.of} if it never "
            f"ran, and name the run files of all {one.of} shards",
        )


def shard_of(header: Mapping[str, Any]) -> Shard | None:
    """The shard that a run file's header names, if it names one."""
    return Shard.from_json(header.get("shard"))


def _check_alike(shards: Sequence[tuple[str, Shard, Mapping[str, Any]]]) -> None:
    """See that all shards were run alike; what explains most is told first."""
    again = "run all shards again, "
    same: tuple[tuple[str, Callable[[Shard, Mapping[str, Any]], Any], str], ...] = (
        ("number of shards", lambda shard, _: shard.of, again + "with the same N in --evalbars-shard=I/N"),
        ("schema", lambda _, header: header.get("schema"), again + "with one version of pytest-evalbars"),
        ("commit", lambda _, header: header.get("commit"), again + "from one commit"),
        ("run labels", lambda _, header: header.get("labels") or {}, again + "with the same --evalbars-label"),
        (
            "way of running saturated cases",
            lambda _, header: _of_saturated(header.get("saturated") or {}),
            again + "with the same --evalbars-saturated; without git, on one day",
        ),
        ("declared bars", lambda _, header: header.get("bars") or [], again + "under the same bars"),
        (
            "suite",
            lambda shard, _: shard.suite,
            "their cases, labels, trials or recorded durations differ, so that cases may be in both or in neither; "
            + again
            + "with the same files and options, and the same .evalbars/runs or none",
        ),
    )
    first, one, head = shards[0]
    for what, key, mend in same:
        wanted = key(one, head)
        others = [(where, value) for where, shard, header in shards if (value := key(shard, header)) != wanted]
        if others:
            raise RunFileError(
                f"shards of one run have one {what}, but {first} has {_plain(wanted)} "
                f"and {_listed([where for where, _ in others])} {_plain(others[0][1])}: {mend}",
            )


def _of_saturated(given: Mapping[str, Any]) -> str:
    drawn = f"{given.get('share')} by {given.get('seed')}" if given.get("seed") else ""
    return f"{given.get('mode', 'run')} {drawn}".strip()


def _plain(value: Any) -> str:
    words = json.dumps(value, sort_keys=True)
    return words if len(words) <= 200 else f"{words[:200]}..."


def _listed(files: list[str]) -> str:
    more = len(files) - NAMED
    return _joined(files) if more <= 0 else f"{', '.join(files[:NAMED])} and {more} more"


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
