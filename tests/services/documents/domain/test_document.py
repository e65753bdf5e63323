"""A document: issued once, never changed; a successor, a revocation or its own date ends what it proves."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.documents.domain.document import (
    ASSESSMENT,
    PERMIT,
    RECEIPT,
    REJECTION,
    Content,
    Document,
    NotInForce,
    NotRevocable,
    NotSuspended,
    OwnSuccessor,
    PeriodImpossible,
    PermitIncomplete,
    StoredFile,
    document_id,
)
from services.documents.domain.events import (
    DocumentIssued,
    DocumentReinstated,
    DocumentRevoked,
    DocumentSuperseded,
    DocumentSuspended,
)
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FILE = StoredFile("documents/x.pdf.enc", "ab" * 32, 60_000)
PARKING = Content("BPA-26-004711", date(2026, 12, 1), date(2027, 11, 30), "A", "LIN-AB 123", "cd" * 32)


def given_document(kind: str = PERMIT, content: Content = PARKING) -> Document:
    return Document.issue(
        now=NOW, case_id=new_id(), account_id=new_id(), kind=kind, content=content, file=FILE
    )


def then(document: Document) -> list[Any]:
    """The events behind the first."""
    return document.pending_events[1:]


class TestIssuing:
    def test_keeps_what_must_be_known_unopened(self) -> None:
        (event,) = given_document().pending_events
        assert isinstance(event, DocumentIssued)
        assert (event.number, event.zone, event.plate) == ("BPA-26-004711", "A", "LIN-AB 123")
        assert (event.store_key, event.sha256, event.size) == ("documents/x.pdf.enc", "ab" * 32, 60_000)

    def test_gives_one_document_of_a_kind_per_case(self) -> None:
        case_id = new_id()
        assert document_id(case_id, PERMIT) == document_id(case_id, PERMIT)
        assert len({document_id(case_id, kind) for kind in (PERMIT, RECEIPT, REJECTION)}) == 3
        document = given_document()
        assert document.id == document_id(document.case_id, PERMIT)

    @pytest.mark.parametrize("missing", ["valid_from", "valid_until", "zone", "plate", "token_digest"])
    def test_refuses_an_incomplete_permit(self, missing: str) -> None:
        with pytest.raises(PermitIncomplete):
            given_document(content=replace(PARKING, **{missing: None}))  # type: ignore[arg-type]

    def test_refuses_an_impossible_period(self) -> None:
        with pytest.raises(PeriodImpossible):
            given_document(content=replace(PARKING, valid_until=date(2026, 11, 30)))

    def test_takes_a_notice_without_a_period(self) -> None:
        assert given_document(REJECTION, Content("ABL-26-000001")).condition == "issued"


class TestSuperseding:
    def test_names_the_successor(self) -> None:
        document, by = given_document(), new_id()
        document.supersede(by, now=NOW)
        (event,) = then(document)
        assert isinstance(event, DocumentSuperseded)
        assert (event.by, document.condition, document.superseded_by) == (by, "superseded", by)

    def test_is_refused_to_itself(self) -> None:
        document = given_document()
        with pytest.raises(OwnSuccessor):
            document.supersede(document.id, now=NOW)
        assert then(document) == []

    def test_is_refused_where_it_no_longer_counts(self) -> None:
        document = given_document()
        document.supersede(new_id(), now=NOW)
        with pytest.raises(NotInForce):
            document.supersede(new_id(), now=NOW)
        assert len(then(document)) == 1


class TestSuspending:
    def test_keeps_the_reason_and_can_be_lifted(self) -> None:
        document = given_document()
        document.suspend("unpaid", now=NOW)
        assert document.condition == "suspended"
        document.reinstate(now=NOW)
        suspended, reinstated = then(document)
        assert isinstance(suspended, DocumentSuspended)
        assert isinstance(reinstated, DocumentReinstated)
        assert (suspended.reason, document.condition) == ("unpaid", "issued")

    @pytest.mark.parametrize("end", ["suspend", "supersede", "revoke"])
    def test_is_refused_where_it_does_not_count(self, end: str) -> None:
        document = given_document()
        getattr(document, end)(new_id() if end == "supersede" else "lost", now=NOW)
        with pytest.raises(NotInForce):
            document.suspend("unpaid", now=NOW)
        assert len(then(document)) == 1

    def test_is_refused_of_a_receipt(self) -> None:
        document = given_document(RECEIPT, Content("QUI-26-000001"))
        with pytest.raises(NotRevocable):
            document.suspend("unpaid", now=NOW)

    @pytest.mark.parametrize("end", [None, "revoke"])
    def test_cannot_be_lifted_where_there_is_none(self, end: str | None) -> None:
        document = given_document()
        if end:
            document.suspend("unpaid", now=NOW)
            document.revoke("lost", now=NOW)
        with pytest.raises(NotSuspended):
            document.reinstate(now=NOW)

    def test_keeps_a_successor_from_its_place(self) -> None:
        document = given_document()
        document.suspend("unpaid", now=NOW)
        with pytest.raises(NotInForce):
            document.supersede(new_id(), now=NOW)


class TestRevoking:
    @pytest.mark.parametrize("kind", [PERMIT, ASSESSMENT, REJECTION])
    def test_keeps_the_reason(self, kind: str) -> None:
        document = given_document(kind)
        document.revoke("moved_away", now=NOW)
        (event,) = then(document)
        assert isinstance(event, DocumentRevoked)
        assert (event.reason, document.condition) == ("moved_away", "revoked")

    def test_outweighs_a_successor(self) -> None:
        document = given_document()
        document.supersede(new_id(), now=NOW)
        document.revoke("misused", now=NOW)
        assert document.condition == "revoked"

    def test_is_refused_twice(self) -> None:
        document = given_document()
        document.revoke("lost", now=NOW)
        with pytest.raises(NotInForce):
            document.revoke("lost", now=NOW)
        assert len(then(document)) == 1

    def test_is_refused_for_a_receipt(self) -> None:
        document = given_document(RECEIPT, Content("ZB-26-000001"))
        with pytest.raises(NotRevocable):
            document.revoke("misused", now=NOW)
        assert then(document) == []
