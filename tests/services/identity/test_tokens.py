"""Caller tokens: for known services, for living sessions, for one audience and a minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.identity.credentials import Credentials
from shared.settings import SecretMissing
from shared.web.tokens import CallerTokens, TokenInvalid
from tests.services.identity.gateway_side import SECRETS, Identity, claims_of, new_address, slug

pytestmark = pytest.mark.integration


async def verifier(identity: Identity, audience: str = "applications") -> CallerTokens:
    keys = (await identity.http.get("/.well-known/jwks.json")).json()
    return CallerTokens(keys, audience, lambda: identity.clock.now().timestamp())


class TestATokenOfAService:
    async def test_speaks_for_the_service(self, identity: Identity) -> None:
        answer = await identity.token(service="documents", purpose="render-document")
        assert answer.status_code == 200
        caller = (await verifier(identity)).verify(answer.json()["token"])
        assert (caller.subject, caller.kind, sorted(caller.roles)) == ("documents", "service", ["service"])
        assert (caller.purpose, caller.session) == ("render-document", None)

    async def test_lives_a_minute(self, identity: Identity) -> None:
        body = (await identity.token()).json()
        claims = claims_of(body["token"])
        assert claims["exp"] - claims["iat"] == 60
        assert datetime.fromisoformat(body["expires_at"]) == datetime.fromtimestamp(claims["exp"], UTC)
        tokens = await verifier(identity)
        tokens.verify(body["token"])
        identity.clock.advance(timedelta(seconds=66))
        with pytest.raises(TokenInvalid, match="expired"):
            tokens.verify(body["token"])

    async def test_is_for_one_audience(self, identity: Identity) -> None:
        token = (await identity.token()).json()["token"]
        with pytest.raises(TokenInvalid):
            (await verifier(identity, "payments")).verify(token)

    async def test_cannot_be_used_as_a_citizen(self, identity: Identity) -> None:
        headers = identity.running.mint.service("documents", "identity")
        answer = await identity.ask("GET", "/accounts/me", headers=headers)
        assert slug(answer) == "wrong_role"


class TestATokenOfASession:
    async def test_speaks_for_the_account_in_its_roles(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        session = await identity.session(email)
        token = (await identity.token(session)).json()["token"]
        caller = (await verifier(identity)).verify(token)
        assert (str(caller.account_id), caller.kind, sorted(caller.roles)) == (
            account_id,
            "account",
            ["citizen"],
        )
        assert caller.trust == "mail"
        assert caller.session not in (None, session)

    async def test_knows_a_role_granted_meanwhile(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        session = await identity.session(email)
        operator = identity.account_headers(await identity.confirmed(new_address()), "operator")
        await identity.ask("POST", f"/accounts/{account_id}/roles", {"role": "clerk"}, operator)
        answer = await identity.token(session, purpose="case-work")
        assert claims_of(answer.json()["token"])["roles"] == ["citizen", "clerk"]

    @pytest.mark.parametrize("purpose", ["own-case", "own-case-live", "own-document", "apply", "pay"])
    async def test_is_a_citizen_s_in_one_s_own_affairs(self, identity: Identity, purpose: str) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        operator = identity.account_headers(await identity.confirmed(new_address()), "operator")
        await identity.ask("POST", f"/accounts/{account_id}/roles", {"role": "clerk"}, operator)
        session = await identity.session(email)
        answer = await identity.token(session, purpose=purpose)
        assert claims_of(answer.json()["token"])["roles"] == ["citizen"]

    async def test_is_given_to_the_holder_of_sessions_alone(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        answer = await identity.token(await identity.session(email), service="documents")
        assert (answer.status_code, slug(answer)) == (403, "wrong_role")

    async def test_is_refused_without_a_living_session(self, identity: Identity) -> None:
        assert slug(await identity.token("nobody's session")) == "session_over"


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "auth",
        [
            None,
            httpx.BasicAuth("gateway", "wrong"),
            httpx.BasicAuth("gateway", SECRETS["documents"]),
            httpx.BasicAuth("nobody", SECRETS["gateway"]),
            httpx.BasicAuth("gateway", ""),
        ],
    )
    async def test_is_refused_with_a_wrong_credential(self, identity: Identity, auth: Any) -> None:
        body = {"audience": "applications", "purpose": "own-case"}
        answer = await identity.http.post("/tokens", json=body, auth=auth)
        assert (answer.status_code, slug(answer)) == (401, "service_unknown")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    @pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic gICA", "Bearer x", "Basic Z2F0ZXdheQ=="])
    async def test_is_refused_with_a_broken_one(self, identity: Identity, header: str) -> None:
        body = {"audience": "applications", "purpose": "own-case"}
        answer = await identity.http.post("/tokens", json=body, headers={"Authorization": header})
        assert slug(answer) == "service_unknown"

    async def test_names_a_known_audience_and_a_purpose(self, identity: Identity) -> None:
        assert slug(await identity.token(audience="gateway")) == "audience_unknown"
        for purpose in ("", "Own Case", "own_case", "x--y"):
            assert slug(await identity.token(purpose=purpose)) == "purpose_impossible"

    def test_is_said_in_hashes_alone(self) -> None:
        for hashes in ({}, {"gateway": "plain"}, {"gateway": "sha256:"}):
            with pytest.raises(SecretMissing):
                Credentials(hashes)


class TestTheGateway:
    async def test_finds_no_private_key_anywhere(self, identity: Identity) -> None:
        keys = (await identity.http.get("/.well-known/jwks.json")).json()["keys"]
        assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x"]]

    async def test_cannot_make_a_token_for_somebody(self, identity: Identity) -> None:
        account_id = await identity.confirmed(new_address())
        answer = await identity.token(sub=account_id, subject=account_id, kind="account", roles=["clerk"])
        claims = claims_of(answer.json()["token"])
        assert (claims["sub"], claims["kind"], claims["roles"]) == ("gateway", "service", ["service"])
