"""The bank's answer to a file of debits: what it refuses fails, before any money has moved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from services.payments.bank.debiting import Debiting, alarm
from services.payments.bank.groups import Groups
from services.payments.bank.lookups import Lookups
from services.payments.bank.work import Work
from services.payments.domain.collection import Collection
from services.payments.domain.returns import code_of_many
from services.payments.sepa.pain002 import REJECTED, StatusReport
from shared.log import Unit

CHUNK = 50


@dataclass(slots=True)
class Answers:
    """Takes a report; may be repeated. A sum that came before it may be worth what is left now."""

    lookups: Lookups
    debiting: Debiting
    units: Callable[[], Unit]
    groups: Groups

    async def take(self, report: StatusReport) -> None:
        """Refuses each debit that the report refuses; alarms where it is about nothing of ours."""
        collection_id = await self.lookups.collection(report.original_message_id)
        if collection_id is None:
            alarm("answer_to_nothing", message=report.message_id)
            return
        refused = await self._refused(collection_id, report)
        for at in range(0, len(refused), CHUNK):
            work = Work(self.units())
            for debit_id, code in refused[at : at + CHUNK]:
                await self.debiting.reject(work, debit_id, code)
            await work.commit()
        unit = self.units()
        collection = await unit.load(Collection, collection_id)
        collection.answer(report.status or "PART", report.code, len(refused), now=unit.now)
        await unit.save(collection)
        if refused:
            await self.groups.ask_for(collection, unit)
        await unit.commit()
        if report.is_rejected:
            alarm("collection_rejected", collection=str(collection_id), code=report.code)

    async def _refused(self, collection_id: UUID, report: StatusReport) -> list[tuple[UUID, str]]:
        """A debit that is named has the bank's code for it, any other that of its group or file."""
        debits = await self.lookups.of_collection(collection_id)
        named = [one for one in report.debits if one.status == REJECTED]
        unknown = [one.reference for one in named if one.reference not in debits]
        if unknown:
            alarm("answer_on_foreign_debits", collection=str(collection_id), debits=len(unknown))
        found = {debits[one.reference]: one.code for one in named if one.reference in debits}
        for debit_id, code in await self._of_groups(collection_id, report):
            found.setdefault(debit_id, code)
        if report.is_rejected:
            for debit_id in debits.values():
                found.setdefault(debit_id, code_of_many(report.code))
        return list(found.items())

    async def _of_groups(self, collection_id: UUID, report: StatusReport) -> Iterable[tuple[UUID, str]]:
        """The debits of groups that are refused as a whole."""
        wanted = {group.reference: group.code for group in report.groups if group.status == REJECTED}
        if not wanted:
            return ()
        collection = await self.units().load(Collection, collection_id)
        return [
            (debit.debit_id, code_of_many(wanted[group.group_id]))
            for group in collection.groups
            if group.group_id in wanted
            for debit in await self.lookups.of_group(collection_id, group.due, group.sequence)
        ]
