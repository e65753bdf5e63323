"""An account is erased: who may ask, what is left, and what happens after a crash."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.identity.domain.account import Account
from shared.domain import REDACTED
from tests.services.identity.gateway_side import (
    PASSWORD,
    Applications,
    Identity,
    Payments,
    new_address,
    slug,
    until,
)

pytestmark = pytest.mark.integration
NAME = "Zwölfeichen-Kanarienvogel"


async def resident(identity: Identity) -> tuple[str, str]:
    """Mail address and id of somebody with a profile."""
    email = new_address()
    account_id = await identity.confirmed(email)
    answer = await identity.ask(
        "PUT", "/accounts/me/profile", {"family_name": NAME, "street": NAME},
        {**identity.account_headers(account_id), "If-Match": '"0"'},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return email, account_id


async def wish(identity: Identity, account_id: str, password: str = PASSWORD) -> httpx.Response:
    headers = identity.account_headers(account_id)
    return await identity.ask("POST", "/accounts/me/erasure", {"password": password}, headers)


async def erased(identity: Identity, account_id: str) -> None:
    """Asked for, and waited for."""
    assert (await wish(identity, account_id)).status_code == 202

    async def done() -> bool:
        return bool(await condition(identity, account_id) == "erased")

    await until(done)


async def condition(identity: Identity, account_id: str) -> Any:
    statement = "SELECT condition FROM account WHERE account_id = $1"
    return await identity.runtime.pool.fetchval(statement, UUID(account_id))


async def history(identity: Identity, account_id: str) -> list[str]:
    rows = await identity.runtime.pool.fetch(
        "SELECT name FROM event WHERE stream_id = $1 ORDER BY version", UUID(account_id)
    )
    return [row["name"].partition(".")[2] for row in rows]


class TestErasure:
    async def test_is_not_hindered_by_what_has_ended_and_is_paid(
        self, identity: Identity, applications: Applications
    ) -> None:
        _, account_id = await resident(identity)
        applications.ended[account_id] = [{"case_id": "c", "case_number": "BPA-2026-000001"}]
        await erased(identity, account_id)

    async def test_leaves_a_log_that_folds_and_says_nothing(self, identity: Identity) -> None:
        _, account_id = await resident(identity)
        await erased(identity, account_id)
        assert (await history(identity, account_id))[-2:] == ["erasure_requested", "account_erased"]
        account: Any = await identity.runtime.unit().load(Account, UUID(account_id))
        assert (account.email, account.attributes, account.password_hash) == (REDACTED, REDACTED, REDACTED)
        (row,) = await identity.runtime.pool.fetch(
            "SELECT email, password_hash FROM account WHERE account_id = $1", UUID(account_id)
        )
        assert tuple(row) == (None, None)
        keys = "SELECT count(*) FROM account_role WHERE account_id = $1"
        assert await identity.runtime.pool.fetchval(keys, UUID(account_id)) == 0

    async def test_ends_the_sessions_at_once_and_refuses_the_password(self, identity: Identity) -> None:
        email, account_id = await resident(identity)
        session = await identity.session(email)
        await erased(identity, account_id)
        assert slug(await identity.token(session)) == "session_over"
        assert slug(await identity.sign_in(email)) == "wrong_credentials"

    async def test_frees_the_address_for_a_new_account(self, identity: Identity) -> None:
        email, account_id = await resident(identity)
        await erased(identity, account_id)
        other = await identity.confirmed(email)
        assert other != account_id
        found = await identity.ask("GET", "/accounts/me", None, identity.account_headers(other))
        assert (found.json()["email"], found.json()["profile"]["family_name"]) == (email, None)

    async def test_forgets_wishes_for_a_new_password(self, identity: Identity) -> None:
        email, account_id = await resident(identity)
        await identity.ask("POST", "/password-resets", {"email": email})
        await identity.mailbox.last(email, 2)
        digest = identity.runtime.digest("email", email).hex()
        await erased(identity, account_id)
        tasks = "SELECT count(*) FROM task WHERE payload::text LIKE '%' || $1 || '%'"
        assert await identity.runtime.pool.fetchval(tasks, digest) == 0

    async def test_is_told_to_the_world_without_a_name(self, identity: Identity) -> None:
        _, account_id = await resident(identity)
        await erased(identity, account_id)

        async def told() -> Any:
            rows = await identity.runtime.pool.fetch("SELECT envelope FROM feed ORDER BY sequence")
            found = [json.loads(row["envelope"]) for row in rows]
            return [one for one in found if one["subject"] == account_id and "erased" in one["type"]]

        (event,) = await until(told)
        assert event["type"] == "identity.account_erased.v1"
        assert event["data"] == {"account_id": account_id}

    async def test_goes_on_after_a_crash_behind_the_destroyed_key(self, identity: Identity) -> None:
        _, account_id = await resident(identity)
        unit = identity.runtime.unit()
        account = await unit.load(Account, UUID(account_id))
        account.request_erasure(now=unit.now)
        await unit.save(account)
        unit.task("erase_account", {"account_id": account_id}, key=account_id)
        await identity.runtime.keys.destroy(UUID(account_id))  # as far as the process came
        await unit.commit()

        async def done() -> bool:
            return bool(await condition(identity, account_id) == "erased")

        await until(done)
        assert (await history(identity, account_id))[-1] == "account_erased"


class TestARefusedErasure:
    @pytest.fixture(autouse=True)
    async def nothing_changes(self, identity: Identity, applications: Applications) -> Any:
        self.email, self.account_id = await resident(identity)
        before = await history(identity, self.account_id)
        yield
        applications.away = False
        assert await history(identity, self.account_id) == before
        assert await condition(identity, self.account_id) == "active"

    async def test_is_without_the_password(self, identity: Identity) -> None:
        answer = await wish(identity, self.account_id, "geraten wird hier nicht")
        assert (answer.status_code, slug(answer)) == (403, "wrong_password")

    async def test_closes_the_door_to_guessing(self, identity: Identity) -> None:
        answers = [await wish(identity, self.account_id, f"geraten {n} wird hier") for n in range(7)]
        assert slug(answers[-1]) == "too_many_attempts"
        assert int(answers[-1].headers["retry-after"]) >= 1

    async def test_names_what_must_end_first(self, identity: Identity, applications: Applications) -> None:
        hindrance = {"case_id": "c", "case_number": "HST-2026-000001", "reason": "fee_open"}
        applications.hindrances[self.account_id] = [hindrance]
        answer = await wish(identity, self.account_id)
        assert (answer.status_code, slug(answer)) == (409, "erasure_hindered")
        assert answer.json()["hindrances"] == [hindrance]

    async def test_names_what_has_ended_and_is_owed(
        self, identity: Identity, applications: Applications, payments: Payments
    ) -> None:
        cases = [{"case_id": str(UUID(int=n)), "case_number": f"BPA-2026-00000{n}"} for n in (1, 2)]
        applications.ended[self.account_id] = cases
        payments.debts[self.account_id] = [str(UUID(int=2)), str(UUID(int=3))]
        answer = await wish(identity, self.account_id)
        assert (answer.status_code, slug(answer)) == (409, "erasure_hindered")
        assert answer.json()["hindrances"] == [cases[1] | {"reason": "fee_open"}]

    async def test_is_while_payments_cannot_be_asked(
        self, identity: Identity, applications: Applications, payments: Payments
    ) -> None:
        applications.ended[self.account_id] = [{"case_id": "c", "case_number": "BPA-2026-000001"}]
        payments.away = True
        answer = await wish(identity, self.account_id)
        payments.away = False
        assert answer.status_code == 502

    async def test_is_while_applications_cannot_be_asked(
        self, identity: Identity, applications: Applications
    ) -> None:
        applications.away = True
        assert (await wish(identity, self.account_id)).status_code == 502

    async def test_is_for_a_service(self, identity: Identity) -> None:
        answer = await identity.ask("POST", "/accounts/me/erasure", {"password": PASSWORD})
        assert slug(answer) == "wrong_role"
