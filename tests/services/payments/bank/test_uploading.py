"""The bank's files brought by a person: looked at first, taken once, and what became of them told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payments.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS
from tests.services.payments.bank.town import CITY, FEE, NOW, Town, secrets_of
from tests.services.payments.sepa.messages import camt, credit, pain_002

pytestmark = pytest.mark.integration
PROBLEM = "urn:portal:problem:"
HOSTILE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    """With the city's account set up, so that the service itself takes what is brought."""
    clock = FixedClock(NOW)
    async with running(
        SERVICE, postgres_url, amqp_url, secrets_of(tmp_path / "secrets"), mint=mint, clock=clock,
        public_url="http://portal.test", girocheckout_base_url="http://127.0.0.1:9/",
        girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS, bank_iban=CITY.iban,
        bank_holder=CITY.name, bank_folder=str(tmp_path / "bank"), creditor_id=CITY.identifier,
    ) as payments:  # fmt: skip
        yield Town(payments, clock, tmp_path / "bank")


class Treasurer:
    """Somebody who brings files."""

    def __init__(self, town: Town, *roles: str) -> None:
        self.http = town.payments.http
        self.headers = town.payments.mint.account(new_id(), "payments", *roles)

    async def brings(self, content: bytes, name: str = "auszug.xml", key: str = "once") -> Any:
        headers = {**self.headers, "Idempotency-Key": key, "Content-Type": "application/octet-stream"}
        return await self.http.post("/bank-files", params={"name": name}, content=content, headers=headers)

    async def looks(self, file_id: str) -> dict[str, Any]:
        """Once the file is taken or given up."""
        async with asyncio.timeout(20):
            while True:
                answer = await self.http.get(f"/bank-files/{file_id}", headers=self.headers)
                found: dict[str, Any] = answer.json()
                if found["state"] != "waiting":
                    return found
                await asyncio.sleep(0.05)

    async def taken(self, content: bytes, key: str = "once") -> dict[str, Any]:
        answer = await self.brings(content, key=key)
        assert answer.status_code == 201, answer.text
        return await self.looks(answer.json()["file_id"])


@pytest.fixture
def treasurer(town: Town) -> Treasurer:
    return Treasurer(town, "treasurer")


async def submitted(town: Town) -> str:
    """The name of the file of debits that the service has sent by itself; the morning goes on meanwhile."""
    async with asyncio.timeout(30):
        while not (rows := await town.rows("SELECT message_id FROM collection WHERE state = 'submitted'")):
            town.clock.advance(timedelta(minutes=1))
            await asyncio.sleep(0.1)
    return str(rows[0]["message_id"])


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


