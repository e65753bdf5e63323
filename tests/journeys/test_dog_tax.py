"""The second service, which is data: a dog is registered, a clerk approves, the Bescheid is paid."""

import io
from datetime import date, datetime, timedelta

import pypdfium2
import pytest

from deploy.local.demo.journey import CITY_TIME, case_id_of
from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official

pytestmark = pytest.mark.integration
DOG = "hundesteuer-anmeldung"
ANNUAL_CENTS = 8400


def expected_instalments(today: date) -> list[tuple[date, int]]:
    """By hand, for a dog kept since this month: each quarter's months, due on its day but not within a month
    of the notice; equal days are one instalment."""
    soonest = (today.replace(day=1) + timedelta(days=62)).replace(day=1)
    following = soonest if today.month == 12 else today.replace(month=today.month + 1, day=1)
    last = (following + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    earliest = following.replace(day=min(today.day, last.day))
    found: dict[date, int] = {}
    for quarter, month in enumerate((2, 5, 8, 11)):
        months = len([m for m in range(quarter * 3 + 1, quarter * 3 + 4) if m >= today.month])
        due = max(earliest, date(today.year, month, 15))
        found[due] = found.get(due, 0) + months * ANNUAL_CENTS // 12
    return sorted((due, cents) for due, cents in found.items() if cents)


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


class TestARegisteredDog:
    async def test_is_assessed_by_a_clerk_and_paid_afterwards(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident, today = await arrive(), datetime.now(CITY_TIME).date()
        review = await resident.fill_in(
            DOG, dog_name="Bello", breed="Dackel", dog_sex="male", dog_born_on="2020-03-01", origin="shelter",
            kept_since=today.replace(day=1).isoformat(), other_dogs=0, reduction="none",
            truth_declaration="true",
        )  # fmt: skip
        after = await resident.browser.send(review, review.form(action="/senden"), button="submit")
        resident.case_id = case_id_of(after)
        await listener.wait_for("applications.application_referred.v1", resident.case_id)
        await resident.see("Eine Person im Amt sieht sich Ihren Antrag an.")
        await books.settled()
        assert "payments.payment_requested" not in books.kinds(resident.case_id)

        assert "Bello" in (await clerk.open(resident.case_id)).said
        await clerk.decide(resident.case_id, "approve")
        months = 13 - today.month
        approved = await listener.wait_for("applications.application_approved.v1", resident.case_id)
        assert approved.data["fee_cents"] == ANNUAL_CENTS * months // 12
        requested = await listener.wait_for("payments.payment_requested.v1", resident.case_id)
        instalments = expected_instalments(today)
        decided = approved.data["instalments"]
        assert [(date.fromisoformat(part["due_on"]), part["cents"]) for part in decided] == instalments
        assert requested.data["instalment_count"] == len(instalments)
        claims = (await resident.case())["claims"]
        assert [(date.fromisoformat(one["pay_by"]), one["amount_cents"]) for one in claims] == instalments
        issued = await listener.wait_for("documents.document_issued.v1", resident.case_id)
        assert issued.data["kind"] == "dog_tax_assessment"

        await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")
        assert (await resident.claim())["state"] == "open"
        answer = await resident.browser.http.get(f"/dokumente/{issued.data['document_id']}.pdf")
        said = text_of(answer.content)
        assert sum(cents for _, cents in instalments) == approved.data["fee_cents"]
        for due, cents in instalments:
            assert f"{cents // 100},{cents % 100:02d}" in said
            assert due.strftime("%d.%m.%Y") in said or f"{due.day}. " in said
        assert all(one["kassenzeichen"] in said for one in claims)
        page = (await resident.page()).said
        assert all(("Rate" in page and one["kassenzeichen"] in page) or len(claims) == 1 for one in claims)
        await (await resident.to_the_bank("direct_transfer")).pay()
        await listener.wait_for("payments.payment_settled.v1", resident.case_id)
