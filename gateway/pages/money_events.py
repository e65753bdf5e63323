"""The events of a claim or a case as the cash office reads them: in words, with bookings and a balance."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway import formats
from gateway.pages.money_words import account_words, method_words, place_words, who
from gateway.translations import Translator
from gateway.views.claims import MoneyEntry, Posting
from gateway.visit import Visit

PERSONAL: Final = frozenset({"receivable", "surplus", "refundable", "reclaimable"})
"""The accounts of the ledger that say what the citizen and the city owe each other."""
Given = Mapping[str, Any]


def entries(visit: Visit, claim: Given, events: Iterable[Given]) -> Iterable[MoneyEntry]:
    """Of one claim, the oldest first; the balance is in the claim's currency."""
    balance, currency = 0, claim.get("currency", "EUR")
    for one in events:
        balance += sum(
            line["cents"]
            for line in one["lines"]
            if line["account"] in PERSONAL and line.get("currency", currency) == currency
        )
        yield entry(visit, one, claim.get("account_id"), balance)


def entry(
    visit: Visit,
    event: Given,
    citizen: str | None,
    balance_cents: int,
    kassenzeichen: str = "",
    url: str = "",
) -> MoneyEntry:
    """One event; `citizen` is the account that the money is of, `url` leads to the claim of this number."""
    lines = event["lines"]
    return MoneyEntry(
        at=datetime.fromisoformat(event["at"]),
        what=_what(visit.t, event["event"].rpartition(".")[2]),
        detail=_detail(visit.t, event["says"], with_amount=not lines),
        actor=who(visit, event.get("actor", ""), citizen),
        debit=_side(visit.t, lines, 1),
        credit=_side(visit.t, lines, -1),
        balance_cents=balance_cents,
        kassenzeichen=kassenzeichen,
        url=url,
    )


def _side(t: Translator, lines: Iterable[Given], sign: int) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            account=account_words(t, line["account"]),
            cents=abs(line["cents"]),
            currency=line.get("currency", "EUR"),
        )
        for line in lines
        if line["cents"] * sign > 0
    )


def _what(t: Translator, event: str) -> str:
    key = f"cash_event.{event}"
    return t(key if t.known(key) else "cash_event.other")


def _detail(t: Translator, says: Given, *, with_amount: bool) -> str:
    """What helps to find it again: how, by whom, under which number."""
    cents = says.get("amount_cents") if with_amount else None
    told = (
        formats.money(cents, t.language, says.get("currency") or "EUR") if isinstance(cents, int) else "",
        method_words(t, says["method"]) if says.get("method") else "",
        place_words(t, says["provider"]) if says.get("provider") else "",
        str(says.get("code") or ""),
        str(says.get("voucher") or says.get("reference") or ""),
    )
    return " · ".join(dict.fromkeys(part for part in told if part))
