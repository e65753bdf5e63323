"""Sample pages of what the bank booked and no claim has."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from gateway.pages import bank_item_forms as forms
from gateway.pages import payout_forms
from gateway.pages.second_person import seen_field
from gateway.translations import Translator
from gateway.views import bank_items
from gateway.views.frame import Page

_PAID_OUT: Final = {"cents": 3060, "provider": "paypal", "payout_providers": ["girocheckout", "paypal"]}


def bank_item_pages(t: Translator) -> dict[str, Page]:
    """By the name in the address."""
    exact = bank_items.Candidate(
        claim_id="1", url="#", kassenzeichen="47112600000122", case_number="BPA-2026-000123", state="open",
        tone="info", fit=t("bank_item_fit.exact", owed="30,60 €"),
    )  # fmt: skip
    over = replace(
        exact, claim_id="2", kassenzeichen="47112600000130", case_number="HST-2026-000017", over_cents=940,
        fit=t("bank_item_fit.over", owed="21,20 €", apart="9,40 €"),
    )  # fmt: skip
    item = bank_items.BankItem(
        url="#", state="waiting", amount="30,60 €", booked_on=date(2026, 11, 21), why="name_and_amount",
        payer="Ada Lovelace", account="DE89 … 3000", text="Parkausweis 47112600000212", candidates=(exact,),
    )  # fmt: skip
    bare = replace(item, payer="", account="", text="", candidates=(), why="no_text")
    hidden = {"idempotency-key": "1"}
    page = bank_items.BankItemPage(
        item=item, number=forms.number(t, ""), allocation=forms.allocation(t, item, {}, {}),
        sending_back=forms.sending_back(t, {}), hidden=hidden,
    )  # fmt: skip
    proposed = replace(bare, amount="377,00 €", proposed_by="colleague", voucher="AA-2026-004711",
                       proposed_at=datetime(2026, 11, 22, 13, 2, tzinfo=UTC))  # fmt: skip
    two = replace(item, candidates=(exact, over), why="several")
    errors = forms.allocation_errors(t, two, {"claim": "2"})
    back, summed = _of_the_bank(t, item, bare)
    listed = (
        replace(item, payer="A…\u00a0L…", account=""),
        replace(two, payer="E…\u00a0M…", account="", text="Danke"),
        replace(bare, amount="7,77 €", booked_on=None),
        replace(bare, why="no_number", text="Miete November", payer="K…\u00a0M…", amount="12,00 CHF"),
        replace(bare, why="outgoing", amount="−5,00 €"),
        proposed,
        replace(bare, why="credit_repeated", payer="A…\u00a0L…"),
        replace(bare, why="return_repeated", amount="−33,85 €"),
        back,
        replace(bare, why="taken_back_unknown", amount="−30,60 €", reversal=True),
        summed,
    )
    return {
        "cash-bank-items": bank_items.BankItemsPage(items=listed, next_url="#"),
        "cash-bank-items-none": bank_items.BankItemsPage(items=()),
        "cash-bank-items-lost": bank_items.BankItemsPage(items=(), message="list_place_unknown"),
        "cash-bank-item": page,
        "cash-bank-item-wrong": replace(
            page, item=two, allocation=forms.allocation(t, two, {"claim": "2"}, errors),
            number=forms.number(t, "4711", "number_unknown"),
            sending_back=forms.sending_back(t, {}, t("bank_item.voucher_missing")),
        ),
        "cash-bank-item-bare": replace(page, item=bare, allocation=()),
        "cash-bank-item-back": replace(page, item=back, allocation=forms.allocation(t, back, {}, {})),
        "cash-bank-item-sum": replace(page, item=summed, allocation=()),
        **_second_person_pages(t, proposed, hidden),
        **_payout_pages(t, page, proposed),
        "cash-bank-item-done": bank_items.BankItemPage(
            item=replace(item, state="allocated"), claim_url="#", message="bank_item_done"
        ),
        "cash-bank-item-sent-back": bank_items.BankItemPage(item=replace(item, state="sent_back")),
    }  # fmt: skip


def _second_person_pages(
    t: Translator, proposed: bank_items.BankItem, hidden: dict[str, str]
) -> dict[str, Page]:
    """Of money that is to be sent back, above the limit."""
    seen = seen_field(t, proposed.voucher, proposed.amount, "second_person_unseen")
    return {
        "cash-bank-item-second": bank_items.BankItemPage(
            item=proposed, hidden=hidden, may_decide=True, seen=seen
        ),
        "cash-bank-item-own": bank_items.BankItemPage(
            item=replace(proposed, proposed_by="you"), why_not="second_person_needed"
        ),
    }  # fmt: skip


def _payout_pages(
    t: Translator, page: bank_items.BankItemPage, proposed: bank_items.BankItem
) -> dict[str, Page]:
    """Of money that is a provider's payout, or may be."""
    item = replace(page.item, candidates=(), why="payout", payer="PayPal Europe", payout_of="PayPal")
    return {
        "cash-bank-item-payout": replace(
            page, item=item, allocation=(), payout=payout_forms.providers(t, _PAID_OUT, {})
        ),
        "cash-bank-item-payout-second": bank_items.BankItemPage(
            item=replace(proposed, voucher="", payout_of="PayPal"), hidden=page.hidden, may_decide=True,
            payout_waits=True,
        ),
        "cash-bank-item-payout-done": bank_items.BankItemPage(
            item=replace(item, state="payout"), hidden=page.hidden, payout_undone=True
        ),
    }  # fmt: skip


def _of_the_bank(
    t: Translator, item: bank_items.BankItem, bare: bank_items.BankItem
) -> tuple[bank_items.BankItem, bank_items.BankItem]:
    """A payment that the bank takes back, and a sum of debits."""
    settled = replace(item.candidates[0], fit=t("claim_state.settled"), state="settled", tone="success")
    return (
        replace(item, amount="−30,60 €", why="taken_back", reversal=True, candidates=(settled,)),
        replace(bare, amount="2.130,00 €", why="sum_of_debits", batch="SDD20261208-1"),
    )
