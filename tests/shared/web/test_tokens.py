"""Who may call: only bearers of identity's own, present, rightly addressed tokens, in their role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import CallerTokens, TokenInvalid
from tests.shared.web.conftest import ACCOUNT, AUDIENCE, make_signer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOUND: dict[str, Any] = {
    "aud": AUDIENCE,
    "sub": ACCOUNT,
    "kind": "account",
    "roles": ["citizen"],
    "purpose": "p",
} | {
    "iss": "identity",
    "trust": "mail",
    "jti": "1",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
}


class Watch:
    """The verifier's idea of the time, in seconds."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def watch() -> Watch:
    return Watch(NOW)


@pytest.fixture
def tokens(signer: CallerTokenSigner, watch: Watch) -> CallerTokens:
    return CallerTokens(signer.public_jwks(), AUDIENCE, watch)


def signed(signer: CallerTokenSigner, now: datetime = NOW, audience: str = AUDIENCE, **more: Any) -> str:
    return signer.sign(ACCOUNT, "account", ["citizen"], audience, "own-lamp", "basic", now, **more)


def raw(signer: CallerTokenSigner, **changed: Any) -> str:
    """Signed with the right key, whatever the claims; None leaves a claim out."""
    claims = {name: value for name, value in (SOUND | changed).items() if value is not None}
    return jwt.encode({"alg": "Ed25519"}, claims, signer._key, algorithms=["Ed25519"])


class TestASoundToken:
    def test_names_its_caller(self, signer: CallerTokenSigner, tokens: CallerTokens) -> None:
        caller = tokens.verify(signed(signer, session="ab12"))
        assert (caller.subject, caller.kind, sorted(caller.roles)) == (ACCOUNT, "account", ["citizen"])
        assert (caller.purpose, caller.trust, caller.session) == ("own-lamp", "basic", "ab12")
        assert str(caller.account_id) == ACCOUNT

    def test_is_known_by_a_key_of_the_older_name(self, signer: CallerTokenSigner, watch: Watch) -> None:
        keys = [{**key, "alg": "EdDSA"} for key in signer.public_jwks()["keys"]]
        caller = CallerTokens({"keys": keys}, AUDIENCE, watch).verify(signed(signer))
        assert caller.subject == ACCOUNT

    def test_lives_sixty_seconds(self, signer: CallerTokenSigner, tokens: CallerTokens, watch: Watch) -> None:
        token = signed(signer)
        watch.at = NOW + timedelta(seconds=59)
        tokens.verify(token)
        watch.at = NOW + timedelta(seconds=66)
        with pytest.raises(TokenInvalid, match="expired"):
            tokens.verify(token)

    def test_of_a_slightly_fast_clock_passes(self, signer: CallerTokenSigner, tokens: CallerTokens) -> None:
        tokens.verify(signed(signer, NOW + timedelta(seconds=4)))


