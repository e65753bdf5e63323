"""The collection run: announced, filed once, submitted once, whatever falls in between."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from lxml import etree
from structlog.testing import capture_logs

from services.payments.bank.collecting import Collecting, collection_of
from services.payments.bank.files import FileDamaged
from services.payments.bank.forgetting import end_mandates
from services.payments.bank.work import Work
from services.payments.domain.address import Abroad
from services.payments.domain.claim import Claim
from services.payments.domain.collection import Collection
from services.payments.domain.kassenzeichen import kassenzeichen
from services.payments.domain.mandate import Kind, Mandate, NotAllowedNow
from services.payments.domain.money import Receipt
from services.payments.domain.refusals import PaymentBeingChecked
from services.payments.published import PUBLISHED
from services.payments.queries import claim_answer
from services.payments.sepa.iban import read_iban
from services.payments.sepa.pain008 import NAMESPACE
from services.payments.sepa.schema import pain_008
from shared.bus.handlers import Permanent
from shared.domain import REDACTED
from shared.ids import new_id
from tests.services.payments.bank.town import CITY, FEE, NOW, Town
from tests.services.payments.sepa.messages import Line, camt

pytestmark = pytest.mark.integration
DUE = date(2026, 12, 10)
FILED = date(2026, 12, 8)
LATE = date(2026, 12, 15)
"""What a file that is made on Saturday the 12th can ask for."""


def sent(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "out").iterdir()) if path.is_file()]


def references(file: bytes) -> list[str]:
    root: Any = etree.fromstring(file)
    pain_008().assertValid(root)
    return [found.text for found in root.iterfind(f".//{{{NAMESPACE}}}EndToEndId")]


def days(file: bytes) -> list[date]:
    root: Any = etree.fromstring(file)
    return [date.fromisoformat(found.text) for found in root.iterfind(f".//{{{NAMESPACE}}}ReqdColltnDt")]


async def told_anew(town: Town) -> list[tuple[UUID, date]]:
    """Whose debit was put off to when, as others hear of it."""
    found = []
    for row in await town.rows("SELECT debit_id FROM debit"):
        for recorded in await town.payments.runtime.log.reader.stream(row["debit_id"]):
            told = PUBLISHED.envelope(recorded, 1)
            if told is not None and told.type == "payments.debit_put_off.v1":
                found.append((UUID(told.data["account_id"]), date.fromisoformat(told.data["due"])))
    return found


class TestAnnouncing:
    async def test_tells_day_and_reference(self, town: Town) -> None:
        debit = await town.announced()
        assert (debit.due, debit.amount_cents, debit.reference) == (
            DUE,
            FEE,
            f"{kassenzeichen('4711', 2026, 1)}-1",
        )
        claim = await town.claim(debit.claim_id)
        assert claim.attempts[debit.id].state == "started"

    async def test_is_refused_without_a_signature(self, town: Town) -> None:
        claim = await town.owed()
        mandate = Mandate.propose(
            id=new_id(), now=town.clock.now(), account_id=claim.account_id, reference="M-1",
            kind=Kind.RECURRING, iban="DE89370400440532013000", holder="Ada",
        )  # fmt: skip
        with pytest.raises(NotAllowedNow):
            town.bank.debiting.announce(Work(town.unit()), claim, mandate)


class TestRun:
    async def test_files_nothing_before_its_day(self, town: Town) -> None:
        debit = await town.announced()
        town.go_to(FILED - timedelta(days=1))
        await town.run()
        assert (await town.debit(debit.id)).condition == "announced"
        assert sent(town.folder) == []

    async def test_files_what_is_due_soon_as_one_valid_file(self, town: Town) -> None:
        debits = await town.filed(3)
        (file,) = sent(town.folder)
        assert sorted(references(file)) == sorted(debit.reference for debit in debits)
        assert {debit.condition for debit in debits} == {"filed"}
        collection = await town.unit().load(Collection, collection_of(FILED))
        assert collection.condition == "submitted"
        assert collection.sha256 == hashlib.sha256(file).hexdigest()
        assert (collection.debits, collection.cents) == (3, 3 * FEE + 3)

    async def test_files_nothing_on_a_day_without_banks(self, town: Town) -> None:
        await town.announced()
        town.go_to(date(2026, 12, 12))
        await town.run()
        assert sent(town.folder) == []

    async def test_asks_for_a_later_day_where_it_comes_late(self, town: Town) -> None:
        debit = await town.announced()
        town.go_to(date(2026, 12, 24))
        await town.run()
        assert (await town.debit(debit.id)).due == date(2026, 12, 28)
        assert await told_anew(town) == [(debit.account_id, date(2026, 12, 28))]
        [mandate] = await town.bank.lookups.mandates_of(debit.account_id)
        assert mandate["debits"] == [{"due": date(2026, 12, 28), "amount_cents": FEE}]
        told = await claim_answer(town.payments.runtime.pool, await town.claim(debit.claim_id), NOW.date())
        assert (told["waits_for"], told["debit"]["due"]) == ("debit", date(2026, 12, 28))

    async def test_files_again_nothing(self, town: Town) -> None:
        await town.filed(2)
        before = sent(town.folder)
        await town.run()
        await town.submit(collection_of(FILED))
        assert sent(town.folder) == before

    async def test_files_what_comes_later_that_day_as_a_further_file(self, town: Town) -> None:
        (first,) = await town.filed()
        hasty = replace(town.bank.debiting.rules, notice_days=1)
        object.__setattr__(town.bank.debiting, "rules", hasty)
        later = await town.announced()
        await town.run()
        await town.submit(collection_of(FILED, 2))
        assert [references(file) for file in sent(town.folder)] == [[later.reference], [first.reference]]
        further = await town.unit().load(Collection, collection_of(FILED, 2))
        assert (further.message_id, further.condition) == ("SDD20261208-2", "submitted")

    async def test_keeps_the_citizen_from_paying_twice(self, town: Town) -> None:
        (debit,) = await town.filed()
        claim = await town.claim(debit.claim_id)
        with pytest.raises(PaymentBeingChecked):
            claim.open_attempt(new_id(), "card", "", now=town.clock.now())

    async def test_leaves_out_what_was_paid_meanwhile(self, town: Town) -> None:
        debit = await town.announced()
        unit = town.unit()
        claim = await unit.load(Claim, debit.claim_id)
        claim.record_receipt(Receipt("cash", "cash", "K-1", FEE, "EUR"), now=unit.now)
        await unit.save(claim)
        await unit.commit()
        town.go_to(FILED)
        await town.run()
        assert (await town.debit(debit.id)).condition == "cancelled"
        assert sent(town.folder) == []

    async def test_leaves_out_what_the_mandate_no_longer_allows(self, town: Town) -> None:
        debit, other = await town.announced(), await town.announced()
        unit = town.unit()
        mandate = await unit.load(Mandate, debit.mandate_id)
        mandate.revoke("citizen", now=unit.now)
        await unit.save(mandate)
        await unit.commit()
        town.go_to(FILED)
        await town.run()
        assert (await town.debit(debit.id)).condition == "cancelled"
        claim = await town.claim(debit.claim_id)
        claim.open_attempt(new_id(), "card", "", now=town.clock.now())
        assert references(sent(town.folder)[0]) == [other.reference]

    async def test_leaves_out_whom_the_city_has_forgotten(self, town: Town) -> None:
        debit = await town.announced()
        await town.payments.runtime.keys.destroy(debit.account_id)
        town.go_to(FILED)
        await town.run()
        assert (await town.debit(debit.id)).condition == "cancelled"

    async def test_debits_nobody_who_asked_to_be_forgotten(self, town: Town) -> None:
        debit = await town.announced()
        unit = town.unit()
        await end_mandates(town.payments.runtime.pool, debit.account_id, unit)
        await unit.erase(debit.account_id, ())
        await unit.commit()
        mandate = await town.mandate_of(debit)
        assert (mandate.condition, mandate.iban) == ("revoked", REDACTED)
        town.go_to(FILED)
        await town.run()
        assert (await town.debit(debit.id)).condition == "cancelled"

    async def test_tells_the_bank_where_a_payer_abroad_lives(self, town: Town) -> None:
        claim, work = await town.owed(), Work(town.unit())
        home = Abroad("Bahnhofstrasse", "1a", "8001", "Zürich", "CH", "POFICHBEXXX")
        account = read_iban("CH93 0076 2011 6238 5295 7")
        await town.bank.paying.by_debit(work, claim.id, account, "Ada Lovelace", Kind.ONE_OFF, home)
        await work.commit()
        town.go_to(FILED)
        await town.run()
        (file,) = sent(town.folder)
        references(file)
        assert b"<TwnNm>Zuerich</TwnNm><Ctry>CH</Ctry></PstlAdr>" in file
        assert b"<BICFI>POFICHBEXXX</BICFI></FinInstnId></DbtrAgt>" in file

    async def test_tells_the_bank_of_another_account_once(self, town: Town) -> None:
        debit = await town.announced()
        unit = town.unit()
        mandate = await unit.load(Mandate, debit.mandate_id)
        mandate.collect(new_id(), date(2026, 11, 1), now=unit.now)
        mandate.amend("DE02120300000000202051", "Ada King", town.clock.now().date(), "online", now=unit.now)
        await unit.save(mandate)
        await unit.commit()
        town.go_to(FILED)
        await town.run()
        (file,) = sent(town.folder)
        assert b"SMNDA" in file
        assert b"<SeqTp>RCUR</SeqTp>" in file
        assert b"Ada King" in file


class TestFalling:
    async def test_after_joining_goes_on_with_the_same_file(self, town: Town) -> None:
        debit = await town.announced()
        town.go_to(FILED)
        collection = await town.bank.collecting._collection(FILED)
        assert collection is not None
        await town.bank.collecting._join(collection.id, FILED)
        town.go_to(FILED + timedelta(days=1))
        await town.run()
        (file,) = sent(town.folder)
        assert references(file) == [debit.reference]
        assert b"SDD20261208" in file

    async def test_for_days_asks_for_a_day_that_the_bank_still_takes(self, town: Town) -> None:
        debits = [await town.announced(), await town.announced()]
        town.go_to(FILED)
        collection = await town.bank.collecting._collection(FILED)
        assert collection is not None
        await town.bank.collecting._join(collection.id, FILED)
        town.go_to(date(2026, 12, 12))  # a Saturday, after the announced day
        await town.run()
        (file,) = sent(town.folder)
        assert sorted(references(file)) == sorted(debit.reference for debit in debits)
        assert days(file) == [LATE]
        for debit in debits:
            assert (await town.debit(debit.id)).due == LATE
        assert sorted(await told_anew(town)) == sorted((debit.account_id, LATE) for debit in debits)
        found = await town.unit().load(Collection, collection.id)
        assert [(group.due, group.debits) for group in found.groups] == [(LATE, 2)]
        sum_of_both = Line(2 * FEE, (), "B1", count=2, group="SDD20261208-1", code="PMNT/IDDT/ESDD")
        await town.takes("a.xml", camt([sum_of_both], account=CITY.iban))
        assert {(await town.debit(debit.id)).condition for debit in debits} == {"booked"}

    async def test_for_a_day_asks_for_what_was_announced(self, town: Town) -> None:
        await town.announced()
        town.go_to(FILED)
        collection = await town.bank.collecting._collection(FILED)
        assert collection is not None
        await town.bank.collecting._join(collection.id, FILED)
        town.go_to(FILED + timedelta(days=1))
        await town.run()
        assert days(sent(town.folder)[0]) == [DUE]
        assert await told_anew(town) == []

    async def test_behind_the_stored_file_for_days_keeps_to_its_days(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        debit = await town.announced()
        town.go_to(FILED)

        async def falls(*_said: Any) -> None:
            raise ConnectionError

        monkeypatch.setattr(Collecting, "_put_off", falls)
        with pytest.raises(ConnectionError):
            await town.run()
        monkeypatch.undo()
        town.go_to(date(2026, 12, 12))
        await town.run()
        (file,) = sent(town.folder)
        assert days(file) == [DUE]
        found = await town.unit().load(Collection, collection_of(FILED))
        assert [group.due for group in found.groups] == [DUE]
        assert (await town.debit(debit.id)).due == DUE

    async def test_between_storing_and_saying_so_files_what_was_stored(self, town: Town) -> None:
        await town.announced()
        town.go_to(FILED)
        collecting = town.bank.collecting
        collection = await collecting._collection(FILED)
        assert collection is not None
        await collecting._join(collection.id, FILED)
        unit = town.unit()
        collection = await unit.load(Collection, collection.id)
        collection.close(now=unit.now)
        await unit.save(collection)
        await unit.commit()
        lines = await collecting._lines(collection.id)
        kept = await collecting._kept(collection, lines, unit.now)
        collecting.creditor = replace(collecting.creditor, name="Stadtkasse Neu-Lindenau")
        await town.run()
        assert [hashlib.sha256(file).hexdigest() for file in sent(town.folder)] == [kept.sha256]

    async def test_between_submitting_and_saying_so_leaves_one_file(self, town: Town) -> None:
        await town.filed()
        unit = town.unit()
        await town.bank.collecting.submit({"collection_id": str(collection_of(FILED))}, unit)
        assert len(sent(town.folder)) == 1

    async def test_never_overwrites_another_file(self, town: Town) -> None:
        await town.announced()
        town.go_to(FILED)
        (town.folder / "out" / "SDD20261208.xml").write_bytes(b"other")
        with pytest.raises(Permanent):
            await town.run()
        assert sent(town.folder) == [b"other"]


class TestAFileThatIsNotValid:
    async def test_is_neither_stored_nor_handed_over_but_an_alarm(self, town: Town) -> None:
        debit = await town.announced()
        town.go_to(FILED)
        town.bank.collecting.creditor = replace(CITY, name="")
        with capture_logs() as said:
            await town.run()
        assert (sent(town.folder), await town.rows("SELECT FROM bank_file")) == ([], [])
        found = await town.unit().load(Collection, collection_of(FILED))
        assert (found.condition, found.sha256) == ("closed", "")
        assert (await town.debit(debit.id)).condition == "filed"
        (alarm,) = [one for one in said if one["event"] == "bank_alarm"]
        assert alarm["kind"] == "collection_invalid"
        assert "Nm breaks SCHEMAV_CVC_MINLENGTH_VALID" in alarm["problem"]

    async def test_goes_out_once_it_is_valid(self, town: Town) -> None:
        debit = await town.announced()
        town.go_to(FILED)
        town.bank.collecting.creditor = replace(CITY, name="")
        await town.run()
        town.bank.collecting.creditor = CITY
        town.go_to(FILED + timedelta(days=1))
        await town.run()
        assert [references(file) for file in sent(town.folder)] == [[debit.reference]]


class TestStoredFile:
    async def test_is_read_again_byte_for_byte(self, town: Town) -> None:
        await town.filed()
        file = await town.bank.files.read(collection_of(FILED))
        assert [file.content] == sent(town.folder)

    async def test_says_nothing_of_anybody_in_the_database(self, town: Town) -> None:
        await town.filed()
        (row,) = await town.rows("SELECT content FROM bank_file")
        assert b"Lovelace" not in row["content"]
        assert b"DE89370400440532013000" not in row["content"]

    async def test_is_not_believed_once_it_was_touched(self, town: Town) -> None:
        await town.filed()
        owner = await asyncpg.connect(town.payments.databases.owner_log)
        await owner.execute(
            "UPDATE bank_file SET content = set_byte(content, 40, 255 - get_byte(content, 40))"
        )
        await owner.close()
        with pytest.raises(FileDamaged):
            await town.bank.files.read(collection_of(FILED))

    async def test_cannot_be_changed_by_the_service(self, town: Town) -> None:
        await town.filed()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await town.payments.runtime.pool.execute("UPDATE bank_file SET size = 0")
        with pytest.raises(asyncpg.RaiseError, match="kept for ten years"):
            await town.payments.runtime.pool.execute("DELETE FROM bank_file")
