"""Sessions: begun by a password, alive for a while, ended in many ways."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.identity.accounts import decide
from services.identity.sessions import Sessions
from shared.observe.metrics import REGISTRY
from shared.tasks import Housekeeping, Later
from shared.testing import FixedClock
from tests.housekept import housekept
from tests.services.identity.gateway_side import PASSWORD, Identity, new_address, slug

pytestmark = pytest.mark.integration
WRONG = "Dies ist nicht das Passwort"


def verifications() -> float:
    return REGISTRY.get_sample_value("portal_password_work_total", {"what": "verify"}) or 0.0


class TestSigningIn:
    async def test_gives_another_token_each_time(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        first, second = await identity.session(email), await identity.session(email)
        assert first != second
        assert len(first) == 43

    async def test_keeps_the_token_nowhere(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session = await identity.session(email)
        rows = await identity.runtime.pool.fetch("SELECT * FROM session")
        assert session not in repr([dict(row) for row in rows])

    async def test_does_not_care_how_the_address_is_written(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        assert (await identity.sign_in(f" {email.upper()} ")).status_code == 201

    async def test_answers_and_works_the_same_for_all_that_is_wrong(self, identity: Identity) -> None:
        known, waiting, locked = new_address(), new_address(), new_address()
        await identity.confirmed(known)
        await identity.register(waiting)
        await identity.mailbox.last(waiting)
        await identity.runtime.pool.execute(
            "UPDATE account SET condition = 'locked' WHERE account_id = $1", await identity.confirmed(locked)
        )
        tries = [(known, WRONG), (waiting, PASSWORD), (locked, PASSWORD), (new_address(), PASSWORD)]
        seen = []
        for email, password in [*tries, ("no address", PASSWORD)]:
            before = verifications()
            answer = await identity.sign_in(email, password)
            seen.append((answer.status_code, answer.text, verifications() - before))
        assert seen == [seen[0]] * 5
        assert (seen[0][0], seen[0][2]) == (401, 1)
        assert '"urn:portal:problem:wrong_credentials"' in seen[0][1]


class TestFailedAttempts:
    async def test_close_the_door_for_a_while(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        for _ in range(5):
            assert slug(await identity.sign_in(email, WRONG)) == "wrong_credentials"
        refused = await identity.sign_in(email)
        assert (refused.status_code, slug(refused)) == (429, "too_many_attempts")
        assert refused.headers["Retry-After"] == "1"
        identity.clock.advance(timedelta(seconds=1))
        assert (await identity.sign_in(email)).status_code == 201

    async def test_wait_longer_each_time_and_never_for_ever(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        waits = []
        for _ in range(14):
            answer = await identity.sign_in(email, WRONG)
            if answer.status_code == 429:
                waits.append(int(answer.headers["Retry-After"]))
                identity.clock.advance(timedelta(seconds=waits[-1]))
        assert waits == [1, 2, 4, 8, 16]
        for _ in range(20):
            await identity.sign_in(email, WRONG)
            identity.clock.advance(timedelta(seconds=60))
        assert (await identity.sign_in(email)).status_code == 201

    async def test_are_counted_for_addresses_nobody_has(self, identity: Identity) -> None:
        email = new_address()
        answers = [await identity.sign_in(email, WRONG) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]

    async def test_slow_a_client_that_tries_many_addresses(self, identity: Identity) -> None:
        client = uuid4().hex
        for _ in range(20):
            await identity.sign_in(new_address(), WRONG, client)
        assert slug(await identity.sign_in(new_address(), WRONG, client)) == "too_many_attempts"
        assert slug(await identity.sign_in(new_address(), WRONG, uuid4().hex)) == "wrong_credentials"

    async def test_are_forgotten_after_a_success(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        for _ in range(3):
            for _ in range(4):
                await identity.sign_in(email, WRONG)
            assert (await identity.sign_in(email)).status_code == 201


class TestASession:
    async def test_ends_when_idle(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session = await identity.session(email)
        for _ in range(3):
            identity.clock.advance(timedelta(minutes=29))
            assert (await identity.token(session)).status_code == 200
        identity.clock.advance(timedelta(minutes=30))
        answer = await identity.token(session)
        assert (answer.status_code, slug(answer)) == (401, "session_over")

    async def test_ends_when_only_its_page_goes_on_asking(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session = await identity.session(email)
        for _ in range(29):
            identity.clock.advance(timedelta(minutes=1))
            assert (await identity.token(session, purpose="own-case-live")).status_code == 200
        identity.clock.advance(timedelta(minutes=1))
        assert slug(await identity.token(session, purpose="own-case-live")) == "session_over"

    async def test_ends_after_twelve_hours_of_use(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session = await identity.session(email)
        alive = []
        for _ in range(30):
            identity.clock.advance(timedelta(minutes=25))
            alive.append((await identity.token(session)).status_code == 200)
        assert alive == [True] * 28 + [False] * 2

    async def test_ends_with_signing_out(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        session, other = await identity.session(email), await identity.session(email)
        for _ in range(2):
            answer = await identity.ask("DELETE", "/sessions", {"session": session})
            assert answer.status_code == 204
        assert slug(await identity.token(session)) == "session_over"
        assert (await identity.token(other)).status_code == 200

    async def test_can_be_ended_from_another(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        session = await identity.session(email)
        headers = identity.account_headers(account_id)
        listed = (await identity.ask("GET", "/accounts/me/sessions", headers=headers)).json()
        assert [one["current"] for one in listed] == [False]
        place = f"/accounts/me/sessions/{listed[0]['session_id']}"
        stranger = identity.account_headers(uuid4())
        assert (await identity.ask("DELETE", place, headers=stranger)).status_code == 204
        assert (await identity.token(session)).status_code == 200
        assert (await identity.ask("DELETE", place, headers=headers)).status_code == 204
        assert slug(await identity.token(session)) == "session_over"

    async def test_ends_with_the_lock_and_does_not_come_back(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        session = await identity.session(email)
        operator = identity.account_headers(uuid4(), "operator")
        place = f"/accounts/{account_id}/lock"
        identity.clock.advance(timedelta(seconds=1))
        assert (await identity.ask("PUT", place, {"reason": "stolen"}, operator)).status_code == 204
        assert slug(await identity.sign_in(email)) == "wrong_credentials"
        assert (await identity.ask("DELETE", place, headers=operator)).status_code == 204
        assert slug(await identity.token(session)) == "session_over"
        assert (await identity.sign_in(email)).status_code == 201


class TestTheAccountsRow:
    async def test_ends_sessions_by_itself(self, identity: Identity) -> None:
        email = new_address()
        account_id = UUID(await identity.confirmed(email))
        session = await identity.session(email)
        identity.clock.advance(timedelta(seconds=1))
        await decide(identity.runtime.unit, account_id, lambda a, now: a.lock("stolen", by="x", now=now))
        assert slug(await identity.token(session)) == "session_over"
        await decide(identity.runtime.unit, account_id, lambda a, now: a.unlock(by="x", now=now))
        assert slug(await identity.token(session)) == "session_over"


class TestWhatIsOver:
    async def test_is_cleared_away(self, identity: Identity) -> None:
        email = new_address()
        await identity.confirmed(email)
        identity.clock.advance(timedelta(seconds=1))
        await identity.session(email)
        pool, clock = identity.runtime.pool, FixedClock(identity.clock.now())
        sessions = Sessions(pool, timedelta(minutes=30), timedelta(hours=12))
        unit, housekeeping = identity.runtime.unit(), Housekeeping(pool, clock, sessions.retentions())
        with pytest.raises(Later):
            await housekeeping.run({}, unit)
        assert await pool.fetchval("SELECT count(*) FROM session WHERE created_at = $1", clock.now()) == 1
        clock.advance(timedelta(minutes=31))
        with pytest.raises(Later):
            await housekeeping.run({}, unit)
        assert await pool.fetchval("SELECT count(*) FROM session") == 0

    async def test_goes_by_the_services_own_housekeeping(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        await identity.session(email)
        pool = identity.runtime.pool
        long_ago = identity.clock.now() - timedelta(days=800)
        await pool.execute("UPDATE session SET created_at = $1, last_used_at = $1", long_ago)
        await pool.execute("UPDATE mail_link SET expires_at = $1", long_ago)
        await pool.execute("INSERT INTO login_failure VALUES ('x', 1, $1, $1)", long_ago)
        await pool.execute("UPDATE login_failure SET failed_at = $1", long_ago)
        await pool.execute(
            "INSERT INTO data_access VALUES ($1, $2, 'documents', 'test', now() - interval '800 days')",
            uuid4(),
            UUID(account_id),
        )
        await housekept(identity.runtime)
        for table in ("session", "mail_link", "login_failure"):
            assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
        left = "SELECT count(*) FROM data_access WHERE account_id = $1"
        assert await pool.fetchval(left, UUID(account_id)) == 0
        assert (
            await pool.fetchval("SELECT count(*) FROM account WHERE account_id = $1", UUID(account_id)) == 1
        )
