"""Doors that stay closed: what is somebody else's, what is not there, who is not let in. Nothing is stored."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.local.demo.browser import Browser, PageRefused
from deploy.local.demo.listening import Listener
from services.identity.domain.account import Account
from services.identity.links import Links, new_seed
from services.identity.queries import EMAIL
from services.identity.settings import IdentitySettings
from services.identity.wiring import SERVICE as IDENTITY
from shared.clock import SystemClock
from shared.ids import new_id
from shared.service import writing
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
LARGEST = 128 * 1024


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
        calls = [
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
        f"/vorgang/{uuid4()}", "/vorgang/1", f"/dokumente/{uuid4()}.pdf", "/dokumente/x.pdf", "/dienste/nichts",
        "/dienste/nichts/antrag", f"/dienste/bewohnerparkausweis/antrag?entwurf={uuid4()}",
        "/dienste/bewohnerparkausweis/antrag?entwurf=x", "/nirgends",
    ])  # fmt: skip
    async def test_is_a_page_that_says_so(self, stranger: Resident, url: str) -> None:
        status, said = await status_of(stranger.browser, url)
        assert status == 404
        assert NOT_HERE in said

    @pytest.mark.parametrize("path", [
        f"/applications/{uuid4()}", f"/claims/{uuid4()}", f"/documents/{uuid4()}/content", f"/drafts/{uuid4()}",
        "/services/nichts", "/nirgends",
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


class TestABody:
    async def test_too_large_is_refused(self, stranger: Resident, books: Books) -> None:
        program = Program(stranger.browser)
        async with books.untouched():
            given = {"service": "bewohnerparkausweis", "answers": {"remark": "x" * LARGEST}}
            answer = await program.call("POST", "/drafts", json=given)
            assert answer.status_code == 413
            assert answer.json()["type"] == "urn:portal:problem:too_large"
            with pytest.raises(PageRefused) as caught:
                await stranger.fill_in(remark="x" * LARGEST)
        assert refusal(caught.value).status == 413
        assert "Das ist zu viel auf einmal" in refusal(caught.value).said

    @pytest.mark.parametrize("body", [b'{"service": ', b"", b"\xff\xfe", b"[" * 20_000, b"NaN"])
    async def test_that_is_no_json_is_refused(self, stranger: Resident, books: Books, body: bytes) -> None:
        program = Program(stranger.browser)
        headers = {"Content-Type": "application/json"}
        async with books.untouched():
            answer = await program.call("POST", "/drafts", headers=headers, content=body)
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["type"] in {"urn:portal:problem:broken_json", "urn:portal:problem:invalid"}

    async def test_cut_off_is_broken_json(self, stranger: Resident) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await Program(stranger.browser).call(
            "POST", "/applications", headers=headers, content=b'{"service":', key="x"
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:portal:problem:broken_json")


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
                assert (answer.status_code, answer.json()["type"]) == (401, "urn:portal:problem:login_required")
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
                citizen.post("documents", f"/documents/{document}/revocation", {"reason": "lost"}, "key"),
                citizen.get("payments", "/money-tasks"),
                citizen.get("payments", "/ledger/trial-balance"),
                clerk.get("payments", "/ledger/trial-balance"),
                citizen.get("applications", "/events?after=0"),
            ]  # fmt: skip
            for asked in forbidden:
                with pytest.raises(RemoteProblem) as refused:
                    await asked
                assert refused.value.status == 403, refused.value
            await citizen.browser.aclose()


class TestAFormThatIsNotOurs:
    async def test_is_refused_on_every_page(self, stranger: Resident, books: Books) -> None:
        page = await stranger.browser.get("/konto")
        form = page.form(with_field="family_name")
        async with books.untouched():
            for token in ("", "x" * 43):
                with pytest.raises(PageRefused) as caught:
                    await stranger.browser.send(page, form, csrf=token, family_name="Fremd")
                assert refusal(caught.value).status == 403
                assert "Bitte noch einmal absenden" in refusal(caught.value).said
        assert (await Program(stranger.browser).call("GET", "/profile")).json()["profile"]["family_name"] != "Fremd"

    async def test_is_refused_by_the_api(self, stranger: Resident, owner: Resident, books: Books) -> None:
        foreign = Program(owner.browser)
        await foreign.call("GET", "/session")
        async with books.untouched():
            for token in ("", "x" * 43, foreign.token):
                answer = await Program(stranger.browser, token or "-").call(
                    "POST", "/drafts", json={"service": "bewohnerparkausweis", "answers": {}}
                )
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:csrf")

    async def test_of_another_site_is_refused_even_with_a_token(self, stranger: Resident) -> None:
        program = Program(stranger.browser)
        answer = await program.call("POST", "/drafts", json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:csrf")


class TestALinkFromAMail:
    async def follow(self, stage: Stage, token: str) -> tuple[int, str]:
        visitor = Browser(stage.addresses.portal, home())
        page = await visitor.get(f"/bestaetigen/{token}")
        with pytest.raises(PageRefused) as caught:
            await visitor.send(page, page.form(action="/bestaetigen/"))
        await visitor.aclose()
        return refusal(caught.value).status, refusal(caught.value).said

    async def test_that_was_used_says_so(self, stage: Stage, owner: Resident, books: Books) -> None:
        token = urlsplit(await owner._link_from_mail()).path.rpartition("/")[2]
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 409
        assert "Dieser Link wurde schon benutzt" in said

    @pytest.mark.parametrize("token", ["A" * 43, "x", "ä", "A" * 150])
    async def test_that_is_unknown_says_so(self, stage: Stage, books: Books, token: str) -> None:
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 404
        assert "Diesen Link kennen wir nicht" in said

    async def test_that_is_too_old_says_so(self, stage: Stage, books: Books) -> None:
        token = await yesterdays_link(stage, f"{uuid4().hex[:8]}@example.org")
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 410
        assert "Dieser Link ist abgelaufen" in said


async def yesterdays_link(stage: Stage, email: str) -> str:
    """The token of a link that identity wrote down 25 hours ago: its own code, with yesterday's clock."""
    service = next(one for one in stage.supervisor.running if one.process.name == "identity")
    settings = IdentitySettings(**{
        name.removeprefix("PORTAL_").lower(): value
        for name, value in service.process.environment.items()
        if name.startswith("PORTAL_")
    })  # fmt: skip
    async with writing(IDENTITY, settings) as runtime:
        then = SystemClock().now() - timedelta(hours=25)
        links, seed = Links(runtime.digest), new_seed()
        account = Account.register(id=new_id(), now=then, email=email, language="de")
        until = then + timedelta(hours=24)
        account.request_confirmation(links.stored(seed), "no password", expires_at=until, now=then)
        unit = runtime.unit()
        unit.reserve(EMAIL, email, account.id)
        await unit.save(account, subject=UUID(str(account.id)))
        await unit.commit()
        await asyncio.sleep(0)
        return links.token(seed)
