"""A case as its clerk sees it: everything that applications, payments and documents know, on one page."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gateway.pages.definitions import as_text, field_of, fields_of, grouped
from gateway.pages.parts import Parts, or_none
from gateway.pages.situations import Standing
from gateway.translations import Translator
from gateway.views.answers import revocation_field
from gateway.views.cases import Document
from gateway.views.forms import Field, Option
from gateway.views.frame import Tone
from gateway.views.work import CaseFilePage, HistoryEntry, Payment, Register
from gateway.visit import Visit
from shared.ids import new_id

PURPOSE: Final = "case-work"
STATES: Final = {
    "awaiting_register_and_payment": "awaiting_payment",
    "awaiting_register": "checking",
    "ready": "checking",
    "in_review": "with_clerk",
}
TONES: Final[dict[str, Tone]] = {
    "with_clerk": "warning",
    "completed": "success",
    "approved": "success",
    "suspended": "warning",
    "rejected": "danger",
    "revoked": "danger",
}
DECISIONS: Final = {
    "in_review": ("approve", "request_correction", "reject"),
    "correction_requested": ("take_correction_back",),
}
REVOCABLE: Final = frozenset({"valid", "not_yet_valid", "suspended"})
_CLAIM_STATES: Final = {"being_checked": "unclear"}
_CLAIM_TONES: Final[dict[str, Tone]] = {"settled": "success", "unclear": "warning", "refund_due": "warning"}
_REGISTER_TONES: Final[dict[str, Tone]] = {"match": "success", "pending": "info", "not_asked": "info"}
_AWAITING_REGISTER: Final = frozenset({"awaiting_register_and_payment", "awaiting_register"})


@dataclass(frozen=True, slots=True)
class Typed:
    """What the clerk had typed, so that a refusal loses none of it."""

    decision: str = ""
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The file as it was read; a part is None where its service was away."""

    case_id: UUID
    parts: Parts

    @property
    def file(self) -> dict[str, Any]:
        return self.parts.case

    @property
    def erased(self) -> bool:
        """Whether the citizen has deleted the account."""
        return bool(self.file.get("erased"))

    def page(self, visit: Visit, message: str = "", typed: Typed | None = None) -> CaseFilePage:
        """`message` is a key below `problem.`."""
        t, file, typed = visit.t, self.file, typed or Typed()
        state = STATES.get(file["condition"], file["condition"])
        decisions = DECISIONS.get(file["condition"], ())
        fields, hidden = self._revocation(t), self._revoked()
        here = f"/arbeit/{self.case_id}"
        return CaseFilePage(
            number=file["case_number"],
            service=file["title"],
            applicant=applicant(file["answers"]),
            state=state,
            tone=TONES.get(state, "info"),
            submitted_at=datetime.fromisoformat(file["submitted_at"]),
            reasons=tuple(referral(t, code) for code in file["reasons"]),
            groups=grouped(self.parts.definition, file["summary"], visit.language),
            steps=(),
            history=self._history(t),
            payment=self._payment(visit),
            register=self._register(),
            documents=self._documents(),
            action=visit.url(f"{here}/entscheidung") if decisions else "",
            decisions=decisions,
            reject_reasons=tuple(
                Option(value=one["code"], label=one["words"]) for one in file["rejection_reasons"]
            ),
            hidden={"version": str(file["version"])},
            decision=typed.decision,
            reason=typed.reason,
            reason_code=typed.reason_code,
            message=message,
            erased=self.erased,
            revoke_action=visit.url(f"{here}/widerruf") if fields else "",
            revoke_fields=fields,
            revoke_hidden=hidden,
            reissue_action=visit.url(f"{here}/neuausstellung") if self.reissuable() else "",
            reissue_fields=self._reissue(t),
        )

    def revocable(self) -> list[dict[str, Any]]:
        """Documents in force or suspended; a receipt states what happened and is never revoked."""
        documents = self.parts.documents or []
        return [one for one in documents if one["status"] in REVOCABLE and one["kind"] != "receipt"]

    def reissuable(self) -> list[str]:
        """The questions whose answers may be corrected for a new document."""
        asked = fields_of(self.parts.definition) if self.parts.definition else {}
        return [name for name in self.file.get("reissuable") or () if name in asked]

    def corrected(self, form: Mapping[str, str]) -> dict[str, str]:
        """What a clerk has changed of the answers that may be corrected."""
        answers = self.file["answers"]
        typed = {name: form.get(name, "").strip() for name in self.reissuable()}
        return {name: value for name, value in typed.items() if value != as_text(answers.get(name))}

    def _reissue(self, t: Translator) -> tuple[Field, ...]:
        names = self.reissuable()
        if not names or self.parts.definition is None:
            return ()
        asked, answers = fields_of(self.parts.definition), self.file["answers"]
        reason = Field(name="reason", kind="textarea", label=t("file.reissue_reason"), required=True)
        return (*(field_of(asked[name], answers.get(name)) for name in names), reason)

    def _revocation(self, t: Translator) -> tuple[Field, ...]:
        documents = self.revocable()
        if len(documents) < 2:
            return (revocation_field(t),) if documents else ()
        options = tuple(
            Option(
                value=one["document_id"],
                label=f"{t('document.' + one['kind'])} {one['number'] or ''}".strip(),
            )
            for one in documents
        )
        which = Field(name="document", kind="choice", label=t("file.revoke_document"), options=options)
        return (which, revocation_field(t))

    def _revoked(self) -> dict[str, str]:
        documents = self.revocable()
        alone = {"document": documents[0]["document_id"]} if len(documents) == 1 else {}
        return {**alone, "idempotency-key": str(new_id())} if documents else {}

    def _documents(self) -> tuple[Document, ...]:
        """After an erasure there is nothing to open."""
        found = Standing(self.parts).documents()
        return tuple(replace(one, url="") for one in found) if self.erased else found

    def _payment(self, visit: Visit) -> Payment | None:
        claim = self.parts.claim
        if claim is None:
            return None
        state, settled = _CLAIM_STATES.get(claim["state"], claim["state"]), claim["settled_at"]
        return Payment(
            state=state,
            tone=_CLAIM_TONES.get(state, "info"),
            amount_cents=claim["amount_cents"] - claim.get("reduced_cents", 0),
            kassenzeichen=claim["kassenzeichen"],
            settled_at=datetime.fromisoformat(settled) if settled else None,
            url=visit.url(f"/arbeit/kasse/vorgang/{self.case_id}"),
        )

    def _register(self) -> Register:
        waiting = self.file["condition"] in _AWAITING_REGISTER
        outcome = self.file["register_outcome"] or ("pending" if waiting else "not_asked")
        answers = [one["at"] for one in self.file["events"] if one["name"].endswith(".register_answered")]
        at = datetime.fromisoformat(answers[-1]) if answers else None
        return Register(outcome=outcome, tone=_REGISTER_TONES.get(outcome, "warning"), at=at)

    def _history(self, t: Translator) -> tuple[HistoryEntry, ...]:
        return tuple(
            HistoryEntry(
                at=datetime.fromisoformat(one["at"]),
                title=_told(t, one["name"].rpartition(".")[2]),
                actor=self._actor(one["actor"]),
            )
            for one in reversed(self.file["events"])
        )

    def _actor(self, actor: str) -> str:
        kind, _, who = actor.partition(":")
        if kind != "account":
            return "system"
        return "citizen" if who == self.file["account_id"] else "clerk"


