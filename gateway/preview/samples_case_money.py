"""Sample pages of a whole case's money: a permit, and a dog's tax over ten years."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gateway.pages.case_money import SHOWN
from gateway.pages.counter_forms import number_field
from gateway.translations import Translator
from gateway.views import case_money
from gateway.views.claims import MoneyEntry, Posting
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)
RATE = 3060


def case_money_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    open_one = case_money.CaseClaim(
        anchor="claim-1", url="#", kassenzeichen="47112600000130", state="overdue", tone="warning",
        claimed_cents=RATE + 500, paid_cents=0, refunded_cents=0, owed_cents=RATE + 500,
        due=date(2026, 11, 15), instalment=4, instalment_count=40, cash_url="#",
    )  # fmt: skip
    later = tuple(_later(open_one, n) for n in range(5, 24))
    done = tuple(
        replace(
            open_one, anchor=f"done-{n}", state="settled", tone="success", claimed_cents=RATE,
            paid_cents=RATE, owed_cents=0, cash_url="", instalment=n, due=date(2026, 3 * n - 1, 15),
        )
        for n in range(1, 4)
    )  # fmt: skip
    totals = (("claimed", 40 * RATE), ("charges", 500), ("paid", 3 * RATE), ("owed", 37 * RATE + 500))
    page = case_money.CaseMoneyPage(
        case_number="HST-2026-000017",
        case_url="#",
        totals=tuple(
            case_money.Total(what=what, cents=cents, strong=what == "owed") for what, cents in totals
        ),
        claims=(open_one, *later)[:SHOWN],
        more=(open_one, *later)[SHOWN:],
        done=done,
        entries=_entries(t),
        next_url="#",
    )
    gone = case_money.Total(what="to_give_back", cents=1234567, strong=True)
    return {
        "cash-case": page,
        "cash-case-done": replace(
            page, claims=(), more=(), totals=(*page.totals, gone), next_url="", newest_url="#",
            message="list_place_unknown",
        ),
        "cash-case-search": case_money.CaseSearchPage(
            number=number_field(t, "4711"), message="number_unknown"
        ),
    }  # fmt: skip


def _later(first: case_money.CaseClaim, n: int) -> case_money.CaseClaim:
    due = date(2026 + n // 4, 2 + 3 * (n % 4), 15)
    return replace(
        first, anchor=f"claim-{n}", state="open", tone="info", claimed_cents=RATE, owed_cents=RATE,
        instalment=n, due=due,
    )  # fmt: skip


def _entries(t: Translator) -> tuple[MoneyEntry, ...]:
    story = (
        ("dunning_step_taken", "system", "", "receivable", "revenue", 500, 37 * RATE + 500),
        ("payment_settled", "system", "SEPA-Lastschrift · 47112600000122-M1", "bank", "receivable", RATE,
         37 * RATE),
        ("surplus_received", "colleague", "CHF", "bank", "surplus", 1200, 38 * RATE),
    )  # fmt: skip
    return tuple(
        MoneyEntry(
            at=NOW - timedelta(days=n),
            what=t(f"cash_event.{event}"),
            actor=actor,
            detail=detail,
            debit=(_posting(t, debit, cents, detail),),
            credit=(_posting(t, credit, cents, detail),),
            balance_cents=balance,
            kassenzeichen="47112600000130",
            url="#",
        )
        for n, (event, actor, detail, debit, credit, cents, balance) in enumerate(story)
    )


def _posting(t: Translator, account: str, cents: int, detail: str) -> Posting:
    currency = "CHF" if detail == "CHF" else "EUR"
    return Posting(account=t(f"ledger_account.{account}", name=""), cents=cents, currency=currency)
