"""Who walks through the portal: residents at a browser, programs at the JSON API, people of the town hall."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from deploy.local.demo.browser import Browser, Page, PageRefused
from deploy.local.demo.journey import SERVICE, Citizen, Journey
from shared.web.calls import ServiceCalls
from tests.journeys.stage import Stage

_HOMES: Final = itertools.count(2)


def home() -> str:
    """An address of one's own: the portal counts rates by it."""
    number = next(_HOMES)
    return f"127.77.{number // 250}.{number % 250 + 1}"


class Resident(Journey):
    """A citizen who decides for themselves what to do next."""

    answers: dict[str, Any]
    outside: httpx.AsyncClient

    def _answers(self) -> dict[str, Any]:
        return {**super()._answers(), **self.answers}

    async def arrive(self) -> "Resident":
        """Registered, signed in, profile filled in."""
        await self.register()
        await self.sign_in()
        return self

    async def submit(self, **answers: Any) -> str:
        """The case's id after the form, the review and the sending. Raises PageRefused."""
        return await self.submit_to(SERVICE, **answers)

    async def submit_to(self, service: str, **answers: Any) -> str:
        """The same for another service that asks the permit's questions. Raises PageRefused."""
        self.answers = answers
        await self.apply(service)
        return self.case_id

    async def fill_in(self, service: str = SERVICE, *, button: str = "review", **answers: Any) -> Page:
        """The page after the form. Raises PageRefused when it is not accepted."""
        self.answers = answers
        page = await self.browser.get(f"/dienste/{service}/antrag")
        given = self._answers() if service == SERVICE else answers
        return await self.browser.send(
            page, page.form(with_field="truth_declaration"), button=button, **given
        )

    async def page(self) -> Page:
        """The page of the case."""
        return await self.browser.get(f"/vorgang/{self.case_id}")

    async def see(self, words: str, seconds: float = 15) -> Page:
        """The page of the case once it says this. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while words not in (page := await self.page()).said:
                await asyncio.sleep(0.1)
            return page

    async def chooses(self, method: str) -> Page:
        """The page that a way to pay leads to."""
        page = await self._payment_page()
        return await self.browser.send(page, page.form(with_field="method"), method=method)

    async def to_the_bank(self, method: str = "card") -> "AtTheBank":
        """Chooses a method and stands at the bank's page."""
        return AtTheBank(self, await self.chooses(method))

    async def case(self) -> dict[str, Any]:
        """The case as the JSON API tells it."""
        answer = await self.browser.http.get(f"/api/v1/applications/{self.case_id}")
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def claim(self) -> dict[str, Any]:
        """The claim of the case."""
        found: dict[str, Any] = (await self.case())["claim"]
        return found

    async def documents(self) -> dict[str, dict[str, Any]]:
        """The documents of the case by kind."""
        return {one["kind"]: one for one in (await self.case())["documents"]}

    async def permit(self, status: str = "valid") -> bytes:
        """The permit that holds, downloaded, once there is one. Raises TimeoutError."""
        async with asyncio.timeout(30):
            while True:
                found = [
                    one["document_id"]
                    for one in (await self.case())["documents"]
                    if one["kind"] == "resident_parking_permit" and one["status"] == status
                ]
                if found:
                    answer = await self.browser.http.get(f"/dokumente/{found[0]}.pdf")
                    return answer.raise_for_status().content
                await asyncio.sleep(0.1)

    async def mails(self) -> list[dict[str, Any]]:
        url = f"{self.addresses.mailbox}/api/messages"
        answer = await self.outside.get(url, params={"to": self.citizen.email})
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found


@dataclass(slots=True)
class AtTheBank:
    """A payer in front of the provider's page."""

    payer: Resident
    page: Page

    @property
    def reference(self) -> str:
        return urlsplit(self.page.url).path.rpartition("/")[2]

    async def play(self, fault: str, **more: Any) -> None:
        """What goes wrong with this payment: a course of the sandbox."""
        told = {"fault": fault, "reference": self.reference, **more}
        await self._ask("POST", "/sandbox/faults", told)

    async def answers_to_notices(self, count: int, seconds: float = 10) -> list[int]:
        """How the portal has answered the bank's notifications, once there are so many."""
        async with asyncio.timeout(seconds):
            while True:
                told = (await self._ask("GET", "/sandbox/book"))["notices"]
                ours = [one for one in told if one["reference"] == self.reference and one["done"]]
                if len(ours) >= count:
                    return [one["answer"] for one in ours]
                await asyncio.sleep(0.05)

    async def decide(self, outcome: str = "pay") -> str:
        """Decides; returns the address the bank sends the browser back to, not followed."""
        path = f"/sandbox/transactions/{self.reference}/decide"
        back: str = (await self._ask("POST", path, {"outcome": outcome}))["redirect"]
        return back

    async def _ask(self, method: str, path: str, json: Any = None) -> Any:
        url = self.payer.addresses.bank + path
        return (await self.payer.outside.request(method, url, json=json)).raise_for_status().json()

    async def pay(self, outcome: str = "pay") -> Page:
        """Decides and comes back to the portal."""
        return await self.payer.browser.get(await self.decide(outcome))


