"""Password hashes: Argon2id (RFC 9106) in a bounded number of threads.

Each hash takes 64 MiB for some hundred milliseconds, so no more than two run at a time; the others wait
and the event loop goes on.
"""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from shared.observe.metrics import counter

THREADS: Final = 2

_work = counter("portal_password_work_total", "Password hashes computed, by what for", ("what",))


class Passwords:
    """Makes and verifies hashes; `dummy` is what a password is verified against when there is no account."""

    def __init__(self, memory_kib: int, passes: int, threads: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=threads)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._dummy = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The encoded hash with its parameters and salt."""
        _work.labels("hash").inc()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def matches(self, known: str | None, password: str) -> bool:
        """Whether it is the password; None takes the same time and never matches."""
        _work.labels("verify").inc()
        loop = asyncio.get_running_loop()
        same = await loop.run_in_executor(self._pool, self._verify, known or self._dummy, password)
        return same and known is not None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (Argon2Error, InvalidHashError):
            return False