async def read_file(visit: Visit, case_id: UUID) -> CaseFile:
    """The file of any case; that it was read is recorded by applications. Raises RemoteProblem (404),
    RemoteUnavailable."""
    params = {"case_id": str(case_id)}
    file, claims, documents = await asyncio.gather(
        visit.get("applications", f"/applications/{case_id}/file", purpose=PURPOSE),
        or_none(visit.get("payments", "/claims", purpose=PURPOSE, params=params)),
        or_none(visit.get("documents", "/documents", purpose=PURPOSE, params=params)),
    )
    version = f"/services/{file['service']}/versions/{file['service_version']}"
    definition = await or_none(visit.offered(version))
    parts = Parts(
        case=file,
        claims=claims["claims"] if claims else None,
        documents=documents["documents"] if documents else None,
        definition=definition,
    )
    return CaseFile(case_id, parts)


def applicant(answers: dict[str, Any]) -> str:
    """Who applied, as the form says; "" where it asks for no name, and after an erasure."""
    return " ".join(str(answers[name]) for name in ("given_names", "family_name") if answers.get(name))


def referral(t: Translator, code: str) -> str:
    """Why a case came to a clerk."""
    key = f"referral.{code}"
    return t(key if t.known(key) else "referral.other")


def _told(t: Translator, event: str) -> str:
    key = f"happened.{event}"
    return t(key if t.known(key) else "happened.other")
