"""What a case page says about its money beside the one sentence: parts, debits, what goes back and why."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from gateway import formats
from gateway.pages.money_words import method_words
from gateway.translations import Translator

STAYED: Final = frozenset({"kept_by_agreement", "entry_voided", "offset_by_reversal"})
"""How money was seen to of which nothing goes back to the payer."""
CAME_BACK: Final = frozenset({"returned", "rejected"})
TWICE: Final = "second_payment"


def money_of(claim: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """What the sentences are made from: they change when it does."""
    names = (
        "waits_for", "overdue", "pay_by", "paid_cents", "owed_cents", "debit", "given_back", "arranged",
        "reduced_cents",
    )  # fmt: skip
    return tuple(claim.get(name) for name in names) if claim else ()


def notes_of(claim: Mapping[str, Any] | None, t: Translator, *, undecided: bool = False) -> tuple[str, ...]:
    """Whole sentences, none where there is nothing to say. `undecided`: the case waits for its fee, and for a
    transfer beyond the day to pay by."""
    if not claim:
        return ()
    overdue = claim.get("overdue")
    rest_by = claim.get("pay_by") if undecided and not overdue else None
    return tuple(_notes({**claim, "overdue": overdue and not undecided, "rest_by": rest_by}, t))


def day_to_pay(case: Mapping[str, Any], claim: Mapping[str, Any]) -> date | None:
    """Until when to pay; none once it is over and the case waits for a transfer that may be on its way."""
    over = claim.get("overdue") and case["state"] == "awaiting_payment"
    return None if over or not claim["pay_by"] else date.fromisoformat(claim["pay_by"])


def provisional_note(until: datetime | None, t: Translator) -> tuple[str, ...]:
    """What a service that waits for a payment to be final says of it."""
    return (t("payment_note.provisional", day=formats.day(until, t.language)),) if until else ()


def unpaid_note(at_stake: str, t: Translator) -> tuple[str, ...]:
    """What becomes of the document if its fee stays unpaid: `suspend`, `revoke`, or "" where nothing does."""
    return (t(f"payment_note.else_{at_stake}"),) if at_stake else ()


def _notes(claim: Mapping[str, Any], t: Translator) -> Iterator[str]:
    is_open = claim["state"] in {"open", "being_checked"}
    if claim.get("reduced_cents"):
        yield t("payment_note.reduced", amount=_money(claim["reduced_cents"], t))
    if is_open and claim.get("paid_cents"):
        yield _part(claim, t)
    if claim.get("overdue") and claim.get("waits_for") != "debit" and claim["state"] == "open":
        day = formats.day(date.fromisoformat(claim["pay_by"]), t.language)
        yield t("payment_note.overdue", day=day)
    debit = claim.get("debit")
    if debit and claim.get("waits_for") == "debit":
        day = formats.day(date.fromisoformat(debit["due"]), t.language)
        yield t("payment_note.debit", amount=_money(debit["amount_cents"], t), day=day,
                reference=debit["reference"])  # fmt: skip
    elif claim.get("arranged") and claim["state"] == "open":
        day = formats.day(date.fromisoformat(claim["pay_by"]), t.language)
        yield t("payment_note.arranged", amount=_money(claim["owed_cents"], t), day=day)
    elif debit and is_open and debit["state"] in CAME_BACK:
        yield t(f"payment_note.debit_{debit['state']}", next=_next(debit.get("concern"), t))
    for back in claim.get("given_back") or ():
        if back["how"] not in STAYED:
            yield _given_back(back, t)


def _part(claim: Mapping[str, Any], t: Translator) -> str:
    """What came and what is missing, and by when where the case waits for it."""
    said = {"paid": _money(claim["paid_cents"], t), "owed": _money(claim["owed_cents"], t)}
    if claim["rest_by"] is None or claim.get("waits_for") == "debit":
        return t("payment_note.part", **said)
    day = formats.day(date.fromisoformat(claim["rest_by"]), t.language)
    return t("payment_note.part_until", day=day, **said)


def _next(concern: str | None, t: Translator) -> str:
    """What the payer does now; the bank's reason may be one that this release has no words for."""
    key = f"payment_note.next_{concern}"
    return t(key if t.known(key) else "payment_note.next_citizen_pays")


def _given_back(back: Mapping[str, Any], t: Translator) -> str:
    said = {"amount": _money(back["amount_cents"], t)}
    twice = "twice_" if back["kind"] == TWICE else ""
    if not back["settled_at"]:
        return t(f"payment_note.{twice}going_back", **said)
    day = formats.day(datetime.fromisoformat(back["settled_at"]), t.language)
    way = method_words(t, back.get("method") or "bank_transfer")
    return t(f"payment_note.{twice}given_back", day=day, way=way, **said)


def _money(cents: int, t: Translator) -> str:
    return formats.money(cents, t.language)
