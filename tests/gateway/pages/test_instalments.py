"""A charge in instalments on the citizen's page: which counts, how each stands, what is to be paid next."""

import re
from typing import Any

import pytest

from gateway.pages.parts import Parts, claim_that_counts
from gateway.pages.plans import plan_of, state_of
from gateway.pages.situations import Standing
from gateway.translations import Translator
from tests.gateway.pages.conftest import CASE_PATH, Visitor
from tests.gateway.pages.samples import CASE, case, claim
from tests.gateway.pages.town import Town

DEBIT = {"due": "2027-02-15", "amount_cents": 2100, "reference": "47112600000122-1", "state": "announced"}


def instalment(at: int, state: str = "open", **other: Any) -> dict[str, Any]:
    of = {"instalment": at, "instalment_count": 3, "amount_cents": 2100, "owed_cents": 2100}
    return claim(state, **of, claim_id=f"c{at}", kassenzeichen=f"KZ{at}", pay_by=f"2027-0{at}-15", **other)


def in_states(*states: str) -> list[dict[str, Any]]:
    return [instalment(at, state) for at, state in enumerate(states, 1)]


class TestTheClaimThatCounts:
    @pytest.mark.parametrize(
        ("states", "counts"),
        [
            (("open", "open", "open"), 1),
            (("settled", "open", "open"), 2),
            (("being_checked", "open", "open"), 1),
            (("settled", "cancelled", "open"), 3),
            (("settled", "settled", "settled"), 3),
            (("settled", "cancelled", "cancelled"), 1),
            (("cancelled", "cancelled"), 2),
        ],
    )
    def test_is_the_first_that_is_not_paid(self, states: tuple[str, ...], counts: int) -> None:
        found = claim_that_counts(in_states(*states))
        assert found is not None
        assert found["instalment"] == counts

    def test_is_none_before_there_is_one(self) -> None:
        assert claim_that_counts([]) is None


class TestAState:
    @pytest.mark.parametrize(
        ("found", "state"),
        [
            (instalment(1), "open"),
            (instalment(1, overdue=True), "overdue"),
            (instalment(1, waits_for="transfer"), "transfer"),
            (instalment(1, waits_for="debit", debit=DEBIT), "announced"),
            (instalment(1, arranged=True), "arranged"),
            (instalment(1, debit={**DEBIT, "state": "returned"}), "came_back"),
            (instalment(1, "being_checked"), "being_checked"),
            (instalment(1, "settled", debit={**DEBIT, "state": "booked"}), "settled"),
            (instalment(1, "cancelled", arranged=True), "cancelled"),
        ],
    )
    def test_says_what_happens_next(self, found: dict[str, Any], state: str) -> None:
        assert state_of(found) == state
        assert all(Translator(language).known(f"plan_state.{state}") for language in ("de", "en"))

    def test_is_of_a_charge_in_instalments_alone(self) -> None:
        assert plan_of([claim()]) == ()


class TestThePlan:
    def tell(self, town: Town, *claims: dict[str, Any]) -> None:
        town.tell("GET", f"/applications/{CASE}", (200, case("completed", "submitted", "completed")))
        town.tell("GET", "/claims", (200, {"claims": list(claims)}))

    async def test_is_a_table_in_words(self, citizen: Visitor, town: Town) -> None:
        self.tell(
            town, instalment(1, "settled"), instalment(2, waits_for="debit", debit=DEBIT),
            instalment(3, arranged=True),
        )  # fmt: skip
        page = (await citizen.get(CASE_PATH)).text
        found = re.search(r'<caption id="plan">.*?</table>', page, re.S)
        assert found is not None
        rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found[0].split("</tr>")[1:-1]]
        assert rows == [
            "1. Rate KZ1 15. Januar 2027 21,00 € Bezahlt",
            "2. Rate KZ2 15. Februar 2027 21,00 € Lastschrift angekündigt am 15. Februar 2027",
            "3. Rate KZ3 15. März 2027 21,00 € Wird von selbst abgebucht",
        ]

    async def test_is_not_shown_for_one_payment(self, citizen: Visitor, town: Town) -> None:
        self.tell(town, claim("settled"))
        assert 'id="plan"' not in (await citizen.get(CASE_PATH)).text

    async def test_leaves_nothing_to_do_where_it_is_debited(self, citizen: Visitor, town: Town) -> None:
        self.tell(town, instalment(1, "settled"), instalment(2, arranged=True), instalment(3, arranged=True))
        page = (await citizen.get(CASE_PATH)).text
        assert f"{CASE_PATH}/bezahlen" not in page
        assert "von selbst ab, mit dem Mandat, das Sie erteilt haben" in page
        self.tell(town, instalment(1, "settled"), instalment(2), instalment(3))
        assert f"{CASE_PATH}/bezahlen" in (await citizen.get(CASE_PATH)).text

    def test_changes_what_the_page_was_drawn_from(self) -> None:
        found = case("completed", "submitted", "completed")
        one, other = (
            Standing(Parts(found, [instalment(1, waits_for="debit", debit=DEBIT), last], []))
            for last in (instalment(2, arranged=True), instalment(2))
        )
        assert one.around != other.around
