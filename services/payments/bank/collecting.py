"""The collection run: on each bank day the debits that are due soon become a file, filed once.

What comes later on the same day, and has to go on it, is a further file.

A debit joins in the same commit as its mandate's and its claim's part, with the line that the file will say,
sealed. Once the collection is closed nothing joins, so the file is the same however often it is made; it is
stored before the log knows its hash, and submitted after. Whatever falls in between is gone on with. A file
that is made later than it was meant asks for the money on a day that the bank still takes: as announced, or
later. A file that is not valid by its schema is neither stored nor handed over but an alarm; its collection
stays closed, and is tried again at each look.
"""

import asyncio
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
import structlog

from services.payments.bank.debiting import Debiting, alarm
from services.payments.bank.files import BankFile, BankFiles
from services.payments.bank.projections import LINES
from services.payments.bank.transport import OtherContent, Transport
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.collection import Collection, Group
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Mandate, MandateRefused
from services.payments.sepa import debits as sepa
from services.payments.sepa.bank_days import bank_days_after, due_date_from, is_bank_day
from services.payments.sepa.pain008 import groups, write_debits
from services.payments.sepa.schema import SchemaBroken, checked
from shared.bus.handlers import Permanent
from shared.ids import derived_id
from shared.log import StreamNotFound, Unit
from shared.tasks import Later

log = structlog.get_logger()

COLLECT: Final = "collect_debits"
SUBMIT: Final = "submit_collection"
LEAD: Final = 2
"""Bank days before the due date; the bank asks for one, the other is for a day on which something fails."""
CHUNK: Final = 50
AT_ONCE: Final = 25.0
"""Seconds of joining in one go, well within a task's lease."""
PAUSE: Final = timedelta(minutes=15)

_DUE: Final = (
    "SELECT debit_id FROM debit WHERE state = 'announced' AND due <= $1 ORDER BY due, debit_id LIMIT $2"
)
_LINES: Final = "SELECT debit_id, line FROM collection_line WHERE collection_id = $1 ORDER BY debit_id"
_TOO_EARLY: Final = """
SELECT debit_id FROM debit WHERE collection_id = $1 AND state = 'filed' AND due < $2
ORDER BY debit_id LIMIT $3
"""
_UNDONE: Final = """
SELECT collection_id FROM collection WHERE state IN ('open', 'closed') AND filed_on <> $1 ORDER BY filed_on
"""


