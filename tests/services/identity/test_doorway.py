"""Registration, confirmation and new passwords through HTTP, on real parts."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from shared.observe.metrics import REGISTRY
from tests.services.identity.gateway_side import (
    PASSWORD,
    Identity,
    new_address,
    slug,
    text_of,
    token_in,
    until,
)

pytestmark = pytest.mark.integration
OTHER_PASSWORD = "Abends lese ich Krimis"


def hashes(what: str) -> float:
    return REGISTRY.get_sample_value("portal_password_work_total", {"what": what}) or 0.0


async def work_of(identity: Identity, email: str) -> tuple[float, int, int]:
    """Hashes that a registration costs before it is answered, and what the answer shows."""
    before = hashes("hash")
    answer = await identity.register(email)
    return hashes("hash") - before, answer.status_code, len(answer.content)


class TestRegistration:
    async def test_opens_an_account_by_the_mailed_link(self, identity: Identity) -> None:
        email = new_address()
        answer = await identity.register(email)
        assert (answer.status_code, answer.json()) == (202, {"status": "mail_sent"})
        mail = await identity.mailbox.last(email)
        assert "https://portal.test/bestaetigen/" in text_of(mail)
        confirmed = await identity.confirm(token_in(mail))
        assert confirmed.status_code == 200
        signed_in = await identity.sign_in(email)
        assert signed_in.status_code == 201
        assert signed_in.json()["account_id"] == confirmed.json()["account_id"]
        assert signed_in.json()["roles"] == ["citizen"]

    async def test_writes_in_the_chosen_language(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email, language="en")
        mail = await identity.mailbox.last(email)
        assert mail["Subject"] == "Please confirm your e-mail address"
        assert "https://portal.test/en/bestaetigen/" in text_of(mail)

    async def test_answers_a_known_address_the_same_and_tells_its_owner(self, identity: Identity) -> None:
        known, unknown = new_address(), new_address()
        await identity.confirmed(known)
        answers = [await identity.register(email) for email in (unknown, known, known.upper())]
        assert len({(a.status_code, a.text, tuple(sorted(a.headers))) for a in answers}) == 1
        mail = await identity.mailbox.last(known, 2)
        assert mail["Subject"] == "Sie haben bereits ein Konto"
        assert "/bestaetigen/" not in text_of(mail)

    async def test_does_the_same_work_whatever_is_known(self, identity: Identity) -> None:
        known, waiting = new_address(), new_address()
        await identity.confirmed(known)
        await identity.register(waiting)
        works = [await work_of(identity, email) for email in (known, waiting, new_address())]
        assert works == [works[0]] * 3
        assert works[0][0] == 1

    async def test_keeps_the_password_of_a_known_account(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        await identity.register(email, OTHER_PASSWORD)
        await identity.mailbox.last(email, 2)
        assert slug(await identity.sign_in(email, OTHER_PASSWORD)) == "wrong_credentials"
        assert (await identity.sign_in(email)).status_code == 201

    async def test_sends_another_link_to_an_address_that_waits(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email)
        first = token_in(await identity.mailbox.last(email))
        await identity.register(email)
        second = token_in(await identity.mailbox.last(email, 2))
        assert first != second
        assert (await identity.confirm(second)).status_code == 200

    async def test_brings_the_password_beside_the_followed_link_into_force(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email, OTHER_PASSWORD)  # somebody else's attempt
        await identity.mailbox.last(email)
        await identity.register(email)
        own = token_in(await identity.mailbox.last(email, 2))
        await identity.confirm(own)
        assert slug(await identity.sign_in(email, OTHER_PASSWORD)) == "wrong_credentials"
        assert (await identity.sign_in(email)).status_code == 201

    async def test_of_a_stranger_is_not_confirmed_by_the_owner_of_the_address(
        self, identity: Identity
    ) -> None:
        email = new_address()
        await identity.register(email, OTHER_PASSWORD)  # somebody else's attempt
        foreign = token_in(await identity.mailbox.last(email))
        await identity.register(email)
        await identity.mailbox.last(email, 2)
        answer = await identity.confirm(foreign)  # the owner takes the wrong one of two mails
        assert (answer.status_code, slug(answer)) == (403, "wrong_password")
        assert slug(await identity.sign_in(email, OTHER_PASSWORD)) == "wrong_credentials"
        assert (
            await identity.confirm(foreign, OTHER_PASSWORD)
        ).status_code == 200  # both: it was no stranger

    async def test_makes_one_account_of_many_at_once(self, identity: Identity) -> None:
        email = new_address()
        await asyncio.gather(*(identity.register(email) for _ in range(4)))
        await identity.mailbox.last(email, 4)
        ids = set()
        for mail in identity.mailbox.sent_to(email):
            answer = await identity.confirm(token_in(mail))
            ids.add(answer.json().get("account_id"))
        assert len(ids - {None}) == 1

    async def test_stops_mailing_after_five_open_links(self, identity: Identity) -> None:
        email = new_address()
        for _ in range(6):
            assert (await identity.register(email)).status_code == 202
        await identity.mailbox.last(email, 5)
        await until(lambda: no_open_tasks(identity))
        assert len(identity.mailbox.sent_to(email)) == 5

    async def test_erases_what_was_typed_for_somebody_elses_account(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        await identity.register(email)
        await identity.mailbox.last(email, 2)
        await until(lambda: no_open_tasks(identity))
        attempt = await identity.runtime.pool.fetchval(
            "SELECT payload->>'attempt' FROM task WHERE kind = 'forget_attempt' ORDER BY task_id DESC LIMIT 1"
        )
        assert await identity.runtime.keys.find(UUID(attempt)) is None

    @pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@y.z"])
    async def test_refuses_what_cannot_be_an_address(self, identity: Identity, email: str) -> None:
        answer = await identity.register(email)
        assert (answer.status_code, slug(answer)) == (422, "invalid")
        assert answer.json()["errors"] == [{"field": "email", "code": "email_impossible", "params": {}}]

    @pytest.mark.parametrize("password", ["short", "passwort1234", "qwertzuiop12", "Lindenau2026", "x" * 201])
    async def test_refuses_a_weak_password(self, identity: Identity, password: str) -> None:
        answer = await identity.register(new_address(), password)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "password"

    async def test_is_for_the_gateway_alone(self, identity: Identity) -> None:
        body = {"email": new_address(), "password": PASSWORD}
        mint = identity.running.mint
        assert slug(await identity.ask("POST", "/registrations", body, {})) == "token_missing"
        foreign = mint.service("documents", "identity")
        assert slug(await identity.ask("POST", "/registrations", body, foreign)) == "wrong_role"

    async def test_keeps_address_and_token_out_of_the_log_and_the_tasks(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        token = token_in(await identity.mailbox.last(email))
        for table in ("event", "task", "account", "mail_link", "reservation", "feed"):
            rows = await identity.runtime.pool.fetch(f"SELECT * FROM {table}")
            text = repr([dict(row) for row in rows])
            assert email not in text
            assert token not in text


class TestConfirmation:
    async def test_works_once(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        token = token_in(await identity.mailbox.last(email))
        answer = await identity.confirm(token)
        assert (answer.status_code, slug(answer)) == (409, "link_used")

    async def test_works_once_for_many_at_a_time(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email)
        token = token_in(await identity.mailbox.last(email))
        answers = await asyncio.gather(*(identity.confirm(token) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]

    async def test_is_over_after_a_day(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email)
        token = token_in(await identity.mailbox.last(email))
        identity.clock.advance(timedelta(hours=24))
        answer = await identity.confirm(token)
        assert (answer.status_code, slug(answer)) == (410, "link_expired")
        assert slug(await identity.sign_in(email)) == "wrong_credentials"

    @pytest.mark.parametrize("token", ["", "x", "A" * 43, "ä" * 43])
    async def test_does_not_know_other_tokens(self, identity: Identity, token: str) -> None:
        answer = await identity.confirm(token)
        assert (answer.status_code, slug(answer)) == (404, "link_unknown")


class TestPasswordReset:
    async def test_sets_a_password_and_ends_every_session(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session = await identity.session(email)
        await identity.ask("POST", "/password-resets", {"email": email})
        mail = await identity.mailbox.last(email, 2)
        assert "https://portal.test/passwort-neu/" in text_of(mail)
        body = {"token": token_in(mail), "password": OTHER_PASSWORD}
        assert (await identity.ask("POST", "/password-resets/confirm", body)).status_code == 204
        assert slug(await identity.token(session)) == "session_over"
        assert slug(await identity.sign_in(email)) == "wrong_credentials"
        assert (await identity.token(await identity.session(email, OTHER_PASSWORD))).status_code == 200
        assert slug(await identity.ask("POST", "/password-resets/confirm", body)) == "link_used"

    async def test_answers_an_unknown_address_the_same_and_mails_nobody(self, identity: Identity) -> None:
        known, unknown = new_address(), new_address()
        await identity.confirmed(known)
        before = hashes("hash"), hashes("verify")
        answers = [await identity.ask("POST", "/password-resets", {"email": e}) for e in (known, unknown)]
        assert {(a.status_code, a.text) for a in answers} == {(202, '{"status":"mail_sent"}')}
        assert (hashes("hash"), hashes("verify")) == before
        await identity.mailbox.last(known, 2)
        await until(lambda: no_open_tasks(identity))
        assert not identity.mailbox.sent_to(unknown)

        email = new_address()
        await identity.confirmed(email)
        await identity.ask("POST", "/password-resets", {"email": email})
        token = token_in(await identity.mailbox.last(email, 2))
        weak = await identity.ask("POST", "/password-resets/confirm", {"token": token, "password": "short"})
        assert weak.json()["errors"][0]["code"] == "password_weak"
        good = await identity.ask(
            "POST", "/password-resets/confirm", {"token": token, "password": OTHER_PASSWORD}
        )
        assert good.status_code == 204

    async def test_link_is_over_after_an_hour(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        await identity.ask("POST", "/password-resets", {"email": email})
        token = token_in(await identity.mailbox.last(email, 2))
        identity.clock.advance(timedelta(hours=1))
        body = {"token": token, "password": OTHER_PASSWORD}
        assert slug(await identity.ask("POST", "/password-resets/confirm", body)) == "link_expired"

    async def test_confirms_an_address_that_waits(self, identity: Identity) -> None:
        email = new_address()
        await identity.register(email)
        await identity.mailbox.last(email)
        await identity.ask("POST", "/password-resets", {"email": email})
        token = token_in(await identity.mailbox.last(email, 2))
        body = {"token": token, "password": OTHER_PASSWORD}
        assert (await identity.ask("POST", "/password-resets/confirm", body)).status_code == 204
        assert (await identity.sign_in(email, OTHER_PASSWORD)).status_code == 201


async def no_open_tasks(identity: Identity) -> bool:
    return not await identity.runtime.pool.fetchval(
        "SELECT count(*) FROM task WHERE done_at IS NULL AND failed_at IS NULL AND kind <> 'housekeeping'"
    )
