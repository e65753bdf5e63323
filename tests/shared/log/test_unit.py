"""What a unit reads: snapshots, numbers, remembered answers."""

import asyncio

import pytest

from shared.ids import new_id
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
