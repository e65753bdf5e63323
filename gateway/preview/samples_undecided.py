"""Sample pages of attempts that their providers left undecided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.pages import undecided as pages
from gateway.translations import Translator
from gateway.views import undecided
from gateway.views.frame import Page

NOW = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)


def undecided_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    attempt = undecided.Undecided(
        url="#", claim_url="#", amount_cents=3060, method=t("method.paypal.name"), provider="girocheckout",
        reference="b52e7ff4-2713-4287-817f-488bfab07956", opened_at=NOW - timedelta(days=30), left_at=NOW,
        kassenzeichen="47112600000122", case_number="BPA-2026-000123",
    )  # fmt: skip
    found = replace(attempt, found="not_paid", found_by="colleague", voucher="AA-2026-004711")
    page = undecided.UndecidedAttemptPage(
        attempt=attempt, fields=pages.found_fields(t, {}), hidden={"idempotency-key": "1"}
    )
    read = replace(page, fields=(), attempt=found)
    return {
        "cash-undecided": undecided.UndecidedPage(attempts=(found, attempt), next_url="#"),
        "cash-undecided-none": undecided.UndecidedPage(attempts=()),
        "cash-undecided-lost": undecided.UndecidedPage(attempts=(), message="list_place_unknown"),
        "cash-undecided-attempt": page,
        "cash-undecided-attempt-wrong": replace(page, message="found_missing"),
        "cash-undecided-attempt-found": replace(read, may_decide=True),
        "cash-undecided-attempt-paid": replace(read, attempt=replace(found, found="paid"), may_decide=True),
        "cash-undecided-attempt-own": replace(
            read, attempt=replace(found, found_by="you"), why_not="second_person_needed"
        ),
        "cash-undecided-attempt-decided": replace(read, attempt=replace(attempt, decided=True)),
    }
