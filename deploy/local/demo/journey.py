"""The scripted citizen: from an unknown mail address to a printed permit, through public doors alone."""

import asyncio
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from deploy.local.demo import paying
from deploy.local.demo.browser import Browser, Page, PageRefused
from deploy.local.ports import HOST

CITY_TIME = ZoneInfo("Europe/Berlin")
SERVICE = "bewohnerparkausweis"
PERMIT = "Bewohnerparkausweis"
GIVEN_NAMES = ("Łukasz", "Ayşe", "Jürgen", "Zoë", "Søren", "Ștefan", "Anaïs", "Jan", "Ines", "Malik", "Thu")
TOO_MANY, WAITS = 429, (3, 6)
_CASE = re.compile(r"/vorgang/([0-9a-f-]{36})")
_DOWNLOAD = re.compile(rf'href="(?:/en)?(/dokumente/[0-9a-f-]{{36}}\.pdf)" aria-label="[^"]*: {PERMIT}"')
_LIVE = re.compile(r'data-live="([^"]+)"')
_LINK = re.compile(r"https?://[\w.:-]+/bestaetigen/[\w.~-]+")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the doors are."""

    portal: str
    mailbox: str
    bank: str
    city_bank: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step with its milliseconds."""

    title: str
    ms: float


@dataclass(slots=True)
class Citizen:
    """Who applies: invented, and somebody else each time."""

    email: str
    password: str
    plate: str
    given_names: str
    birth_date: str
    family_name: str = "Größner-Yılmaz"
    street: str = "Kirchgasse"
    house_number: str = "12"

    @classmethod
    def invented(cls) -> "Citizen":
        mark = secrets.token_hex(4)
        some = random.Random(mark)  # noqa: S311 - a plate and a birthday, no secrets
        plate = f"LIN-{''.join(some.choices('ABCDEFGHKLMNPRSTUVWXYZ', k=2))} {some.randint(1, 999)}"
        names = " ".join(some.sample(GIVEN_NAMES, 2))
        born = date(1950, 1, 1) + timedelta(days=some.randrange(19_000))
        return cls(f"demo-{mark}@example.org", secrets.token_urlsafe(15), plate, names, born.isoformat())


