"""Answers of the services in their real shapes, as small as the pages allow."""

from typing import Any

ACCOUNT = "01990000-0000-7000-8000-000000000001"
CASE = "01990000-0000-7000-8000-00000000000c"
CLAIM = "01990000-0000-7000-8000-0000000000c1"
DOCUMENT = "01990000-0000-7000-8000-0000000000d1"
DRAFT = "01990000-0000-7000-8000-0000000000e1"
SERVICE = "bewohnerparkausweis"

ME = {
    "account_id": ACCOUNT,
    "email": "kim@example.org",
    "roles": ["citizen"],
    "trust": "mail",
    "version": 3,
    "profile": {"given_names": "Kim", "family_name": "Muster", "street": None, "language": "de"},
    "attributes": {},
}


def service(english: bool = False, **other: Any) -> dict[str, Any]:
    """A definition with one field of each sort that pages treat apart."""
    return {
        "key": SERVICE,
        "version": 2,
        "title": "Resident’s permit" if english else "Bewohnerparkausweis beantragen",
        "summary": "Parken in Ihrer Straße",
        "description": "Für Menschen, die hier wohnen.",
        "price": "2,55 € je Monat",
        "usual_duration": "Sofort",
        "office": "Straßenverkehrsbehörde",
        "keywords": ["Anwohnerparken"],
        "automation": "full",
        "needs": ["Kennzeichen"],
        "fee_due": "before_decision",
        "fee_legal_basis": "Gebührenordnung",
        "automation_legal_basis": None,
        "sections": [
            {
                "key": "person",
                "title": "About you" if english else "Ihre Person",
                "fields": [
                    _field("family_name", "name", "Family name" if english else "Familienname"),
                    _field("start", "date", "Valid from" if english else "Gültig ab"),
                ],
            },
            {
                "key": "fahrzeug",
                "title": "Ihr Fahrzeug",
                "fields": [
                    _field("plate", "plate", "Number plate" if english else "Kennzeichen"),
                    _field("holder", "choice", "Wem gehört es?", options=[{"value": "self", "label": "Mir"}]),
                    _field("months", "months", "Dauer in Monaten", minimum=6, maximum=24),
                    _field("truth", "declaration", "Alles ist richtig."),
                ],
            },
        ],
        **other,
    }


def _field(name: str, kind: str, label: str, **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "label": label,
        "hint": None,
        "required": True,
        "required_when": None,
        "options": [],
        "minimum": None,
        "maximum": None,
        "max_length": 120,
        "prefill": name if kind == "name" else None,
        "autocomplete": None,
        **other,
    }


ANSWERS = {
    "family_name": "Muster",
    "start": "2026-12-01",
    "plate": "LIN-AB 123",
    "holder": "self",
    "months": "12",
    "truth": "true",
}
SUMMARY = [
    {"section": "person", "field": "start", "type": "date", "label": "Gültig ab", "value": "2026-12-01",
     "text": "2026-12-01"},
    {"section": "fahrzeug", "field": "plate", "type": "plate", "label": "Kennzeichen", "value": "LIN-AB 123",
     "text": "LIN-AB 123"},
]  # fmt: skip


def checked(*errors: dict[str, Any]) -> dict[str, Any]:
    return {
        "service_version": 2,
        "fee_cents": None if errors else 3060,
        "fee_due": "before_decision",
        "summary": SUMMARY,
        "errors": list(errors),
    }


def case(state: str = "awaiting_payment", *steps: str, **other: Any) -> dict[str, Any]:
    """A case as its citizen gets it, with the steps it took."""
    can = {"awaiting_payment": ["pay", "withdraw"], "correction_requested": ["correct", "withdraw"]}
    return {
        "case_id": CASE,
        "case_number": "BPA-2026-000001",
        "service": SERVICE,
        "service_version": 2,
        "title": "Bewohnerparkausweis beantragen",
        "state": state,
        "submitted_at": "2026-11-22T13:02:00+00:00",
        "fee": {"cents": 3060, "due": "before_decision", "settled": False, "pay_by": "2026-12-06"},
        "can": can.get(state, []),
        "correction": "Bitte prüfen Sie das Kennzeichen." if state == "correction_requested" else None,
        "decision": None,
        "document": {
            "kind": "resident_parking_permit",
            "title": "Bewohnerparkausweis",
            "document_id": None,
        },
        "answers": {"family_name": "Muster", "plate": "LIN-AB 123", "truth": True},
        "summary": SUMMARY,
        "timeline": [
            {"step": step, "at": f"2026-11-22T13:0{at}:00+00:00"}
            for at, step in enumerate(steps or ("submitted",))
        ],
        **other,
    }


def claim(state: str = "open", *attempts: str, **other: Any) -> dict[str, Any]:
    return {
        "claim_id": CLAIM,
        "case_id": CASE,
        "kassenzeichen": "LIN26000471109",
        "amount_cents": 3060,
        "state": state,
        "pay_by": "2026-12-06",
        "attempts": [{"attempt_id": "a", "method": "card", "state": one} for one in attempts],
        **other,
    }


def document(kind: str = "resident_parking_permit", status: str = "valid") -> dict[str, Any]:
    return {
        "document_id": DOCUMENT,
        "kind": kind,
        "number": "BPA-26-000001",
        "valid_from": "2026-12-01",
        "valid_until": "2027-11-30",
        "status": status,
    }
