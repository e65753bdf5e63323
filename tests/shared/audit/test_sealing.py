"""The sealer: when it seals, one at a time, and what becomes of a seal when its process dies."""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.secrets import ed25519_pem
from shared.audit.anchors import AnchorConflict, FolderAnchors, anchors_at
from shared.audit.seals import ForeignSeal, SealKey, SealKeys
from shared.observe.metrics import REGISTRY
from shared.settings import SecretMissing
from tests.shared.audit.conftest import Sealed

pytestmark = pytest.mark.integration

DIES = """
import asyncio, os, signal, sys
import asyncpg
from pathlib import Path
from shared.audit.sealer import Sealer
from shared.audit.seals import SealKey
from shared.clock import SystemClock

class Deadly:
    async def put(self, service, name, seal):
        os.kill(os.getpid(), signal.SIGKILL)

async def main(url, key):
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    await Sealer("library", pool, SealKey(Path(key).read_text()), Deadly(), SystemClock()).look()

asyncio.run(main(*sys.argv[1:]))
"""


class Away:
    """Anchors that cannot be reached."""

    async def put(self, service: str, name: Any, seal: bytes) -> None:
        raise OSError("read-only")

    async def get(self, service: str, name: Any) -> bytes | None:
        raise OSError("read-only")

    async def all(self, service: str) -> dict[Any, bytes]:
        raise OSError("read-only")


def last_sealed() -> float | None:
    name = "portal_audit_last_sealed_timestamp_seconds"
    return REGISTRY.get_sample_value(name, {"service": "library"})


async def anchored(sealed: Sealed) -> list[int]:
    return sorted(number for _, number in await sealed.anchors.all("library"))


async def positions(sealed: Sealed) -> list[int]:
    return [row["position"] for row in await sealed.log.pool.fetch("SELECT position FROM event ORDER BY 1")]


