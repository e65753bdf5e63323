"""The second person of four eyes: what they read goes with their word, and approving says that they did."""

from collections.abc import Mapping
from typing import Final

from gateway.translations import Translator
from gateway.views.forms import Field

DECISIONS: Final = {"approve": "approval", "decline": "refusal"}
SEEN: Final = "seen"


def seen_field(t: Translator, voucher: str, amount: str, error: str = "") -> Field:
    """The box that says the voucher was looked at; `amount` is in words, `error` a key below `problem.`."""
    return Field(
        name=SEEN, kind="declaration", label=t("second_person.seen", voucher=voucher, amount=amount),
        hint=t("second_person.seen_hint"), error=t(f"problem.{error}") if error else "", required=False,
    )  # fmt: skip


def wrong_with(form: Mapping[str, str]) -> str:
    """What is wrong with a decision, as a key below `problem.`; empty for one that may be sent on."""
    decision = form.get("decision", "")
    if decision not in DECISIONS:
        return "refund_decision_missing"
    return "second_person_unseen" if decision == "approve" and form.get(SEEN) != "true" else ""
