"""From a case to a document's data: what the town hall decided, in the words the city prints.

Pure: the same case, number and day give the same data. What a case lacks is told by the field's name alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from services.documents.consumed import Application, PaidClaim
from services.documents.domain.document import ASSESSMENT, PERMIT, RECEIPT, REJECTION, Content
from services.documents.rendering import Branding, DocumentData
from services.documents.rendering.kinds import Remedy
from services.documents.rendering.render import InvalidDocumentData, parse
from services.documents.tokens import PermitClaims, SigningKey, issue_permit_token, token_url
from services.documents.wording import Wording


@dataclass(frozen=True, slots=True)
class Composed:
    """What is printed, and what must be known of it without opening it."""

    data: DocumentData
    content: Content


@dataclass(frozen=True, slots=True)
class Composer:
    """One city: its letterhead and general words, time zone and permit key, the portal's address."""

    branding: Branding
    wording: Wording
    zone: ZoneInfo
    permit_key: SigningKey
    public_url: str

    def today(self, now: datetime) -> date:
        """The day in the city."""
        return now.astimezone(self.zone).date()

    def permit(self, case: Application, number: str, issued_on: date) -> Composed:
        """Bewohnerparkausweis with its check code. Raises InvalidDocumentData."""
        words = case.printed
        zone, plate = str(case.facts.get("zone", "")), str(case.answers.get("plate", ""))
        if not (zone and plate and case.valid_from and case.valid_until):
            raise InvalidDocumentData(PERMIT, ["zone, plate, valid_from or valid_until: missing"])
        claims = PermitClaims(number, plate, zone, case.valid_from, case.valid_until)
        token = issue_permit_token(claims, self.permit_key)
        paid = [step.at for step in case.timeline if step.step == "fee_settled"]
        data = {
            **self._head(case, number, issued_on),
            "title": words.title,
            "zone_code": zone,
            "zone_name": self.wording.zones.get(zone, zone),
            "plate": plate,
            "valid_from": case.valid_from,
            "valid_until": case.valid_until,
            "holder": self._person(case),
            "fee_cents": case.fee.cents,
            "paid_on": self.today(paid[0]) if paid else None,
            "legal_basis": words.legal_basis,
            "notes": [*words.notes, *_further_plates(case.answers)],
            "verification_url": token_url(token, self.public_url),
            "verification_page": f"{urlsplit(self.public_url).netloc}/pruefen",
        }
        digest = sha256(token).hexdigest()
        content = Content(number, case.valid_from, case.valid_until, zone, plate, digest)
        return Composed(parse(PERMIT, data), content)

    def assessment(
        self, case: Application, number: str, issued_on: date, kassenzeichen: Sequence[str]
    ) -> Composed:
        """Hundesteuerbescheid; each instalment has a Kassenzeichen, or all have one. Raises
        InvalidDocumentData."""
        words = case.printed
        assessed = case.assessment or {}
        if not assessed:
            raise InvalidDocumentData(ASSESSMENT, ["assessment: missing"])
        total, answers = assessed["total_cents"], case.answers
        year, months = assessed["year"], assessed["months"]
        reason = (
            f"Sie halten den Hund {answers.get('dog_name', '')}. Die Steuerpflicht beginnt am "
            f"{_german(date.fromisoformat(assessed['liable_from']))} und besteht im Jahr {year} für {months} "
            "Monate; für jeden Monat ist ein Zwölftel des Jahressatzes zu zahlen."
        )
        data = {
            **self._head(case, number, issued_on),
            "title": words.title,
            "recipient": self._person(case),
            "tax_year": year,
            "kassenzeichen": kassenzeichen[0],
            "dogs": _taxed(answers, assessed),
            "total_cents": total,
            "instalments": _instalments(assessed["instalments"], kassenzeichen),
            "payment_note": self.wording.payment_note,
            "reasons": [reason, *_own_words(case)],
            "legal_basis": words.legal_basis,
            "remedy": self._remedy(case),
            "unsigned_note": self.wording.unsigned_note,
        }
        return Composed(parse(ASSESSMENT, data), Content(number, case.valid_from, case.valid_until))

    def rejection(self, case: Application, number: str, issued_on: date) -> Composed:
        """Ablehnungsbescheid. Raises InvalidDocumentData."""
        words = case.printed
        code = case.decision.reason if case.decision else None
        public = [reason.words for reason in case.rejection_reasons if reason.code == code]
        data = {
            **self._head(case, number, issued_on),
            "recipient": self._person(case),
            "service_title": words.subject,
            "applied_on": self.today(case.submitted_at),
            "decision": self.wording.refused,
            "reasons": [*public, *_own_words(case)],
            "legal_basis": words.legal_basis,
            "next_steps": self.wording.next_steps,
            "remedy": self._remedy(case),
            "unsigned_note": self.wording.unsigned_note,
        }
        return Composed(parse(REJECTION, data), Content(number))

    def receipt(self, case: Application, paid: PaidClaim, number: str, issued_on: date) -> Composed:
        """Zahlungsbestätigung. Raises InvalidDocumentData."""
        words = case.printed
        came = [self._moved(one.paid_at, one.method, one.amount_cents) for one in paid.payments]
        came = came or [self._moved(paid.settled_at, paid.method, paid.amount_cents)]
        went = [self._moved(one.returned_at, one.method, one.amount_cents) for one in paid.refunds]
        data = {
            **self._head(case, number, issued_on),
            "recipient": self._person(case),
            "kassenzeichen": paid.kassenzeichen,
            "items": [{"text": _paid_for(words.subject, paid), "amount_cents": paid.amount_cents}],
            "total_cents": paid.amount_cents,
            "payments": came,
            "refunds": went,
            "kept_cents": sum(one["amount_cents"] for one in came) - sum(one["amount_cents"] for one in went),
            "pending_cents": paid.pending_cents,
            "open_cents": paid.owed_cents,
            "paid_on": self.today(paid.settled_at),
            "method": ", ".join(self._way(way) for way in paid.methods or (paid.method,)),
            "note": self._receipt_note(paid),
        }
        return Composed(parse(RECEIPT, data), Content(number))

    def _receipt_note(self, paid: PaidClaim) -> str:
        if paid.owed_cents:
            return self.wording.receipt_part_note
        return self.wording.receipt_refund_note if paid.refunds else self.wording.receipt_note

    def _moved(self, at: datetime, method: str, cents: int) -> dict[str, Any]:
        return {"day": self.today(at), "method": self._way(method), "amount_cents": cents}

    def _way(self, method: str) -> str:
        return self.wording.methods.get(method, method)

    def _head(self, case: Application, number: str, issued_on: date) -> dict[str, Any]:
        office = case.printed.office.model_dump()
        return {"number": number, "case_number": case.case_number, "issued_on": issued_on, "office": office}

    def _remedy(self, case: Application) -> Remedy:
        own = case.printed.remedy
        return Remedy(heading=self.wording.remedy.heading, paragraphs=own) if own else self.wording.remedy

    def _person(self, case: Application) -> dict[str, Any]:
        names = ("given_names", "family_name", "street", "house_number", "postal_code")
        return {name: case.answers.get(name) for name in names} | {"city": self.branding.city}


