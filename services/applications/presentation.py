"""How services and cases are shown: definitions in one language, answers in words, steps of a timeline."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

from services.applications.catalogue.definition import FieldType, FormField, ServiceDefinition, Words
from services.applications.domain import case_events as happened
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.domain.processing_time import Measured
from shared.domain import Redacted
from shared.log import Recorded

PUBLIC_STATES: Final[Mapping[Condition, str]] = {
    Condition.AWAITING_REGISTER_AND_PAYMENT: "awaiting_payment",
    Condition.AWAITING_PAYMENT: "awaiting_payment",
    Condition.AWAITING_REGISTER: "in_progress",
    Condition.READY: "in_progress",
}
STEPS: Final[Mapping[type, str]] = {
    happened.Submitted: "submitted",
    happened.ProvisionalFeeReceived: "fee_received",
    happened.FeeSettled: "fee_settled",
    happened.FeeReversed: "fee_reversed",
    happened.InstalmentSettled: "instalment_settled",
    happened.Referred: "in_review",
    happened.CorrectionRequested: "correction_requested",
    happened.CorrectionLapsed: "correction_lapsed",
    happened.CorrectionTakenBack: "correction_taken_back",
    happened.Corrected: "corrected",
    happened.Approved: "approved",
    happened.Rejected: "rejected",
    happened.Withdrawn: "withdrawn",
    happened.Expired: "expired",
    happened.Completed: "completed",
    happened.ApprovalCorrected: "approval_corrected",
    happened.ApprovalSuspended: "suspended",
    happened.ApprovalReinstated: "reinstated",
    happened.ApprovalRevoked: "revoked",
}


def public_state(condition: Condition) -> str:
    """What a citizen is told: never whether the register answered, nor what."""
    return PUBLIC_STATES.get(condition, str(condition))


def listed(definition: ServiceDefinition, language: str) -> dict[str, Any]:
    """A service as a search result."""
    keywords = definition.keywords.en if language == "en" else definition.keywords.de
    return {
        "key": definition.key,
        "version": definition.version,
        "title": definition.title.in_language(language),
        "summary": definition.summary.in_language(language),
        "price": definition.price.in_language(language),
        "usual_duration": definition.usual_duration.in_language(language),
        "office": definition.office.in_language(language),
        "keywords": list(keywords),
        "leika": definition.leika,
        "trust": definition.trust,
        "automation": definition.automation.mode,
    }


def described(definition: ServiceDefinition, language: str) -> dict[str, Any]:
    """A service with its form."""
    return {
        **listed(definition, language),
        "description": definition.description.in_language(language),
        "needs": [words.in_language(language) for words in definition.needs],
        "fee_due": definition.fee.due,
        "fee_legal_basis": _in(definition.fee.legal_basis, language),
        "automation_legal_basis": _in(definition.automation.legal_basis, language),
        "document_kind": definition.result.kind,
        "sections": [
            {
                "key": section.key,
                "title": section.title.in_language(language),
                "fields": [
                    _field(entry, language) for entry in definition.fields if entry.section == section.key
                ],
            }
            for section in definition.sections
        ],
        "rejection_reasons": [
            {"code": reason.code, "words": reason.words.in_language(language)}
            for reason in definition.rejection_reasons
        ],
    }


def measured(key: str, found: Measured | None) -> dict[str, Any]:
    """How long a service takes, in whole seconds begun; `cases` is what the figures rest on."""
    return {
        "service": key,
        "cases": found.cases if found else None,
        "p50_seconds": ceil(found.p50.total_seconds()) if found else None,
        "p90_seconds": ceil(found.p90.total_seconds()) if found else None,
        "straight_through": round(found.straight_through, 3) if found else None,
    }


def _field(entry: FormField, language: str) -> dict[str, Any]:
    return {
        "name": entry.name,
        "type": str(entry.type),
        "label": entry.label.in_language(language),
        "hint": _in(entry.hint, language),
        "required": entry.required,
        "required_when": entry.required_when,
        "options": [
            {"value": option.value, "label": option.label.in_language(language)} for option in entry.options
        ],
        "min_length": entry.min_length,
        "max_length": entry.max_length,
        "minimum": entry.earliest if entry.type is FieldType.DATE else entry.minimum,
        "maximum": entry.latest if entry.type is FieldType.DATE else entry.maximum,
        "prefill": entry.prefill,
        "autocomplete": entry.autocomplete,
        "fim": entry.fim,
        "personal": entry.personal,
    }


def summarised(
    definition: ServiceDefinition, answers: Mapping[str, Any], language: str
) -> list[dict[str, Any]]:
    """The answers that were given, in the order of the form; days stay ISO, numbers numbers."""
    return [
        {
            "section": entry.section,
            "field": entry.name,
            "type": str(entry.type),
            "label": entry.label.in_language(language),
            "value": answers[entry.name],
            "text": _worded(entry, answers[entry.name], language),
        }
        for entry in definition.fields
        if entry.name in answers
    ]


def _worded(entry: FormField, value: Any, language: str) -> str:
    if entry.type is FieldType.CHOICE:
        chosen = [option for option in entry.options if option.value == value]
        return chosen[0].label.in_language(language) if chosen else str(value)
    if isinstance(value, bool):
        return {True: {"de": "Ja", "en": "Yes"}, False: {"de": "Nein", "en": "No"}}[value][
            "en" if language == "en" else "de"
        ]
    return ", ".join(value) if isinstance(value, list) else str(value)


def timeline(history: Iterable[Recorded]) -> list[dict[str, Any]]:
    """What happened and when, as the citizen may know it: the register's answer is no step."""
    return [
        {"step": STEPS[type(recorded.event)], "at": recorded.event.timestamp}
        for recorded in history
        if type(recorded.event) in STEPS
    ]


