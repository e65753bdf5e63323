"""Where a case stands, in the citizen's words: one sentence, the steps, and what is to be done next."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from gateway import formats
from gateway.pages.money_notes import day_to_pay, money_of
from gateway.pages.parts import Parts
from gateway.pages.plans import plan_of
from gateway.translations import Translator
from gateway.views.cases import Document, Progress, Step, Todo
from gateway.views.frame import Tone

SITUATIONS: Final = {"in_progress": "checking", "in_review": "with_clerk"}
TONES: Final[dict[str, Tone]] = {
    "awaiting_payment": "warning",
    "correction_requested": "warning",
    "completed": "success",
    "suspended": "danger",
    "rejected": "danger",
    "revoked": "danger",
}
ENDS: Final = frozenset({"rejected", "withdrawn", "expired", "revoked"})
_STOPPED: Final = ENDS | {"suspended", "fee_reversed"}
_NOTHING_OWED: Final = ENDS - {"revoked"}
"""A permit that ended was used until then: what payments still claims for it is owed."""
UNDECIDED_ATTEMPTS: Final = frozenset({"opened", "started", "approved", "unclear"})
_ORDER: Final = ("resident_parking_permit", "dog_tax_assessment", "rejection_notice", "receipt")
_NEXT: Final = {
    "awaiting_payment": (("pay", "now"), ("check", "todo"), ("document", "todo")),
    "in_progress": (("check", "now"), ("document", "todo")),
    "in_review": (("document", "todo"),),
    "correction_requested": (("check", "todo"), ("document", "todo")),
    "approved": (("document", "now"),),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page says about a case; `returned`: its citizen has just come back from paying."""

    parts: Parts
    returned: bool = False

    @property
    def state(self) -> str:
        return str(self.parts.case["state"])

    @property
    def paid(self) -> bool:
        claim = self.parts.claim
        return bool(self.parts.case["fee"]["settled"] or (claim and claim["state"] == "settled"))

    @property
    def payable(self) -> bool:
        """Whether money can be paid now; while the claim is on its way, the payment page waits for it."""
        claim = self.parts.claim
        if claim is None:
            return "pay" in self.parts.case["can"]
        return bool(claim["state"] == "open") and self.state not in _NOTHING_OWED

    @property
    def situation(self) -> str:
        """A key below `situation.` and `state.`."""
        if self.state == "awaiting_payment" and self.provisional_until:
            return "payment_provisional"
        if self.state == "awaiting_payment" and self.waits and not self.paid:
            return f"awaiting_{self.waits}"
        if self.state == "awaiting_payment" and (self.paid or self._pending):
            return "payment_pending"
        return SITUATIONS.get(self.state, self.state)

    @property
    def provisional_until(self) -> datetime | None:
        """Until when a payment may be taken back that the case waits for to be final."""
        until = self.parts.case["fee"].get("provisional_until")
        return datetime.fromisoformat(until) if until else None

    @property
    def at_stake(self) -> str:
        """What becomes of an issued document whose fee stays unpaid: `suspend`, `revoke`, or ""."""
        fee = self.parts.case["fee"]
        rule = str(fee.get("unpaid") or "keep")
        due = self.state == "completed" and self.payable and not fee["settled"]
        return rule if due and rule != "keep" else ""

    @property
    def waits(self) -> str:
        """What of the city's own account the claim waits for: `transfer`, `debit`, or nothing."""
        claim = self.parts.claim
        return str((claim and claim.get("waits_for")) or "")

    @property
    def tone(self) -> Tone:
        return TONES.get(self.situation, "info")

    @property
    def reason(self) -> str:
        """What a clerk wrote to the citizen about this state."""
        case = self.parts.case
        if self.state == "correction_requested":
            return case["correction"] or ""
        return ((case["decision"] or {}).get("text") or "") if self.state == "rejected" else ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself that this page shows."""
        if not self.parts.complete:
            return False
        claim, kinds = self.parts.claim, {document["kind"] for document in self.parts.documents or ()}
        if claim and (claim["state"] == "being_checked" or (claim["state"] == "open" and self.payable)):
            return False
        if self.state == "completed":
            return bool(kinds - {"receipt"}) and ("receipt" in kinds or not self.paid)
        return self.state in ENDS and (self.state != "rejected" or "rejection_notice" in kinds)

    @property
    def stand(self) -> str:
        """What a page was drawn from: its sentence, and what is around its live parts."""
        return f"{self.situation}.{self.around}"

    @property
    def around(self) -> str:
        """Names what the page shows around its live parts: when it changes, the page must be drawn anew."""
        shown = (
            self.tone,
            self.parts.claim is None,
            self.payable and not self._pending,
            self.state == "correction_requested",
            self.reason,
            self.paid,
            self.provisional_until,
            money_of(self.parts.claim),
            plan_of(self.parts.claims or ()),
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]

    def todo(self, pay_url: str, correct_url: str, transfer_url: str = "") -> Todo | None:
        """What the citizen must do next."""
        if "correct" in self.parts.case["can"]:
            return Todo(kind="correct", url=correct_url, until=_day(self.parts.case.get("answer_by")))
        if self.payable and not self._pending:
            case = self.parts.case
            until = day_to_pay(case, self.parts.claim or case["fee"])
            if self.waits == "transfer":
                return Todo(kind="transfer", url=transfer_url, until=until)
            return Todo(kind="pay", url=pay_url, until=until)
        return None

    def steps(self, t: Translator) -> tuple[Step, ...]:
        """What has happened, then what is still to come."""
        return (*self._past(t), *self._ahead(t))

    def documents(self) -> tuple[Document, ...]:
        """For download, the one that was applied for first."""
        found = sorted(self.parts.documents or (), key=_place)
        granted = self.parts.case["document"]
        return tuple(
            Document(
                url=f"/dokumente/{one['document_id']}.pdf",
                kind=one["kind"],
                title=granted["title"] if one["kind"] == granted["kind"] else "",
                number=one["number"] or "",
                valid_from=_day(one["valid_from"]),
                valid_until=_day(one["valid_until"]),
                revoked=one["status"] == "revoked",
                superseded=one["status"] == "superseded",
                suspended=one["status"] == "suspended",
            )
            for one in found
        )

    @property
    def _pending(self) -> bool:
        """Whether the word of a payment is still to come."""
        claim = self.parts.claim
        if claim is None or claim["state"] != "open":
            return claim is not None and claim["state"] == "being_checked"
        if self.waits or claim.get("arranged"):
            return self.waits != "transfer"
        return self.returned and last_attempt(claim) in UNDECIDED_ATTEMPTS

    def _past(self, t: Translator) -> Iterator[Step]:
        timeline = [one for one in self.parts.case["timeline"] if t.known(f"step.{one['step']}")]
        for place, entry in enumerate(timeline):
            name, last = entry["step"], place == len(timeline) - 1
            waits = last and name == self.state and name in {"in_review", "correction_requested"}
            progress: Progress = "now" if waits else "stopped" if name in _STOPPED else "done"
            key = "in_review_done" if name == "in_review" and not waits else name
            yield Step(
                progress=progress,
                title=t(f"step.{key}"),
                detail=self._detail(name, t),
                at=datetime.fromisoformat(entry["at"]),
            )

    def _ahead(self, t: Translator) -> Iterator[Step]:
        ahead: tuple[tuple[str, Progress], ...] = _NEXT.get(self.state, ())  # type: ignore[assignment]
        if self.situation == "payment_provisional":
            ahead = ahead[1:]
        if self.state in {"completed", "suspended", "revoked"} and self.payable:
            ahead = (("pay", "now"),)
        for name, progress in ahead:
            yield Step(progress=progress, title=t(f"step.{name}"), detail=self._detail(name, t))

    def _detail(self, name: str, t: Translator) -> str:
        if name == "submitted":
            return t("case.title", number=self.parts.case["case_number"])
        cents = self.parts.case["fee"]["cents"] or 0
        if name == "pay":
            return formats.money((self.parts.claim or {}).get("owed_cents") or cents, t.language)
        return formats.money(cents, t.language) if name == "fee_settled" else ""


def last_attempt(claim: dict[str, Any]) -> str:
    """The state of the newest attempt to pay, "" before there is one."""
    return str(claim["attempts"][-1]["state"]) if claim["attempts"] else ""


def _place(document: dict[str, Any]) -> tuple[bool, int]:
    kind = document["kind"]
    return document["status"] == "superseded", _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
