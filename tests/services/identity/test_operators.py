"""An operator finds an account by its whole address, and the owner can see that it was found."""

from uuid import uuid4

import pytest

from tests.services.identity.gateway_side import Identity, new_address, slug

LOOKUP = "/accounts/lookup"


class TestLookup:
    async def test_tells_state_and_roles_and_nothing_else(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        operator = identity.account_headers(uuid4(), "operator")
        answer = await identity.ask("POST", LOOKUP, {"email": f" {email.upper()} "}, operator)
        known = {"account_id": account_id, "condition": "active", "roles": ["citizen"]}
        assert (answer.status_code, answer.json()) == (200, known)
        await identity.ask("POST", f"/accounts/{account_id}/roles", {"role": "clerk"}, operator)
        await identity.ask("PUT", f"/accounts/{account_id}/lock", {"reason": "stolen"}, operator)
        read = await identity.ask("GET", f"/accounts/{account_id}", headers=operator)
        assert read.json() == {**known, "condition": "locked", "roles": ["citizen", "clerk"]}

    async def test_is_recorded_for_the_owner(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        operator = identity.account_headers(uuid4(), "operator")
        await identity.ask("POST", LOOKUP, {"email": email}, operator)
        own = identity.account_headers(account_id)
        [read] = (await identity.ask("GET", "/accounts/me/accesses", headers=own)).json()
        assert read["reader"] == "operator"

    async def test_finds_no_part_of_an_address(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        operator = identity.account_headers(uuid4(), "operator")
        unknown = await identity.ask("POST", LOOKUP, {"email": "x" + email}, operator)
        assert (unknown.status_code, slug(unknown)) == (404, "account_unknown")
        for part in ("", email.partition("@")[2], email.partition("@")[0], "%"):
            assert slug(await identity.ask("POST", LOOKUP, {"email": part}, operator)) == "invalid"
        nobody = await identity.ask("GET", f"/accounts/{uuid4()}", headers=operator)
        assert slug(nobody) == "account_unknown"

    @pytest.mark.parametrize("role", ["citizen", "clerk", "treasurer", "warden"])
    async def test_is_for_operators_alone(self, identity: Identity, role: str) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        other = identity.account_headers(uuid4(), role)
        assert slug(await identity.ask("POST", LOOKUP, {"email": email}, other)) == "wrong_role"
        assert slug(await identity.ask("GET", f"/accounts/{account_id}", headers=other)) == "wrong_role"
        own = identity.account_headers(account_id)
        assert (await identity.ask("GET", "/accounts/me/accesses", headers=own)).json() == []
