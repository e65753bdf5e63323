"""A permit given up early: what comes back is told before it is confirmed, and the service's rule decides."""

from typing import Any

import pytest

from tests.gateway.pages.conftest import CASE_PATH, Visitor, hidden
from tests.gateway.pages.samples import CASE, CLAIM, DOCUMENT, case, claim
from tests.gateway.pages.town import Town, problem

HERE = f"{CASE_PATH}/beenden"
SHARE = f"/claims/{CLAIM}/refunds/share"
REVOKE = f"/documents/{DOCUMENT}/revocation"
RULE = {"moved_away": "pro_rata", "vehicle_given_up": "pro_rata", "wrongly_granted": "full"}


def granted(**changed: Any) -> dict[str, Any]:
    found = case("completed", "submitted", "fee_settled", "approved", "completed")
    return {
        **found, "can": ["end"], "refunds": RULE, "valid_from": "2026-01-01", "valid_until": "2099-12-31",
        "document": {**found["document"], "document_id": DOCUMENT}, **changed,
    }  # fmt: skip


@pytest.fixture
def town(town: Town) -> Town:
    town.tell("GET", f"/applications/{CASE}", (200, granted()))
    town.tell("GET", "/claims", (200, {"claims": [claim("settled")]}))
    town.tell("GET", "/documents", (200, {"documents": []}))
    town.tell("GET", SHARE, (200, {"share_cents": 1275, "left_cents": 3060, "needs_approval": False}))
    town.tell("POST", REVOKE, (200, {"status": "revoked"}))
    return town


class TestAsking:
    async def test_says_what_comes_back_for_each_reason(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get(HERE)
        assert page.text.count("Sie bekommen 12,75\u00a0€ zurück") == 2
        assert page.text.count("Dafür kommt nichts zurück.") == 1
        [asked] = town.heard("GET", SHARE)
        assert (asked.query["valid_from"], asked.query["valid_until"]) == ("2026-01-01", "2099-12-31")
        assert town.heard("POST", REVOKE) == []

    @pytest.mark.parametrize(
        ("share", "sentence"),
        [
            ((200, {"share_cents": 0}), "Es ist kein voller Monat mehr übrig"),
            (problem(422, "period_impossible"), "Den Betrag können wir gerade nicht nennen."),
            (problem(503, "unavailable"), "Den Betrag können wir gerade nicht nennen."),
        ],
    )
    async def test_promises_no_amount_that_nobody_knows(
        self, citizen: Visitor, town: Town, share: Any, sentence: str
    ) -> None:
        town.tell("GET", SHARE, share)
        assert sentence in (await citizen.get(HERE)).text

    @pytest.mark.parametrize(
        ("share", "sentence", "way"),
        [
            (
                {"share_cents": 0, "reduced_cents": 1530},
                "Sie müssen 15,30\u00a0€ weniger bezahlen: die",
                False,
            ),
            (
                {"share_cents": 970, "reduced_cents": 560},
                "Sie müssen 5,60\u00a0€ weniger bezahlen und bekommen 9,70\u00a0€ zurück",
                True,
            ),
        ],
    )
    async def test_says_what_need_not_be_paid_any_more(
        self, citizen: Visitor, town: Town, share: dict[str, int], sentence: str, *, way: bool
    ) -> None:
        town.tell("GET", "/claims", (200, {"claims": [claim("open")]}))
        town.tell("GET", SHARE, (200, share))
        page = await citizen.get(HERE)
        assert page.text.count(sentence) == 2
        assert ("Das Geld geht auf dem Weg zurück" in page.text) is way

    async def test_promises_nothing_for_what_was_never_paid(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", "/claims", (200, {"claims": []}))
        page = await citizen.get(HERE)
        assert "Es ist kein voller Monat mehr übrig" in page.text
        assert town.heard("GET", SHARE) == []

    @pytest.mark.parametrize("changed", [{"can": []}, {"valid_until": "2026-01-31"}])
    async def test_is_not_offered_where_nothing_can_end(
        self, citizen: Visitor, town: Town, changed: dict[str, Any]
    ) -> None:
        town.tell("GET", f"/applications/{CASE}", (200, granted(**changed)))
        answer = await citizen.get(HERE)
        assert (answer.status_code, answer.headers["location"]) == (303, CASE_PATH)

    @pytest.mark.parametrize(("can", "linked"), [(["end"], True), ([], False)])
    async def test_is_linked_from_the_case(
        self, citizen: Visitor, town: Town, can: list[str], *, linked: bool
    ) -> None:
        town.tell("GET", f"/applications/{CASE}", (200, granted(can=can)))
        assert (f'href="{HERE}"' in (await citizen.get(CASE_PATH)).text) == linked


class TestEnding:
    async def test_is_told_once_with_its_reason(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get(HERE)
        answer = await citizen.send(page, HERE, {"reason": "moved_away"})
        assert (answer.status_code, answer.headers["location"]) == (303, CASE_PATH)
        [told] = town.heard("POST", REVOKE)
        assert told.json == {"reason": "moved_away"}
        assert told.headers["idempotency-key"] == hidden(page)["idempotency-key"]

    @pytest.mark.parametrize("reason", ["", "misused"])
    async def test_needs_a_reason_of_ones_own(self, citizen: Visitor, town: Town, reason: str) -> None:
        answer = await citizen.send(await citizen.get(HERE), HERE, {"reason": reason})
        assert (answer.status_code, "Bitte wählen Sie einen Grund" in answer.text) == (422, True)
        assert town.heard("POST", REVOKE) == []

    async def test_that_is_over_says_so(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", REVOKE, problem(409, "document_not_in_force"))
        answer = await citizen.send(await citizen.get(HERE), HERE, {"reason": "moved_away"})
        assert (answer.status_code, "Dieses Dokument gilt schon nicht mehr." in answer.text) == (409, True)
