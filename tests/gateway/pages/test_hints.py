"""What pages make of the events they hear: sooner and fewer questions, and never an answer of their own."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from gateway.live import LiveHub
from gateway.pages.parts import Parts
from gateway.pages.situations import Standing
from shared.bus.envelope import Envelope
from shared.ids import new_id
from tests.gateway.pages.conftest import CASE_PATH, Visitor
from tests.gateway.pages.samples import CASE, case, claim, document
from tests.gateway.pages.test_cases import ISSUED, LOOK, PAY, events_of, tell_case
from tests.gateway.pages.town import Answer, Asked, Town

NOTHING: Final[dict[str, Any]] = {"claims": []}


def happened(kind: str) -> Envelope:
    """A public event of the case."""
    source, here = f"portal/{kind.partition('.')[0]}", {"case_id": CASE}
    return Envelope(
        id=new_id(), source=source, type=kind, subject=CASE, time=datetime.now(UTC), sequence=1, data=here,
        streamversion=1,
    )  # fmt: skip


class Hearing:
    """The gateway hears of its case what a test says."""

    def __init__(self, portal: Any) -> None:
        self.hub = portal.live = LiveHub("amqp://nowhere.invalid", "portal.events")
        self.hub.connected = True

    def say(self, kind: str) -> None:
        for watch in list(self.hub._watches.get(CASE, ())):
            watch.put(happened(kind))


@pytest.fixture
def hearing(citizen: Visitor) -> Hearing:
    return Hearing(citizen.portal)


def claims_after(hearing: Hearing, kind: str, *looks: dict[str, Any]) -> Any:
    """Each look at the claims finds the next of `looks`; behind each of them an event is heard."""
    found = list(looks)

    def look(_asked: Asked) -> Answer:
        asyncio.get_running_loop().call_later(0.05, hearing.say, kind)
        return 200, found.pop(0) if len(found) > 1 else found[0]

    return look


class TestWaitingForAClaim:
    @pytest.fixture(autouse=True)
    def _long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.pages.payments.PAUSES_HEARD", (2.0,) * 2)

    async def test_ends_with_the_word_of_payments(
        self, citizen: Visitor, town: Town, hearing: Hearing
    ) -> None:
        tell_case(town, case())
        said = claims_after(hearing, "payments.payment_requested.v1", NOTHING, {"claims": [claim()]})
        town.tell("GET", "/claims", said)
        began = asyncio.get_running_loop().time()
        assert "Wie möchten Sie bezahlen?" in (await citizen.get(PAY)).text
        assert asyncio.get_running_loop().time() - began < 2
        assert len(town.heard("GET", "/claims")) == 2

    async def test_does_not_end_with_the_word_of_others(
        self, citizen: Visitor, town: Town, hearing: Hearing
    ) -> None:
        tell_case(town, case())
        said = claims_after(hearing, "applications.application_submitted.v1", NOTHING, {"claims": [claim()]})
        town.tell("GET", "/claims", said)
        began = asyncio.get_running_loop().time()
        assert "Wie möchten Sie bezahlen?" in (await citizen.get(PAY)).text
        assert asyncio.get_running_loop().time() - began >= 2

    async def test_does_not_believe_an_event(
        self, citizen: Visitor, town: Town, hearing: Hearing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.pages.payments.PAUSES_HEARD", (0.1, 0.1))
        tell_case(town, case())
        said = claims_after(hearing, "payments.payment_requested.v1", NOTHING)
        town.tell("GET", "/claims", said)
        assert "Ihre Zahlung wird gerade vorbereitet." in (await citizen.get(PAY)).text


class TestTheStream:
    async def test_asks_once_for_what_came_together(
        self, citizen: Visitor, town: Town, hearing: Hearing
    ) -> None:
        begun, done = case("in_progress"), case("completed", *ISSUED)
        tell_case(town, begun, claim("settled"), papers=(document(), document("receipt")))
        found = [begun]

        def end() -> None:
            found[0] = done
            hearing.say("applications.application_completed.v1")

        def look(_asked: Asked) -> Answer:
            if len(town.heard("GET", LOOK)) == 1:
                for _ in range(4):
                    hearing.say("applications.application_approved.v1")
                asyncio.get_running_loop().call_later(0.5, end)
            return 200, found[0]

        town.tell("GET", LOOK, look)
        stand = Standing(Parts(begun, [claim("settled")], [])).stand
        answer = await citizen.get(f"{CASE_PATH}/ereignisse?stand={stand}")
        assert events_of(answer)[-1] == "done"
        assert len(town.heard("GET", LOOK)) == 3

    async def test_sees_what_happens_while_it_asks(
        self, citizen: Visitor, town: Town, hearing: Hearing
    ) -> None:
        """An event behind the answer of a service is no old one."""
        begun, done = case("in_progress"), case("completed", *ISSUED)
        tell_case(town, begun, claim("settled"), papers=(document(), document("receipt")))
        found = [begun]

        def papers(_asked: Asked) -> Answer:
            if found == [begun]:
                asyncio.get_running_loop().call_later(0.02, hearing.say, "documents.document_issued.v1")
            found.append(done)
            return 200, {"documents": [document(), document("receipt")]}

        town.tell("GET", LOOK, lambda _asked: (200, found[-1] if len(town.heard("GET", LOOK)) > 1 else begun))
        town.tell("GET", "/documents", papers)
        stand = Standing(Parts(begun, [claim("settled")], [])).stand
        answer = await asyncio.wait_for(citizen.get(f"{CASE_PATH}/ereignisse?stand={stand}"), 5)
        assert events_of(answer)[-1] == "done"
