"""Sample pages of giving up a permit early."""

from dataclasses import replace
from datetime import date

from gateway.pages.endings import Share, reason_field
from gateway.translations import Translator
from gateway.views.endings import EndingPage
from gateway.views.frame import Page

RULE = {"moved_away": "pro_rata", "vehicle_given_up": "pro_rata", "at_own_wish": "none"}


def ending_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    page = EndingPage(
        action="#", back_url="#", number="BPA-2026-004711", title=t("document.resident_parking_permit"),
        valid_until=date(2027, 11, 30), gives_back=True,
        fields=(reason_field(t, RULE, Share(1275), wrong=False),), hidden={"idempotency-key": "1"},
    )  # fmt: skip
    return {
        "ending": page,
        "ending-wrong": replace(page, fields=(reason_field(t, RULE, None, wrong=True),)),
        "ending-nothing": replace(
            page, fields=(reason_field(t, RULE, Share(), wrong=False),), message="document_not_in_force"
        ),
        "ending-owing": replace(page, fields=(reason_field(t, RULE, Share(970, 560), wrong=False),)),
    }
