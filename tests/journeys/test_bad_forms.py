"""Forms that cannot be taken, on pages and through the API: a clear answer each, and nothing stored."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.journey import CITY_TIME, SERVICE
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Program, Resident, newcomer, refusal
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
TODAY = datetime.now(CITY_TIME).date()
UNKNOWN_STREET = "Diese Straße kennen wir in Lindenau nicht."
CANNOT_BE = "Dieses Kennzeichen kann es nicht geben."
BAD_ANSWERS = {  # name → what is typed, the field, its code in the API, the sentence on the page
    "an unknown street": ({"street": "Kirchgase"}, "street", "street_unknown", UNKNOWN_STREET),
    "a house number outside of the zone": (
        {"street": "Königstraße", "house_number": "199"},
        "house_number",
        "house_number_outside_zone",
        "Zu dieser Hausnummer gehört kein Bewohnerparkgebiet",
    ),
    "a plate that cannot be": ({"plate": "LIN-ABC 12345"}, "plate", "plate_impossible", CANNOT_BE),
    "a plate full of markup": (
        {"plate": "<b onclick=x>LIN</b>"},
        "plate",
        "plate_impossible",
        CANNOT_BE,
    ),
    "too short a period": ({"months": "3"}, "months", "too_small", "Erlaubt ist 6 bis 24"),
    "too long a period": ({"months": "25"}, "months", "too_large", "Erlaubt ist 6 bis 24"),
    "a beginning in the past": (
        {"start": (TODAY - timedelta(days=3)).isoformat()},
        "start",
        "start_in_past",
        "Der Ausweis kann frühestens ab heute gelten",
    ),
    "a beginning far away": (
        {"start": (TODAY + timedelta(days=90)).isoformat()},
        "start",
        "start_too_late",
        "Der Ausweis kann höchstens 60 Tage im Voraus beantragt werden",
    ),
}


@pytest.fixture(scope="module")
async def applicant(stage: Stage) -> Resident:
    """Has an account and has not applied for anything."""
    return await newcomer(stage).arrive()


@pytest.fixture(scope="module")
async def complete(applicant: Resident) -> dict[str, Any]:
    """Answers that would be taken."""
    me, applicant.answers = applicant.citizen, {}
    person = {
        "given_names": me.given_names, "family_name": me.family_name, "birth_date": me.birth_date,
        "street": me.street, "house_number": me.house_number, "postal_code": "01234",
    }  # fmt: skip
    return {**person, **{name: str(value) for name, value in applicant._answers().items()}}


def application(answers: dict[str, Any], version: int = 1) -> dict[str, Any]:
    return {"service": SERVICE, "service_version": version, "answers": answers}


@pytest.mark.parametrize("named", BAD_ANSWERS)
class TestAnAnswerThatCannotBeTaken:
    async def test_is_named_beside_its_field(self, applicant: Resident, books: Books, named: str) -> None:
        typed, field, _, sentence = BAD_ANSWERS[named]
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await applicant.fill_in(**typed)
        page = refusal(caught.value)
        assert page.status == 422
        assert page.said.count(sentence) == 2  # in the summary and at the field
        assert f'id="{field}-error"' in page.text
        assert "<b onclick" not in page.text

    async def test_is_a_problem_with_its_code(
        self, applicant: Resident, complete: dict[str, Any], books: Books, named: str
    ) -> None:
        typed, field, code, sentence = BAD_ANSWERS[named]
        program = Program(applicant.browser)
        async with books.untouched():
            given = application({**complete, **typed})
            answer = await program.call("POST", "/applications", json=given, key=named.replace(" ", "-"))
        assert answer.status_code == 422
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["type"] == "urn:portal:problem:invalid"
        assert (field, code) in {(one["field"], one["code"]) for one in problem["errors"]}
        assert any(sentence in one["sentence"] for one in problem["errors"])


class TestAnEmptyForm:
    async def test_names_every_field_that_is_missing(self, applicant: Resident, books: Books) -> None:
        program = Program(applicant.browser)
        async with books.untouched():
            answer = await program.call("POST", "/applications", json=application({}), key="empty")
        assert answer.status_code == 422
        missing = {one["field"] for one in answer.json()["errors"]}
        assert missing >= {"family_name", "birth_date", "street", "plate", "start", "months", "holder"}


class TestAStaleForm:
    async def test_is_shown_again_with_the_answers(self, applicant: Resident, books: Books) -> None:
        form = await applicant.browser.get(f"/dienste/{SERVICE}/antrag")
        applicant.answers = {}
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await applicant.browser.send(
                    form,
                    form.form(with_field="plate"),
                    button="review",
                    **applicant._answers(),
                    **{"service-version": "7"},
                )
        page = refusal(caught.value)
        assert page.status == 409
        assert "Dieser Dienst wurde inzwischen geändert." in page.said
        assert applicant.citizen.plate in page.text

    async def test_names_the_current_version(
        self, applicant: Resident, complete: dict[str, Any], books: Books
    ) -> None:
        program = Program(applicant.browser)
        async with books.untouched():
            given = application(complete, version=7)
            answer = await program.call("POST", "/applications", json=given, key="stale")
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:portal:problem:form_changed"
        assert answer.json()["current_version"] == 1


class TestADoubleSubmit:
    async def test_from_a_page_is_one_application(self, arrive: Arrive, books: Books) -> None:
        resident = await arrive()
        review = await resident.fill_in()
        form = review.form(action="/senden")
        first = await resident.browser.send(review, form, button="submit")
        async with books.untouched():
            second = await resident.browser.send(review, form, button="submit")
        assert second.url == first.url
        mine = await Program(resident.browser).call("GET", "/applications")
        assert len(mine.json()["applications"]) == 1

    async def test_with_the_same_key_gets_the_same_answer(self, arrive: Arrive, books: Books) -> None:
        resident = await arrive()
        resident.answers = {}
        program, me = Program(resident.browser), resident.citizen
        complete = {
            "given_names": me.given_names, "family_name": me.family_name, "birth_date": me.birth_date,
            "street": me.street, "house_number": me.house_number, "postal_code": "01234",
            **resident._answers(),
        }  # fmt: skip
        first = await program.call("POST", "/applications", json=application(complete), key="mine-1")
        assert first.status_code == 201
        async with books.untouched():
            again = await program.call("POST", "/applications", json=application(complete), key="mine-1")
            other = {**complete, "months": 6}
            reused = await program.call("POST", "/applications", json=application(other), key="mine-1")
            keyless = await program.call("POST", "/applications", json=application(complete))
        assert (again.status_code, again.json()) == (201, first.json())
        assert reused.status_code == 422
        assert reused.json()["type"] == "urn:portal:problem:idempotency_key_reused"
        assert keyless.status_code == 400
        assert keyless.json()["type"] == "urn:portal:problem:idempotency_key_missing"


class TestASecondActivePermit:
    async def test_is_refused_to_the_same_person(self, arrive: Arrive, books: Books) -> None:
        resident = await arrive()
        await resident.submit()
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await resident.submit(plate="LIN-ZZ 7")
        assert refusal(caught.value).status == 409
        assert "Für diese Person gibt es bereits einen Bewohnerparkausweis" in refusal(caught.value).said

    async def test_is_refused_for_the_same_plate_of_another_person(
        self, arrive: Arrive, books: Books
    ) -> None:
        first, second = await arrive(), await arrive()
        await first.submit()
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await second.submit(plate=first.citizen.plate.lower())
        page = refusal(caught.value)
        assert page.status == 409
        assert "Für dieses Kennzeichen gibt es bereits einen Ausweis" in page.said
        assert first.citizen.family_name not in page.said.replace(second.citizen.family_name, "")

    async def test_is_refused_to_the_same_person_with_another_account(
        self, arrive: Arrive, books: Books
    ) -> None:
        first = await arrive()
        await first.submit()
        me = first.citizen
        second = await arrive(given_names=me.given_names, birth_date=me.birth_date)
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await second.submit()
        assert "Für diese Person gibt es bereits einen Bewohnerparkausweis" in refusal(caught.value).said