@dataclass(slots=True)
class Journey:
    """One way through the portal. `on_step` hears each title as it begins; `clerk` is the `email` and
    `password` of whoever takes cash."""

    addresses: Addresses
    citizen: Citizen = field(default_factory=Citizen.invented)
    on_step: Callable[[str], None] = lambda _title: None
    method: str = "card"
    clerk: Mapping[str, str] = field(default_factory=dict)
    comes_from: str = HOST
    steps: list[Step] = field(default_factory=list)
    case_id: str = ""
    links: list[str] = field(default_factory=list)
    pdf: bytes = b""
    _shown: Page | None = None
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self.addresses.portal, self.comes_from)

    @asynccontextmanager
    async def step(self, title: str) -> AsyncIterator[None]:
        self.on_step(title)
        began = time.perf_counter()
        yield
        self.steps.append(Step(title, (time.perf_counter() - began) * 1000))

    async def run(self) -> None:
        """The whole way. Raises PageRefused, TimeoutError."""
        try:
            await self.register()
            await self.sign_in()
            await self.apply()
            await self.pay()
            await self.wait_for_document()
            await self.download()
        finally:
            await self.browser.aclose()

    async def register(self) -> None:
        me = self.citizen
        async with self.step("register"):
            page = await self.browser.get("/registrieren")
            await self._send_when_let(page, email=me.email, password=me.password)
        async with self.step("confirmation mail arrives"):
            link = await self._link_from_mail()
        async with self.step("confirm the mail address"):
            page = await self.browser.get(urlsplit(link).path)
            await self.browser.send(page, page.form(action="/bestaetigen/"), password=me.password)

    async def _send_when_let(self, page: Page, **answers: str) -> None:
        """Waits where too many have registered from this address just now."""
        form = page.form(with_field="email")
        for seconds in WAITS:
            try:
                await self.browser.send(page, form, **answers)
            except PageRefused as refused:
                if refused.page is None or refused.page.status != TOO_MANY:
                    raise
                await asyncio.sleep(seconds)
            else:
                return
        await self.browser.send(page, form, **answers)

    async def sign_in(self) -> None:
        me = self.citizen
        async with self.step("sign in"):
            page = await self.browser.get("/anmelden")
            await self.browser.send(
                page, page.form(with_field="password"), email=me.email, password=me.password
            )
        async with self.step("fill in the profile"):
            page = await self.browser.get("/konto")
            await self.browser.send(
                page, page.form(with_field="family_name"), given_names=me.given_names,
                family_name=me.family_name, birth_date=me.birth_date, street=me.street,
                house_number=me.house_number, postal_code="01234", city="Lindenau",
            )  # fmt: skip

    async def apply(self, service: str = SERVICE) -> None:
        async with self.step("open the form"):
            page = await self.browser.get(f"/dienste/{service}/antrag")
        async with self.step("fill in and review"):
            review = await self.browser.send(
                page, page.form(with_field="plate"), button="review", **self._answers()
            )
        async with self.step("submit the application"):
            after = await self.browser.send(review, review.form(action="/senden"), button="submit")
            self.case_id, self._shown, self.links = case_id_of(after), after, []

    def _answers(self) -> dict[str, Any]:
        today = datetime.now(CITY_TIME).date().isoformat()
        return {
            "registered_in": "germany", "plate": self.citizen.plate, "holder": "self",
            "holder_declaration": "true", "start": today, "months": 12, "register_consent": "true",
            "truth_declaration": "true",
        }  # fmt: skip

    async def pay(self) -> None:
        async with self.step("open the payment page"):
            page = await self._payment_page()
        if self.method == paying.CASH:
            await self._pay_at_the_counter(page)
        else:
            await self._pay_by_method(page)

    async def _pay_by_method(self, page: Page) -> None:
        async with self.step("choose how to pay"):
            if f'id="method-{self.method}"' not in page.text:
                raise PageRefused(f"{self.method} is not offered here")
            there = await self.browser.send(page, page.form(with_field="method"), method=self.method)
        async with self.step("pay"):
            await self._pay_there(there)

    async def _pay_at_the_counter(self, page: Page) -> None:
        async with self.step("pay cash at the counter"):
            await paying.at_the_counter(self.addresses.portal, self.clerk, page)

    async def _payment_page(self) -> Page:
        """The claim may need a moment to be there."""
        for _ in range(50):
            page = await self._page_at(f"/vorgang/{self.case_id}/bezahlen")
            if any("method" in form.names for form in page.forms):
                return page
            await asyncio.sleep(0.1)
        raise PageRefused("the payment page never offered a method")

    async def _page_at(self, path: str) -> Page:
        """The one that the last step led to, if it is there, else loaded."""
        shown, self._shown = self._shown, None
        return shown if shown and urlsplit(shown.url).path == path else await self.browser.get(path)

    async def _pay_there(self, there: Page) -> None:
        place, bank = urlsplit(there.url).path, self.addresses.city_bank
        name = f"{self.citizen.given_names} {self.citizen.family_name}"
        if place.endswith("/ueberweisung"):
            await paying.by_transfer(there, bank, name)
        elif place.endswith("/lastschrift"):
            await paying.by_debit(self.browser, there, bank, name)
        else:
            self._shown = await paying.at_provider(self.browser, there)

    async def wait_for_document(self) -> None:
        """Follows the page's own event stream, as its script does, until the permit is offered."""
        async with self.step("the permit is issued (live)"), asyncio.timeout(30):
            while not self.links:
                page = await self._page_at(f"/vorgang/{self.case_id}")
                self.links = _DOWNLOAD.findall(page.text)
                live = _LIVE.search(page.text)
                if live and not self.links:
                    self.links = await self._offered_by(unescape(live[1]))
                await asyncio.sleep(0 if self.links or live else 0.2)

    async def _offered_by(self, live: str) -> list[str]:
        """Where the permit is, as soon as the stream says so; nothing when the page is to be loaded again."""
        name, data = "", ""
        async with self.browser.http.stream("GET", live, headers={"Accept": "text/event-stream"}) as stream:
            async for line in stream.aiter_lines():
                kind, _, value = line.partition(": ")
                if kind == "event":
                    name, data = value, ""
                elif kind == "data":
                    data += value
                elif name == "documents" and (found := _DOWNLOAD.findall(data)):
                    return found
                elif name in {"done", "end"}:
                    return []
        return []

    async def _permit_links(self) -> list[str]:
        """Where the case page offers the permit; a receipt may be there before it."""
        return _DOWNLOAD.findall((await self.browser.get(f"/vorgang/{self.case_id}")).text)

    async def download(self) -> None:
        async with self.step("download the permit"):
            for link in self.links or await self._permit_links():
                answer = await self.browser.http.get(link)
                name = answer.headers.get("content-disposition", "")
                if answer.content.startswith(b"%PDF") and "ewohnerparkausweis" in name:
                    self.pdf = answer.content
            if not self.pdf:
                raise PageRefused("no permit could be downloaded")

    async def _link_from_mail(self) -> str:
        async with httpx.AsyncClient(base_url=self.addresses.mailbox, trust_env=False) as http:
            for _ in range(200):
                answer = await http.get("/api/messages", params={"to": self.citizen.email})
                found = _LINK.search(answer.text)
                if found:
                    return found[0]
                await asyncio.sleep(0.05)
        raise PageRefused("no confirmation mail came")


def case_id_of(page: Page) -> str:
    found = _CASE.search(urlsplit(page.url).path)
    if found is None:
        raise PageRefused(f"after submitting, no case but {page.url}")
    return found[1]