def told(
    case: Case, definition: ServiceDefinition, history: Iterable[Recorded], language: str
) -> dict[str, Any]:
    """A case as its citizen sees it; personal parts are null after an erasure."""
    answers = _open(case.answers) or {}
    return {
        "case_id": case.id,
        "case_number": case.case_number,
        "service": case.service,
        "service_version": case.service_version,
        "title": definition.title.in_language(language),
        "state": public_state(case.condition),
        "condition": public_state(case.condition),
        "version": case.version,
        "language": case.language,
        "submitted_at": case.created_on,
        "changed_at": case.modified_on,
        "fee": {
            "cents": case.fee_cents,
            "currency": case.currency,
            "due": case.fee_due,
            "settled": case.settled,
            "provisional": definition.fee.provisional,
            "unpaid": definition.fee.unpaid.document,
            "provisional_until": case.provisional_until,
            "pay_by": case.pay_by,
        },
        "can": [name for name, possible in _possible(case, definition) if possible],
        "refunds": definition.fee.refunds,
        "correction": _open(case.correction),
        "answer_by": case.answer_by,
        "decision": _decision(case),
        "valid_from": case.valid_from,
        "valid_until": case.valid_until,
        "document": {
            "kind": case.document_kind,
            "title": definition.result.title.in_language(language),
            "document_id": case.document_id,
        },
        "answers": answers,
        "summary": summarised(definition, answers, language),
        "assessment": _open(case.assessment) or None,
        "timeline": timeline(history),
    }


def filed(
    case: Case, definition: ServiceDefinition, history: list[Recorded], language: str
) -> dict[str, Any]:
    """A case as clerks and services see it: with what it rests on and who did what."""
    return {
        **told(case, definition, history, language),
        "condition": str(case.condition),
        "erased": isinstance(case.answers, Redacted),
        "account_id": case.account_id,
        "facts": _open(case.facts) or {},
        "reasons": case.reasons,
        "register_outcome": case.register_outcome,
        "automation": case.automation,
        "cost_object": case.cost_object,
        "office": definition.office.in_language(language),
        "fee_legal_basis": _in(definition.fee.legal_basis, language),
        "printed": _printed(definition),
        "reissuable": definition.result.reissue if case.condition is Condition.COMPLETED else (),
        "rejection_reasons": [
            {"code": reason.code, "words": reason.words.in_language(language)}
            for reason in definition.rejection_reasons
        ],
        "events": [
            {
                "version": recorded.event.originator_version,
                "name": recorded.name,
                "at": recorded.event.timestamp,
                "actor": recorded.meta.actor,
                "purpose": recorded.meta.purpose,
            }
            for recorded in history
        ],
    }


def _printed(definition: ServiceDefinition) -> dict[str, Any]:
    """The service's own words for its documents, of the version that the case began with."""
    result = definition.result
    named = {"title": result.title.de, "number_prefix": result.number_prefix}
    return {**definition.printed.model_dump(mode="json"), **named}


def _possible(case: Case, definition: ServiceDefinition) -> Iterable[tuple[str, bool]]:
    yield "pay", public_state(case.condition) == "awaiting_payment" and case.provisional_until is None
    yield "correct", case.condition is Condition.CORRECTION_REQUESTED
    yield "withdraw", case.is_open
    granted = case.condition is Condition.COMPLETED and case.valid_until is not None
    yield "end", granted and "pro_rata" in definition.fee.refunds.values()


def _decision(case: Case) -> dict[str, Any] | None:
    if case.decided_by is None:
        return None
    return {
        "decided_by": case.decided_by,
        "rule_version": case.rule_version,
        "legal_basis": case.legal_basis,
        "reason": case.decision_reason,
        "text": _open(case.decision_text),
    }


def _open(value: Any) -> Any:
    return None if isinstance(value, Redacted) else value


def _in(words: Words | None, language: str) -> str | None:
    return words.in_language(language) if words else None
