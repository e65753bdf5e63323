"""Doors that stay closed: what is somebody else's, what is not there, who is not let in."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from deploy.local.demo.browser import Browser, PageRefused
from deploy.local.demo.listening import Listener
from shared.web.calls import RemoteProblem
from tests.journeys.books import Books
from tests.journeys.people import (
    Official,
    Program,
    Resident,
    TownHall,
    gateway_calls,
    home,
    newcomer,
    official,
    refusal,
)
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
NOT_HERE = "Diese Seite gibt es nicht"


@pytest.fixture(scope="module")
async def owner(stage: Stage, listener: Listener) -> Resident:
    """Has a permit and a draft."""
    owner = await newcomer(stage).arrive()
    await owner.submit()
    await owner.pay()
    await listener.wait_for("applications.application_completed.v1", owner.case_id)
    await owner.fill_in("hundesteuer-anmeldung", button="draft", dog_name="Bello")
    return owner


@pytest.fixture(scope="module")
async def stranger(stage: Stage) -> Resident:
    """Signed in, and none of the owner's business is theirs."""
    return await newcomer(stage).arrive()


async def status_of(browser: Browser, url: str) -> tuple[int, str]:
    with pytest.raises(PageRefused) as caught:
        await browser.get(url)
    page = refusal(caught.value)
    return page.status, page.said


class TestSomebodyElsesCase:
    async def test_is_no_page(self, owner: Resident, stranger: Resident, books: Books) -> None:
        document = (await owner.documents())["resident_parking_permit"]["document_id"]
        draft = (await Program(owner.browser).call("GET", "/drafts")).json()["drafts"][0]["draft_id"]
        case = f"/vorgang/{owner.case_id}"
        pages = [
            case,
            f"{case}/bezahlen",
            f"{case}/zurueckziehen",
            f"{case}/korrektur",
            f"{case}/ereignisse",
            f"{case}/zahlung/zurueck",
            f"/dokumente/{document}.pdf",
            f"/dienste/hundesteuer-anmeldung/antrag?entwurf={draft}",
        ]
        async with books.untouched():
            for url in pages:
                status, said = await status_of(stranger.browser, url)
                assert (status, NOT_HERE in said) == (404, True), url

    async def test_is_no_resource(self, owner: Resident, stranger: Resident, books: Books) -> None:
        case, document = owner.case_id, (await owner.documents())["resident_parking_permit"]["document_id"]
        claim, program = (await owner.claim())["claim_id"], Program(stranger.browser)
        draft = (await Program(owner.browser).call("GET", "/drafts")).json()["drafts"][0]["draft_id"]
        calls: list[tuple[str, str, Any]] = [
            ("GET", f"/applications/{case}", None),
            ("GET", f"/applications/{case}/events", None),
            ("POST", f"/applications/{case}/withdrawal", {}),
            ("POST", f"/applications/{case}/correction", {"answers": {}}),
            ("GET", f"/claims/{claim}", None),
            ("POST", f"/claims/{claim}/attempts", {"method": "card"}),
            ("GET", f"/documents/{document}/content", None),
            ("GET", f"/drafts/{draft}", None),
            ("PUT", f"/drafts/{draft}", {"answers": {}}),
            ("DELETE", f"/drafts/{draft}", None),
        ]
        async with books.untouched():
            for method, path, given in calls:
                answer = await program.call(method, path, json=given, key="mine")
                assert answer.status_code == 404, (method, path, answer.text)
                assert answer.json()["type"] == "urn:portal:problem:not_found"
        assert (await program.call("GET", f"/documents?case_id={case}")).json() == {"documents": []}

    async def test_cannot_be_withdrawn_through_its_form(
        self, owner: Resident, stranger: Resident, books: Books
    ) -> None:
        own = await stranger.browser.get("/konto")
        form = own.form(with_field="family_name")
        form.action = f"/vorgang/{owner.case_id}/zurueckziehen"
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await stranger.browser.send(own, form)
        assert refusal(caught.value).status == 404


