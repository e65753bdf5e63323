"""How the scripted citizen pays: at a provider's page, by transfer, or by a mandate for a debit."""

import asyncio
import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from deploy.local.demo.browser import Browser, Page, PageRefused

ACCOUNT = "DE89 3704 0044 0532 0130 00"
_FACT = r"<dt>{}</dt><dd>([^<]+)</dd>"
_DEBIT = re.compile(r"Referenz ([0-9A-Za-z]+-[0-9]+)")


async def at_provider(browser: Browser, page: Page) -> Page:
    """Agrees at the page that the provider's sandbox shows; the page that one comes back to."""
    place = urlsplit(page.url)
    token = parse_qs(place.query).get("token")  # PayPal's checkout names its order so
    what = f"orders/{token[0]}" if token else f"transactions/{place.path.rpartition('/')[2]}"
    decide = f"{place.scheme}://{place.netloc}/sandbox/{what}/decide"
    answer = await browser.http.post(decide, json={"outcome": "pay"})
    if answer.status_code != 200:
        raise PageRefused(f"the provider answered {answer.status_code}")
    return await browser.get(answer.json()["redirect"])


async def by_transfer(page: Page, bank: str, name: str) -> None:
    """Transfers what the page says, then it is the bank's next day."""
    amount, text = _fact(page, "Zu zahlen"), _fact(page, "Verwendungszweck")
    cents = int(re.sub(r"\D", "", amount))
    said = {"name": name, "iban": ACCOUNT.replace(" ", ""), "amount_cents": cents, "text": text}
    await _ask(bank, "/sandbox/transfers", said)
    await _ask(bank, "/sandbox/days", {"count": 1})


async def by_debit(browser: Browser, page: Page, bank: str, name: str, account: str = ACCOUNT) -> None:
    """Gives the mandate; once the city's file is at the bank, the days go by until the debit is booked."""
    form = page.form(with_field="iban")
    case = await browser.send(page, form, holder=name, iban=account, agreed="true")
    found = _DEBIT.search(case.said)
    if found is None:
        raise PageRefused("no debit was announced", case)
    debit = await _handed_in(bank, found[1])
    book = await _ask(bank, "/sandbox/book")
    ahead = (date.fromisoformat(debit["due"]) - date.fromisoformat(book["day"])).days
    await _ask(bank, "/sandbox/days", {"count": max(ahead, 0) + 1})


async def _handed_in(bank: str, reference: str) -> dict[str, Any]:
    for _ in range(200):
        await _ask(bank, "/sandbox/work", {})
        for debit in (await _ask(bank, "/sandbox/book"))["debits"]:
            if debit["reference"] == reference:
                return dict(debit)
        await asyncio.sleep(0.1)
    raise PageRefused("the debit did not get to the bank; on days on which banks are closed none does")


def _fact(page: Page, name: str) -> str:
    found = re.search(_FACT.format(name), page.text)
    if found is None:
        raise PageRefused(f"the page does not say {name}", page)
    return found[1]


async def _ask(bank: str, path: str, said: Any = None) -> Any:
    async with httpx.AsyncClient(base_url=bank, trust_env=False, timeout=30) as http:
        answer = await (http.get(path) if said is None else http.post(path, json=said))
    if answer.status_code >= 400:
        raise PageRefused(f"the bank answered {answer.status_code}: {answer.text[:200]}")
    return answer.json()