class TestSealing:
    async def test_waits_for_the_minute_or_for_many_events(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        await sealed.lend(4)
        await sealed.settle()
        await sealed.sealer(at_once=5).look()
        assert await sealed.log.count("audit_seal") == 1
        await sealed.sealer(at_once=2).look()
        assert await sealed.log.count("audit_seal") == 3
        await sealed.lend(1)
        await sealed.seal()
        assert [seal.count for seal in await sealed.statements()] == [1, 2, 2, 1]
        assert (await sealed.verify()).intact

    async def test_does_not_pass_a_transaction_that_runs(self, sealed: Sealed) -> None:
        late = await asyncpg.connect(sealed.log.databases.log)
        transaction = late.transaction()
        await transaction.start()
        await late.execute("SELECT pg_current_xact_id()")
        await sealed.lend(2)
        await sealed.sealer().look()
        assert await sealed.log.count("audit_seal") == 0
        await transaction.rollback()
        await late.close()
        await sealed.seal()
        assert (await sealed.verify()).events == 2

    async def test_counts_transactions_as_numbers(self, sealed: Sealed) -> None:
        """Nine of them, then ten: as texts they would stand the other way round, and the seal end early."""
        await sealed.lend(2)
        for xid, position in zip(("99", "100"), await positions(sealed), strict=True):
            await sealed.do("UPDATE event SET xid = $1::text::xid8 WHERE position = $2", xid, position)
        await sealed.seal()
        await sealed.lend(1)
        await sealed.seal()
        report = await sealed.verify()
        assert (report.violations, report.events) == ([], 3)

    async def test_of_two_processes_makes_one_chain(self, sealed: Sealed) -> None:
        await sealed.lend(12)
        await sealed.settle()
        for _ in range(4):
            sealers = [sealed.sealer(at_once=2) for _ in range(3)]
            await asyncio.gather(*(sealer.look() for sealer in sealers))
        report = await sealed.verify()
        assert (report.intact, report.seals, report.events) == (True, 6, 12)

    async def test_tells_when_it_last_went_through(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        then = sealed.clock.now().timestamp()
        assert last_sealed() == then
        sealed.clock.advance(timedelta(hours=1))
        await sealed.lend(1)
        await sealed.settle()
        with pytest.raises(OSError, match="read-only"):
            await sealed.sealer(anchors=Away()).look()
        assert last_sealed() == then

    async def test_does_not_go_on_from_a_foreign_seal(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        statement = (await sealed.statements())[0]
        await sealed.do("UPDATE audit_seal SET seal = $1", SealKey(ed25519_pem()).sign(statement))
        with pytest.raises(ForeignSeal):
            await sealed.sealer().look()

    async def test_goes_on_with_a_new_key(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        old, sealed.key = sealed.key, SealKey(ed25519_pem())
        await sealed.lend(1)
        sealed.clock.advance(timedelta(minutes=1))
        await sealed.settle()
        await sealed.sealer().look()
        both = {"keys": [*old.public_jwks()["keys"], *sealed.key.public_jwks()["keys"]]}
        report = await sealed.verify(SealKeys(both))
        assert (report.intact, report.seals) == (True, 2)


class TestVerifyingMeanwhile:
    async def test_finds_nothing_wrong_while_seals_are_made(self, sealed: Sealed) -> None:
        working = True

        async def work() -> None:
            while working:
                await sealed.lend(2)
                await sealed.sealer(at_once=1).look()

        worker = asyncio.create_task(work())
        seals = 0
        async with asyncio.timeout(60):
            while seals < 40:
                report = await sealed.verify()
                assert report.violations == []
                seals = report.seals
        working = False
        await worker


class TestAnchoring:
    async def test_is_taken_up_after_a_kill(self, sealed: Sealed, tmp_path: Path) -> None:
        pem = ed25519_pem()
        sealed.key = SealKey(pem)
        (tmp_path / "key.pem").write_text(pem)
        await sealed.lend(2)
        await sealed.settle()
        killed = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DIES, sealed.log.databases.log, str(tmp_path / "key.pem")
        )
        assert await killed.wait() == -signal.SIGKILL
        assert (await sealed.log.count("audit_seal"), await anchored(sealed)) == (1, [])
        assert (await sealed.verify()).unanchored == 1
        async with asyncio.timeout(30):  # the server needs a moment to let go of the dead one's lock
            while not await anchored(sealed):
                await sealed.sealer().look()
        report = await sealed.verify()
        assert (report.intact, report.unanchored, await anchored(sealed)) == (True, 0, [1])

    async def test_waits_while_the_anchors_are_away(self, sealed: Sealed) -> None:
        for _ in range(2):
            await sealed.lend(1)
            await sealed.settle()
            sealed.clock.advance(timedelta(minutes=1))
            with pytest.raises(OSError, match="read-only"):
                await sealed.sealer(anchors=Away()).look()
        await sealed.sealer().look()
        assert await anchored(sealed) == [1, 2]

    async def test_that_was_done_and_not_noted_is_done_again(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        await sealed.do("DELETE FROM audit_anchored")
        await sealed.sealer().look()
        assert await sealed.log.count("audit_anchored") == 1

    async def test_refuses_a_log_that_went_back(self, sealed: Sealed) -> None:
        await sealed.lend(1)
        await sealed.seal()
        await sealed.do("TRUNCATE audit_anchored, audit_seal")
        with pytest.raises(AnchorConflict):
            await sealed.seal()


class TestFolderAnchors:
    async def test_keep_what_they_have(self, tmp_path: Path) -> None:
        anchors = FolderAnchors(tmp_path / "anchors")
        await anchors.put("library", (1, 10_001), b"one")
        await anchors.put("library", (1, 10_001), b"one")
        with pytest.raises(AnchorConflict):
            await anchors.put("library", (1, 10_001), b"other")
        assert await anchors.get("library", (1, 10_001)) == b"one"
        assert await anchors.get("library", (2, 10_001)) is None
        assert await anchors.all("library") == {(1, 10_001): b"one"}
        assert await anchors.all("archive") == {}

    async def test_cannot_be_written_to_afterwards(self, tmp_path: Path) -> None:
        await FolderAnchors(tmp_path).put("library", (1, 1), b"one")
        (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert path.stat().st_mode & 0o777 == 0o444

    def test_are_a_folder(self) -> None:
        with pytest.raises(ValueError, match="file:///"):
            anchors_at("https://elsewhere.example/anchors")


class TestKeys:
    @pytest.mark.parametrize(
        "pem", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
    )
    def test_that_are_none_are_refused(self, pem: str) -> None:
        with pytest.raises(SecretMissing, match=r"audit_key\.pem"):
            SealKey(pem)

    def test_to_verify_with_hold_no_private_half(self) -> None:
        pem = ed25519_pem()
        assert "d" not in SealKey(pem).public_jwks()["keys"][0]
        with pytest.raises(ValueError, match="private"):
            SealKeys.read(pem)
