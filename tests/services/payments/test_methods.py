"""What is offered: switched by an operator, taken out by failures, captured only while it is wanted."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from services.payments import cli
from services.payments.attempts import Attempts
from services.payments.domain.claim import Claim
from services.payments.domain.money import Recorded
from services.payments.offer import Offer
from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    Method,
    Notification,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    Started,
    State,
)
from services.payments.providers.registry import Providers
from shared.ids import new_id
from shared.testing import Running
from tests.deploy.sandbox.serving import Sandbox, Shop
from tests.services.payments.paying import FEE, PORTAL, Citizen, notify, paid
from tests.services.payments.test_money_tasks import PROBLEM, CashOffice

pytestmark = pytest.mark.integration
OFF = {"on": False, "reason": "contract ends"}


@pytest.fixture
def operator(payments: Running) -> CashOffice:
    return CashOffice(payments, "operator")


async def put(who: CashOffice, path: str, said: dict[str, Any]) -> Any:
    return await who.http.put(path, json=said, headers=who.headers)


class TestASwitch:
    async def test_takes_a_method_out_and_puts_it_back(self, citizen: Citizen, operator: CashOffice) -> None:
        assert (await put(operator, "/methods/card", OFF)).status_code == 200
        seen = await operator.get("/methods")
        [card] = [way for way in seen["all"] if way["method"] == "card"]
        assert "card" not in seen["methods"]
        assert (card["offered"], card["out"], card["reason"]) == (False, "switched_off", "contract ends")
        refused = await citizen.begins()
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "method_off")
        assert (await citizen.claim())["attempts"] == []
        await put(operator, "/methods/card", {"on": True, "reason": "signed again"})
        assert (await citizen.begins(key="k2")).status_code == 201

    async def test_says_since_when_and_whether_its_providers(self, operator: CashOffice) -> None:
        await put(operator, "/providers/girocheckout", OFF)
        [served] = (await operator.get("/providers"))["providers"]
        assert (served["on"], served["reason"], served["failing_until"]) == (False, "contract ends", None)
        assert served["methods"] == [way["method"] for way in (await operator.get("/methods"))["all"]]
        assert {(way["switch"], way["since"]) for way in (await operator.get("/methods"))["all"]} == {
            ("provider", served["since"])
        }
        await put(operator, "/methods/card", OFF)
        [card] = [way for way in (await operator.get("/methods"))["all"] if way["method"] == "card"]
        assert card["switch"] == "method"

    async def test_is_not_shown_to_citizens(self, citizen: Citizen) -> None:
        answer = await citizen.payments.http.get("/providers", headers=citizen.headers)
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "wrong_role")

    async def test_says_no_reason_to_citizens(self, citizen: Citizen, operator: CashOffice) -> None:
        await put(operator, "/methods/card", OFF)
        answer = await citizen.payments.http.get("/methods", headers=citizen.headers)
        assert "contract" not in answer.text

    async def test_lets_what_is_under_way_go_on(
        self, payments: Running, citizen: Citizen, operator: CashOffice, bank: Sandbox, shop: Shop
    ) -> None:
        query = await paid(citizen, bank, shop)
        await put(operator, "/providers/girocheckout", OFF)
        assert (await operator.get("/methods"))["methods"] == []
        assert (await notify(payments, query)).json()["Recorded"] == "settled"

    async def test_is_turned_by_the_command_as_well(
        self, payments: Running, operator: CashOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PORTAL_DATABASE_URL", payments.databases.log)
        said = await asyncio.to_thread(CliRunner().invoke, cli.app, ["off", "card", "--reason", "by hand"])
        assert said.exit_code == 0, said.output
        async with asyncio.timeout(10):
            while "card" in (await operator.get("/methods"))["methods"]:
                await asyncio.sleep(0.05)
        listed = await asyncio.to_thread(CliRunner().invoke, cli.app, ["switches"])
        assert "by hand" in listed.output
        wrong = await asyncio.to_thread(CliRunner().invoke, cli.app, ["on", "x:card", "--reason", "none"])
        assert wrong.exit_code == 2

    async def test_is_the_operators_alone(self, payments: Running) -> None:
        clerk = CashOffice(payments, "treasurer")
        answer = await put(clerk, "/methods/card", OFF)
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "wrong_role")

    @pytest.mark.parametrize("path", ["/methods/shells", "/providers/nobody"])
    async def test_of_what_is_not_there_is_refused(self, operator: CashOffice, path: str) -> None:
        assert (await put(operator, path, OFF)).status_code == 404


class TestAFailingProvider:
    async def test_is_taken_out_by_itself(
        self, payments: Running, citizen: Citizen, operator: CashOffice, bank: Sandbox
    ) -> None:
        for number in range(5):
            await asyncio.to_thread(bank.tell, "unavailable", call="start")
            assert (await citizen.begins(key=f"k{number}")).status_code == 503
        seen = await operator.get("/methods")
        assert {way["out"] for way in seen["all"]} == {"provider_failing"}
        [served] = (await operator.get("/providers"))["providers"]
        assert (served["on"], served["failures"], bool(served["failing_until"])) == (True, 5, True)
        attempts = len((await citizen.claim())["attempts"])
        assert (await citizen.begins(key="k9")).json()["type"] == PROBLEM + "provider_unavailable"
        assert len((await citizen.claim())["attempts"]) == attempts  # nobody was sent there


class TwoStep:
    """A provider whose payer agrees first; the money moves when it is captured."""

    name, methods = "twostep", frozenset({Method.PAYPAL})

    def __init__(self) -> None:
        self.captured: list[UUID] = []
        self.answer: Exception | None = None

    async def start(self, attempt: Attempt) -> Started:
        return Started("ref-2", "http://provider.test/")

    def said(self, attempt_id: UUID, state: State) -> Outcome:
        return Outcome(state, state.value, "ref-2", attempt_id.hex, FEE, "EUR")

    async def status(self, reference: str, method: Method) -> Outcome:
        raise ProviderUnavailable("silent")

    async def capture(self, reference: str, method: Method, attempt_id: UUID) -> Outcome:
        self.captured.append(attempt_id)
        if self.answer is not None:
            raise self.answer
        return self.said(attempt_id, State.SUCCEEDED)

    async def verify_callback(self, callback: Callback) -> Notification:
        raise CallbackForged("none")


class TestAnApproval:
    @staticmethod
    def attempts(payments: Running, provider: TwoStep) -> Attempts:
        providers = Providers.of([provider])
        offer = Offer(payments.runtime.pool, providers, frozenset(), 5, timedelta(minutes=1))
        return Attempts(payments.runtime, providers, offer, {})

    async def agreed(self, payments: Running, citizen: Citizen, provider: TwoStep) -> tuple[UUID, Recorded]:
        attempts = self.attempts(payments, provider)
        unit, attempt_id = payments.runtime.unit(), new_id()
        claim = await unit.load(Claim, citizen.claim_id)
        if claim.condition == "open":
            claim.open_attempt(attempt_id, "paypal", PORTAL, now=unit.now)
            claim.record_start(attempt_id, provider.name, "ref-2", now=unit.now)
        await unit.save(claim)
        await unit.commit()
        said = provider.said(attempt_id, State.APPROVED)
        return attempt_id, await attempts.take_callback(Notification(Method.PAYPAL, said), provider)

    async def test_is_captured_and_settles(self, payments: Running, citizen: Citizen) -> None:
        provider = TwoStep()
        attempt_id, result = await self.agreed(payments, citizen, provider)
        assert (result, provider.captured) == (Recorded.SETTLED, [attempt_id])

    async def test_waits_where_the_capture_has_no_answer(self, payments: Running, citizen: Citizen) -> None:
        provider = TwoStep()
        provider.answer = ProviderUnavailable("timeout")
        _, result = await self.agreed(payments, citizen, provider)
        assert (result, (await citizen.claim())["state"]) == (Recorded.APPROVED, "being_checked")

    async def test_is_not_captured_once_the_claim_has_ended(
        self, payments: Running, citizen: Citizen
    ) -> None:
        provider = TwoStep()
        provider.answer = ProviderUnavailable("timeout")
        attempt_id, _ = await self.agreed(payments, citizen, provider)
        unit = payments.runtime.unit()
        claim = await unit.load(Claim, citizen.claim_id)
        claim.withdraw_claim("withdrawn", now=unit.now)
        await unit.save(claim)
        await unit.commit()
        said = Notification(Method.PAYPAL, provider.said(attempt_id, State.APPROVED))
        attempts = self.attempts(payments, provider)
        assert await attempts.take_callback(said, provider) is Recorded.FAILED
        assert provider.captured == [attempt_id]  # the one time before

    async def test_ends_where_the_payers_means_are_declined(
        self, payments: Running, citizen: Citizen
    ) -> None:
        provider = TwoStep()
        provider.answer = ProviderRefused("INSTRUMENT_DECLINED", Reaction.PAYER)
        _, result = await self.agreed(payments, citizen, provider)
        assert (result, (await citizen.claim())["state"]) == (Recorded.FAILED, "open")
