"""Where a call of a model goes: to the model (and is recorded), or to a recording of it."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_evalbars.calls.asking import Asking, Found, cleaner
from pytest_evalbars.calls.flights import Flights
from pytest_evalbars.calls.missing import missing
from pytest_evalbars.calls.request import Request, request_of, sketch_of
from pytest_evalbars.calls.responses import (
    Numbers,
    is_stream,
    numbers_of,
    numbers_of_parts,
    packed,
    provider_of,
    unpacked,
    words_of,
)
from pytest_evalbars.calls.streams import Replayed, watched
from pytest_evalbars.calls.watch import OTHERS, inside
from pytest_evalbars.cases.asked import HEARD, Asked, Call
from pytest_evalbars.cases.running import JUDGING, running, working
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import CallsError, MissingCall
from pytest_evalbars.redaction import has_redactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pytest_evalbars.calls.ledger import Ledger
    from pytest_evalbars.calls.store import Entry, Store
    from pytest_evalbars.cases.keeping import Keeping


class Exchange:
    """Answers the calls of this process.

    Args:
        mode: live, record, replay or auto.
        store: the recordings; None where calls are neither recorded nor replayed.
        since: when the session began that records; what was recorded since is its own.
        ledger: takes what no trial takes.
        keep: how prompts and answers are kept as evidence; None where they are not.
    """

    def __init__(
        self, mode: str, store: Store | None, since: datetime, ledger: Ledger, *, keep: Keeping | None
    ) -> None:
        self.mode, self.store, self.since, self.ledger, self.keep = mode, store, since, ledger, keep
        self._flights = Flights()
        self._entries: list[Entry] | None = None

    # -- sync and async code, step by step the same ------------------------------------------------------

    def ask(self, name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Answer a call of sync code."""
        if name in OTHERS:
            self._refuse(name)
            return call(*args, **kwargs)
        if self.store is None:
            asking, began = self._asking(sketch_of(name, call, args, kwargs)), time.perf_counter()
            with inside(), working(asking.trial):
                answer = call(*args, **kwargs)
            return self._measured(asking, answer, began)
        with self._asked(name, call, args, kwargs) as asking:
            found = self._recorded(asking)
            while found is None:
                flight, mine = self._flights.join(asking.key)
                if mine:
                    with flight:
                        found = self._recorded(asking) or self._fetch(asking, call, args, kwargs)
                        flight.entry = found.entry
                elif (end := flight.wait()) == "failed":
                    found = self._fetch(asking, call, args, kwargs)
                elif not isinstance(end, str):
                    found = Found(end)
            if (waits := self._replaying(asking, found)) is not None:
                waits.replay_begins()
                waits.replay_ends(found.entry.seconds if found.entry else 0.0)
            return self._given(asking, found)

    async def ask_async(
        self, name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Answer a call of async code."""
        if name in OTHERS:
            self._refuse(name)
            return await call(*args, **kwargs)
        if self.store is None:
            asking, began = self._asking(sketch_of(name, call, args, kwargs)), time.perf_counter()
            with inside(), working(asking.trial):
                answer = await call(*args, **kwargs)
            return self._measured(asking, answer, began)
        with self._asked(name, call, args, kwargs) as asking:
            found = self._recorded(asking)
            while found is None:
                flight, mine = self._flights.join(asking.key, _asyncio().get_running_loop())
                if mine:
                    with flight:
                        found = self._recorded(asking) or await self._fetch_async(asking, call, args, kwargs)
                        flight.entry = found.entry
                elif (end := await flight.wait_async()) == "failed":
                    found = await self._fetch_async(asking, call, args, kwargs)
                elif not isinstance(end, str):
                    found = Found(end)
            if (waits := self._replaying(asking, found)) is not None:
                waits.replay_begins()
                await _asyncio().sleep(0)  # what is asked for at the same time begins to wait, too
                waits.replay_ends(found.entry.seconds if found.entry else 0.0)
            return self._given(asking, found)

    def _fetch(
        self, asking: Asking, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Found:
        """Ask the model, and record the answer; one that comes in parts is read to its end first."""
        began = time.perf_counter()
        with inside(), working(asking.trial):
            answer = call(*args, **kwargs)
            parts = list(answer) if (streamed := is_stream(answer, asking.request)) else [answer]
        return self._kept(asking, parts, streamed, time.perf_counter() - began)

    async def _fetch_async(
        self, asking: Asking, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Found:
        began = time.perf_counter()
        with inside(), working(asking.trial):
            answer = await call(*args, **kwargs)
            streamed = is_stream(answer, asking.request)
            parts = [part async for part in answer] if streamed else [answer]
        return self._kept(asking, parts, streamed, time.perf_counter() - began)

    # -- who asks ------------------------------------------------------------------------------------------

    def _asking(self, request: Request) -> Asking:
        trial = running()
        return Asking(request, trial, JUDGING.get(), trial.asked if trial else self.ledger.asked)

    @contextmanager
    def _asked(
        self, name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Iterator[Asking]:
        """One call of whoever asks, by its number among the very same ones; a call without an answer has none."""
        trial = running()
        try:
            asking = self._asking(request_of(name, call, args, kwargs))
            digest = asking.request.digest()
            asking.occurrence = asking.asked.occurrence(digest)
            asking.key = asking.request.key(asking.number, asking.occurrence)
            try:
                yield asking
            except BaseException:
                asking.asked.not_answered(digest, asking.occurrence)
                raise
        except CallsError as error:
            if trial is not None:
                trial.asked.faults.append(str(error))
            raise

    def _refuse(self, name: str) -> None:
        if self.mode != "replay":
            return
        words = (
            f"litellm.{name} was called while calls are replayed, which never reaches the network: its answers "
            "are not recorded; leave its cases out of this session, or let the tested code stand in for it"
        )
        if (trial := running()) is not None:
            trial.asked.faults.append(words)
        raise MissingCall(words)

    # -- the recordings ------------------------------------------------------------------------------------

    def _recorded(self, asking: Asking) -> Found | None:
        """The recorded answer; None where the model is to be asked.

        Raises:
            MissingCall: there is none, and the model must not be asked.
            CallsError: it is damaged.
        """
        if self.store is None:
            return None
        if self.mode == "record":
            try:
                entry = self.store.get(asking.key)
            except CallsError:  # will be replaced
                return None
            return Found(entry) if entry is not None and entry.recorded >= self.since else None
        entry = self.store.get(asking.key)
        if entry is None and asking.trial is None:
            # How often a process asks outside of trials depends on how many share the work.
            keys = (asking.request.key(0, number) for number in range(asking.occurrence - 1, -1, -1))
            entry = next(filter(None, map(self.store.get, keys)), None)
        if entry is None:
            entry = self._after_redaction(asking, self.store)
        if entry is None and self.mode == "replay":
            raise MissingCall(self._missing(asking, self.store))
        return Found(entry) if entry is not None else None

    def _after_redaction(self, asking: Asking, store: Store) -> Entry | None:
        """The recording of a call that quotes a recorded answer: what was redacted in that is asked otherwise now.

        Recordings are kept under what was asked, as it was. What they hold of it has no secrets, and so has no answer
        that is replayed.
        """
        request = asking.request
        if not has_redactions(json.dumps(request.content)):
            return None
        content = cleaner(request)(request.content)
        same = [
            each
            for each in self._all(store)
            if (each.function, each.trial, each.occurrence, each.case)
            == (request.function, asking.number, asking.occurrence, asking.case)
            and each.request == content
        ]
        return same[0] if len(same) == 1 else None

    def _all(self, store: Store) -> list[Entry]:
        if self._entries is None:
            self._entries = store.entries()
        return self._entries

    def _missing(self, asking: Asking, store: Store) -> str:
        clean = cleaner(asking.request)
        request = Request(asking.request.function, clean(asking.request.content))
        return missing(request, asking.number, asking.case, self._all(store), store.folder)

    def _kept(self, asking: Asking, parts: list[Any], streamed: bool, seconds: float) -> Found:
        """Record an answer. One that cannot be recorded is an answer all the same, and the session tells."""
        from pytest_evalbars.calls.store import Entry  # noqa: PLC0415 - imports cachecontrol

        request = asking.request
        numbers = numbers_of_parts(parts, request, seconds) if streamed else numbers_of(parts[0], request, seconds)
        fresh = Found(None, parts, numbers, streamed)
        clean = cleaner(request)
        try:
            entry = Entry(
                key=asking.key,
                function=request.function,
                request=clean(request.content),
                answer=tuple(clean(packed(part)) for part in parts),
                streamed=streamed,
                seconds=round(seconds, 6),
                model=clean(numbers.model),
                tokens_in=numbers.tokens_in,
                tokens_out=numbers.tokens_out,
                cost_usd=numbers.cost_usd,
                trial=asking.number,
                occurrence=asking.occurrence,
                case=asking.case,
            )
        except CallsError as error:
            self.ledger.not_recorded(str(error))
            return fresh
        return self._stored(entry, fresh)

    def _stored(self, entry: Entry, fresh: Found) -> Found:
        store = self.store
        if store is None:
            return fresh
        try:
            kept = store.keep(entry, stands=lambda old: self.mode == "auto" or old.recorded >= self.since)
        except OSError as error:
            self.ledger.not_recorded(f"{shown(store.folder)}: {error.strerror or error}")
            kept = entry
        # Another process was first: who replays gets its answer, and so does who records.
        return fresh._replace(entry=entry) if kept is entry else Found(kept, None, fresh.numbers)

    # -- what is measured ----------------------------------------------------------------------------------

    def _measured(self, asking: Asking, answer: Any, began: float) -> Any:
        """An answer of the model that is only measured."""

        def take(parts: list[Any]) -> None:
            seconds = time.perf_counter() - began
            self._count(asking, numbers_of_parts(parts, asking.request, seconds), parts)

        if is_stream(answer, asking.request):
            given_up = watched(answer, take)
            if asking.trial:
                asking.asked.reading(given_up)
            return answer
        self._count(asking, numbers_of(answer, asking.request, time.perf_counter() - began), [answer])
        return answer

    def _replaying(self, asking: Asking, found: Found) -> Asked | None:
        """Who would wait for an answer that was not waited for: a product, and no judge."""
        return asking.asked if found.numbers is None and asking.trial and not asking.judging else None

    def _given(self, asking: Asking, found: Found) -> Any:
        """Count the call, and hand out the answer."""
        entry = found.entry
        if found.parts is not None and found.numbers is not None:
            parts, streamed = found.parts, found.streamed
            self._count(asking, found.numbers, parts)
        elif entry is not None:
            parts, streamed = self._rebuilt(entry), entry.streamed
            numbers = Numbers(entry.model, entry.seconds, entry.tokens_in, entry.tokens_out, entry.cost_usd)
            self._count(asking, numbers, parts, replayed=found.numbers is None)
        else:  # cannot be
            raise CallsError(f"{asking.request.function}: no answer")
        return Replayed(parts) if streamed else parts[0]

    def _rebuilt(self, entry: Entry) -> list[Any]:
        try:
            parts = [unpacked(part) for part in entry.answer]
        except (KeyError, TypeError, ValueError) as error:
            path = self.store.path_of(entry.key) if self.store else ""
            raise CallsError(
                f"{path}: this version of litellm cannot read the recorded answer ({type(error).__name__}); delete "
                "the file and record the call again with --evalbars-calls=auto"
            ) from None
        if not entry.streamed:  # where litellm says what an answer cost
            parts[0]._hidden_params = {  # noqa: SLF001
                "response_cost": entry.cost_usd,
                "custom_llm_provider": provider_of(entry.request),
            }
        return parts

    def _count(self, asking: Asking, numbers: Numbers, parts: list[Any], *, replayed: bool = False) -> None:
        call = Call(
            model=cleaner(asking.request)(numbers.model),
            seconds=numbers.seconds,
            tokens_in=numbers.tokens_in,
            tokens_out=numbers.tokens_out,
            cost_usd=numbers.cost_usd,
            replayed=replayed,
            judging=asking.judging,
            shown=self._shown(self.keep, asking.request, numbers, parts) if self.keep and asking.trial else None,
        )
        if (heard := HEARD.get()) is not None:
            heard.append(call)
        if not (asking.trial and asking.asked.add(call)):
            self.ledger.take(call)

    def _shown(self, keep: Keeping, request: Request, numbers: Numbers, parts: list[Any]) -> dict[str, Any]:
        """Prompt and answer, for a reader."""
        said = next((request.content[key] for key in ("messages", "input", "prompt") if key in request.content), None)
        try:
            words = [words_of(packed(part)) for part in parts]
        except CallsError:
            words = [str(part) for part in parts]
        answer = words[0] if len(words) == 1 else "".join(word for word in words if isinstance(word, str))
        clean = cleaner(request)
        # Before anything is cut, and again what had to be made plain first.
        said, answer = (clean(keep.thing(clean(each))) for each in (said, answer))
        return {"model": clean(numbers.model), "asked": said, "answer": answer}


def _asyncio() -> Any:
    """asyncio, which async code has imported: other sessions do without."""
    return sys.modules["asyncio"]
