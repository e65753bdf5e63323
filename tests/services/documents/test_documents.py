"""Documents on real parts: PostgreSQL, RabbitMQ, the press and the seal; a stand-in answers the two GETs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.documents.domain.document import PERMIT, RECEIPT, Document, document_id
from services.documents.policies import order
from services.documents.sealing import load_roots, verify
from services.documents.tokens import (
    PermitClaims,
    PublicKeys,
    SigningKey,
    issue_permit_token,
    read_status_list,
    token_url,
)
from services.documents.tokens.status import entry_of
from services.documents.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, FixedClock, Running, running
from tests.services.documents.neighbours import Neighbours, serving_neighbours

pytestmark = pytest.mark.integration


@pytest.fixture
def neighbours(mint: CallerMint) -> Any:
    with serving_neighbours(mint) as found:
        yield found


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def documents(
    postgres_url: str,
    amqp_url: str,
    tmp_path: Path,
    mint: CallerMint,
    neighbours: Neighbours,
    fonts: Path,
    seal_folder: Path,
    clock: FixedClock,
) -> AsyncIterator[Running]:
    secrets = tmp_path / "documents"
    secrets.mkdir()
    for file in seal_folder.iterdir():
        (secrets / file.name).write_bytes(file.read_bytes())
    (secrets / "permit_token_key.pem").write_bytes(_pem(Ed25519PrivateKey.generate()))
    async with running(
        SERVICE,
        postgres_url,
        amqp_url,
        secrets,
        mint=mint,
        clock=clock,
        public_url="https://portal.lindenau.example",
        store_url=(tmp_path / "store").as_uri(),
        fonts_dir=fonts,
        identity_url=neighbours.url,
        applications_url=neighbours.url,
        payments_url=neighbours.url,
    ) as found:
        yield found


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await true()):
            await asyncio.sleep(0.02)
    return found


class Holder:
    """A citizen whose application was approved."""

    def __init__(self, documents: Running, neighbours: Neighbours) -> None:
        self.documents, self.neighbours = documents, neighbours
        self.account_id, self.case_id = new_id(), new_id()
        self.document_id = document_id(self.case_id, PERMIT)
        self.me = documents.mint.account(self.account_id, "documents")
        self.clerk = documents.mint.account(new_id(), "documents", "citizen", "clerk")
        neighbours.approved(self.case_id, self.account_id)

    async def orders(self, kind: str = PERMIT, **more: Any) -> None:
        unit = self.documents.runtime.unit()
        order(unit, kind, self.case_id, self.account_id, version=4, **more)
        await unit.commit()

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return await self.documents.http.get(path, headers=headers or self.me)

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.get(f"/documents?case_id={self.case_id}")
        found: list[dict[str, Any]] = answer.json()["documents"]
        return found

    async def issued(self) -> dict[str, Any]:
        """The permit, ordered and waited for."""
        await self.orders()
        found: dict[str, Any] = (await until(self.listed))[0]
        return found

    async def download(self, headers: dict[str, str] | None = None) -> Any:
        return await self.get(f"/documents/{self.document_id}/content", headers)

    async def revokes(self, key: str = "k1", reason: str = "moved_away") -> Any:
        return await self.documents.http.post(
            f"/documents/{self.document_id}/revocation",
            json={"reason": reason},
            headers={**self.clerk, "Idempotency-Key": key},
        )

    async def token(self) -> str:
        """The check code as the QR code holds it."""
        runtime = self.documents.runtime
        key = SigningKey.from_pem(runtime.settings.secret_text("permit_token_key.pem").encode())
        (found,) = await self.listed()
        claims = PermitClaims(
            found["number"], "LIN-AB 123", "A", date.fromisoformat(found["valid_from"]),
            date.fromisoformat(found["valid_until"]),
        )  # fmt: skip
        return token_url(issue_permit_token(claims, key), "https://x.example").rpartition("/")[2]

    async def verdict(self, token: str | None = None) -> Any:
        answer = await self.documents.http.get(f"/verification/{token or await self.token()}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def failed_tasks(self) -> list[str]:
        rows = await self.documents.runtime.pool.fetch(
            "SELECT last_error FROM task WHERE failed_at IS NOT NULL"
        )
        return [row["last_error"] for row in rows]


@pytest.fixture
def holder(documents: Running, neighbours: Neighbours) -> Holder:
    return Holder(documents, neighbours)


class TestIssuing:
    async def test_gives_a_sealed_permit(self, holder: Holder, seal_folder: Path) -> None:
        issued = await holder.issued()
        answer = await holder.download()
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["etag"] == f'"{sha256(answer.content).hexdigest()}"'
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="Bewohnerparkausweis_{issued["number"]}.pdf"'
        )
        roots = load_roots(seal_folder / "seal_ca.pem")
        assert (await asyncio.to_thread(verify, answer.content, roots)).ok

    async def test_happens_once_for_a_repeated_event(self, holder: Holder, documents: Running) -> None:
        first, second = holder.neighbours.approval(holder.case_id, holder.account_id)
        await until(lambda: holder.neighbours.publishes(documents, [first, first, second], holder.listed))
        assert await _task_count(documents) == 1
        await _again(documents)
        await until(lambda: _all_done(documents))
        assert len(await holder.listed()) == 1
        assert await _log_length(documents, holder.document_id) == 1

    async def test_reads_the_case_at_the_events_version_for_its_purpose(self, holder: Holder) -> None:
        await holder.issued()
        (asked,) = holder.neighbours.asked
        assert asked == (str(holder.case_id), "4", "render-document", "documents")

    async def test_keeps_no_personal_data_in_the_open(
        self, holder: Holder, documents: Running, tmp_path: Path
    ) -> None:
        await holder.issued()
        pool = documents.runtime.pool
        for table in ("event", "feed", "task", "document", "document_number"):
            for row in await pool.fetch(f"SELECT t::text AS text FROM {table} t"):
                assert "LIN-AB" not in row["text"]
                assert b"LIN-AB".hex() not in row["text"]
        (stored,) = (tmp_path / "store" / "documents").iterdir()
        assert not stored.read_bytes().startswith(b"%PDF")


class TestFailures:
    async def test_of_the_neighbour_are_tried_again_with_the_same_number(
        self, holder: Holder, clock: FixedClock
    ) -> None:
        holder.neighbours.failures = 2
        await holder.orders()
        await until(lambda: _advanced(clock, holder.listed))
        (issued,) = await holder.listed()
        assert issued["number"].endswith("-000001")
        assert await holder.failed_tasks() == []

    async def test_of_the_store_end_as_a_failed_task(
        self, holder: Holder, clock: FixedClock, tmp_path: Path
    ) -> None:
        (tmp_path / "store" / "documents").write_text("in the way")
        await holder.orders()
        (error,) = await until(lambda: _advanced(clock, holder.failed_tasks), 30)
        assert "StoreUnavailable" in error
        assert await holder.listed() == []

    async def test_of_the_data_are_not_tried_again(self, holder: Holder, documents: Running) -> None:
        holder.neighbours.cases[str(holder.case_id)]["answers"]["family_name"] = "\U00012000"
        await holder.orders()
        (error,) = await until(holder.failed_tasks)
        assert error == "Permanent('UnprintableText: no glyph for U+12000')"
        assert await documents.runtime.pool.fetchval("SELECT tries FROM task") == 1


class TestAccess:
    async def test_is_denied_to_another_person_as_if_there_were_none(self, holder: Holder) -> None:
        await holder.issued()
        other = holder.documents.mint.account(new_id(), "documents")
        for path in ("", "/content"):
            answer = await holder.get(f"/documents/{holder.document_id}{path}", other)
            unknown = await holder.get(f"/documents/{new_id()}{path}", other)
            assert (answer.status_code, answer.json()) == (404, unknown.json())
        assert (await holder.get(f"/documents?case_id={holder.case_id}", other)).json() == {"documents": []}

    async def test_needs_a_token(self, holder: Holder) -> None:
        await holder.issued()
        answer = await holder.documents.http.get(f"/documents/{holder.document_id}/content")
        assert answer.status_code == 401

    async def test_of_a_clerk_is_told_to_the_citizen(self, holder: Holder) -> None:
        await holder.issued()
        assert (await holder.download(holder.clerk)).status_code == 200
        await holder.download()
        seen = (await holder.get(f"/documents/{holder.document_id}/accesses")).json()["accesses"]
        assert [(a["reader"], a["purpose"]) for a in seen] == [("clerk", "test")]

    async def test_ends_with_the_citizens_key(self, holder: Holder) -> None:
        await holder.issued()
        await holder.documents.runtime.keys.destroy(holder.account_id)
        answer = await holder.download()
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:portal:problem:erased")
        unit = holder.documents.runtime.unit()
        assert (await unit.load(Document, holder.document_id)).number == "BPA-26-000001"


class TestVerification:
    async def test_shows_the_permit_and_no_person(self, holder: Holder) -> None:
        issued = await holder.issued()
        assert await holder.verdict() == {
            "status": "valid", "kind": PERMIT, "number": issued["number"], "zone": "A", "plate": "LIN-AB 123",
            "valid_from": issued["valid_from"], "valid_until": issued["valid_until"],
        }  # fmt: skip

    async def test_follows_the_calendar(self, holder: Holder, clock: FixedClock) -> None:
        await holder.issued()
        token = await holder.token()
        clock.advance(-timedelta(days=2))
        assert (await holder.verdict(token))["status"] == "not_yet_valid"
        clock.advance(timedelta(days=800))
        assert (await holder.verdict(token))["status"] == "expired"

    async def test_sees_through_a_forgery(self, holder: Holder) -> None:
        await holder.issued()
        genuine = await holder.token()
        claims = PermitClaims("BPA-26-000001", "LIN-AB 123", "A", date(2026, 1, 1), date(2030, 1, 1))
        foreign = issue_permit_token(claims, SigningKey(Ed25519PrivateKey.generate()))
        ours = SigningKey.from_pem(
            holder.documents.runtime.settings.secret_text("permit_token_key.pem").encode()
        )
        prolonged = issue_permit_token(claims, ours)  # our key, yet not what we issued
        for token in (
            "QUATSCH", "A" * 300, genuine[:-8] + "AAAAAAAA",
            *(token_url(made, "https://x.example").rpartition("/")[2] for made in (foreign, prolonged)),
        ):  # fmt: skip
            assert (await holder.verdict(token))["status"] == "forged", token
        never = issue_permit_token(PermitClaims("BPA-26-999999", "X", "A", *(date(2026, 1, 1),) * 2), ours)
        token = token_url(never, "https://x.example").rpartition("/")[2]
        assert (await holder.verdict(token))["status"] == "unknown"


class TestRevocation:
    async def test_shows_everywhere(self, holder: Holder) -> None:
        issued = await holder.issued()
        before = await _status_list(holder)
        assert entry_of(issued["number"]) not in before.revoked
        answer = await holder.revokes()
        assert (answer.status_code, answer.json()["status"]) == (200, "revoked")
        assert (await holder.verdict())["status"] == "revoked"
        assert (await holder.listed())[0]["status"] == "revoked"
        assert entry_of(issued["number"]) in (await _status_list(holder)).revoked

    async def test_answers_a_repetition_the_same(self, holder: Holder) -> None:
        await holder.issued()
        first, again = await holder.revokes(), await holder.revokes()
        assert first.json() == again.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        other = await holder.revokes(key="k2")
        assert (other.status_code, other.json()["type"]) == (409, "urn:portal:problem:document_not_in_force")

    async def test_is_the_clerks(self, holder: Holder) -> None:
        await holder.issued()
        holder.clerk = holder.me
        assert (await holder.revokes()).status_code == 403
        assert (await holder.listed())[0]["status"] == "valid"

    async def test_wants_a_known_reason(self, holder: Holder) -> None:
        await holder.issued()
        assert (await holder.revokes(reason="because")).status_code == 422

    async def test_follows_a_revoked_approval(self, holder: Holder, documents: Running) -> None:
        await holder.issued()
        unit = documents.runtime.unit()
        unit.task("revoke_document", {"case_id": str(holder.case_id), "reason": "wrongly_granted"})
        await unit.commit()
        await until(lambda: _is(holder, "revoked"))


class TestSuperseding:
    async def test_shows_in_verification_and_list(self, holder: Holder, documents: Running) -> None:
        issued = await holder.issued()
        unit = documents.runtime.unit()
        document = await unit.load(Document, holder.document_id)
        document.supersede(new_id(), now=unit.now)
        await unit.save(document)
        await unit.commit()
        assert (await holder.verdict())["status"] == "superseded"
        assert entry_of(issued["number"]) in (await _status_list(holder)).superseded


class TestReceipt:
    async def test_follows_a_payment(self, holder: Holder, clock: FixedClock) -> None:
        holder.document_id = document_id(holder.case_id, RECEIPT)
        await holder.orders(RECEIPT, claim_id=new_id())
        (issued,) = await until(lambda: _advanced(clock, holder.listed))
        assert (issued["kind"], issued["number"]) == (RECEIPT, "ZB-26-000001")
        assert (await holder.download()).content.startswith(b"%PDF")


async def _status_list(holder: Holder) -> Any:
    http = holder.documents.http
    keys = PublicKeys.from_jwks((await http.get("/verification-keys")).json())
    answer = await http.get("/status-list")
    assert answer.headers["content-type"] == 'application/cose; cose-type="cose-sign1"'
    return read_status_list(answer.content, keys, holder.documents.runtime.clock.now())


async def _is(holder: Holder, status: str) -> bool:
    return (await holder.listed())[0]["status"] == status


async def _advanced(clock: FixedClock, found: Callable[[], Awaitable[Any]]) -> Any:
    """Lets time pass while waiting: retries and what is due later come up."""
    clock.advance(timedelta(minutes=10))
    await asyncio.sleep(0.2)
    return await found()


async def _task_count(documents: Running) -> int:
    return int(await documents.runtime.pool.fetchval("SELECT count(*) FROM task"))


async def _again(documents: Running) -> None:
    """The task comes twice, as after a crash between commit and answer."""
    await documents.runtime.pool.execute("UPDATE task SET done_at = NULL, lease = NULL, lease_until = NULL")


async def _all_done(documents: Running) -> bool:
    return not await documents.runtime.pool.fetchval("SELECT count(*) FROM task WHERE done_at IS NULL")


async def _log_length(documents: Running, stream: UUID) -> int:
    return int(
        await documents.runtime.pool.fetchval("SELECT count(*) FROM event WHERE stream_id = $1", stream)
    )
