"""One trace from the sending of the form to the issued permit: through services, logs and broker."""

import asyncio
import json
from typing import Any

import pytest

from deploy.local.demo.listening import Listener
from deploy.local.secrets import LOGS
from tests.journeys.books import Books
from tests.journeys.collector import Collector, Sent
from tests.journeys.people import Resident, newcomer
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
SET_OFF = {  # by the sending of the form; to begin to pay is another click, and so another trace
    "applications.application_submitted.v1",
    "applications.application_approved.v1",
    "applications.application_completed.v1",
    "documents.document_issued.v1",
    "payments.payment_requested.v1",
    "payments.payment_settled.v1",
}
STEPS = {  # what is done in it, the register asked and the mail sent included
    ("applications", "POST /applications"),
    ("applications", "task ask_register"),
    ("payments", "react applications.application_submitted.v1"),
    ("applications", "react payments.payment_settled.v1"),
    ("documents", "react applications.application_approved.v1"),
    ("documents", "task render_document"),
    ("applications", "react documents.document_issued.v1"),
    ("identity", "react documents.document_issued.v1"),
}


@pytest.fixture(scope="module")
async def told(stage: Stage, listener: Listener, books: Books) -> tuple[Resident, list[dict[str, Any]]]:
    """A resident who has gone the whole way, and the public events of the case as the feeds keep them."""
    resident = newcomer(stage)
    await resident.arrive()
    await resident.submit()
    await resident.pay()
    await listener.wait_for("applications.application_completed.v1", resident.case_id)
    await books.settled()
    feeds = [await stage.query(name, "SELECT envelope FROM feed ORDER BY sequence") for name in LOGS]
    events = [json.loads(row["envelope"]) for feed in feeds for row in feed]
    return resident, [e for e in events if resident.case_id in (e["subject"], e["data"].get("case_id"))]


def trace_of(event: dict[str, Any]) -> str:
    """The id of its trace; empty where it has none."""
    trace: str = event.get("traceparent", "--").split("-")[1]
    return trace


class TestOneTrace:
    async def test_is_carried_by_every_event_that_the_form_sets_off(
        self, told: tuple[Resident, list[dict[str, Any]]]
    ) -> None:
        _, events = told
        traces = {(event["type"], trace_of(event)) for event in events if event["type"] in SET_OFF}
        assert {kind for kind, _ in traces} == SET_OFF
        assert len({trace for _, trace in traces}) == 1, traces
        assert len({e["correlationid"] for e in events if e["type"] in SET_OFF}) == 1

    async def test_holds_the_steps_of_all_services_below_one_root(
        self, told: tuple[Resident, list[dict[str, Any]]], collector: Collector
    ) -> None:
        _, events = told
        (trace,) = {trace_of(event) for event in events if event["type"] in SET_OFF}
        spans = await self.complete(collector, trace)
        assert {span.service for span in spans} == {
            "gateway",
            "identity",
            "applications",
            "payments",
            "documents",
        }
        known = {span.span for span in spans}
        (root,) = [span for span in spans if not span.parent]
        assert (root.service, root.name.partition(" ")[0]) == ("gateway", "POST")
        assert [span for span in spans if span.parent and span.parent not in known] == []

    @staticmethod
    async def complete(collector: Collector, trace: str) -> list[Sent]:
        """The trace once its last span was sent."""
        async with asyncio.timeout(15):
            while missing := STEPS - {(span.service, span.name) for span in collector.of(trace)}:
                try:
                    await asyncio.sleep(0.1)
                except asyncio.CancelledError:
                    found = sorted({(span.service, span.name) for span in collector.of(trace)})
                    raise AssertionError(f"{sorted(missing)} missing in {found}") from None
        return collector.of(trace)

    async def test_tells_nobody_about_the_citizen(
        self, told: tuple[Resident, list[dict[str, Any]]], collector: Collector
    ) -> None:
        me = told[0].citizen
        for span in collector.spans:
            for secret in (me.family_name, me.email, me.plate):
                assert secret not in span.name + span.attributes
