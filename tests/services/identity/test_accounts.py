"""Accounts through HTTP: what citizens see of themselves, services of them, and operators decide."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.identity.domain.account import Account
from services.identity.identification.port import AssertedAttribute, Assertion
from services.identity.identifying import record_identification
from shared.log import ReservationTaken
from tests.services.identity.gateway_side import Identity, new_address, slug

pytestmark = pytest.mark.integration

ADA = {
    "given_names": "Ada",
    "family_name": "Größner",
    "birth_date": "1980-05-17",
    "street": "Lindenallee",
    "house_number": "12 a",
    "postal_code": "01234",
    "city": "Lindenau",
    "language": "en",
}


async def change(identity: Identity, account_id: str, body: Any, version: str | None = '"0"') -> Any:
    headers = identity.account_headers(account_id)
    if version is not None:
        headers["If-Match"] = version
    return await identity.ask("PUT", "/accounts/me/profile", body, headers)


class TestTheOwnAccount:
    async def test_begins_empty(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        answer = await identity.ask("GET", "/accounts/me", headers=identity.account_headers(account_id))
        assert answer.headers["ETag"] == '"0"'
        assert answer.json() == {
            "account_id": account_id,
            "email": email,
            "roles": ["citizen"],
            "trust": "mail",
            "version": 0,
            "profile": {**dict.fromkeys(ADA), "language": "de"},
            "attributes": {},
        }

    async def test_counts_days_as_the_city_does(self, identity: Identity) -> None:
        """Half past midnight in Berlin is yesterday in Greenwich: a child of today is born already."""
        now = identity.clock.now()
        late = now.replace(hour=23, minute=30, second=0) + timedelta(days=1)
        identity.clock.advance(late - now)
        today = late.astimezone(ZoneInfo("Europe/Berlin")).date()
        account_id = await identity.confirmed(new_address())
        born = {"birth_date": today.isoformat()}
        assert (await change(identity, account_id, ADA | born)).status_code == 200
        born = {"birth_date": (today + timedelta(days=1)).isoformat()}
        assert (await change(identity, account_id, ADA | born, '"1"')).status_code == 422

    async def test_keeps_the_profile(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        changed = await change(identity, account_id, ADA)
        assert changed.status_code == 200
        read = await identity.ask("GET", "/accounts/me", headers=identity.account_headers(account_id))
        assert read.json() == changed.json()
        assert read.json()["profile"] == ADA
        assert read.headers["ETag"] == f'"{read.json()["version"]}"'
        city = read.json()["attributes"]["city"]
        assert (city["value"], city["source"], city["trust"]) == ("Lindenau", "self", "mail")

    async def test_writes_mail_in_the_new_language(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        await change(identity, account_id, ADA)
        await identity.ask("POST", "/password-resets", {"email": email})
        assert (await identity.mailbox.last(email, 2))["Subject"] == "Set a new password"

    async def test_refuses_a_stale_change(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        version = (await change(identity, account_id, ADA)).headers["ETag"]
        stale = await change(identity, account_id, {**ADA, "city": "Halle"})
        assert (stale.status_code, slug(stale)) == (409, "changed_meanwhile")
        assert (await change(identity, account_id, {**ADA, "city": "Halle"}, version)).status_code == 200

    async def test_lets_one_of_many_change_it(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        bodies = [{**ADA, "house_number": str(n)} for n in range(1, 6)]
        answers = await asyncio.gather(*(change(identity, account_id, body) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]

    async def test_wants_to_know_what_was_read(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        missing = await change(identity, account_id, ADA, None)
        assert (missing.status_code, slug(missing)) == (428, "if_match_missing")
        assert (await change(identity, account_id, ADA, "x")).json()["errors"][0][
            "code"
        ] == "version_impossible"

    async def test_names_each_wrong_field(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        answer = await change(identity, account_id, {**ADA, "postal_code": "1", "birth_date": "gestern"})
        assert answer.status_code == 422
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
            ("birth_date", "date_impossible"),
            ("postal_code", "postal_code_impossible"),
        ]

    async def test_is_closed_without_a_token(self, identity: Identity) -> None:
        for method, path in (("GET", "/accounts/me"), ("PUT", "/accounts/me/profile")):
            answer = await identity.ask(method, path, {}, {})
            assert (answer.status_code, slug(answer)) == (401, "token_missing")

    async def test_is_unknown_where_there_is_none(self, identity: Identity) -> None:
        answer = await identity.ask("GET", "/accounts/me", headers=identity.account_headers(uuid4()))
        assert (answer.status_code, slug(answer)) == (404, "not_found")

    async def test_is_empty_once_erased(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        await change(identity, account_id, ADA)
        await identity.runtime.keys.destroy(UUID(account_id))
        read = await identity.ask("GET", "/accounts/me", headers=identity.account_headers(account_id))
        assert (read.json()["email"], read.json()["profile"]["city"]) == (None, None)


class TestAReadingByAService:
    async def test_gives_the_data_and_is_told_to_the_citizen(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        version = (await change(identity, account_id, ADA)).json()["version"]
        reader = identity.running.mint.service("documents", "identity")
        answer = await identity.ask("GET", f"/accounts/{account_id}/profile", headers=reader)
        assert (answer.json()["profile"], answer.json()["version"]) == (ADA, version)
        assert answer.json()["attribute_trust"]["city"] == "mail"
        own = identity.account_headers(account_id)
        accesses = (await identity.ask("GET", "/accounts/me/accesses", headers=own)).json()
        assert [(a["reader"], a["purpose"]) for a in accesses] == [("documents", "test")]
        with pytest.raises(Exception, match="kept for two years"):
            await identity.runtime.pool.execute("DELETE FROM data_access")
        with pytest.raises(Exception, match="permission denied"):
            await identity.runtime.pool.execute("UPDATE data_access SET reader = 'nobody'")
        stranger = identity.account_headers(await identity.confirmed(new_address()))
        assert (await identity.ask("GET", "/accounts/me/accesses", headers=stranger)).json() == []

    async def test_gives_them_as_they_were(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        first = await change(identity, account_id, ADA)
        await change(identity, account_id, {**ADA, "city": "Halle"}, first.headers["ETag"])
        reader = identity.running.mint.service("applications", "identity")
        path = f"/accounts/{account_id}/profile?version={first.json()['version']}"
        assert (await identity.ask("GET", path, headers=reader)).json()["profile"]["city"] == "Lindenau"

    async def test_is_refused_to_gateway_and_people(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        path = f"/accounts/{account_id}/profile"
        assert slug(await identity.ask("GET", path)) == "wrong_role"
        for roles in (("citizen",), ("clerk",), ("operator",)):
            headers = identity.account_headers(account_id, *roles)
            assert slug(await identity.ask("GET", path, headers=headers)) == "wrong_role"
        assert await identity.runtime.pool.fetchval(
            "SELECT count(*) = 0 FROM data_access WHERE account_id = $1", UUID(account_id)
        )

    async def test_finds_nobody_under_an_unknown_id(self, identity: Identity) -> None:
        reader = identity.running.mint.service("documents", "identity")
        answer = await identity.ask("GET", f"/accounts/{uuid4()}/profile", headers=reader)
        assert slug(answer) == "not_found"
        assert (await identity.ask("GET", "/accounts/x/profile", headers=reader)).status_code == 422


class TestRoles:
    async def test_are_granted_and_revoked_by_an_operator(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        operator = identity.account_headers(uuid4(), "operator")
        place = f"/accounts/{account_id}/roles"
        assert (await identity.ask("POST", place, {"role": "clerk"}, operator)).status_code == 204
        assert slug(await identity.ask("POST", place, {"role": "clerk"}, operator)) == "role_held"
        assert (await identity.sign_in(email)).json()["roles"] == ["citizen", "clerk"]
        assert (await identity.ask("DELETE", f"{place}/clerk", headers=operator)).status_code == 204
        assert slug(await identity.ask("DELETE", f"{place}/clerk", headers=operator)) == "role_not_held"
        assert (await identity.sign_in(email)).json()["roles"] == ["citizen"]

    async def test_are_refused_to_everybody_else(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        place = f"/accounts/{account_id}/roles"
        for role in ("citizen", "clerk", "treasurer", "warden"):
            headers = identity.account_headers(uuid4(), role)
            assert slug(await identity.ask("POST", place, {"role": "operator"}, headers)) == "wrong_role"
        assert slug(await identity.ask("POST", place, {"role": "operator"})) == "wrong_role"
        own = identity.account_headers(account_id, "operator")
        assert slug(await identity.ask("POST", place, {"role": "clerk"}, own)) == "own_roles"

    async def test_are_words_that_exist(self, identity: Identity) -> None:
        operator = identity.account_headers(uuid4(), "operator")
        answer = await identity.ask("POST", f"/accounts/{uuid4()}/roles", {"role": "mayor"}, operator)
        assert (answer.status_code, slug(answer)) == (422, "invalid")


class TestIdentification:
    async def test_raises_the_trust_of_what_was_vouched_for(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        said = Assertion(
            "bundid", uuid4().hex, "a-1", "high", {"family_name": AssertedAttribute("Größner", "high")}
        )
        await record_identification(identity.runtime.unit(), UUID(account_id), said)
        read = await identity.ask("GET", "/accounts/me", headers=identity.account_headers(account_id))
        assert read.json()["trust"] == "high"
        assert read.json()["attributes"]["family_name"]["source"] == "bundid"

    async def test_gives_one_person_one_account(self, identity: Identity) -> None:
        first, second = [UUID(await identity.confirmed(new_address())) for _ in range(2)]
        person = uuid4().hex
        await record_identification(
            identity.runtime.unit(), first, Assertion("bundid", person, uuid4().hex, "high", {})
        )
        with pytest.raises(ReservationTaken):
            await record_identification(
                identity.runtime.unit(), second, Assertion("bundid", person, uuid4().hex, "high", {})
            )
        assert (await identity.runtime.unit().load(Account, second)).trust == "mail"
