"""Batches for the cash office while bookings arrive: each booking in exactly one, nothing lost."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from services.payments.books.exporting import EXPORT
from services.payments.cli import _content
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.books.office import (
    FEE,
    PROBLEM,
    Office,
    claim_of,
    is_taken_back,
    owes,
    paid,
    pays,
)

pytestmark = pytest.mark.integration
_LEDGER = "SELECT claim_id || '/' || version AS entry, line FROM ledger_line"
_BALANCES = "SELECT account, sum(cents)::bigint AS cents FROM ledger_line GROUP BY account"
_INSERT = """
INSERT INTO event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)
VALUES ((SELECT epoch FROM log_epoch), $1, 1, $2, $3, $4, $5, $6)
"""


@pytest.fixture
def office(payments: Running) -> Office:
    return Office(payments)


async def all_lines(office: Office) -> list[list[str]]:
    batches = (await office.get("/exports"))["exports"]
    return [line for batch in reversed(batches) for line in await office.lines(batch["number"])]


def balances(lines: list[list[str]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in lines:
        cents = int(line[7].replace(",", ""))
        found[line[10]] += cents if line[9] == "S" else -cents
    return dict(found)


async def in_ledger(payments: Running) -> dict[str, int]:
    return {row["account"]: row["cents"] for row in await payments.runtime.pool.fetch(_BALANCES)}


class TestBatch:
    async def test_holds_what_was_booked_and_says_so(self, payments: Running, office: Office) -> None:
        claim = await paid(payments, "ref-1")
        await is_taken_back(payments, claim.id, charges=350)
        batch = await office.closes()
        assert batch is not None
        # claimed, paid, taken back: S 3060 + 3060 - 3060 + 350, and the same of H
        assert batch["sums"] == [{"currency": "EUR", "debit_cents": FEE + 350, "credit_cents": FEE + 350}]
        assert (batch["number"], batch["entries"], batch["more"]) == (1, 3, False)
        lines = await office.lines(1)
        assert len(lines) == batch["lines"]
        assert balances(lines) == await in_ledger(payments)
        assert {line[4] for line in lines} == {"47112600000122"}
        assert str(claim.account_id) not in (await office.file(1)).decode("cp1252")
        (told,) = (await office.get("/exports"))["exports"]
        assert await office.get("/exports/1") == told
        assert told["sha256"] == batch["sha256"]

    async def test_is_not_closed_when_there_is_nothing(self, payments: Running, office: Office) -> None:
        assert await office.closes() is None
        await owes(payments)
        assert await office.closes()
        before = await payments.runtime.pool.fetchval("SELECT count(*) FROM event")
        assert await office.closes() is None
        assert await payments.runtime.pool.fetchval("SELECT count(*) FROM event") == before

    async def test_is_closed_once_for_one_key(self, payments: Running, office: Office) -> None:
        await owes(payments)
        first = await office.closes("k")
        await owes(payments)
        assert await office.closes("k") == first
        assert len((await office.get("/exports"))["exports"]) == 1

    async def test_is_the_same_bytes_for_ever(self, payments: Running, office: Office) -> None:
        claim = await paid(payments, "ref-1")
        assert await office.closes()
        before = [await office.file(1, format) for format in ("csv", "xml")]
        await is_taken_back(payments, claim.id)
        assert await office.closes()
        assert [await office.file(1, format) for format in ("csv", "xml")] == before
        assert await office.file(2) != before[0]

    async def test_is_not_given_where_its_file_is_damaged(self, payments: Running, office: Office) -> None:
        await owes(payments)
        assert await office.closes()
        owner = await asyncpg.connect(payments.databases.owner_log)
        try:
            await owner.execute("UPDATE booking_file SET content = content || '\x00'::bytea")
        finally:
            await owner.close()
        answer = await office.http.get("/exports/1/csv", headers=office.headers)
        assert (answer.status_code, answer.json()["type"]) == (500, PROBLEM + "export_damaged")

    async def test_file_cannot_be_changed_by_the_service(self, payments: Running) -> None:
        for statement in ("UPDATE booking_file SET content = ''", "DELETE FROM booking_file"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await payments.runtime.pool.execute(statement)

    @pytest.mark.parametrize("role", ["citizen", "clerk", "operator"])
    async def test_is_the_treasurers(self, payments: Running, office: Office, role: str) -> None:
        await owes(payments)
        office.headers = payments.mint.account(new_id(), "payments", role)
        answer = await office.post("/exports")
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "wrong_role")

    async def test_of_no_such_number(self, office: Office) -> None:
        for path in ("/exports/1", "/exports/1/csv"):
            answer = await office.http.get(path, headers=office.headers)
            assert (answer.status_code, answer.json()["type"]) == (404, PROBLEM + "export_unknown")
        assert (await office.http.get("/exports/1/pdf", headers=office.headers)).status_code in (404, 422)


class TestEachBooking:
    @pytest.mark.parametrize("payments", [{"export_entries": 3}], indirect=True)
    async def test_is_in_exactly_one_batch_while_bookings_arrive(
        self, payments: Running, office: Office
    ) -> None:
        async def citizen(number: int) -> None:
            claim = await owes(payments, FEE + number)
            await pays(payments, claim.id, f"ref-{number}", fee=number % 3)
            if number % 4 == 0:
                await is_taken_back(payments, claim.id, charges=number)

        async def treasurer() -> None:
            while not arrived.is_set():
                answer = await office.post("/exports")
                assert answer.status_code in (201, 409), answer.text

        arrived = asyncio.Event()
        async with asyncio.timeout(60), asyncio.TaskGroup() as closing:
            for _ in range(2):
                closing.create_task(treasurer())
            for lot in range(0, 40, 8):
                await asyncio.gather(*(citizen(number) for number in range(lot, lot + 8)))
            arrived.set()
        while await office.closes():
            pass
        batches = (await office.get("/exports", limit=200))["exports"]
        numbers = [batch["number"] for batch in batches]
        assert numbers == list(range(len(numbers), 0, -1))
        assert len(numbers) > 10
        lines = await all_lines(office)
        ledger = await payments.runtime.pool.fetch(_LEDGER)
        entries = Counter(line[2] for line in lines)
        places = {(line[2], line[3]) for line in lines}
        assert len(places) == len(lines)
        assert entries.keys() == {row["entry"] for row in ledger}
        assert balances(lines) == await in_ledger(payments)
        assert sum(batch["lines"] for batch in batches) == len(lines)

    async def test_is_not_lost_when_its_transaction_ends_late(
        self, payments: Running, office: Office
    ) -> None:
        unit = payments.runtime.unit()
        late = claim_of(unit)
        await unit.save(late)
        (stream,) = unit.append.streams
        (event,) = stream.events
        slow = await asyncpg.connect(payments.runtime.settings.database_url)
        try:
            transaction = slow.transaction()
            await transaction.start()
            await slow.execute(
                _INSERT, late.id, event.event_id, event.name, event.schema_version, event.payload, event.meta
            )
            on_time = await owes(payments)
            answer = await office.post("/exports")
            assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "nothing_to_export")
            assert "wait" in answer.json()["detail"]
            await transaction.commit()
        finally:
            await slow.close()
        assert await office.closes()
        found = [line[2] for line in await all_lines(office)]
        assert sorted(set(found)) == sorted([f"{late.id}/1", f"{on_time.id}/1"])

    async def test_is_in_one_batch_when_two_close_at_once(self, payments: Running, office: Office) -> None:
        for number in range(5):
            await paid(payments, f"ref-{number}")
        answers = await asyncio.gather(*(office.closes() for _ in range(4)))
        assert sum(answer is not None for answer in answers) == 1
        lines = await all_lines(office)
        assert len({(line[2], line[3]) for line in lines}) == len(lines) == 20


class TestCommand:
    @pytest.mark.parametrize("payments", [{"export_entries": 2}], indirect=True)
    async def test_closes_batches_until_each_booking_is_in_one(
        self, payments: Running, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            await paid(payments, f"ref-{number}")
        unit = payments.runtime.unit()
        unit.task(EXPORT, {})
        await unit.commit()
        for _ in range(200):
            if len((await office.get("/exports"))["exports"]) == 3:
                break
            await asyncio.sleep(0.05)
        assert len(await all_lines(office)) == 12
        monkeypatch.setenv("PORTAL_DATABASE_URL", payments.runtime.settings.database_url)
        assert await _content(2, "xml") == await office.file(2, "xml")
