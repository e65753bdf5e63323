"""A citizen is forgotten: nowhere in the portal is a word of them left that anybody could read."""

import asyncio
import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from deploy.local.demo.listening import Listener
from deploy.local.demo.proof import prove
from deploy.local.secrets import LOGS
from services.applications.domain.case import Case
from shared.domain import REDACTED
from shared.keys import KeyRing, lookup
from shared.log import LogReader, Recorded
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Program, Resident
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
ABOUT: Final = {
    "email": "kanarienvogel-eins@example.org",
    "password": "Der Kanarienvogel singt leise",
    "given_names": "Kanarienvogel Zwei",
    "family_name": "Kanarienvogel-Drei",
    "birth_date": "1971-03-17",
    "plate": "LIN-QX 971",
}
WORDS: Final = ("Kanarienvogel", "kanarienvogel", "Kirchgasse", ABOUT["birth_date"], ABOUT["plate"])
LOOKED_UP: Final = {
    "identity": (("email", ABOUT["email"]),),
    "applications": (("permit_per_plate", ABOUT["plate"]),),
}
ERASED: Final = "identity.account_erased.v1"


class Witness:
    """Reads what is stored with all the keys that the services have: nobody could read more."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def in_clear(self) -> list[str]:
        """Every place of every database that holds a word of the citizen, as text or in bytes."""
        found = []
        for service in LOGS:
            databases = self._stage.stack.databases[service]
            for url in (databases.owner, databases.owner_keys):
                found += [f"{service}: {place}" async for place in _places(url, [*_spelled(WORDS)])]
        return found

    async def looked_up(self) -> list[str]:
        """Every table that holds a keyed digest by which the citizen could be found."""
        found = []
        for service, values in LOOKED_UP.items():
            digest = lookup(b64decode(self._secret(service, "lookup_key")))
            wanted = [digest(scope, value).hex() for scope, value in values]
            found += [place async for place in _places(self._stage.stack.databases[service].owner, wanted)]
        return found

    async def opened(self, account_id: str) -> str:
        """Everything in the logs about the citizen, opened with their keys as far as these go."""
        said = []
        for service in LOGS:
            async with self._log(service) as log:
                said += [
                    str(vars(recorded.event))
                    async for recorded in log.everything()
                    if recorded.meta.subject == UUID(account_id)
                ]
        return "\n".join(said)

    async def folded(self) -> dict[UUID, Any]:
        """Every stream of every service, folded to what it is now."""
        streams: dict[UUID, Any] = {}
        for service in LOGS:
            async with self._log(service) as log:
                recorded: Recorded
                async for recorded in log.everything():
                    stream = recorded.event.originator_id
                    streams[stream] = recorded.event.mutate(streams.get(stream))
        return streams

    async def keys_left(self, account_id: str) -> list[str]:
        """The services that still hold, or could make again, a key of the citizen."""
        left = []
        for service in LOGS:
            connection = await asyncpg.connect(self._stage.stack.databases[service].owner_keys)
            rows = await connection.fetch(
                "SELECT wrapped FROM subject_key WHERE subject = $1", UUID(account_id)
            )
            await connection.close()
            if [row["wrapped"] for row in rows] != [None]:
                left.append(service)
        return left

    def files(self) -> dict[str, bytes]:
        folder = self._stage.stack.state / "documents"
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    @asynccontextmanager
    async def _log(self, service: str) -> AsyncIterator[LogReader]:
        databases, master = self._stage.stack.databases[service], self._secret(service, "master_key")
        async with (
            asyncpg.create_pool(databases.owner, min_size=1, max_size=1) as pool,
            asyncpg.create_pool(databases.owner_keys, min_size=1, max_size=1) as keys,
        ):
            yield LogReader(pool, KeyRing(keys, b64decode(master), service))

    def _secret(self, service: str, name: str) -> str:
        return (self._stage.stack.secrets(service) / name).read_text()


def _spelled(words: tuple[str, ...]) -> Iterator[str]:
    """As a table may show them: text, escaped JSON, bytes in hexadecimal."""
    for word in words:
        yield from {word, json.dumps(word)[1:-1], word.encode().hex()}


async def _places(url: str, wanted: list[str]) -> AsyncIterator[str]:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in sorted(row["tablename"] for row in tables):
            rows = await connection.fetch(f"SELECT t::text AS text FROM {table} t")
            for word in wanted:
                if any(word in row["text"] for row in rows):
                    yield f"{table} {word}"
    finally:
        await connection.close()


async def deletes_the_account(resident: Resident, listener: Listener, books: Books) -> str:
    """Through the page, with the password once more; the account's id after all services have followed."""
    account_id: str = (await Program(resident.browser).call("GET", "/profile")).json()["account_id"]
    page = await resident.browser.get("/konto/loeschen")
    form = page.form(action="/konto/loeschen")
    after = await resident.browser.send(page, form, password=resident.citizen.password)
    assert "Ihr Konto ist gelöscht." in after.said
    await listener.wait_for(ERASED, account_id)
    await books.settled()
    return account_id


