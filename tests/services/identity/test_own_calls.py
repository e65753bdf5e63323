"""Identity towards other services: it needs nobody's word for its own name."""

from pathlib import Path

from services.identity.own_calls import OwnCalls, signer
from services.identity.settings import IdentitySettings
from shared.testing import CallerMint
from shared.web.calls import TokenFor
from shared.web.tokens import CallerTokens
from tests.services.identity.gateway_side import write_own_secrets


class TestOwnCalls:
    async def test_bear_a_token_that_services_accept(self, tmp_path: Path, mint: CallerMint) -> None:
        write_own_secrets(tmp_path, mint)
        settings = IdentitySettings(
            secrets_dir=tmp_path,
            port=0,
            database_url="",
            keys_database_url="",
            rabbitmq_url="",
            audit_anchors="file:///anchors",
            smtp_host="",
            smtp_port=25,
        )
        async with OwnCalls(settings) as calls:
            issued = await calls._issue(TokenFor("documents", "read-feed", None))
        caller = CallerTokens(signer(settings).public_jwks(), "documents").verify(issued.token)
        assert (caller.subject, caller.kind, caller.purpose) == ("identity", "service", "read-feed")