@dataclass(slots=True)
class Program:
    """A client of the JSON API; signed in as its browser is."""

    browser: Browser
    token: str = ""

    async def call(
        self, method: str, path: str, *, json: Any = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        """The answer, whatever it is. The form token comes along."""
        if not self.token:
            self.token = (await self.browser.http.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": self.token, **more.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.browser.http.request(method, f"/api/v1{path}", json=json, headers=headers, **more)


@dataclass(slots=True)
class Official:
    """Somebody of the town hall: at the pages below /arbeit, and asking the services as the gateway does."""

    calls: ServiceCalls
    session: str
    browser: Browser

    async def get(self, service: str, path: str) -> Any:
        return await self.calls.get(service, path, purpose="case-work", session=self.session)

    async def post(self, service: str, path: str, json: Any, key: str | None = None) -> Any:
        return await self.calls.post(
            service, path, purpose="case-work", json=json, session=self.session, idempotency_key=key
        )

    async def file_of(self, case_id: str) -> dict[str, Any]:
        """The file as applications gives it."""
        found: dict[str, Any] = await self.get("applications", f"/applications/{case_id}/file")
        return found

    async def open(self, case_id: str) -> Page:
        """The page of the file."""
        return await self.browser.get(f"/arbeit/{case_id}")

    async def decide(
        self, case_id: str, decision: str, reason: str = "", *, on: Page | None = None, **more: str
    ) -> Page:
        """Decides on the case as the page shows it; a fresh one unless `on` is given. Raises PageRefused."""
        page = on or await self.open(case_id)
        form = page.form(action="/entscheidung")
        return await self.browser.send(page, form, decision=decision, reason=reason, **more)

    async def reissue(self, case_id: str, reason: str, **corrected: str) -> Page:
        """Has the document of the case issued anew with corrected answers. Raises PageRefused."""
        page = await self.open(case_id)
        form = page.form(action="/neuausstellung")
        return await self.browser.send(page, form, reason=reason, **corrected)

    async def revoke(self, case_id: str, reason: str) -> Page:
        """Revokes the one document of the case that holds. Raises PageRefused."""
        page = await self.open(case_id)
        return await self.browser.send(page, page.form(action="/widerruf"), revocation=reason)


@dataclass(slots=True)
class TownHall:
    """The seeded accounts of the city's people, one for each role."""

    stage: Stage
    calls: ServiceCalls
    there: dict[str, Official] = field(default_factory=dict)

    async def official(self, role: str) -> Official:
        if role not in self.there:
            account = next(one for one in self.stage.secrets.demo_accounts() if one["role"] == role)
            self.there[role] = await official(self.stage, self.calls, account["email"], account["password"])
        return self.there[role]

    async def aclose(self) -> None:
        for one in self.there.values():
            await one.browser.aclose()


async def official(stage: Stage, calls: ServiceCalls, email: str, password: str) -> Official:
    """An account, signed in on the pages and with a session of its own for the services."""
    login = {"email": email, "password": password}
    begun = await calls.post("identity", "/sessions", purpose="account-access", json=login)
    browser = Browser(stage.addresses.portal, home())
    page = await browser.get("/anmelden")
    await browser.send(page, page.form(with_field="password"), **login)
    return Official(calls, begun["session"], browser)


def gateway_calls(stage: Stage) -> ServiceCalls:
    """Calls as the gateway makes them."""
    url = stage.stack.url
    secret = (stage.stack.secrets("gateway") / "service_secret").read_text().strip()
    names = ("applications", "payments", "documents")
    return ServiceCalls("gateway", url("identity"), secret, {name: url(name) for name in names})


def newcomer(stage: Stage, **about: str) -> Resident:
    """Somebody nobody knows yet; `about` names what is special about them."""
    citizen = Citizen.invented()
    for name, value in about.items():
        setattr(citizen, name, value)
    resident = Resident(stage.addresses, citizen, comes_from=home())
    resident.answers, resident.outside = {}, stage.outside
    return resident


def refusal(caught: PageRefused) -> Page:
    """The page that came with a refusal."""
    assert caught.page is not None, caught
    return caught.page
