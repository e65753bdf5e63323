"""A bounded set of threads for work that blocks: rendering and sealing must not stop the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from shared import heap

QUIET_SECONDS: Final = 2.0
"""Without work for so long, and the memory it needed goes back."""
P = ParamSpec("P")
T = TypeVar("T")


class WorkerThreads:
    """At most `size` calls run at once; further callers wait in order. Close it at shutdown."""

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
        self._quiet: asyncio.TimerHandle | None = None
        self._closed = False

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a thread and return its result; its exception is raised here."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))
        finally:
            self._wait_for_quiet(loop)

    def _wait_for_quiet(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        if not self._closed:
            self._quiet = loop.call_later(QUIET_SECONDS, self._pool.submit, heap.give_back)

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._closed = True
        if self._quiet is not None:
            self._quiet.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
