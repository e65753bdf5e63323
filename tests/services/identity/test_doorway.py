"""Registration, confirmation and new passwords through HTTP, on real parts."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from .conftest import PASSWORD, Identity, slug, text_of, token_in

pytestmark = pytest.mark.integration


def address() -> str:
    return f"{uuid4().hex[:12]}@example.org"


class TestRegistration:
    async def test_opens_an_account_by_the_mailed_link(self, identity: Identity) -> None:
        email = address()
        answer = await identity.register(email)
        assert (answer.status_code, answer.json()) == (202, {"status": "mail_sent"})
        mail = await identity.mailbox.last()
        assert mail["To"] == email
        assert "https://portal.test/bestaetigen/" in text_of(mail)
        confirmed = await identity.ask("POST", "/confirmations", {"token": token_in(mail)})
        assert confirmed.status_code == 200
        signed_in = await identity.sign_in(email)
        assert signed_in.status_code == 201
        assert signed_in.json()["account_id"] == confirmed.json()["account_id"]
        assert signed_in.json()["roles"] == ["citizen"]
