"""Sample pages of the counter."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.pages.counter import REASONS
from gateway.pages.counter_forms import number_field, taking, void_fields
from gateway.translations import Translator
from gateway.views import counter
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)


def counter_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    entry = counter.TillEntry(
        url="#", reference="BAR-26-000017", at=NOW, cents=3060, kassenzeichen="LIN26000471109",
        case_number="BPA-2026-004711",
    )  # fmt: skip
    gone = replace(entry, reference="BAR-26-000016", voided=True, reason="amount_mistyped")
    claim = counter.FoundClaim(
        url="#", kassenzeichen="LIN26000471109", case_number="BPA-2026-004711", state="open", tone="info",
        amount_cents=3060, owed_cents=3060,
    )  # fmt: skip
    paid = replace(claim, state="settled", tone="success", owed_cents=0)
    start = counter.CounterPage(
        number=number_field(t, ""), sum_cents=3060, entries=(entry, gone), next_url="#"
    )
    taken = counter.CounterEntryPage(
        entry=entry, claim=paid, receipt_url="#", change_cents=1940, void_action="#",
        fields=void_fields(t, REASONS),
    )  # fmt: skip
    return {
        "cash-counter": start,
        "cash-counter-found": replace(start, found=(claim, paid), entries=(), sum_cents=0),
        "cash-counter-unknown": replace(start, number=number_field(t, "4711"), message="number_unknown"),
        **_claims(t, claim, entry),
        "cash-counter-entry": taken,
        "cash-counter-entry-own": replace(taken, own=True, void_action="", fields=()),
        "cash-counter-entry-wrong": replace(
            taken, change_cents=None, fields=void_fields(t, REASONS, wrong=True)
        ),
        "cash-counter-entry-voided": replace(
            taken, entry=gone, claim=claim, change_cents=None, void_action="", fields=()
        ),
        "cash-counter-entry-old": replace(
            taken, change_cents=None, void_action="", fields=(), message="cash_day_over"
        ),
    }


def _claims(t: Translator, claim: counter.FoundClaim, entry: counter.TillEntry) -> dict[str, Page]:
    page = counter.CounterClaimPage(
        claim=claim, money_url="#", entries=(), action="#", fields=taking(t, claim.owed_cents, {}),
        hidden={"idempotency-key": "1"},
    )  # fmt: skip
    wrong = taking(t, claim.owed_cents, {"given": "viel", "keep_all": "true"}, wrong=True)
    return {
        "cash-counter-claim": page,
        "cash-counter-claim-wrong": replace(page, fields=wrong, entries=(entry,)),
        "cash-counter-claim-paid": replace(page, action="", fields=(), message="nothing_to_pay"),
    }
