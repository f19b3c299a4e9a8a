"""How xdist's workers are fed when each keeps many cases in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScheduling

from pytest_evalbars.execution.alone import AHEAD

if TYPE_CHECKING:
    import pytest
    from xdist.workermanage import WorkerController


class WindowScheduling(LoadScheduling):  # type: ignore[misc] # xdist has no types
    """Keeps each worker's queue as long as its window looks ahead.

    xdist's own tops a queue up late when tests are slow, and so the windows would shrink towards the end.
    """

    def __init__(self, config: pytest.Config, log: Any, concurrency: int) -> None:
        super().__init__(config, log)
        self._queue = AHEAD * concurrency

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:  # noqa: ARG002 - xdist's signature
        """Fill the node's queue, or let it go when nothing is left."""
        if node.shutting_down:
            return
        if self.pending:
            self._send_tests(node, max(0, self._queue - len(self.node2pending[node])))
        else:
            node.shutdown()
