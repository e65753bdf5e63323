"""The operator's switches: what is on, why something is not, and the question before it is turned."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.test_desk import text

HERE, CARD = "/arbeit/zahlarten", "/arbeit/zahlarten/zahlart/card"
SINCE = "2026-11-22T09:31:00+00:00"
ON = {"method": "card", "offered": True, "out": None, "provider": "girocheckout", "reason": "", "since": None,
      "switch": None}  # fmt: skip
OFF = {**ON, "method": "wero", "offered": False, "out": "switched_off", "provider": None, "reason": "Umbau",
       "since": SINCE, "switch": "method"}  # fmt: skip
SERVED = {"provider": "girocheckout", "methods": ["card", "wero"], "on": True, "reason": "", "since": None,
          "switch": None, "failures": 0, "failing_until": None}  # fmt: skip
FAILING = {**SERVED, "provider": "paypal", "methods": ["paypal"], "failures": 5, "failing_until": SINCE}
REASON = {"reason": "Störung beim Anbieter"}


@pytest.fixture
async def operator(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("ada", "operator")
    by_provider = {**OFF, "method": "payment_page", "switch": "provider"}
    retired = {**ON, "method": "paypal", "offered": False, "out": "retired", "provider": None}
    services.says |= {
        "GET payments /methods": {"methods": ["card"], "all": [ON, OFF, by_provider, retired]},
        "GET payments /providers": {"providers": [SERVED, FAILING]},
        "PUT payments /methods/card": {"on": False},
        "PUT payments /methods/wero": {"on": True},
        "PUT payments /providers/paypal": {"on": False},
    }
    async with browsing(gateway, "ada") as client:
        yield client


class TestTheBoard:
    async def test_says_what_is_off_since_when_and_why(self, operator: httpx.AsyncClient) -> None:
        page = await operator.get(HERE)
        for part in (
            "GiroCheckout", "Gestört, ruht von selbst 5 misslungene Starts nacheinander",
            "Nächster Versuch: 22. November 2026, 10:31 Uhr",
            "Abgeschaltet 22. November 2026, 10:31 Uhr Umbau",
            "Anbieter abgeschaltet", "Ausgelaufen",
        ):  # fmt: skip
            assert part in text(page), part
        turned = [name for name in ("card", "wero", "payment_page", "paypal")
                  if f'href="{HERE}/zahlart/{name}"' in page.text]  # fmt: skip
        assert turned == ["card", "wero"]
        assert f'href="{HERE}/anbieter/paypal"' in page.text

    async def test_says_when_nothing_is_set_up(self, operator: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /methods"] = {"methods": [], "all": []}
        services.says["GET payments /providers"] = {"providers": []}
        assert "Hier ist nichts eingerichtet." in text(await operator.get(HERE))

    async def test_is_an_error_page_while_payments_is_away(
        self, operator: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /providers"] = problem(503, "unavailable")
        assert (await operator.get(HERE)).status_code == 503

    async def test_is_the_operators_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("sam", "treasurer", "clerk")
        async with browsing(gateway, "sam") as client:
            token = (await client.get("/api/v1/session")).json()["csrf"]
            assert {(await client.get(path)).status_code for path in (HERE, CARD)} == {403}
            answer = await client.post(CARD, data={"csrf": token, "wanted": "off", **REASON})
            assert answer.status_code == 403
        assert {call.service for call in services.calls} == {"identity"}


class TestASwitch:
    @pytest.mark.parametrize(
        ("place", "to", "remote"),
        [
            ("zahlart/card", "off", "/methods/card"),
            ("zahlart/wero", "on", "/methods/wero"),
            ("anbieter/paypal", "off", "/providers/paypal"),
        ],
    )
    async def test_asks_before_it_turns(
        self, operator: httpx.AsyncClient, services: Services, place: str, to: str, remote: str
    ) -> None:
        asked = await operator.get(f"{HERE}/{place}")
        assert f'name="wanted" value="{to}"' in asked.text
        assert ("Ja, abschalten" if to == "off" else "Ja, einschalten") in text(asked)
        assert services.to("payments", remote) == []
        answer = await post_form(operator, f"{HERE}/{place}", f"{HERE}/{place}", wanted=to, **REASON)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("payments", remote)
        assert (call.body, call.purpose) == ({"on": to == "on", **REASON}, "payment-offer")

    @pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 201])
    async def test_needs_a_reason(self, operator: httpx.AsyncClient, services: Services, reason: str) -> None:
        answer = await post_form(operator, CARD, CARD, wanted="off", reason=reason)
        assert answer.status_code == 422
        assert "Bitte nennen Sie einen Grund mit 3 bis 200 Zeichen." in text(answer)
        assert services.to("payments", "/methods/card") == []

    async def test_is_not_turned_twice(self, operator: httpx.AsyncClient, services: Services) -> None:
        answer = await post_form(operator, CARD, CARD, wanted="on", **REASON)
        assert (answer.status_code, "Inzwischen hat sich etwas geändert" in text(answer)) == (409, True)
        assert f'value="{REASON["reason"]}"' in answer.text
        assert services.to("payments", "/methods/card") == []

    @pytest.mark.parametrize(
        "place", ["zahlart/shells", "anbieter/nobody", "zahlart/paypal", "zahlart/payment_page", "x/card"]
    )
    async def test_is_there_only_where_there_is_one(self, operator: httpx.AsyncClient, place: str) -> None:
        assert (await operator.get(f"{HERE}/{place}")).status_code == 404
