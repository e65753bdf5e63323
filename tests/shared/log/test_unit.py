"""What a unit reads: snapshots, numbers, remembered answers."""

import asyncio
from typing import Any

import pytest

from shared.domain import REDACTED
from shared.ids import new_id
from shared.keys import KeyDestroyed
from shared.log import StreamNotFound
from shared.log.numbers import next_number
from shared.log.remembered import RememberedAnswers
from shared.log.snapshots import Snapshots
from tests.shared.log.conftest import Log
from tests.shared.toy.library import Loan

pytestmark = pytest.mark.integration


class TestASnapshot:
    @pytest.fixture(autouse=True)
    def often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Loan, "SNAPSHOT_EVERY", 1)

    async def test_is_kept_and_used(self, log: Log) -> None:
        loan = await log.lend()
        await log.unit().load(Loan, loan.id)
        found = await Snapshots(log.pool, log.keys).find(Loan, loan.id)
        assert found is not None
        assert (found[0].reader, found[0].version, found[0].modified_on) == ("Łukasz", 1, loan.modified_on)
        assert "Łukasz".encode() not in await log.pool.fetchval("SELECT state FROM snapshot")

    async def test_is_gone_on_from(self, log: Log) -> None:
        loan = await log.lend()
        await log.unit().load(Loan, loan.id)
        unit = log.unit()
        again = await unit.load(Loan, loan.id)
        again.give_back("late", now=unit.now)
        await unit.save(again)
        await unit.commit()
        latest = await log.unit().load(Loan, loan.id)
        assert (latest.returned, latest.version, latest.reader) == (True, 2, "Łukasz")
        assert (await log.unit().load_at(Loan, loan.id, 1)).returned is False

    async def test_of_another_shape_is_left_aside_and_replaced(self, log: Log) -> None:
        loan = await log.lend()
        await log.unit().load(Loan, loan.id)
        await log.pool.execute("UPDATE snapshot SET aggregate = 'Loan:before', state = 'nonsense'")
        assert (await log.unit().load(Loan, loan.id)).reader == "Łukasz"
        assert await log.pool.fetchval("SELECT aggregate FROM snapshot") != "Loan:before"

    async def test_written_before_the_state_had_another_layout_is_left_aside(self, log: Log) -> None:
        loan = await log.lend()
        await log.unit().load(Loan, loan.id)
        with_one_field_more = type("Loan", (Loan,), {"__annotations__": {"shelf": str | None}})
        assert await Snapshots(log.pool, log.keys).find(with_one_field_more, loan.id) is None
        that_could_be_read = type("Loan", (Loan,), {"__annotations__": {"returned": bool | None}})
        assert await Snapshots(log.pool, log.keys).find(that_could_be_read, loan.id) is None

    async def test_that_does_not_open_is_left_aside(self, log: Log) -> None:
        loan = await log.lend()
        await log.unit().load(Loan, loan.id)
        await log.pool.execute(
            "UPDATE snapshot SET state = set_byte(state, 20, 1 + get_byte(state, 20) % 255)"
        )
        assert (await log.unit().load(Loan, loan.id)).reader == "Łukasz"

    async def test_of_an_erased_person_tells_nothing(self, log: Log) -> None:
        subject = new_id()
        loan = await log.lend(subject=subject)
        await log.unit().load(Loan, loan.id)
        await log.keys.destroy(subject)
        assert not (await log.unit().load(Loan, loan.id)).reader


class TestAStreamNobodyWrote:
    async def test_is_not_found(self, log: Log) -> None:
        with pytest.raises(StreamNotFound):
            await log.unit().load(Loan, new_id())


class TestANumberRange:
    async def test_gives_each_number_once(self, log: Log) -> None:
        given = await asyncio.gather(*(next_number(log.pool, "permit", "a permit") for _ in range(30)))
        assert sorted(given) == list(range(1, 31))
        assert await next_number(log.pool, "notice", "a notice") == 1

    async def test_says_for_what_one_was_given_that_was_not_used(self, log: Log) -> None:
        number = await next_number(log.pool, "claim", "claim of case 7")
        row = await log.pool.fetchrow("SELECT number, purpose FROM number_given WHERE name = 'claim'")
        assert tuple(row) == (number, "claim of case 7")


class TestARememberedAnswer:
    async def test_comes_back_as_it_was(self, log: Log) -> None:
        unit = log.unit()
        unit.remember(b"k" * 32, b"request", 201, "Grüße".encode())
        await unit.commit()
        answers = RememberedAnswers(log.pool)
        found = await answers.find(b"k" * 32)
        assert found is not None
        assert (found.status, found.body) == (201, "Grüße".encode())
        assert await answers.find(b"other") is None


class TestAnErasedPerson:
    async def test_leaves_streams_that_fold_and_go_on(self, log: Log) -> None:
        subject = new_id()
        loan = await log.lend(subject=subject)
        unit = log.unit()
        again = await unit.load(Loan, loan.id)
        await unit.erase(subject, [loan.id])
        again.give_back("forgotten", now=unit.now)
        await unit.save(again)
        await unit.commit()
        found: Any = await log.unit().load(Loan, loan.id)
        assert (found.reader, found.title, found.returned) == (REDACTED, "Faust", True)

    async def test_is_never_written_about_again(self, log: Log) -> None:
        subject = new_id()
        unit = log.unit()
        await unit.erase(subject, ())
        with pytest.raises(KeyDestroyed):
            await log.lend(subject=subject)
        assert await log.count("event") == 0

    async def test_frees_what_the_streams_had_reserved_and_no_more(self, log: Log) -> None:
        subject, loan, other = new_id(), await log.lend(), await log.lend()
        unit = log.unit()
        unit.reserve("reader", "Łukasz", loan.id)
        unit.reserve("reader", "Zoë", other.id)
        unit.remember(b"k" * 32, b"request", 201, b"{}")
        await unit.commit()
        unit = log.unit()
        await unit.erase(subject, [loan.id])
        await unit.commit()
        rows = await log.pool.fetch("SELECT scope, stream_id FROM reservation ORDER BY scope DESC")
        assert [row["scope"] for row in rows] == ["reader", "idempotency"]
        assert rows[0]["stream_id"] == other.id

    async def test_leaves_no_snapshot(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Loan, "SNAPSHOT_EVERY", 1)
        subject = new_id()
        for whose in (subject, new_id()):
            loan = await log.lend(subject=whose)
            await log.unit().load(Loan, loan.id)
        await log.unit().erase(subject, ())
        assert await log.count("snapshot") == 1
