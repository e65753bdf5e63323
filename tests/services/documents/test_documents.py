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


@pytest.fixture(scope="module")
def neighbours(mint: CallerMint) -> Any:
    with serving_neighbours(mint) as found:
        yield found


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
async def documents(
    postgres_url: str,
    amqp_url: str,
    folder: Path,
    mint: CallerMint,
    neighbours: Neighbours,
    fonts: Path,
    seal_folder: Path,
    clock: FixedClock,
) -> AsyncIterator[Running]:
    secrets = folder / "secrets"
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
        store_url=(folder / "store").as_uri(),
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

    async def task(self, kind: str = PERMIT) -> Any:
        """The order's row in the table of tasks."""
        return await self.documents.runtime.pool.fetchrow(
            "SELECT * FROM task WHERE dedupe = $1", str(document_id(self.case_id, kind))
        )

    async def failure(self) -> str | None:
        """Why the order was given up."""
        task = await self.task()
        return task["last_error"] if task["failed_at"] else None


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
        before = await holder.task()
        await documents.runtime.pool.execute(  # as after a crash between the commit and its answer
            "UPDATE task SET done_at = NULL, lease = NULL, lease_until = NULL WHERE task_id = $1",
            before["task_id"],
        )
        await until(lambda: _done(holder))
        assert (await holder.task())["tries"] == before["tries"] + 1
        assert len(await holder.listed()) == 1
        assert await _log_length(documents, holder.document_id) == 1

    async def test_reads_the_case_at_the_events_version_for_its_purpose(self, holder: Holder) -> None:
        await holder.issued()
        asked = [asked[1:] for asked in holder.neighbours.asked if asked[0] == str(holder.case_id)]
        assert asked == [("4", "render-document", "documents")]

    async def test_keeps_no_personal_data_in_the_open(
        self, holder: Holder, documents: Running, folder: Path
    ) -> None:
        await holder.issued()
        pool = documents.runtime.pool
        for table in ("event", "feed", "task", "document", "document_number"):
            for row in await pool.fetch(f"SELECT t::text AS text FROM {table} t"):
                assert "LIN-AB" not in row["text"]
                assert b"LIN-AB".hex() not in row["text"]
        (stored,) = (folder / "store" / "documents").glob(f"{holder.document_id}.*")
        assert not stored.read_bytes().startswith(b"%PDF")


class TestFailures:
    async def test_of_the_neighbour_are_tried_again_with_the_same_number(
        self, holder: Holder, clock: FixedClock
    ) -> None:
        pool = holder.documents.runtime.pool
        before = await pool.fetchval("SELECT count(*) FROM document_number")
        holder.neighbours.failures = 2
        await holder.orders()
        (issued,) = await until(lambda: _advanced(clock, holder.listed))
        assert (await holder.task())["tries"] == 3
        kept = await pool.fetch("SELECT number FROM document_number ORDER BY given_at OFFSET $1", before)
        assert [row["number"] for row in kept] == [issued["number"]]

    async def test_of_the_store_end_as_a_failed_task(
        self, holder: Holder, clock: FixedClock, folder: Path
    ) -> None:
        store = folder / "store"
        store.mkdir(exist_ok=True)
        store.rename(folder / "aside")
        store.write_text("in the way")
        try:
            await holder.orders()
            error = await until(lambda: _advanced(clock, holder.failure), 60)
        finally:
            store.unlink()
            (folder / "aside").rename(store)
        assert "StoreUnavailable" in error
        assert (await holder.task())["tries"] == 8
        assert await holder.listed() == []

    async def test_of_the_data_are_not_tried_again(self, holder: Holder) -> None:
        holder.neighbours.cases[str(holder.case_id)]["answers"]["family_name"] = "\U00012000"
        await holder.orders()
        error = await until(holder.failure)
        assert error == "Permanent('UnprintableText: no glyph for U+12000')"
        assert (await holder.task())["tries"] == 1

    async def test_of_an_erased_citizen_name_no_value(self, holder: Holder) -> None:
        await holder.documents.runtime.keys.destroy(holder.account_id)
        await holder.orders()
        assert await until(holder.failure) == "Permanent('the citizen was erased')"

    async def test_of_a_strangers_case_issue_nothing(self, holder: Holder) -> None:
        holder.neighbours.cases[str(holder.case_id)]["account_id"] = str(new_id())
        await holder.orders()
        assert await until(holder.failure) == 'Permanent("the case is another account\'s")'
        assert await holder.listed() == []


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
        assert (await unit.load(Document, holder.document_id)).condition == "issued"


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
        for days, status in ((-3, "not_yet_valid"), (3, "valid"), (400, "expired"), (-400, "valid")):
            clock.advance(timedelta(days=days))
            assert (await holder.verdict(token))["status"] == status

    async def test_sees_through_a_forgery(self, holder: Holder) -> None:
        number = (await holder.issued())["number"]
        genuine = await holder.token()
        claims = PermitClaims(number, "LIN-AB 123", "A", date(2026, 1, 1), date(2030, 1, 1))
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
    async def test_shows_in_verification_and_list(
        self, holder: Holder, documents: Running, clock: FixedClock
    ) -> None:
        issued = await holder.issued()
        unit = documents.runtime.unit()
        document = await unit.load(Document, holder.document_id)
        document.supersede(new_id(), now=unit.now)
        await unit.save(document)
        await unit.commit()
        assert (await holder.verdict())["status"] == "superseded"
        clock.advance(timedelta(seconds=30))  # until then the list that was made before is given out
        assert entry_of(issued["number"]) in (await _status_list(holder)).superseded


class TestReceipt:
    async def test_follows_a_payment(self, holder: Holder, clock: FixedClock) -> None:
        holder.document_id = document_id(holder.case_id, RECEIPT)
        await holder.orders(RECEIPT, claim_id=new_id())
        (issued,) = await until(lambda: _advanced(clock, holder.listed))
        assert (issued["kind"], issued["number"][:5]) == (RECEIPT, f"ZB-{clock.now():%y}")
        assert (await holder.download()).content.startswith(b"%PDF")


async def _status_list(holder: Holder) -> Any:
    http = holder.documents.http
    keys = PublicKeys.from_jwks((await http.get("/verification-keys")).json())
    answer = await http.get("/status-list")
    assert answer.headers["content-type"] == 'application/cose; cose-type="cose-sign1"'
    return read_status_list(answer.content, keys, holder.documents.runtime.clock.now())


async def _is(holder: Holder, status: str) -> bool:
    return str((await holder.listed())[0]["status"]) == status


async def _advanced(clock: FixedClock, found: Callable[[], Awaitable[Any]]) -> Any:
    """Lets time pass while waiting: retries and what is due later come up."""
    clock.advance(timedelta(minutes=61))
    await asyncio.sleep(0.2)
    return await found()


async def _done(holder: Holder) -> bool:
    return (await holder.task())["done_at"] is not None


async def _log_length(documents: Running, stream: UUID) -> int:
    return int(
        await documents.runtime.pool.fetchval("SELECT count(*) FROM event WHERE stream_id = $1", stream)
    )