async def registers_again(resident: Resident) -> str:
    """The id of a new account with the same address."""
    program, before = Program(resident.browser), await resident.mails()
    wanted = {"email": resident.citizen.email, "password": "Ein neuer Anfang mit Möwe"}
    assert (await program.call("POST", "/registrations", json=wanted)).status_code == 202
    async with asyncio.timeout(15):
        while not (mails := [mail for mail in await resident.mails() if mail not in before]):
            await asyncio.sleep(0.1)
    link = re.search(r"/bestaetigen/([\w-]+)", mails[0]["text"])
    assert link is not None
    answer = await program.call(
        "POST", "/confirmations", json={"token": link[1], "password": wanted["password"]}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["account_id"])


class TestACitizenWithAPermit:
    async def test_leaves_nothing_that_anybody_could_read(
        self, arrive: Arrive, stage: Stage, listener: Listener, books: Books, clerk: Official
    ) -> None:
        witness = Witness(stage)
        resident = await arrive(**ABOUT)
        await resident.submit()
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", resident.case_id, seconds=40)
        await resident.download()
        draft = {"service": "bewohnerparkausweis", "answers": {"remark": ABOUT["given_names"]}}
        assert (await Program(resident.browser).call("POST", "/drafts", json=draft)).status_code == 201
        await books.settled()
        own = {document["document_id"] for document in (await resident.documents()).values()}
        account = (await Program(resident.browser).call("GET", "/profile")).json()["account_id"]
        before = await witness.opened(account)
        assert all(word in before for word in WORDS), "the witness cannot read: this test would prove nothing"
        assert len(await witness.looked_up()) == 2
        assert any(name.startswith(tuple(own)) for name in witness.files())

        assert await deletes_the_account(resident, listener, books) == account

        assert await witness.keys_left(account) == []
        after = await witness.opened(account)
        assert "Redacted()" in after
        assert [word for word in WORDS if word in after] == []
        assert await witness.in_clear() == []
        assert await witness.looked_up() == []
        files = witness.files()
        assert not any(name.startswith(tuple(own)) for name in files)
        assert not any(word.encode() in content for content in files.values() for word in WORDS)
        drafts = "SELECT FROM draft WHERE account_id = $1"
        assert await stage.query("applications", drafts, UUID(account)) == []

        case = (await witness.folded())[UUID(resident.case_id)]
        assert type(case) is Case
        answers: Any = case.answers
        assert (str(case.condition), answers, case.settled) == ("completed", REDACTED, True)
        await books.assert_balanced()

        authority = stage.stack.secrets("documents") / "seal_ca.pem"
        proof = await prove(resident.pdf, authority, stage.addresses.portal, ABOUT["plate"])
        assert proof.answer["status"] == "valid"
        page = await clerk.open(resident.case_id)
        assert page.status == 200
        assert "Die antragstellende Person hat ihr Konto gelöscht." in page.said

        assert await registers_again(resident) != account


class TestACitizenWithMoneyUnderWay:
    async def test_withdraws_the_case_and_gets_the_fee_back(
        self, arrive: Arrive, listener: Listener, books: Books, clerk: Official
    ) -> None:
        resident = await arrive(family_name="Mismatch Öztürk")
        await resident.submit()
        await resident.pay()
        await listener.wait_for("applications.application_referred.v1", resident.case_id)
        claim = await resident.claim()
        await deletes_the_account(resident, listener, books)
        assert "applications.application_withdrawn" in books.kinds(resident.case_id)
        await listener.wait_for("payments.refund_settled.v1", resident.case_id)
        assert await books.money_tasks(claim["claim_id"]) == []
        file = await clerk.file_of(resident.case_id)
        assert (file["condition"], file["erased"], file["answers"]) == ("withdrawn", True, {})

    async def test_pays_at_the_bank_after_all_and_the_money_is_accounted_for(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        claim = await resident.claim()
        await deletes_the_account(resident, listener, books)
        await bank.decide("pay")
        async with asyncio.timeout(15):
            while not (tasks := await books.money_tasks(claim["claim_id"])):
                await asyncio.sleep(0.1)
        assert [task["kind"] for task in tasks] == ["after_cancellation"]
