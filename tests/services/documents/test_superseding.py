"""A document issued anew takes the old one's place: from then on only one of them counts, for everybody."""

from typing import Any

import pytest

from services.documents.domain.document import PERMIT, document_id
from services.documents.policies import REVOKE, order
from services.documents.tokens import PublicKeys
from services.documents.tokens.status import entry_of, read_status_list
from services.documents.verification import FRESH
from shared.testing import FixedClock
from tests.services.documents.holding import Holder, until

pytestmark = pytest.mark.integration


async def issued_anew(holder: Holder, version: int = 7) -> dict[str, Any]:
    """The permit after a correction at a version of the case."""
    unit = holder.documents.runtime.unit()
    order(unit, PERMIT, holder.case_id, holder.account_id, version=version, replaces=holder.document_id)
    await unit.commit()
    wanted = str(document_id(holder.case_id, PERMIT, version))

    async def there() -> dict[str, Any] | None:
        return next((one for one in await holder.listed() if one["document_id"] == wanted), None)

    found: dict[str, Any] = await until(there)
    return found


class TestADocumentIssuedAnew:
    async def test_has_a_number_of_its_own_and_ends_the_old_one(self, holder: Holder) -> None:
        old = await holder.issued()
        token = await holder.token()
        new = await issued_anew(holder)
        assert new["number"] != old["number"]
        assert (new["status"], holder.neighbours.asked[-1][1]) == ("valid", "7")
        before = (await holder.get(f"/documents/{holder.document_id}")).json()
        assert (before["status"], before["superseded_by"]) == ("superseded", new["document_id"])
        assert (await holder.verdict(token))["status"] == "superseded"

    async def test_puts_the_old_one_on_the_wardens_list(self, holder: Holder, clock: FixedClock) -> None:
        old = await holder.issued()
        new = await issued_anew(holder)
        http = holder.documents.http
        keys = PublicKeys.from_jwks((await http.get("/verification-keys")).json())
        clock.advance(FRESH)
        listed = read_status_list((await http.get("/status-list/2")).content, keys, clock.now())
        assert entry_of(old["number"]) in listed.superseded
        assert entry_of(new["number"]) not in listed.superseded

    async def test_alone_is_revoked_with_the_approval(self, holder: Holder) -> None:
        old = await holder.issued()
        new = await issued_anew(holder)
        unit = holder.documents.runtime.unit()
        unit.task(REVOKE, {"case_id": str(holder.case_id), "reason": "misused"}, key=str(holder.case_id))
        await unit.commit()

        async def revoked() -> dict[str, str] | None:
            now = {one["document_id"]: one["status"] for one in await holder.listed()}
            return now if now[new["document_id"]] == "revoked" else None

        assert (await until(revoked))[old["document_id"]] == "superseded"

    async def test_is_not_made_in_the_place_of_one_that_was_revoked(self, holder: Holder) -> None:
        await holder.issued()
        await holder.revokes()
        unit = holder.documents.runtime.unit()
        order(unit, PERMIT, holder.case_id, holder.account_id, version=7, replaces=holder.document_id)
        await unit.commit()
        wanted = str(document_id(holder.case_id, PERMIT, 7))

        async def failure() -> str | None:
            query = "SELECT last_error FROM task WHERE dedupe = $1 AND failed_at IS NOT NULL"
            found: str | None = await holder.documents.runtime.pool.fetchval(query, wanted)
            return found

        assert "NotInForce" in await until(failure)
        assert [one["status"] for one in await holder.listed()] == ["revoked"]
