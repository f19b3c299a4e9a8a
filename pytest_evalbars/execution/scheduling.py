"""How xdist's workers are fed when each keeps many cases in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScheduling

from pytest_evalbars.execution.outlook import AHEAD

if TYPE_CHECKING:
    import pytest
    from xdist.workermanage import WorkerController


class WindowScheduling(LoadScheduling):  # type: ignore[misc] # xdist has no types
    """Keeps each worker's queue as long as its window looks ahead.

    xdist's own tops a queue up late when tests are slow, and so the windows would shrink towards the end.

    When a worker dies, any case of its window may have killed it. These go only to workers that were started after
    that, which run cases one at a time: the next to die of the same case then takes no others along.
    """

    def __init__(self, config: pytest.Config, log: Any, concurrency: int) -> None:
        super().__init__(config, log)
        self._queue = AHEAD * concurrency
        self._replaces = config.getoption("maxworkerrestart", None) != "0"
        self._suspects: list[int] = []
        self._careful: set[WorkerController] = set()
        self._crashed = False

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to hand out."""
        return not self._suspects and bool(super().tests_finished)

    @property
    def has_pending(self) -> bool:
        """Whether anything is left that no worker has reported."""
        return bool(self._suspects) or bool(super().has_pending)

    def add_node(self, node: WorkerController) -> None:
        """Take a worker in; one that comes after a crash runs its cases one at a time."""
        super().add_node(node)
        if self._crashed:
            self._careful.add(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Let a worker go, and return the item that is to be blamed for its death, if it had any left."""
        self._crashed = True
        left = self.node2pending.get(node, [])
        if self._replaces and node not in self._careful and len(left) > 1:
            self._suspects += left[1:]
            del left[1:]
        self._careful.discard(node)
        blamed: str | None = super().remove_node(node)
        return blamed

    def schedule(self) -> None:
        """Hand out the first items: at once as many as a window takes, for its first case may be slow."""
        super().schedule()
        if self.pending:
            super().schedule()  # the second time it tops every worker up

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:  # noqa: ARG002 - xdist's signature
        """Fill the worker's queue, or let it go when nothing is left."""
        if node.shutting_down:
            return
        queued = self.node2pending[node]
        if node in self._careful and self._suspects and len(queued) < 2:
            sent, self._suspects = self._suspects[:2], self._suspects[2:]
            queued.extend(sent)
            node.send_runtest_some(sent)
        elif self.pending:
            fair = -(-len(self.pending) // (2 * len(self.nodes)))  # else the first takes all that is left
            room = min(fair, self._queue - len(queued))
            self._send_tests(node, max(room, 2 - len(queued), 0))  # of two the first can run
        elif not self._suspects or node not in self._careful:
            node.shutdown()
