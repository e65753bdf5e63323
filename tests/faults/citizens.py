"""Citizens who do not give up: each applies once and pays, asking again until there is an answer."""

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from deploy.local.demo.browser import Browser
from deploy.local.demo.journey import CITY_TIME, SERVICE
from deploy.local.services import seeding
from tests.faults.world import Answer
from tests.journeys.people import home
from tests.journeys.stage import Stage

LETTERS: Final = "ABCDEFGHKLMNPRSTUVWXYZ"
AGAIN: Final = 0.4
AT_THE_DOOR: Final = 4
NOT_NOW: Final = frozenset({429, 500, 502, 503, 504})
ENDED: Final = frozenset({"completed", "rejected", "withdrawn", "expired"})


class OutOfTime(Exception):
    """The run is over and there was no answer."""


@dataclass(slots=True)
class Person:
    """One citizen: a browser, an account, and what came of the application."""

    number: int
    password: str
    browser: Browser
    bank: httpx.AsyncClient
    csrf: str = ""
    answer: Answer | None = None
    state: str = ""
    deadline: float = float("inf")
    waited: list[str] = field(default_factory=list)

    @property
    def email(self) -> str:
        return f"citizen-{self.number}@example.org"

    def answers(self) -> dict[str, str]:
        """A plain case: the register knows the person, the street has a zone."""
        first, second = divmod(self.number // 900, len(LETTERS))
        plate = f"LIN-{LETTERS[first]}{LETTERS[second]} {self.number % 900 + 10}"
        born = date(1950, 1, 1) + timedelta(days=self.number)
        return {
            "given_names": "Zoë", "family_name": "Größner-Yılmaz", "birth_date": born.isoformat(),
            "street": "Kirchgasse", "house_number": "12", "postal_code": "01234",
            "registered_in": "germany", "plate": plate, "holder": "self", "holder_declaration": "true",
            "start": datetime.now(CITY_TIME).date().isoformat(), "months": "12", "register_consent": "true",
            "truth_declaration": "true",
        }  # fmt: skip

    async def sign_in(self) -> None:
        self.csrf = (await self._ask("GET", "/session")).json()["csrf"]
        login = {"email": self.email, "password": self.password}
        told = await self._ask("POST", "/sessions", login)
        self.csrf = told.raise_for_status().json()["csrf"]

    async def journey(self) -> None:
        """Applies, pays, and looks until the case has ended. Raises OutOfTime."""
        given = {"service": SERVICE, "service_version": 1, "answers": self.answers()}
        told = await self._ask("POST", "/applications", given, key=f"apply-{self.number}")
        if told.status_code != 201:
            self.answer = Answer(self.email, refusal=f"{told.status_code} {told.text[:200]}")
            return
        self.answer = Answer(self.email, told.json()["case_id"])
        for attempt in itertools.count():
            if await self._is_paid():
                break
            await self._pay(attempt)
        while self.state not in ENDED:
            await self._look()
            await asyncio.sleep(AGAIN)

    async def _look(self) -> dict[str, Any]:
        assert self.answer is not None
        found: dict[str, Any] = (await self._ask("GET", f"/applications/{self.answer.case}")).json()
        self.state = found.get("state", "")
        return found

    async def _is_paid(self) -> bool:
        """Whether nothing is left to pay; waits while a payment is on its way."""
        for _ in range(100):
            claim = (await self._look()).get("claim")
            if claim is not None and claim["state"] in {"settled", "cancelled", "refund_due", "refunded"}:
                return True
            if claim is not None and not any(a["state"] in {"started", "unclear"} for a in claim["attempts"]):
                return False
            await asyncio.sleep(AGAIN)
        return False

    async def _pay(self, attempt: int) -> None:
        if (claim := (await self._look()).get("claim")) is None:  # payments is away just now
            return
        wish = {"method": "card"}
        path = f"/claims/{claim['claim_id']}/attempts"
        told = await self._ask("POST", path, wish, key=f"pay-{self.number}-{attempt}")
        if told.status_code != 201:  # paid already, or an earlier attempt is being looked at
            self.waited.append(told.text[:100])
            await asyncio.sleep(AGAIN)
            return
        reference = urlsplit(told.json()["redirect_url"]).path.rpartition("/")[2]
        decide = f"/sandbox/transactions/{reference}/decide"
        answer = await self.bank.post(decide, json={"outcome": "pay"})
        if answer.status_code not in {200, 409}:
            raise AssertionError(f"the bank answered {answer.status_code}: {answer.text}")

    async def _ask(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        """An answer that is one: 2xx, or a refusal that is meant."""
        headers = {"X-CSRF-Token": self.csrf, **({"Idempotency-Key": key} if key else {})}
        while time.monotonic() < self.deadline:
            try:
                answer = await self.browser.http.request(method, f"/api/v1{path}", json=body, headers=headers)
                if answer.status_code not in NOT_NOW:
                    return answer
                self.waited.append(f"{answer.status_code} {path}")
            except httpx.TransportError as away:
                self.waited.append(type(away).__name__)
            await asyncio.sleep(AGAIN)
        raise OutOfTime(f"{self.email}: {self.waited[-3:]}")


async def settle(stage: Stage, count: int) -> list[Person]:
    """So many citizens with accounts, signed in, before anything goes wrong."""
    password = secrets.token_urlsafe(15)
    bank = httpx.AsyncClient(base_url=stage.addresses.bank, trust_env=False, timeout=30)
    people = [
        Person(number, password, Browser(stage.addresses.portal, home()), bank) for number in range(count)
    ]
    await asyncio.to_thread(_seed, stage, people)
    for some in range(0, count, AT_THE_DOOR):
        await asyncio.gather(*(person.sign_in() for person in people[some : some + AT_THE_DOOR]))
    return people


def _seed(stage: Stage, people: Sequence[Person]) -> None:
    file = stage.stack.state / "citizens.json"
    file.write_text(
        json.dumps([{"email": p.email, "password": p.password, "role": "citizen"} for p in people])
    )
    process = stage.tell(seeding(stage.stack), stage.stack.state)
    told = {**process.environment, "PORTAL_DEMO_ACCOUNTS": str(file)}
    stage.supervisor.complete(type(process)(process.name, process.command, told), within=300)


async def part(people: Sequence[Person]) -> None:
    """Closes their browsers."""
    for person in people:
        await person.browser.aclose()
    if people:
        await people[0].bank.aclose()