class TestAnUnknownId:
    @pytest.mark.parametrize("url", [
        f"/vorgang/{uuid4()}", "/vorgang/1", f"/dokumente/{uuid4()}.pdf", "/dokumente/x.pdf",
        "/dienste/nichts", "/dienste/nichts/antrag", f"/dienste/bewohnerparkausweis/antrag?entwurf={uuid4()}",
        "/dienste/bewohnerparkausweis/antrag?entwurf=x", "/nirgends",
    ])  # fmt: skip
    async def test_is_a_page_that_says_so(self, stranger: Resident, url: str) -> None:
        status, said = await status_of(stranger.browser, url)
        assert status == 404
        assert NOT_HERE in said

    @pytest.mark.parametrize("path", [
        f"/applications/{uuid4()}", f"/claims/{uuid4()}", f"/documents/{uuid4()}/content",
        f"/drafts/{uuid4()}", "/services/nichts", "/nirgends",
    ])  # fmt: skip
    async def test_is_a_problem_that_says_so(self, stranger: Resident, path: str) -> None:
        answer = await Program(stranger.browser).call("GET", path)
        assert answer.status_code == 404
        expected = "service_unknown" if "/services/" in path else "not_found"
        assert answer.json()["type"] == f"urn:portal:problem:{expected}"
        assert answer.json()["detail"]

    async def test_that_is_no_id_is_invalid(self, stranger: Resident) -> None:
        answer = await Program(stranger.browser).call("GET", "/applications/1")
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:portal:problem:invalid"


class TestWithoutASession:
    async def test_a_page_asks_to_sign_in_and_comes_back(self, stage: Stage, owner: Resident) -> None:
        visitor = Browser(stage.addresses.portal, home())
        page = await visitor.get(f"/vorgang/{owner.case_id}")
        assert urlsplit(page.url).path == "/anmelden"
        assert "Bitte melden Sie sich zuerst an." in page.said
        me = owner.citizen
        form = page.form(with_field="password")
        back = await visitor.send(page, form, email=me.email, password=me.password)
        assert urlsplit(back.url).path == f"/vorgang/{owner.case_id}"
        await visitor.aclose()

    async def test_the_api_answers_401(self, stage: Stage, owner: Resident, books: Books) -> None:
        program = Program(Browser(stage.addresses.portal, home()))
        async with books.untouched():
            for method, path in (("GET", "/applications"), ("POST", "/drafts"), ("GET", "/profile")):
                given = {"service": "x", "answers": {}} if method == "POST" else None
                answer = await program.call(method, path, json=given)
                assert (answer.status_code, answer.json()["type"]) == (
                    401,
                    "urn:portal:problem:login_required",
                )
        await program.browser.aclose()

    async def test_a_service_takes_no_call_without_a_token(self, stage: Stage, owner: Resident) -> None:
        paths = {
            "applications": f"/applications/{owner.case_id}",
            "payments": f"/claims?case_id={owner.case_id}",
            "documents": f"/documents?case_id={owner.case_id}",
            "identity": "/accounts/me",
        }
        async with httpx.AsyncClient(trust_env=False) as http:
            for service, path in paths.items():
                for headers in ({}, {"Authorization": "Bearer e30.e30.e30"}):
                    answer = await http.get(stage.stack.url(service) + path, headers=headers)
                    assert answer.status_code == 401, (service, headers)


class TestAWrongRole:
    async def test_sees_no_page_of_the_town_hall(self, stranger: Resident) -> None:
        for url in ("/aufsicht", "/arbeit", f"/arbeit/{uuid4()}", "/arbeit/zahlungen"):
            status, said = await status_of(stranger.browser, url)
            assert status == 403
            assert "Diese Seite ist für Mitarbeitende der Stadt." in said

    async def test_of_the_town_hall_opens_no_other_office(self, town_hall: TownHall) -> None:
        closed = {"clerk": "/aufsicht", "warden": "/arbeit", "treasurer": "/arbeit"}
        for role, url in closed.items():
            assert (await status_of((await town_hall.official(role)).browser, url))[0] == 403, role

    async def test_decides_nothing(
        self, stage: Stage, owner: Resident, clerk: Official, books: Books
    ) -> None:
        me = owner.citizen
        async with gateway_calls(stage) as calls, books.untouched():
            citizen = await official(stage, calls, me.email, me.password)
            document = (await owner.documents())["resident_parking_permit"]["document_id"]
            forbidden = [
                citizen.get("applications", "/worklist"),
                citizen.file_of(owner.case_id),
                citizen.post("applications", f"/applications/{owner.case_id}/decision",
                             {"decision": "approve", "version": 1}),
                citizen.get("payments", "/money-tasks"),
                citizen.get("payments", "/ledger/trial-balance"),
                clerk.get("payments", "/ledger/trial-balance"),
                citizen.get("applications", "/events?after=0"),
            ]  # fmt: skip
            for asked in forbidden:
                with pytest.raises(RemoteProblem) as refused:
                    await asked
                assert refused.value.status == 403, refused.value
            with pytest.raises(RemoteProblem) as refused:  # who holds it may give it up, for other reasons
                await citizen.post(
                    "documents", f"/documents/{document}/revocation", {"reason": "lost"}, "key"
                )
            assert refused.value.status == 409, refused.value
            await citizen.browser.aclose()