class TestBringing:
    async def test_tells_what_became_of_each_payment(self, town: Town, treasurer: Treasurer) -> None:
        claim = await town.owed()
        lines = [credit(FEE, claim.kassenzeichen, reference="R1"), credit(777, "Danke", reference="R2")]
        found = await treasurer.taken(camt(lines, account=CITY.iban))
        assert (found["state"], found["kind"], found["name"]) == ("done", "camt.053", "auszug.xml")
        assert (found["payments"], found["taken"], found["known"]) == (2, 2, 0)
        assert found["outcomes"] == {"allocated": 1, "unallocated": 1}
        assert [one["missing"] for one in found["statements"]] == [0]
        assert (await town.claim(claim.id)).condition == "settled"
        listed = await treasurer.http.get("/bank-files", headers=treasurer.headers)
        assert [one["file_id"] for one in listed.json()["files"]] == [found["file_id"]]

    async def test_is_known_again_by_its_bytes(self, treasurer: Treasurer) -> None:
        content = camt([credit(777, "Danke")], account=CITY.iban)
        first = await treasurer.taken(content)
        again = await treasurer.brings(content, key="twice")
        assert again.json() == {"file_id": first["file_id"], "known": True}
        assert (await treasurer.looks(first["file_id"]))["taken"] == 1

    async def test_is_taken_where_it_was_stored_and_no_more(self, town: Town, treasurer: Treasurer) -> None:
        """The process fell between the file's commit and that of its task."""
        content = camt([credit(777, "Danke")], account=CITY.iban)
        file_id, _ = await town.bank.uploading.bring("auszug.xml", content, town.unit())
        assert (await treasurer.brings(content)).json() == {"file_id": str(file_id), "known": True}
        assert (await treasurer.looks(str(file_id)))["taken"] == 1

    async def test_counts_what_another_file_told(self, treasurer: Treasurer) -> None:
        lines = [credit(777, "Danke", reference="R1"), credit(888, "Auch danke", reference="R2")]
        await treasurer.taken(camt(lines[:1], account=CITY.iban, kind="054"))
        found = await treasurer.taken(camt(lines, account=CITY.iban), key="twice")
        assert (found["payments"], found["taken"], found["known"]) == (2, 1, 1)

    async def test_says_which_numbers_are_missing(self, treasurer: Treasurer) -> None:
        await treasurer.taken(camt([credit(1)], account=CITY.iban, sequence=7, identifier="S7"))
        lines = [credit(2, reference="R2")]
        found = await treasurer.taken(camt(lines, account=CITY.iban, sequence=10, identifier="S10"), "twice")
        assert [(one["sequence"], one["missing"]) for one in found["statements"]] == [(10, 2)]

    async def test_takes_the_answer_to_a_file_of_debits(self, town: Town, treasurer: Treasurer) -> None:
        debit = await town.announced()
        town.go_to(debit.due - timedelta(days=2))
        message_id = await submitted(town)
        found = await treasurer.taken(pain_002(message_id, [(debit.reference, "AC04")]))
        assert (found["kind"], found["payments"]) == ("pain.002", None)
        assert (found["answer"]["debits"], found["answer"]["rejected"]) == (1, 1)
        runtime = town.payments.runtime
        await runtime.keys.destroy(UUID(found["file_id"]))
        assert (await treasurer.looks(found["file_id"]))["answer"] is None


class TestRefusing:
    @pytest.mark.parametrize(
        ("content", "slug"),
        [
            (b"", "file_empty"),
            (b"Soll;Haben\n1;2\n", "file_not_xml"),
            (HOSTILE, "file_doctype"),
            (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'/>", "file_other_message"),
            (camt([credit(1)], account=CITY.iban)[:-40], "file_not_xml"),
        ],
    )
    async def test_what_is_no_file_of_the_bank(
        self, town: Town, treasurer: Treasurer, content: bytes, slug: str
    ) -> None:
        assert refused(await treasurer.brings(content)) == (422, slug)
        assert await town.rows("SELECT file_id FROM bank_file") == []

    async def test_another_account(self, town: Town, treasurer: Treasurer) -> None:
        answer = await treasurer.brings(camt([credit(1)], account="DE89370400440532013000"))
        assert refused(answer) == (409, "statement_of_another_account")
        assert await town.rows("SELECT file_id FROM bank_file") == []

    async def test_a_statement_that_does_not_add_up(self, treasurer: Treasurer) -> None:
        content = camt([credit(100)], account=CITY.iban, closing=200)
        assert refused(await treasurer.brings(content)) == (409, "statement_does_not_add_up")

    async def test_an_answer_to_what_was_not_sent(self, treasurer: Treasurer) -> None:
        assert refused(await treasurer.brings(pain_002("OTHERS-1", []))) == (409, "answer_to_nothing")

    @pytest.mark.parametrize("name", ["../auszug.xml", "a/b", ".versteckt", "x" * 121])
    async def test_a_name_that_is_a_path(self, treasurer: Treasurer, name: str) -> None:
        assert (await treasurer.brings(b"<x/>", name)).status_code == 422

    async def test_who_is_no_treasurer(self, town: Town) -> None:
        clerk = Treasurer(town, "clerk")
        assert (await clerk.brings(b"<x/>")).status_code == 403
        assert (await clerk.http.get("/bank-files", headers=clerk.headers)).status_code == 403
        unknown = await Treasurer(town, "treasurer").http.get(
            f"/bank-files/{new_id()}", headers=Treasurer(town, "treasurer").headers
        )
        assert unknown.status_code == 404
