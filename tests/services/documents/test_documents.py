"""Documents on real parts: PostgreSQL, RabbitMQ, the press and the seal; a stand-in answers the two GETs."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.documents.domain.document import RECEIPT, Document, document_id
from services.documents.sealing import load_roots, verify
from shared.ids import new_id
from shared.testing import FixedClock, Running
from tests.services.documents.holding import Holder, advanced, until

pytestmark = pytest.mark.integration


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
        used = "SELECT coalesce(sum(last), 0)::int FROM number_range"
        before = await pool.fetchval(used)
        holder.neighbours.failures = 2
        await holder.orders()
        (issued,) = await until(lambda: advanced(clock, holder.listed))
        assert (await holder.task())["tries"] == 3
        kept = "SELECT number FROM document_number WHERE document_id = $1"
        assert await pool.fetchval(kept, holder.document_id) == issued["number"]
        assert await pool.fetchval(used) == before + 1

    async def test_of_the_store_are_outlived_for_hours(
        self, holder: Holder, clock: FixedClock, folder: Path
    ) -> None:
        store = folder / "store"
        store.mkdir(exist_ok=True)
        store.rename(folder / "aside")
        store.write_text("in the way")
        try:
            await holder.orders()
            await until(lambda: advanced(clock, lambda: tried(holder, 12)), 60)
            assert "StoreUnavailable" in (await holder.task())["last_error"]
            assert await holder.failure() is None
        finally:
            store.unlink()
            (folder / "aside").rename(store)
        assert await until(lambda: advanced(clock, holder.listed))

    async def test_of_the_data_are_not_tried_again(self, holder: Holder) -> None:
        holder.neighbours.cases[str(holder.case_id)]["answers"]["family_name"] = "\U00012000"
        await holder.orders()
        error = await until(holder.failure)
        assert error == "Permanent('UnprintableText: no glyph for U+12000')"
        assert (await holder.task())["tries"] == 1

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

    async def test_of_a_clerk_is_on_the_citizens_list_of_all(self, holder: Holder) -> None:
        issued = await holder.issued()
        await holder.download(holder.clerk)
        (seen,) = (await holder.get("/accesses")).json()["accesses"]
        assert (seen["reader"], seen["kind"], seen["number"]) == ("clerk", issued["kind"], issued["number"])
        assert (seen["case_id"], seen["document_id"]) == (str(holder.case_id), str(holder.document_id))
        assert (await holder.get("/accesses", holder.clerk)).json() == {"accesses": []}
        assert (
            await holder.get("/accesses", holder.documents.mint.service("payments", "documents"))
        ).status_code == 403

    async def test_ends_with_the_citizens_key(self, holder: Holder) -> None:
        await holder.issued()
        await holder.documents.runtime.keys.destroy(holder.account_id)
        answer = await holder.download()
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:portal:problem:erased")
        unit = holder.documents.runtime.unit()
        assert (await unit.load(Document, holder.document_id)).condition == "issued"


class TestGivingUp:
    """Who holds a permit ends it."""

    async def gives_up(self, holder: Holder, reason: str, headers: dict[str, str]) -> Any:
        path = f"/documents/{holder.document_id}/revocation"
        return await holder.documents.http.post(
            path, json={"reason": reason}, headers={**headers, "Idempotency-Key": "mine"}
        )

    async def test_ends_ones_own_permit(self, holder: Holder) -> None:
        await holder.issued()
        answer = await self.gives_up(holder, "moved_away", holder.me)
        assert (answer.status_code, answer.json()["status"]) == (200, "revoked")

    @pytest.mark.parametrize("reason", ["misused", "wrongly_granted", "lost"])
    async def test_is_not_for_reasons_of_the_city(self, holder: Holder, reason: str) -> None:
        await holder.issued()
        answer = await self.gives_up(holder, reason, holder.me)
        assert (answer.status_code, answer.json()["type"]) == (
            409, "urn:portal:problem:document_not_revocable",
        )  # fmt: skip

    async def test_is_not_for_anybody_elses(self, holder: Holder) -> None:
        await holder.issued()
        other = holder.documents.mint.account(new_id(), "documents")
        assert (await self.gives_up(holder, "moved_away", other)).status_code == 404
        treasurer = holder.documents.mint.account(new_id(), "documents", "treasurer")
        assert (await self.gives_up(holder, "moved_away", treasurer)).status_code == 404

    async def test_is_not_for_a_receipt(self, holder: Holder, clock: FixedClock) -> None:
        holder.document_id = document_id(holder.case_id, RECEIPT)
        await holder.orders_receipt()
        await until(lambda: advanced(clock, holder.listed))
        assert (await self.gives_up(holder, "moved_away", holder.me)).status_code == 409


class TestReceipt:
    async def test_follows_a_payment(self, holder: Holder, clock: FixedClock) -> None:
        holder.document_id = document_id(holder.case_id, RECEIPT)
        await holder.orders_receipt()
        (issued,) = await until(lambda: advanced(clock, holder.listed))
        assert (issued["kind"], issued["number"][:5]) == (RECEIPT, f"ZB-{clock.now():%y}")
        assert (await holder.download()).content.startswith(b"%PDF")


async def _done(holder: Holder) -> bool:
    return (await holder.task())["done_at"] is not None


async def _log_length(documents: Running, stream: UUID) -> int:
    return int(
        await documents.runtime.pool.fetchval("SELECT count(*) FROM event WHERE stream_id = $1", stream)
    )


async def tried(holder: Holder, times: int) -> bool:
    return bool((await holder.task())["tries"] >= times)