def _further_plates(answers: Mapping[str, Any]) -> list[str]:
    plates = answers.get("further_plates") or []
    return [f"Weitere zugelassene Kennzeichen: {', '.join(plates)}."] if plates else []


def _own_words(case: Application) -> list[str]:
    text = case.decision.text if case.decision else None
    return [text] if text else []


def _instalments(parts: Sequence[Mapping[str, Any]], kassenzeichen: Sequence[str]) -> list[dict[str, Any]]:
    own = kassenzeichen if len(kassenzeichen) == len(parts) > 1 else [None] * len(parts)
    return [
        {
            "label": f"{at}. Rate",
            "due_on": part["due_on"],
            "amount_cents": part["cents"],
            "kassenzeichen": mark,
        }
        for at, (part, mark) in enumerate(zip(parts, own, strict=True), 1)
    ]


def _paid_for(subject: str, paid: PaidClaim) -> str:
    return f"{subject}, {paid.instalment}. Rate" if paid.instalment_count > 1 else subject


def _taxed(answers: Mapping[str, Any], assessed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The dog's line, and one for the other dogs where the new one raises their rate."""
    period = {
        "first_day": assessed["liable_from"],
        "last_day": date(assessed["year"], 12, 31),
        "months": assessed["months"],
    }
    rise = assessed.get("others_rise_cents") or 0
    for_others = rise * assessed["months"] // 12
    dog = {
        **period,
        "name": answers.get("dog_name"),
        "breed": answers.get("breed"),
        "chip_number": answers.get("chip_number"),
        "annual_rate_cents": assessed["rate_cents"],
        "amount_cents": assessed["total_cents"] - for_others,
    }
    others = {
        **period,
        "name": "Weitere Hunde im Haushalt",
        "breed": "höherer Satz je Hund",
        "annual_rate_cents": rise,
        "amount_cents": for_others,
    }
    return [dog, others] if rise else [dog]


def _german(day: date) -> str:
    return f"{day:%d.%m.%Y}"
