"""A sum that the bank books for a group of our file of debits: each debit of it, if the sum is theirs.

The sum may come before the bank's word on what it refused, and then is not worth what the debits are. It
waits on `unallocated`, and is matched again when debits of its group are refused, or a clerk says so: what is
booked leaves the sum in the same commit, some debits at a time. What other entries told of it leaves it last.
"""

import time as clock
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.payments.bank.debiting import Debiting, alarm
from services.payments.bank.lookups import KnownDebit, Lookups
from services.payments.bank.retelling import Telling, told_again
from services.payments.bank.work import Work
from services.payments.domain.bank_item import BankItem, BankItemRefused, GroupToldTwice, Outcome
from services.payments.domain.claim import Claim
from services.payments.domain.collection import Collection
from services.payments.domain.debit import Debit
from shared.log import Unit
from shared.tasks import Later

log = structlog.get_logger()

MATCH: Final = "match_bank_item"
CHUNK: Final = 40
AT_ONCE: Final = 25.0
"""Seconds of booking in one go, well within a task's lease."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What a sum is; `known_cents` of it were certainly told by other entries, where it is its debits'."""

    outcome: Outcome
    known_cents: int = 0


@dataclass(frozen=True, slots=True)
class Groups:
    """Books sums to debits."""

    lookups: Lookups
    debiting: Debiting
    units: Callable[[], Unit]

    async def place(self, group: str, cents: int, own: UUID, telling: Telling) -> Placed:
        """What a sum is that was told just now; `own` is its item, `telling` how it was told."""
        debits, before = await self.debits_of(group), await self._before(group, cents, telling)
        if telling.booked_on is not None and sum(debit.cents for debit in debits) == cents != 0:
            placed = await self._book(debits, str(own), telling, telling.booked_on)
            if placed.outcome is not Outcome.KNOWN or before is not Outcome.REPEATED:
                return placed
        if before is Outcome.UNALLOCATED:
            alarm("group_differs", group=group, item=str(own))
        elif before is Outcome.REPEATED:
            alarm("group_told_twice", group=group, item=str(own))
        return Placed(before)

    async def _before(self, group: str, cents: int, telling: Telling) -> Outcome:
        """What a sum is by the sums of its group that were told before: each stands for one of the other
        kind, as transfers do. UNALLOCATED for what is new."""
        if telling.booked_on is None:
            return Outcome.UNALLOCATED
        told = Counter(await self.lookups.sums(group, cents, telling.booked_on))
        same = told[telling.kind]
        if told.total() > 2 * same:
            return Outcome.KNOWN
        return Outcome.REPEATED if same else Outcome.UNALLOCATED

    async def debits_of(self, group: str) -> Sequence[KnownDebit]:
        """The debits of a group that the bank has not refused."""
        collection_id = await self.lookups.collection(group.rpartition("-")[0])
        if collection_id is None:
            return ()
        collection = await self.units().load(Collection, collection_id)
        for one in collection.groups:
            if one.group_id == group:
                return await self.lookups.of_group(collection_id, one.due, one.sequence)
        return ()

    async def ask(self, item: BankItem, unit: Unit) -> int:
        """Has a waiting sum matched again, once the unit is committed; how many debits it is. Raises
        ItemDone, ReturnWaits, NoGroup, GroupDiffers, GroupToldTwice."""
        debits = await self.debits_of(item.group)
        item.refuse_unless_group(sum(debit.cents for debit in debits))
        await self._is_told_again(item, debits)
        unit.task(MATCH, {"item_id": str(item.id)})
        return len(debits)

    async def ask_for(self, collection: Collection, unit: Unit) -> None:
        """The same for each sum that waits for the groups of a file of which debits were refused."""
        names = [group.group_id for group in collection.groups]
        for item_id in await self.lookups.waiting_for(names):
            unit.task(MATCH, {"item_id": str(item_id)})

    async def match(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: books the debits from the sum where they are worth it. May be repeated."""
        try:
            done = await self.match_again(UUID(payload["item_id"]))
        except BankItemRefused as refused:
            log.info("group_not_matched", item=payload["item_id"], reason=refused.slug)
            return
        if not done:
            raise Later(timedelta(0))

    async def match_again(self, item_id: UUID) -> bool:
        """Books each debit that was not; False: there is more to do. Raises as `ask`."""
        item = await self.units().load(BankItem, item_id)
        debits, until = await self.debits_of(item.group), clock.monotonic() + AT_ONCE
        booked_on = item.refuse_unless_group(sum(debit.cents for debit in debits))
        for at in range(0, len(debits), CHUNK):
            if clock.monotonic() > until:
                return False
            await self._match(item_id, debits[at : at + CHUNK], booked_on)
        await self._tell_again(item_id, debits)
        return True

    async def _match(self, item_id: UUID, debits: Sequence[KnownDebit], booked_on: date) -> None:
        work = await self._work(debits)
        cents = 0
        for debit in debits:
            if await self.debiting.book(work, debit.debit_id, str(item_id), booked_on):
                cents += debit.cents
        if cents:
            (await work.load(BankItem, item_id)).match(cents, now=work.unit.now)
            await work.commit()

    async def _tell_again(self, item_id: UUID, debits: Sequence[KnownDebit]) -> None:
        """What is left of the sum leaves it where other entries told all of it."""
        work = Work(self.units())
        item = await work.load(BankItem, item_id)
        if item.is_waiting and await self._is_told_again(item, debits):
            item.tell_again(now=work.unit.now)
            await work.commit()

    async def _is_told_again(self, item: BankItem, debits: Sequence[KnownDebit]) -> bool:
        """Whether other entries told all that is left of the sum. Raises GroupToldTwice where that may be
        other money: the sum itself was told twice, or by the same kind of message as its debits."""
        others = await self._others(item, debits)
        cents = sum(debit.amount_cents for debit in others)
        if not others or cents < item.left_cents:
            return False
        own = (await self.lookups.tellings([str(item.id)])).get(str(item.id))
        if item.outcome == Outcome.REPEATED or own is None or await self._known(others, own) != cents:
            raise GroupToldTwice("its debits were booked from another entry")
        return True

    async def _others(self, item: BankItem, debits: Sequence[KnownDebit]) -> list[Debit]:
        """Debits that another entry than the sum told."""
        found: list[Debit] = []
        for at in range(0, len(debits), CHUNK):
            chunk = debits[at : at + CHUNK]
            work = Work(self.units())
            await work.prefetch(Debit, [debit.debit_id for debit in chunk])
            loaded = [await work.load(Debit, debit.debit_id) for debit in chunk]
            found += [debit for debit in loaded if debit.credited_by not in ("", str(item.id))]
        return found

    async def _known(self, debits: Sequence[Debit], now: Telling) -> int:
        """How many cents of what other entries told is certainly what is told now."""
        by_entry = {debit.credited_by: debit.id for debit in debits}
        cents: Counter[str] = Counter()
        for debit in debits:
            cents[debit.credited_by] += debit.amount_cents
        tellings = await self.lookups.tellings(by_entry)
        return sum(
            cents[entry] for entry, debit_id in by_entry.items()
            if told_again(debit_id, tellings.get(entry), now) is Outcome.KNOWN
        )  # fmt: skip

    async def _book(
        self, debits: Sequence[KnownDebit], own: str, telling: Telling, booked_on: date
    ) -> Placed:
        """Books each; what all the sum is where every one of them had been told by another entry."""
        others: list[Debit] = []
        new = False
        for at in range(0, len(debits), CHUNK):
            chunk = debits[at : at + CHUNK]
            work = await self._work(chunk)
            for one in chunk:
                debit = await work.load(Debit, one.debit_id)
                booked = await self.debiting.book(work, debit.id, own, booked_on)
                if booked or debit.credited_by == own:  # its own where it goes on after a fall
                    new = True
                elif debit.credited_by:
                    others.append(debit)
            await work.commit()
        known = await self._known(others, telling)
        if new:
            return Placed(Outcome.DEBIT, known)
        is_known = known == sum(debit.cents for debit in debits)
        return Placed(Outcome.KNOWN if is_known else Outcome.REPEATED)

    async def _work(self, debits: Sequence[KnownDebit]) -> Work:
        work = Work(self.units())
        await work.prefetch(Debit, [debit.debit_id for debit in debits])
        await work.prefetch(Claim, [debit.claim_id for debit in debits])
        return work
