"""Dump, restore into a fresh server, `portal restore`: feed and subscribers go on in a new epoch."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.domain import REDACTED
from shared.ids import new_id
from shared.log import LogOfAnotherServer
from shared.testing import Databases, Running
from tests.shared.log.conftest import Log
from tests.shared.restore.conftest import Listener, Office
from tests.shared.toy.library import Loan

pytestmark = pytest.mark.integration


async def feed(library: Running, until: int) -> dict[str, Any]:
    """The answer of `GET /events` once it reaches `until`."""
    headers = library.mint.service("archive", "library")
    async with asyncio.timeout(30):
        while True:
            answer: dict[str, Any] = (await library.http.get("/events?limit=500", headers=headers)).json()
            if answer["last"] >= until:
                return answer
            await asyncio.sleep(0.05)


async def lend(library: Running, title: str) -> None:
    unit = library.runtime.unit()
    loan = Loan.lend(id=new_id(), now=unit.now, title=title, reader="x")
    await unit.save(loan, subject=new_id())
    await unit.commit()


async def give_back(library: Running, loan: Loan) -> None:
    unit = library.runtime.unit()
    again = await unit.load(Loan, loan.id)
    again.give_back("late", now=unit.now)
    await unit.save(again)
    await unit.commit()


async def burn_transactions(log: Log, elsewhere: str) -> None:
    """The first server must be ahead in transaction ids, as one is that has run for a year."""
    behind = await asyncpg.connect(elsewhere)
    goal = int(await behind.fetchval("SELECT pg_current_xact_id()::text")) + 5_000
    await behind.close()
    owner = await asyncpg.connect(log.databases.owner_log)
    while int(await owner.fetchval("SELECT pg_current_xact_id()::text")) < goal:
        await owner.execute(
            "DO $$ BEGIN FOR i IN 1..2000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )
    await owner.close()


@pytest.fixture(autouse=True)
async def later_server(office: Office) -> None:
    await burn_transactions(office.log, office.elsewhere)


async def restored(office: Office, *words: str, **kw: Any) -> Databases:
    databases = await office.pg_restore(office.dump())
    code, _, err = await office.restore(databases, *words, **kw)
    assert code == 0, err
    return databases


class TestARestoredLog:
    async def test_is_not_opened_before_it_was_told(self, office: Office) -> None:
        await office.lend(1)
        databases = await office.pg_restore(office.dump())
        with pytest.raises(LogOfAnotherServer, match="portal restore"):
            async with office.opened(databases):
                pass

    async def test_goes_on_where_it_was(self, office: Office, listener: Listener) -> None:
        loans = await office.lend(3)
        await office.sequence(3)
        await office.lend(2)  # caught between log and feed
        databases = await restored(office)
        async with office.opened(databases) as library:
            await give_back(library, loans[0])
            await lend(library, "new")
            answer = await feed(library, 7)
            assert [e["sequence"] for e in answer["events"]] == [1, 2, 3, 4, 5, 6, 7]
            assert [e.get("epoch", 1) for e in answer["events"]] == [1, 1, 1, 2, 2, 2, 2]
            listener.door.library = library
            await listener.reaches(7, 2)
            async with asyncio.timeout(30):
                while await library.runtime.pool.fetchval("SELECT published FROM relay_cursor") != 7:
                    await asyncio.sleep(0.05)
        assert await listener.titles() == ["book 0", "book 1", "book 2", "book 3", "book 4", "new"]

    async def test_shows_its_new_epoch(self, office: Office) -> None:
        await office.lend(2)
        await office.sequence(2)
        await office.lend(1)
        async with office.opened(await restored(office)) as library:
            answer = await feed(library, 3)
        assert (answer["epoch"], answer["last"]) == (2, 3)
        assert answer["epochs"] == [{"epoch": 2, "after": 2, "until": 3}]

    async def test_publishes_again_what_a_listener_may_lack(self, office: Office) -> None:
        await office.lend(2)
        await office.sequence(2)
        await office.log.pool.execute("UPDATE relay_cursor SET published = 2")
        databases = await restored(office, "--republish-after", "1")
        owner = await asyncpg.connect(databases.owner_log)
        assert await owner.fetchval("SELECT published FROM relay_cursor") == 1
        await owner.close()

    async def test_gives_no_number_twice_and_says_which_are_skipped(self, office: Office) -> None:
        await office.log.pool.execute("INSERT INTO number_range (name, last) VALUES ('permit', 41)")
        databases = await office.pg_restore(office.dump())
        _, out, err = await office.restore(databases, "--skip-numbers", "100")
        assert "numbers 42 to 141 of permit are skipped" in out, err
        owner = await asyncpg.connect(databases.owner_log)
        assert await owner.fetchval("SELECT last FROM number_range") == 141
        assert await owner.fetchval("SELECT numbers->>'permit' FROM log_restore") == "[41, 141]"
        await owner.close()

    async def test_keeps_citizens_erased(self, office: Office) -> None:
        citizen, other = new_id(), new_id()
        loan = (await office.lend(1, citizen))[0]
        kept = (await office.lend(1, other))[0]
        backup = office.dump()
        await office.log.keys.destroy(citizen)
        _, listed, err = await office.portal(
            "keys", "destroyed", "library", PORTAL_KEYS_DATABASE_URL=office.log.databases.keys
        )
        assert listed == str(citizen), err
        databases = await office.pg_restore(backup)
        await office.restore(databases, destroyed=f"# of last night\n{listed}\n")
        keys = await asyncpg.connect(databases.owner_keys)
        rows = await keys.fetch("SELECT subject, wrapped IS NULL AS gone FROM subject_key")
        await keys.close()
        assert {row["subject"]: row["gone"] for row in rows} == {citizen: True, other: False}
        async with office.opened(databases) as library:
            assert (await library.runtime.unit().load(Loan, loan.id)).reader == REDACTED
            assert (await library.runtime.unit().load(Loan, kept.id)).title == kept.title

    async def test_is_intact_with_the_restore_on_record(self, office: Office) -> None:
        await office.lend(2)
        await office.seal()
        databases = await restored(office, reason="disk died")
        report = await office.verify(databases.owner_log)
        assert (report.intact, report.events) == (True, 2), report.violations
        assert report.restores[0].endswith("0 seals given up: disk died")


class TestARestoreToAnEarlierInstant:
    async def test_stops_who_had_seen_more_until_it_is_decided(
        self, office: Office, listener: Listener
    ) -> None:
        await office.lend(2)
        await office.sequence(2)
        await office.lend(1)  # book 2: in the log of the backup, not in its feed
        backup = office.dump()
        await office.lend(2)
        await office.sequence(5)
        async with office.opened_first() as library:
            listener.door.library = library
            await listener.reaches(5, 1)
        databases = await office.pg_restore(backup)
        await office.restore(databases)
        async with office.opened(databases) as library:
            listener.door.library = library
            await lend(library, "after")
            await feed(library, 4)
            _, out, _ = await office.until_said("inbox", "list", "archive", words="AHEAD")
            assert "went back to 2" in out
            assert await listener.cursor() == (5, 1)
            code, out, err = await office.portal(
                "inbox", "accept", "archive", "library", "--reason", "compared by hand"
            )
            assert (code, "after sequence 2" in out) == (0, True), err
            await listener.reaches(4, 2)
            await lend(library, "and on")
            await listener.reaches(5, 2)
        assert await listener.titles() == [
            "after",
            "and on",
            "book 0",
            "book 1",
            "book 2",
            "book 3",
            "book 4",
        ]
        parked = await office.log.pool.fetch("SELECT sequence, epoch, error FROM parked")
        assert [(r["sequence"], r["epoch"]) for r in parked] == [(3, 2)]  # book 2, applied as 3 before
        assert "may have been applied" in parked[0]["error"]

    async def test_counts_as_truncated_until_it_is_on_record(self, office: Office) -> None:
        await office.lend(1)
        await office.seal()
        backup = office.dump()
        await office.lend(2)
        await office.seal()
        databases = await office.pg_restore(backup)
        kinds = {v.kind for v in (await office.verify(databases.owner_log)).violations}
        assert "truncated" in kinds
        _, out, err = await office.restore(databases, reason="fire")
        assert "2 seals were anchored after this backup and are given up" in out, err
        async with office.opened(databases) as library:
            await lend(library, "new")
            await feed(library, 2)
        report = await office.verify(databases.owner_log)
        assert (report.intact, report.restores[0].endswith("2 seals given up: fire")) == (True, True)

    async def test_is_refused_where_the_log_was_touched(self, office: Office) -> None:
        await office.lend(2)
        await office.seal()
        databases = await office.pg_restore(office.dump())
        owner = await asyncpg.connect(databases.owner_log)
        await owner.execute("UPDATE event SET name = 'library.book_returned'")
        await owner.close()
        code, _, err = await office.restore(databases)
        assert (code, "[edited]" in err) == (2, True)

    async def test_is_refused_while_the_service_runs(self, office: Office) -> None:
        databases = await restored(office)
        async with office.opened(databases):
            code, _, err = await office.restore(databases)
        assert (code, "stop it first" in err) == (2, True)

    async def test_may_be_repeated(self, office: Office, listener: Listener) -> None:
        await office.lend(1)
        await office.seal()
        databases = await restored(office)
        assert (await office.restore(databases))[0] == 0
        async with office.opened(databases) as library:
            await lend(library, "new")
            assert [e["epoch"] for e in (await feed(library, 2))["epochs"]] == [2, 3]
            listener.door.library = library
            await listener.reaches(2, 3)
        assert (await office.verify(databases.owner_log)).intact