class TestAnUnsoundToken:
    def test_by_another_signer_is_refused(self, tokens: CallerTokens) -> None:
        with pytest.raises(TokenInvalid):
            tokens.verify(signed(make_signer()))

    def test_with_a_swapped_payload_is_refused(self, signer: CallerTokenSigner, tokens: CallerTokens) -> None:
        head, _, signature = signed(signer).split(".")
        payload = signer.sign(ACCOUNT, "account", ["clerk"], AUDIENCE, "x", "mail", NOW).split(".")[1]
        with pytest.raises(TokenInvalid):
            tokens.verify(f"{head}.{payload}.{signature}")

    def test_signed_with_the_public_key_is_refused(
        self, signer: CallerTokenSigner, tokens: CallerTokens
    ) -> None:
        public = OKPKey.import_key(signer.public_jwks()["keys"][0]).as_pem(private=False)
        forged = jwt.encode({"alg": "HS256"}, dict(SOUND), OctKey.import_key(public.hex()))
        with pytest.raises(TokenInvalid):
            tokens.verify(forged)

    def test_for_another_audience_is_refused(self, signer: CallerTokenSigner, tokens: CallerTokens) -> None:
        with pytest.raises(TokenInvalid):
            tokens.verify(signed(signer, audience="documents"))

    def test_from_the_future_is_refused(self, signer: CallerTokenSigner, tokens: CallerTokens) -> None:
        with pytest.raises(TokenInvalid):
            tokens.verify(signed(signer, NOW + timedelta(seconds=30)))

    @pytest.mark.parametrize(
        "changed",
        [
            {"iss": "gateway"},
            {"aud": [AUDIENCE, "documents"]},
            {"kind": "robot"},
            {"roles": None},
            {"roles": "citizen"},
            {"roles": [7]},
            {"sub": "not-an-account"},
            {"exp": None},
            {"exp": SOUND["iat"] + 86_400},
            {"jti": None},
            {"purpose": ""},
        ],
        ids=str,
    )
    def test_with_odd_claims_is_refused(
        self, signer: CallerTokenSigner, tokens: CallerTokens, changed: dict[str, Any]
    ) -> None:
        tokens.verify(raw(signer))
        with pytest.raises(TokenInvalid):
            tokens.verify(raw(signer, **changed))

    @pytest.mark.parametrize("text", ["", "a.b.c", "x" * 5000, "é.b.c", "..", "null"], ids=repr)
    def test_that_is_none_is_refused(self, tokens: CallerTokens, text: str) -> None:
        with pytest.raises(TokenInvalid):
            tokens.verify(text)


class TestKeys:
    def test_of_a_verifier_are_public(self, signer: CallerTokenSigner) -> None:
        assert "d" not in signer.public_jwks()["keys"][0]
        with pytest.raises(ValueError, match="private key"):
            CallerTokens({"keys": [signer._key.as_dict(private=True)]}, AUDIENCE)

    def test_may_be_two_while_rotating(self, signer: CallerTokenSigner) -> None:
        newer = make_signer()
        both = {"keys": [*signer.public_jwks()["keys"], *newer.public_jwks()["keys"]]}
        tokens = CallerTokens(both, AUDIENCE, NOW.timestamp)
        assert {tokens.verify(signed(each)).subject for each in (signer, newer)} == {ACCOUNT}


class TestARoute:
    async def test_tells_missing_from_invalid(self, client: httpx.AsyncClient) -> None:
        missing = await client.get("/lamps/1")
        invalid = await client.get("/lamps/1", headers={"Authorization": "Bearer a.b.c"})
        assert (missing.status_code, invalid.status_code) == (401, 401)
        assert missing.json()["type"] == "urn:portal:problem:token_missing"
        assert invalid.json()["type"] == "urn:portal:problem:token_invalid"
        assert invalid.headers["www-authenticate"] == "Bearer"

    async def test_lets_any_named_role_in(
        self, client: httpx.AsyncClient, token_for: Callable[..., str]
    ) -> None:
        for role in ("citizen", "clerk"):
            answer = await client.get("/lamps/1", headers=bearer(token_for(role)))
            assert (answer.status_code, answer.json()["for"]) == (200, ACCOUNT)

    async def test_keeps_other_roles_out(
        self, client: httpx.AsyncClient, token_for: Callable[..., str]
    ) -> None:
        answer = await client.get("/lamps/1", headers=bearer(token_for("warden", "treasurer")))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:wrong_role")

    async def test_for_services_knows_them_by_name(
        self, client: httpx.AsyncClient, token_for: Callable[..., str]
    ) -> None:
        async def status(token: str) -> int:
            return (await client.get("/lamps/inside/feed", headers=bearer(token))).status_code

        assert await status(token_for("service", subject="applications", kind="service")) == 200
        assert await status(token_for("service", subject="payments", kind="service")) == 403
        assert await status(token_for("service")) == 403


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
