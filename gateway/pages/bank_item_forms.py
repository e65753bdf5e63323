"""A payment that no claim has, in words, and the forms that give it to a claim or send it back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from gateway import formats
from gateway.pages.claims import HERE as CLAIMS
from gateway.pages.claims import TONES
from gateway.pages.counter_forms import number_field
from gateway.pages.money_words import place_words, who
from gateway.translations import Translator
from gateway.views.bank_items import BankItem, Candidate
from gateway.views.forms import Field, Option
from gateway.visit import Visit

HERE: Final = "/arbeit/kasse/bankposten"
WAITING: Final = frozenset({"proposed", "unallocated", "repeated"})
_LONGEST_VOUCHER: Final = 35
Given = Mapping[str, Any]


def item_view(visit: Visit, item: Given, claims: Iterable[Given], *, masked: bool = False) -> BankItem:
    """`masked` shortens the payer's name to its first letters: a list is read over shoulders."""
    name, iban = item["name"] or "", item["iban"] or ""
    return BankItem(
        url=visit.url(f"{HERE}/{item['item_id']}"),
        state="waiting" if item["outcome"] in WAITING else item["outcome"],
        amount=formats.money(left(item), visit.language, item["currency"]),
        booked_on=date.fromisoformat(item["booked_on"]) if item["booked_on"] else None,
        why=why(item),
        payer="\u00a0".join(f"{word[0]}…" for word in name.split()) if masked else name,
        account=f"{iban[:4]} … {iban[-4:]}" if iban and not masked else "",
        text=item["text"] or "",
        candidates=tuple(candidate(visit, item, claim) for claim in claims),
        proposed_at=datetime.fromisoformat(item["proposed_at"]) if item.get("proposed_at") else None,
        proposed_by=who(visit, item["proposed_by"], None) if item.get("proposed_by") else "",
        voucher=item.get("proposed_voucher") or "",
        payout_of=place_words(visit.t, item.get("proposed_provider") or item.get("provider") or ""),
        batch=item.get("batch") or "",
        reversal=takes_back(item),
    )


def left(item: Given) -> int:
    """Cents of it that wait; what was booked of a sum of debits is gone."""
    cents: int = item["cents"] if item.get("left_cents") is None else item["left_cents"]
    return cents


def takes_back(item: Given) -> bool:
    """Whether the bank takes a payment back with it."""
    return bool(item.get("reversal")) and item["cents"] < 0


def why(item: Given) -> str:
    """Why the payment has found no claim by itself, as a key below `bank_item_why.`."""
    if item["outcome"] == "repeated":
        return "credit_repeated" if item["cents"] > 0 else "return_repeated"
    if takes_back(item):
        return "taken_back" if item["proposals"] else "taken_back_unknown"
    if item["cents"] <= 0:
        return "outgoing"
    if item.get("provider") or item.get("batch"):
        return "payout" if item.get("provider") else "sum_of_debits"
    if item["proposals"]:
        return "name_and_amount" if len(item["proposals"]) == 1 else "several"
    return "no_number" if item["text"] else "no_text"


def candidate(visit: Visit, item: Given, claim: Given) -> Candidate:
    """How the payment goes with a claim."""
    foreign = claim.get("currency", item["currency"]) != item["currency"]
    back = takes_back(item)
    over = 0 if back else left(item) - claim["owed_cents"]
    return Candidate(
        claim_id=claim["claim_id"],
        url=visit.url(f"{CLAIMS}/{claim['claim_id']}"),
        kassenzeichen=claim["kassenzeichen"],
        case_number=claim["case_number"],
        state=claim["state"],
        tone=TONES.get(claim["state"], "info"),
        fit=visit.t(f"claim_state.{claim['state']}") if back else _fit(visit.t, claim, over, foreign=foreign),
        over_cents=max(over, 0),
        foreign=foreign,
    )


def _fit(t: Translator, claim: Given, over: int, *, foreign: bool) -> str:
    if foreign:
        return t("bank_item_fit.foreign", currency=claim["currency"])
    kind = "nothing_owed" if not claim["owed_cents"] else "over" if over > 0 else "under" if over else "exact"
    owed, apart = (formats.money(cents, t.language) for cents in (claim["owed_cents"], abs(over)))
    return t(f"bank_item_fit.{kind}", owed=owed, apart=apart)


def number(t: Translator, typed: str, error: str = "") -> Field:
    return replace(number_field(t, typed), error=t(f"problem.{error}") if error else "")


def allocation(
    t: Translator, item: BankItem, typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Field, ...]:
    """Which of the candidates; where the money is more than one of them owes, whether that is meant."""
    if not item.candidates:
        return ()
    options = tuple(
        Option(value=one.claim_id, label=f"{one.kassenzeichen} · {one.case_number}", hint=one.fit)
        for one in item.candidates
    )
    only = options[0].value if len(options) == 1 else ""
    claim = Field(
        name="claim", kind="choice", options=options,
        label=t("bank_item.claim_back" if item.reversal else "bank_item.claim"),
        value=typed.get("claim", only), error=errors.get("claim", ""),
    )  # fmt: skip
    if not any(one.over_cents and not one.foreign for one in item.candidates):
        return (claim,)
    surplus = Field(
        name="surplus", kind="declaration", label=t("bank_item.surplus"), hint=t("bank_item.surplus_hint"),
        value=typed.get("surplus", ""), error=errors.get("surplus", ""), required=False,
    )  # fmt: skip
    return (claim, surplus)


def allocation_errors(t: Translator, item: BankItem, typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a choice, in sentences by field."""
    chosen = next((one for one in item.candidates if one.claim_id == typed.get("claim")), None)
    if chosen is None:
        return {"claim": t("bank_item.claim_missing")}
    if chosen.foreign:
        return {"claim": t("problem.currency_differs")}
    if chosen.over_cents and typed.get("surplus") != "true":
        over = formats.money(chosen.over_cents, t.language)
        return {"surplus": t("bank_item.surplus_missing", over=over)}
    return {}


def sending_back(t: Translator, typed: Mapping[str, str], error: str = "") -> tuple[Field, ...]:
    voucher = Field(
        name="voucher", kind="text", label=t("bank_item.voucher"), hint=t("bank_item.voucher_hint"),
        value=typed.get("voucher", ""), max_length=_LONGEST_VOUCHER, autocomplete="off", error=error,
    )  # fmt: skip
    return (voucher,)
