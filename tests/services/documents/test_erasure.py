"""A citizen is forgotten: their documents cannot be read by anybody, and what was printed holds."""

from pathlib import Path
from typing import Any

import pytest

from services.documents.domain.document import Document
from services.documents.erasing import erase_later
from shared.ids import new_id
from tests.services.documents.holding import Holder, until

pytestmark = pytest.mark.integration


async def forgotten(holder: Holder) -> None:
    """Their account was erased; waits until it is done here."""
    unit = holder.documents.runtime.unit()
    erase_later(holder.account_id, unit)
    await unit.commit()

    await until(lambda: _erased(holder))


class TestForgetting:
    async def test_deletes_the_files_of_this_citizen_alone(
        self, holder: Holder, documents: Any, neighbours: Any, folder: Path
    ) -> None:
        other = Holder(documents, neighbours)
        await other.issued()
        await holder.issued()
        store = folder / "store" / "documents"
        assert list(store.glob(f"{holder.document_id}.*"))
        await forgotten(holder)
        assert not list(store.glob(f"{holder.document_id}.*"))
        assert (await other.download()).content.startswith(b"%PDF")

    async def test_answers_that_the_document_was_erased(self, holder: Holder) -> None:
        await holder.issued()
        await forgotten(holder)
        for who in (holder.me, holder.clerk):
            answer = await holder.download(who)
            assert (answer.status_code, answer.json()["type"]) == (410, "urn:portal:problem:erased")

    async def test_leaves_a_printed_permit_that_is_valid_for_everybody(self, holder: Holder) -> None:
        issued = await holder.issued()
        before = await holder.verdict()
        await forgotten(holder)
        assert await holder.verdict() == before
        assert (before["status"], before["number"]) == ("valid", issued["number"])

    async def test_leaves_a_permit_that_can_be_revoked(self, holder: Holder) -> None:
        await holder.issued()
        await forgotten(holder)
        assert (await holder.revokes(key=str(new_id()))).status_code == 200
        assert (await holder.verdict())["status"] == "revoked"
        found = await holder.documents.runtime.unit().load(Document, holder.document_id)
        assert found.condition == "revoked"

    async def test_ignores_orders_that_come_later(self, holder: Holder) -> None:
        await forgotten(holder)
        await holder.orders()
        assert await until(lambda: _done(holder))
        assert await holder.listed() == []
        number = "SELECT count(*) FROM document WHERE account_id = $1"
        assert await holder.documents.runtime.pool.fetchval(number, holder.account_id) == 0

    async def test_happens_again_without_harm(self, holder: Holder) -> None:
        await holder.issued()
        await forgotten(holder)
        await holder.documents.runtime.pool.execute(  # as after a crash between the commit and its answer
            "UPDATE task SET done_at = NULL, lease = NULL, lease_until = NULL WHERE dedupe = $1",
            str(holder.account_id),
        )
        await until(lambda: _erased(holder))
        assert (await holder.verdict())["status"] == "valid"


async def _erased(holder: Holder) -> Any:
    """When the erasure was done."""
    statement = "SELECT done_at FROM task WHERE dedupe = $1"
    return await holder.documents.runtime.pool.fetchval(statement, str(holder.account_id))


async def _done(holder: Holder) -> Any:
    return (await holder.task())["done_at"]
