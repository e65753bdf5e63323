"""Sample pages of what bank or provider did without our order."""

from gateway.pages import provider_move_forms as forms
from gateway.translations import Translator
from gateway.views.frame import Page
from gateway.views.provider_moves import ProviderMovePage, ProviderMoveReviewPage

PAYMENTS = [
    {"payment_id": "1", "method": "paypal", "received_cents": 12000, "currency": "EUR"},
    {"payment_id": "2", "method": "direct_debit", "received_cents": 3060, "currency": "EUR"},
]


def provider_move_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    typed = {"what": "reversal", "payment": "1", "reference": "D-4711", "amount": "30,60",
             "code": "chargeback", "charges": "3,50"}  # fmt: skip
    wrong = {**typed, "amount": "30 Taler", "code": "?"}
    page = ProviderMovePage(
        kassenzeichen="47112600000122", claim_url="#", action="#", hidden={"idempotency-key": "1"},
        fields=forms.fields(t, PAYMENTS, {}, {}),
    )  # fmt: skip
    faulty = forms.fields(t, PAYMENTS, wrong, forms.move_of(t, wrong, PAYMENTS).errors)
    return {
        "cash-provider-move": page,
        "cash-provider-move-wrong": ProviderMovePage(
            kassenzeichen=page.kassenzeichen, claim_url="#", action="#", fields=faulty
        ),
        "cash-provider-move-own": ProviderMovePage(
            kassenzeichen=page.kassenzeichen, claim_url="#", action="#", why_not="own_case",
            message="provider_move_amount",
        ),
        "cash-provider-move-review": ProviderMoveReviewPage(
            kassenzeichen=page.kassenzeichen, claim_url="#", action="#", what="reversal", hidden=typed,
            facts=forms.facts(t, forms.move_of(t, typed, PAYMENTS), PAYMENTS),
        ),
    }  # fmt: skip
