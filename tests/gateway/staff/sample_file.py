"""A case as applications hands it to a clerk, with its claim and documents."""

from typing import Any

from shared.ids import new_id
from tests.gateway.api.standin import Services

CASE, CLAIM, PERMIT, RECEIPT, ACCOUNT = (str(new_id()) for _ in range(5))
FILE: dict[str, Any] = {
    "case_id": CASE,
    "case_number": "BPA-2026-000123",
    "service": "bewohnerparkausweis",
    "service_version": 1,
    "title": "Bewohnerparkausweis",
    "state": "in_review",
    "condition": "in_review",
    "version": 4,
    "account_id": ACCOUNT,
    "submitted_at": "2026-11-22T09:30:00+00:00",
    "fee": {"cents": 3060, "currency": "EUR", "due": "before_decision", "settled": True, "pay_by": None},
    "can": ["withdraw"],
    "correction": None,
    "decision": None,
    "document": {"kind": "resident_parking_permit", "title": "Bewohnerparkausweis", "document_id": None},
    "answers": {"given_names": "Zoë", "family_name": "Ağaoğlu"},
    "summary": [
        {"section": "car", "field": "plate", "type": "plate", "label": "Kennzeichen", "value": "LIN-AB 123",
         "text": "LIN-AB 123"},
    ],
    "timeline": [],
    "reasons": ["season_plate", "register_mismatch", "thought_of_later"],
    "register_outcome": "mismatch",
    "rejection_reasons": [{"code": "no_main_residence", "words": "Keine Hauptwohnung im Gebiet"}],
    "events": [
        {"version": 1, "name": "applications.application_submitted", "at": "2026-11-22T09:30:00+00:00",
         "actor": f"account:{ACCOUNT}", "purpose": "apply"},
        {"version": 2, "name": "applications.register_answered", "at": "2026-11-22T09:30:01+00:00",
         "actor": "service:applications", "purpose": "reaction"},
        {"version": 3, "name": "applications.correction_requested", "at": "2026-11-22T09:40:00+00:00",
         "actor": "account:0193", "purpose": "case-work"},
        {"version": 4, "name": "applications.thought_of_later", "at": "2026-11-22T09:50:00+00:00",
         "actor": f"account:{ACCOUNT}", "purpose": "apply"},
    ],
}  # fmt: skip
CLAIMED = {
    "claim_id": CLAIM, "case_id": CASE, "case_number": "BPA-2026-000123", "kassenzeichen": "47112600000122",
    "amount_cents": 3060, "currency": "EUR", "state": "settled", "pay_by": None, "attempts": [],
    "settled_at": "2026-11-22T09:31:00+00:00",
}  # fmt: skip
DEFINITION = {"sections": [{"key": "car", "title": "Ihr Fahrzeug", "fields": []}]}


def document(kind: str, document_id: str, status: str = "valid") -> dict[str, Any]:
    return {
        "document_id": document_id,
        "kind": kind,
        "number": "BPA-26-000123" if document_id == PERMIT else None,
        "valid_from": "2026-12-01",
        "valid_until": "2027-11-30",
        "status": status,
    }


def filed(services: Services, *documents: dict[str, Any], **changed: Any) -> None:
    """Lets the services answer with the sample, some of it changed."""
    services.says |= {
        f"GET applications /applications/{CASE}/file": {**FILE, **changed},
        "GET applications /services/bewohnerparkausweis/versions/1": DEFINITION,
        "GET payments /claims": {"claims": [CLAIMED]},
        f"GET payments /claims/{CLAIM}": CLAIMED,
        "GET documents /documents": {"documents": list(documents)},
    }