@dataclass(slots=True)
class Collecting:
    """Makes and submits the files; `units` gives a fresh unit for each commit."""

    pool: asyncpg.Pool
    files: BankFiles
    transport: Transport
    creditor: sepa.Creditor
    debiting: Debiting
    units: Callable[[], Unit]
    pause: timedelta = PAUSE

    async def collect(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task. Always ends with Later."""
        more = await self.run(self.debiting.rules.today(unit.now))
        raise Later(timedelta(0) if more else self.pause)

    async def run(self, today: date) -> bool:
        """Goes on with what was begun, then with what is due today; whether there is more to do at once."""
        for row in await self.pool.fetch(_UNDONE, today):
            await self._finish(row["collection_id"])
        if not is_bank_day(today):
            return False
        collection = await self._collection(today)
        if collection is None:
            return False
        if collection.condition == "open" and await self._join(collection.id, today):
            return True
        await self._finish(collection.id)
        return False

    async def _collection(self, today: date) -> Collection | None:
        """The day's that is not filed yet; a further one is begun where something is due."""
        unit, number = self.units(), 1
        while (found := await _found(unit, collection_of(today, number))) is not None:
            if found.condition in ("open", "closed"):
                return found
            number += 1
        if not await self._due(today, 1):
            return None
        message = f"SDD{today:%Y%m%d}" + (f"-{number}" if number > 1 else "")
        collection = Collection.open(
            id=collection_of(today, number), now=unit.now, message_id=message, filed_on=today
        )
        await unit.save(collection)
        await unit.commit()
        return collection

    async def _due(self, today: date, most: int) -> list[UUID]:
        rows = await self.pool.fetch(_DUE, bank_days_after(today, LEAD), most)
        return [row["debit_id"] for row in rows]

    async def _join(self, collection_id: UUID, today: date) -> bool:
        """Puts what is due into the collection, some at a time; whether some is left for the next go."""
        until = clock.monotonic() + AT_ONCE
        while due := await self._due(today, CHUNK):
            if clock.monotonic() > until:
                return True
            work = Work(self.units())
            collection = await work.load(Collection, collection_id)
            await self._prefetch(work, due)
            joined = [line for debit_id in due if (line := await self._file(work, collection, debit_id))]
            if joined:
                cents = sum(line.cents for line in joined)
                collection.grow(len(joined), cents, now=work.unit.now)
            await work.commit()
        return False

    @staticmethod
    async def _prefetch(work: Work, due: list[UUID]) -> None:
        """A chunk's streams side by side rather than one after the other."""
        await work.prefetch(Debit, due)
        debits = [await work.load(Debit, debit_id) for debit_id in due]
        await work.prefetch(Mandate, [debit.mandate_id for debit in debits])
        await work.prefetch(Claim, [debit.claim_id for debit in debits])

    async def _file(self, work: Work, collection: Collection, debit_id: UUID) -> sepa.Debit | None:
        """One debit into the collection, with its line; None where it is cancelled instead."""
        debit = await work.load(Debit, debit_id)
        mandate = await work.load(Mandate, debit.mandate_id)
        claim = await work.load(Claim, debit.claim_id)
        due = due_date_from(collection.filed_on, debit.due)
        try:
            line = _line(claim, mandate, debit, due)
        except sepa.DebitImpossible:
            alarm("debit_impossible", debit=str(debit.id))
            self.debiting.give_up(work, claim, debit, "impossible")
            return None
        if not self.debiting.file(work, claim, debit):
            return None
        try:
            sequence = mandate.collect(debit.id, due, now=work.unit.now)
        except MandateRefused as refused:
            self.debiting.give_up(work, claim, debit, refused.slug)
            return None
        line = replace(line, sequence=sepa.Sequence(sequence))
        debit.file(collection.id, sequence, due, now=work.unit.now)
        await self._keep_line(work, collection.id, debit.id, line)
        return line

    async def _keep_line(self, work: Work, collection_id: UUID, debit_id: UUID, line: sepa.Debit) -> None:
        key = await self.files.keys.obtain(collection_id)
        sealed = key.seal(msgspec.json.encode(line), _place(collection_id, debit_id))
        work.unit.put(LINES, (str(collection_id), str(debit_id)), {"line": sealed})

    async def _finish(self, collection_id: UUID) -> None:
        """Closes the collection, makes its file, says so, and has it submitted. May be repeated."""
        unit = self.units()
        collection = await unit.load(Collection, collection_id)
        if not collection.debits or collection.condition not in ("open", "closed"):
            return
        if collection.condition == "open":
            collection.close(now=unit.now)
            await unit.save(collection)
            await unit.commit()
        lines = await self._lines(collection_id)
        try:
            file = await self._kept(collection, lines, unit.now)
        except SchemaBroken as broken:
            alarm("collection_invalid", collection=str(collection_id), problem=str(broken))
            return
        lines = self._asked_for(lines, file.stored_at)
        await self._put_off(collection_id, min(line.due for line in lines))
        unit = self.units()
        collection = await unit.load(Collection, collection_id)
        collection.file(file.sha256, _groups(collection.message_id, lines), now=unit.now)
        await unit.save(collection)
        unit.task(SUBMIT, {"collection_id": str(collection_id)}, key=str(collection_id))
        await unit.commit()
        log.info("collection_filed", collection=str(collection_id), debits=collection.debits)

    def _asked_for(self, lines: list[sepa.Debit], made_at: datetime) -> list[sepa.Debit]:
        """With the days that a file made then asks for: as filed, later where the bank takes that no more."""
        made_on = self.debiting.rules.today(made_at)
        return [replace(line, due=due_date_from(made_on, line.due)) for line in lines]

    async def _put_off(self, collection_id: UUID, earliest: date) -> None:
        """Says so of each debit whose day has become too early for the file; gone on with after a fall."""
        while rows := await self.pool.fetch(_TOO_EARLY, collection_id, earliest, CHUNK):
            work = Work(self.units())
            for row in rows:
                debit = await work.load(Debit, row["debit_id"])
                debit.put_off(earliest, now=work.unit.now)
            await work.commit()
            log.warning("debits_put_off", collection=str(collection_id), debits=len(rows), due=str(earliest))

    async def _lines(self, collection_id: UUID) -> list[sepa.Debit]:
        key = await self.files.keys.obtain(collection_id)
        return [
            msgspec.json.decode(
                key.open(row["line"], _place(collection_id, row["debit_id"])), type=sepa.Debit
            )
            for row in await self.pool.fetch(_LINES, collection_id)
        ]

    async def _kept(self, collection: Collection, lines: list[sepa.Debit], now: datetime) -> BankFile:
        """The stored file; where one was stored before a fall, that one, whatever would be made now. Raises
        SchemaBroken."""
        lines = self._asked_for(lines, now)
        created = datetime.combine(collection.filed_on, time(), UTC)

        def made() -> bytes:
            return checked(write_debits(collection.message_id, created, self.creditor, lines))

        name = f"{collection.message_id}.xml"
        return await self.files.keep(collection.id, "pain.008", name, await asyncio.to_thread(made), now=now)

    async def submit(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: hands the stored file over, then says so. May run again; the bank has it once."""
        collection = await unit.load(Collection, UUID(payload["collection_id"]))
        file = await self.files.read(collection.id)
        if file.sha256 != collection.sha256:
            raise Permanent("the stored file is not the one that the log knows")
        if any(group.due <= self.debiting.rules.today(unit.now) for group in collection.groups):
            alarm("collection_late", collection=str(collection.id))
        try:
            await asyncio.to_thread(self.transport.submit, file.name, file.content)
        except OtherContent as error:
            alarm("collection_overwritten", collection=str(collection.id))
            raise Permanent("another file of this name lies at the bank") from error
        collection.submit(self.transport.name, now=unit.now)
        await unit.save(collection)


def collection_of(day: date, number: int = 1) -> UUID:
    """The id of a day's collection, or of a further one."""
    return derived_id("collection", day.isoformat(), *(() if number == 1 else (number,)))


async def _found(unit: Unit, collection_id: UUID) -> Collection | None:
    try:
        return await unit.load(Collection, collection_id)
    except StreamNotFound:
        return None


def _line(claim: Claim, mandate: Mandate, debit: Debit, due: date) -> sepa.Debit:
    """What the file says of a debit; the sequence is the mandate's to tell. Raises DebitImpossible."""
    return sepa.Debit(
        reference=debit.reference, cents=debit.amount_cents, mandate=mandate.reference,
        signed_on=mandate.signed_on or due, name=str(mandate.holder or ""), iban=str(mandate.iban or ""),
        text=f"{claim.service} {claim.case_number} {claim.kassenzeichen}", due=due,
        sequence=sepa.Sequence.RECURRING, amended=mandate.is_amended, abroad=mandate.abroad,
    )  # fmt: skip


def _place(collection_id: UUID, debit_id: UUID) -> bytes:
    return collection_id.bytes + debit_id.bytes


def _groups(message_id: str, lines: list[sepa.Debit]) -> list[Group]:
    return [
        Group(group_id, group[0].due, group[0].sequence.value, len(group), sum(line.cents for line in group))
        for group_id, group in groups(message_id, lines)
    ]
