"""A fee that is not paid, or not for good: what the citizen's pages say of it, and what can be done."""

import re

import pytest

from tests.gateway.pages.conftest import CASE_PATH, Visitor, situation_of
from tests.gateway.pages.samples import CASE, case, claim, document
from tests.gateway.pages.test_cases import tell_case
from tests.gateway.pages.town import Town

PAY = f'href="{CASE_PATH}/bezahlen"'
UNTIL = "2027-01-17T12:00:00+00:00"
STEPS = ("submitted", "fee_settled", "approved", "completed", "fee_reversed", "suspended")
FEE = {"cents": 3060, "due": "before_decision", "settled": False, "pay_by": "2026-12-06"}


class TestASuspendedDocument:
    async def test_is_said_to_rest_with_the_way_to_pay(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case("suspended", *STEPS), claim(), papers=(document(status="suspended"),))
        page = await citizen.get(CASE_PATH)
        assert situation_of(page).startswith("Ihr Dokument gilt zurzeit nicht, weil die Gebühr offen ist.")
        assert "Ausgesetzt, weil die Gebühr offen ist. Gilt zurzeit nicht." in page.text
        assert "paper--revoked" not in page.text
        assert PAY in page.text
        steps = re.findall(r'<li class="(\w+)"', page.text)
        assert steps == ["done", "done", "done", "done", "stopped", "stopped", "now"]

    async def test_counts_again_once_it_is_paid(self, citizen: Visitor, town: Town) -> None:
        paid = case("completed", *STEPS, "fee_settled", "reinstated", fee=FEE | {"settled": True})
        tell_case(town, paid, claim("settled"), papers=(document(),))
        page = await citizen.get(CASE_PATH)
        assert situation_of(page) == "Fertig! Ihr Dokument liegt für Sie bereit."
        assert "Gebühr bezahlt, das Dokument gilt wieder" in page.text
        assert "Ausgesetzt" not in page.text.replace("Dokument ausgesetzt", "")

    @pytest.mark.parametrize(
        ("state", "until", "said", "todo"),
        [
            ("suspended", None, "Ausgesetzt", True),
            ("awaiting_payment", UNTIL, "Zahlung noch nicht endgültig", False),
            ("awaiting_payment", None, "Bezahlung offen", True),
        ],
    )
    async def test_shows_in_the_list(
        self, citizen: Visitor, town: Town, state: str, until: str | None, said: str, todo: bool
    ) -> None:
        row = case(state, case_id=CASE, settled=False, provisional_until=until)
        town.tell("GET", "/applications", (200, {"applications": [row]}))
        town.tell("GET", "/drafts", (200, {"drafts": []}))
        page = await citizen.get("/vorgaenge")
        assert said in page.text
        assert ("Jetzt bezahlen" in page.text) is todo


class TestAFeeTakenBack:
    @pytest.mark.parametrize(
        ("rule", "said"),
        [("suspend", "setzen wir Ihr Dokument aus"), ("revoke", "widerrufen wir Ihr Dokument"), ("keep", "")],
    )
    async def test_is_said_with_what_is_at_stake(
        self, citizen: Visitor, town: Town, rule: str, said: str
    ) -> None:
        tell_case(
            town, case("completed", *STEPS[:5], fee=FEE | {"unpaid": rule}), claim(), papers=(document(),)
        )
        page = await citizen.get(CASE_PATH)
        assert PAY in page.text
        assert said in page.text
        assert ("Bleibt die Gebühr offen" in page.text) is bool(said)


class TestAPermitGivenUpEarly:
    async def test_says_what_is_still_owed_and_how_to_pay(self, citizen: Visitor, town: Town) -> None:
        ended = case("revoked", *STEPS[:5], "revoked", fee=FEE)
        owed = claim(owed_cents=2030, reduced_cents=1530, charges_cents=500)
        tell_case(town, ended, owed, papers=(document(status="revoked"),))
        page = await citizen.get(CASE_PATH)
        assert "Ihr Dokument endete vorzeitig: 15,30\u00a0€ der Gebühr sind entfallen." in page.text
        assert PAY in page.text
        assert "20,30\u00a0€" in page.text

    @pytest.mark.parametrize("state", ["settled", "cancelled"])
    async def test_asks_for_nothing_that_is_not_owed(self, citizen: Visitor, town: Town, state: str) -> None:
        ended = case("revoked", *STEPS[:5], "revoked", fee=FEE)
        tell_case(town, ended, claim(state), papers=(document(status="revoked"),))
        assert PAY not in (await citizen.get(CASE_PATH)).text


class TestAPaymentThatIsNotFinal:
    async def test_is_waited_for_and_not_asked_for_again(self, citizen: Visitor, town: Town) -> None:
        waits = case("awaiting_payment", "submitted", "fee_received", fee=FEE | {"provisional_until": UNTIL})
        tell_case(town, waits, claim("settled"))
        page = await citizen.get(CASE_PATH)
        assert situation_of(page) == "Ihre Zahlung ist da. Sobald sie endgültig ist, geht es weiter."
        assert "Bis 17.\u00a0Januar\u00a02027 kann Ihre Bank sie zurückholen" in page.text
        assert PAY not in page.text

    @pytest.mark.parametrize(("rule", "said"), [("wait", 1), ("accept", 0)])
    async def test_is_announced_before_one_pays(
        self, citizen: Visitor, town: Town, rule: str, said: int
    ) -> None:
        debit = ["direct_debit"]
        ways = {"methods": ["wero", *debit], "of_bank": debit, "provisional": debit}
        town.tell("GET", "/methods", (200, ways))
        tell_case(town, case(fee=FEE | {"provisional": rule}), claim())
        page = await citizen.get(f"{CASE_PATH}/bezahlen")
        assert page.text.count("Gilt erst als bezahlt, wenn Ihre Bank das Geld nicht mehr") == said
        assert page.text.count("Gilt als bezahlt, sobald der Anbieter es bestätigt, meist sofort.") == 1
