"""Sample pages of mandates that wait for the cash office."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.pages import suspended as pages
from gateway.translations import Translator
from gateway.views import suspended
from gateway.views.frame import Page


def suspended_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    mandate = suspended.SuspendedMandate(
        url="#", reference="47112600000122-M1", code="XX99", why="unknown",
        since=datetime(2026, 11, 22, 9, 31, tzinfo=UTC), kassenzeichen="47112600000122",
        case_number="HST-2026-000017", claim_url="#", signed_on=date(2026, 2, 1),
    )  # fmt: skip
    died = replace(mandate, code="MD07", why="estate")
    bare = replace(mandate, code="", since=None, kassenzeichen="", case_number="", claim_url="")
    page = suspended.SuspendedMandatePage(
        mandate=replace(mandate, holder="Ada Lovelace", account="DE89 … 3000"),
        fields=pages.reason_fields(t, {}), hidden={"idempotency-key": "1"},
    )  # fmt: skip
    return {
        "cash-suspended": suspended.SuspendedMandatesPage(mandates=(died, mandate, bare), next_url="#"),
        "cash-suspended-none": suspended.SuspendedMandatesPage(mandates=()),
        "cash-suspended-lost": suspended.SuspendedMandatesPage(mandates=(), message="list_place_unknown"),
        "cash-suspended-mandate": page,
        "cash-suspended-mandate-wrong": replace(
            page, mandate=died, fields=pages.reason_fields(t, {}, t("mandate_check.missing"))
        ),
        "cash-suspended-mandate-own": replace(page, fields=(), why_not="own_case"),
        "cash-suspended-mandate-over": replace(
            page, mandate=replace(bare, signed_on=None), fields=(), over=True
        ),
    }
