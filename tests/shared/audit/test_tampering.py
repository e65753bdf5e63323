"""A superuser of the database changes history: `verify` names the interval and what was done to it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from deploy.local.secrets import ed25519_pem
from shared.audit.entries import CONTENT_COLUMNS, PLACE_COLUMNS
from shared.audit.seals import SealKey
from shared.audit.verification import violations
from shared.domain import REDACTED
from shared.ids import new_id
from tests.shared.audit.conftest import Sealed
from tests.shared.toy.library import Loan

pytestmark = pytest.mark.integration

OTHER_VALUES = {
    "stream_id": "gen_random_uuid()",
    "version": "7",
    "event_id": "gen_random_uuid()",
    "name": "'library.book_returned'",
    "schema_version": "2",
    "payload": "payload || '\\x00'::bytea",
    "meta": 'meta || \'{"actor": "nobody"}\'',
    "recorded_at": "recorded_at + interval '1 microsecond'",
}


@pytest.fixture
async def three(sealed: Sealed) -> Sealed:
    """Three seals of three events each, and one event without a seal."""
    for _ in range(3):
        await sealed.lend(3)
        await sealed.seal()
    await sealed.lend(1)
    return sealed


class TestAnUntouchedLog:
    async def test_is_intact_and_counted(self, three: Sealed) -> None:
        report = await three.verify()
        assert (report.intact, report.violations) == (True, [])
        assert (report.seals, report.events, report.unsealed, report.unanchored) == (3, 9, 1, 0)

    async def test_gives_the_checker_nothing(self, three: Sealed) -> None:
        url = three.log.databases.log
        assert await violations(url, "library", three.anchors, three.key.keys()) == []

    async def test_stays_intact_when_a_citizen_is_erased(self, sealed: Sealed) -> None:
        citizen = new_id()
        loan = await sealed.log.lend(subject=citizen)
        await sealed.seal()
        await sealed.log.keys.destroy(citizen)
        assert (await sealed.log.unit().load(Loan, loan.id)).reader == REDACTED
        assert (await sealed.verify()).intact


class TestAnEvent:
    def test_is_edited_below_in_every_column(self) -> None:
        assert set(OTHER_VALUES) == set(CONTENT_COLUMNS)

    async def test_is_sealed_with_every_column(self, three: Sealed) -> None:
        rows = await three.log.pool.fetch(
            "SELECT column_name AS c FROM information_schema.columns WHERE table_name = 'event'"
        )
        assert {row["c"] for row in rows} == {*PLACE_COLUMNS, *CONTENT_COLUMNS}

    async def test_cannot_be_edited(self, three: Sealed) -> None:
        touched = (await three.interval(2))[1]
        for column, value in OTHER_VALUES.items():
            transaction = three.superuser.transaction()
            await transaction.start()
            await three.do(f"UPDATE event SET {column} = {value} WHERE position = $1", touched)
            found = (await three.verify()).violations
            await transaction.rollback()
            assert [(v.kind, v.seal) for v in found] == [("edited", 2)], column
            assert f"position {touched}" in found[0].says

    async def test_cannot_be_dropped(self, three: Sealed) -> None:
        touched = (await three.interval(2))[1]
        await three.do("DELETE FROM event WHERE position = $1", touched)
        found = (await three.verify()).violations
        assert [(v.kind, v.seal) for v in found] == [("dropped", 2)]
        assert f"position {touched}" in found[0].says

    @pytest.mark.parametrize("seals", [(2, 2), (1, 3)])
    async def test_cannot_change_places_with_another(self, three: Sealed, seals: tuple[int, int]) -> None:
        one, other = (await three.interval(seals[0]))[0], (await three.interval(seals[1]))[1]
        await three.do("ALTER TABLE event ALTER position DROP IDENTITY")
        places = {
            n: await three.superuser.fetchrow("SELECT xid::text AS xid FROM event WHERE position = $1", n)
            for n in (one, other)
        }
        for now, then in ((one, -1), (other, one), (-1, other)):
            place = places.get(then)
            await three.do(
                "UPDATE event SET position = $2, xid = coalesce($3::text::xid8, xid) WHERE position = $1",
                now, then, place["xid"] if place else None,
            )  # fmt: skip
        kinds = await three.kinds()
        assert [seal for _, seal in kinds] == sorted(set(seals))
        if seals[0] == seals[1]:
            assert kinds == [("swapped", 2)]

    async def test_cannot_be_moved(self, three: Sealed) -> None:
        """Its transaction has no other event, so that the order stays as it was."""
        await three.do("ALTER TABLE event ALTER position DROP IDENTITY")
        touched = (await three.interval(2))[0]
        await three.do("UPDATE event SET position = position + 1000 WHERE position = $1", touched)
        assert await three.kinds() == [("moved", 2)]

    async def test_cannot_be_put_in(self, three: Sealed) -> None:
        await three.do(
            "INSERT INTO event "
            "(epoch, xid, stream_id, version, event_id, name, schema_version, payload, meta) "
            "SELECT epoch, xid, gen_random_uuid(), 1, gen_random_uuid(), name, schema_version, payload, meta "
            "FROM event WHERE position = $1",
            (await three.interval(2))[1],
        )  # fmt: skip
        assert await three.kinds() == [("inserted", 2)]

    async def test_is_missed_though_its_listing_was_cleared(self, three: Sealed) -> None:
        await three.do("DELETE FROM event WHERE position = $1", (await three.interval(2))[1])
        await three.do("UPDATE audit_seal SET listing = '' WHERE number = 2")
        assert await three.kinds() == [("dropped", 2)]


class TestASeal:
    async def test_cannot_be_cut_off_with_its_events(self, three: Sealed) -> None:
        cut = (await three.interval(2))[0]
        await three.do("DELETE FROM event WHERE position >= $1", cut)
        await three.do("DELETE FROM audit_anchored WHERE number >= 2")
        await three.do("DELETE FROM audit_seal WHERE number >= 2")
        kinds = await three.kinds()
        assert [kind for kind in kinds if kind[0] == "truncated"] == [("truncated", 2), ("truncated", 3)]
        assert ("dropped", 2) in kinds

    async def test_cannot_be_taken_from_the_middle(self, three: Sealed) -> None:
        await three.do("DELETE FROM audit_anchored WHERE number = 2")
        await three.do("DELETE FROM audit_seal WHERE number = 2")
        assert await three.kinds() == [("gap", 2)]

    async def test_is_missed_even_when_its_anchor_went_too(self, three: Sealed) -> None:
        await three.do("DELETE FROM audit_anchored WHERE number = 2")
        await three.do("DELETE FROM audit_seal WHERE number = 2")
        next(three.folder.glob("library/*/*/*2.seal")).unlink()
        assert await three.kinds() == [("gap", 2)]

    async def test_cannot_be_signed_by_another(self, three: Sealed) -> None:
        foreign = SealKey(ed25519_pem())
        statement = three.key.keys().open(await three.superuser.fetchval(_SEAL, 3))
        await three.do("UPDATE audit_seal SET seal = $1 WHERE number = 3", foreign.sign(statement))
        assert await three.kinds() == [("replaced", 3)]
        next(three.folder.glob("library/*/*/*3.seal")).unlink()
        assert await three.kinds() == [("foreign", 3)]

    async def test_follows_the_very_seal_before_it(self, three: Sealed) -> None:
        """A thief of the key signs another seal 2 and takes the anchors from there on."""
        statement = three.key.keys().open(await three.superuser.fetchval(_SEAL, 2))
        later = replace(statement, time=statement.time + timedelta(seconds=1))
        await three.do("UPDATE audit_seal SET seal = $1 WHERE number = 2", three.key.sign(later))
        for number in (2, 3):
            next(three.folder.glob(f"library/*/*/*{number}.seal")).unlink()
        assert await three.kinds() == [("gap", 3)]

    async def test_of_another_key_is_foreign_throughout(self, three: Sealed) -> None:
        found = (await three.verify(SealKey(ed25519_pem()).keys())).violations
        assert [(v.kind, v.seal) for v in found] == [("foreign", 1), ("foreign", 2), ("foreign", 3)]

    async def test_cannot_be_made_over(self, three: Sealed) -> None:
        """Whoever stole the key still cannot rewrite what is anchored."""
        await three.do("DELETE FROM event WHERE position = $1", (await three.interval(3))[0])
        await three.do("DELETE FROM audit_anchored WHERE number = 3")
        await three.do("DELETE FROM audit_seal WHERE number = 3")
        thief = three.sealer(anchors=_Nowhere())
        await thief.look()
        assert ("replaced", 3) in await three.kinds()

    async def test_without_any_anchor_is_not_believed(self, three: Sealed) -> None:
        for path in three.folder.glob("library/*/*/*.seal"):
            path.unlink()
        three.clock.advance(timedelta(minutes=11))
        assert await three.kinds() == [("unanchored", n) for n in (1, 2, 3)]

    async def test_missing_among_anchors_is_named(self, three: Sealed) -> None:
        next(three.folder.glob("library/*/*/*2.seal")).unlink()
        assert await three.kinds() == [("unanchored", 2)]


class _Nowhere:
    async def put(self, service: str, name: Any, seal: bytes) -> None:
        return None

    async def get(self, service: str, name: Any) -> bytes | None:
        return None

    async def all(self, service: str) -> dict[Any, bytes]:
        return {}


_SEAL = "SELECT seal FROM audit_seal WHERE number = $1"
