"""What anybody may check: verification, revocation, supersession, and the list wardens carry."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.documents.domain.document import PERMIT, Document
from services.documents.tokens import (
    PermitClaims,
    PublicKeys,
    SigningKey,
    issue_permit_token,
    read_status_list,
    token_url,
)
from services.documents.tokens.status import entry_of
from shared.ids import new_id
from shared.testing import FixedClock, Running
from tests.services.documents.holding import Holder, until

pytestmark = pytest.mark.integration


class TestVerification:
    async def test_shows_the_permit_and_no_person(self, holder: Holder) -> None:
        issued = await holder.issued()
        assert await holder.verdict() == {
            "status": "valid", "kind": PERMIT, "number": issued["number"], "zone": "A", "plate": "LIN-AB 123",
            "valid_from": issued["valid_from"], "valid_until": issued["valid_until"],
        }  # fmt: skip

    async def test_follows_the_calendar(self, holder: Holder, clock: FixedClock) -> None:
        issued = await holder.issued()
        token = await holder.token()
        first, last = (date.fromisoformat(issued[name]) for name in ("valid_from", "valid_until"))
        before, day = clock.now(), timedelta(days=1)
        for today, status in (
            (first - day, "not_yet_valid"), (first, "valid"), (last, "valid"), (last + day, "expired"),
        ):  # fmt: skip
            clock.advance(datetime.combine(today, time(12), UTC) - clock.now())
            assert (await holder.verdict(token))["status"] == status
        clock.advance(before - clock.now())

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

    async def test_for_the_citys_reasons_is_the_clerks(self, holder: Holder) -> None:
        await holder.issued()
        holder.clerk = holder.me
        refused = await holder.revokes(reason="wrongly_granted")
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "urn:portal:problem:document_not_revocable",
        )
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


async def _status_list(holder: Holder) -> Any:
    http = holder.documents.http
    keys = PublicKeys.from_jwks((await http.get("/verification-keys")).json())
    answer = await http.get("/status-list/2")
    assert answer.headers["content-type"] == 'application/cose; cose-type="cose-sign1"'
    return read_status_list(answer.content, keys, holder.documents.runtime.clock.now())


async def _is(holder: Holder, status: str) -> bool:
    return str((await holder.listed())[0]["status"]) == status
