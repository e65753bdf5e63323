"""Verifies a log against its seals and anchors: from the database (or a dump of it), the anchors and the
public key alone. No service need run, and nothing that whoever operates the database can write is believed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from shared.audit.anchors import Anchors, SealName
from shared.audit.comparison import compare
from shared.audit.entries import BEGINNING, Place, between, beyond
from shared.audit.findings import Violation
from shared.audit.seals import FIRST, ForeignSeal, SealKeys, Statement, digest

_SEALS: Final = "SELECT number, seal FROM audit_seal ORDER BY number"
_LATE: Final = timedelta(minutes=10)
_LISTING: Final = "SELECT listing FROM audit_seal WHERE number = $1"


@dataclass(slots=True)
class Report:
    """What was found. `restores` are sentences; `unsealed` events wait for a seal."""

    service: str
    seals: int = 0
    events: int = 0
    unanchored: int = 0
    unsealed: int = 0
    restores: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.violations


async def verify(
    connection: Any, service: str, anchors: Anchors, keys: SealKeys, now: datetime | None = None
) -> Report:
    """Goes through the whole chain and the whole log. Raises OSError where the anchors cannot be read.

    The service may run meanwhile. A seal that is not anchored is late at first, and missing ten minutes on.
    """
    before = await anchors.all(service)
    stored = {row["number"]: row["seal"] for row in await connection.fetch(_SEALS)}
    after = await anchors.all(service)  # a service that runs meanwhile seals first, then anchors
    anchored = {name: seal for name, seal in after.items() if name in before or name[1] in stored}
    chain = _Chain(service, keys, stored, {**before, **anchored}, now or datetime.now(UTC))
    report = chain.report
    last: Place | None = BEGINNING
    for number, statement in chain.statements():
        if statement is None:
            last = None  # where its interval ends is not known for certain
            continue
        begin = last if last is not None else _just_before(statement)
        actual = [entry async for entry in between(connection, begin, statement.last)]
        listing = await connection.fetchval(_LISTING, number) or b""
        report.violations += compare(statement, actual, listing)
        last = statement.last
    report.unsealed = await beyond(connection, chain.end)
    return report


async def violations(database_url: str, service: str, anchors: Anchors, keys: SealKeys) -> list[Violation]:
    """What `verify` finds wrong; empty when the log is intact. For checks that run beside a system."""
    connection = await asyncpg.connect(database_url)
    try:
        return (await verify(connection, service, anchors, keys)).violations
    finally:
        await connection.close()


def _just_before(statement: Statement) -> Place:
    if statement.first is None:
        return statement.last
    epoch, xid, position = statement.first
    return epoch, xid, position - 1


class _Chain:
    """The seals in order, each from its anchor where there is one."""

    def __init__(
        self,
        service: str,
        keys: SealKeys,
        stored: Mapping[int, bytes],
        anchored: Mapping[SealName, bytes],
        now: datetime,
    ) -> None:
        self.report = Report(service)
        self.end: Place = BEGINNING
        self._service = service
        self._keys = keys
        self._now = now
        self._stored = stored
        self._anchored = {n: (epoch, seal) for (epoch, n), seal in sorted(anchored.items())}  # latest epoch
        self._last_stored = max(stored, default=0)
        self._void = (0, 0)  # (epoch of the last restore, number up to which older seals are given up)
        self._not_anchored: list[int] = []
        self._total = 0
        self._previous: str | None = FIRST

    def statements(self) -> Iterator[tuple[int, Statement | None]]:
        """What each seal says, None where that cannot be believed; violations go into the report."""
        for number in range(1, max(self._last_stored, *self._anchored, 0) + 1):
            seal = self._choose(number)
            if seal is None:
                self._previous = None
                if not self._is_void(number):
                    yield number, None
                continue
            statement = self._open(number, seal)
            self._previous = digest(seal)
            if statement is not None:
                self._follow(statement)
            yield number, statement
        self.report.unanchored = len(self._not_anchored)

    def _choose(self, number: int) -> bytes | None:
        """The seal to believe, if its signature fits."""
        stored, anchored = self._stored.get(number), self._anchor(number)
        if stored is None and anchored is None:
            if not self._is_void(number):
                self._note("gap", number, "is neither in the database nor anchored")
        elif stored is None:
            beyond = number > self._last_stored
            self._note("truncated" if beyond else "gap", number, "is anchored and gone from the database")
        elif anchored is None:
            self._not_anchored.append(number)
        elif stored != anchored:
            self._note("replaced", number, "is another in the database than the one anchored")
        if anchored is not None:
            self._miss_anchors()  # they are made in order: an earlier one is not just late
        return anchored or stored

    def _miss_anchors(self) -> None:
        for number in self._not_anchored:
            self._note("unanchored", number, "is in the database and not among the anchors")
        self._not_anchored.clear()

    def _anchor(self, number: int) -> bytes | None:
        """The anchored seal of this number, unless a restore has given it up for a new one."""
        epoch, seal = self._anchored.get(number, (0, None))
        if seal is None or (epoch < self._void[0] and number <= self._void[1]):
            return None
        stored = self._stored.get(number)
        if stored is not None and stored != seal and self._is_restored(stored, epoch):
            return None
        return seal

    def _is_restored(self, stored: bytes, epoch: int) -> bool:
        """Whether the stored one is ours and begins a later epoch: a restore, not anchored yet."""
        try:
            statement = self._keys.open(stored)
        except ForeignSeal:
            return False
        return statement.restored is not None and statement.epoch > epoch

    def _is_void(self, number: int) -> bool:
        return number <= self._void[1]

    def _open(self, number: int, seal: bytes) -> Statement | None:
        try:
            statement = self._keys.open(seal)
        except ForeignSeal as error:
            self._note("foreign", number, str(error))
            return None
        if (statement.service, statement.number) != (self._service, number):
            self._note("foreign", number, f"was made for seal {statement.number} of {statement.service}")
            return None
        if self._previous is not None and statement.previous != self._previous:
            self._note("gap", number, "does not follow the seal before it")
        elif self._previous is not None and statement.total != self._total + statement.count:
            self._note("gap", number, "does not count on from the seal before it")
        return statement

    def _follow(self, statement: Statement) -> None:
        self._total = statement.total
        self.end = statement.last
        if statement.number in self._not_anchored and self._now - statement.time > _LATE:
            self._miss_anchors()
        self.report.seals += 1
        self.report.events += statement.count
        if statement.restored is not None:
            self._void = (statement.epoch, statement.restored.given_up)
            given_up = statement.restored.given_up - statement.number + 1
            self.report.restores.append(
                f"epoch {statement.epoch} began with seal {statement.number} at {statement.time:%F %T}, "
                f"{max(given_up, 0)} seals given up: {statement.restored.reason}"
            )

    def _note(self, kind: Any, number: int, says: str) -> None:
        self.report.violations.append(Violation(kind, number, f"Seal {number} {says}."))
