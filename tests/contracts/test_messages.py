"""Message contracts: what a consumer reads of a foreign event is what its producer promises."""

import re
from typing import Any, cast

import pytest

from deploy.compose import FOLLOWED
from services.applications import consumed as applications
from services.applications.published import PUBLISHED as APPLICATIONS
from services.documents import policies as documents
from services.documents.erasing import Eraser
from services.documents.issuing import Issuer
from services.documents.published import PUBLISHED as DOCUMENTS
from services.identity import consumed as identity
from services.identity.published import PUBLISHED as IDENTITY
from services.payments import policies as payments
from services.payments.published import PUBLISHED as PAYMENTS
from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.published import PublicEvent
from shared.tasks import Tasks
from tests.architecture.tracked import ROOT

NOBODY = cast(Any, None)  # what a reaction works with is not needed to ask what it reads


def consumers() -> dict[str, Handlers]:
    """The reactions of each service, bound to nothing."""
    of_payments, of_documents = Handlers(), Handlers()
    payments.register(of_payments, NOBODY, NOBODY)
    documents.register(of_documents, Tasks(), object.__new__(Issuer), object.__new__(Eraser))
    return {
        "identity": identity.handlers(),
        "applications": applications.handlers(NOBODY),
        "payments": of_payments,
        "documents": of_documents,
    }


PROMISED: dict[str, PublicEvent[Any, Any]] = {
    event.type(published.service): event
    for published in (IDENTITY, APPLICATIONS, PAYMENTS, DOCUMENTS)
    for event in published
}
READ = [
    pytest.param(kind, reader, id=f"{consumer}-{kind}-{reader.__name__}")
    for consumer, handlers in consumers().items()
    for kind, readers in handlers.readers().items()
    for reader in readers
]


class TestReaders:
    @pytest.mark.parametrize(("kind", "reader"), READ)
    def test_read_what_is_published(self, kind: str, reader: type[ForeignEvent]) -> None:
        assert kind in PROMISED, f"nobody publishes {kind}"
        model = PROMISED[kind].model
        missing = [
            name
            for name, field in reader.model_fields.items()
            if field.is_required() and name not in model.model_fields
        ]
        assert not missing

    @pytest.mark.parametrize(("kind", "reader"), READ)
    def test_take_the_producers_example(self, kind: str, reader: type[ForeignEvent]) -> None:
        reader.model_validate(PROMISED[kind].example.model_dump(mode="json"))

    @pytest.mark.parametrize(("consumer", "handlers"), consumers().items())
    def test_may_bind_to_what_they_read(self, consumer: str, handlers: Handlers) -> None:
        assert sorted(FOLLOWED[consumer]) == handlers.sources()
        broker = (ROOT / "deploy/overlays/dev/broker.yaml").read_text()
        allowed = re.search(rf'write: "\^{consumer}\\\\\.", read: "\^\(([a-z|]+)\)', broker)
        assert allowed is not None
        assert sorted(allowed[1].split("|")) == handlers.sources()

    def test_every_service_listens(self) -> None:
        assert all(handlers.sources() for handlers in consumers().values())
