"""Mandates at the doors of the portal: used for another payment, for what follows, given another account."""

from typing import Any

import pytest

from tests.gateway.pages.conftest import CASE_PATH, Visitor, errors_of
from tests.gateway.pages.samples import CASE, CLAIM, case, claim
from tests.gateway.pages.town import Town, problem, refused_field

DEBIT, USE, PAY = f"{CASE_PATH}/lastschrift", f"{CASE_PATH}/lastschrift/mandat", f"{CASE_PATH}/bezahlen"
MANDATE = "01990000-0000-7000-8000-0000000000f1"
AMEND, REMOTE = f"/konto/mandate/{MANDATE}/konto", f"/mandates/{MANDATE}/amendment"
USED = f"/claims/{CLAIM}/mandate-debits"
GIVEN = {
    "mandate_id": MANDATE, "reference": "LIN-M1", "account": "DE89 … 3000", "holder": "Ada",
    "kind": "recurring", "state": "active",
}  # fmt: skip
NOTICE = {
    "creditor": "Stadtkasse Lindenau", "creditor_id": "DE98ZZZ09999999999", "amount_cents": 2100,
    "currency": "EUR", "mandate_reference": "LIN-M2", "due": "2027-02-15", "later": 3, "mandates": [GIVEN],
}  # fmt: skip
TYPED = {"holder": "Ada Lovelace", "iban": "DE02 1203 0000 0000 2020 51", "agreed": "true"}


@pytest.fixture(autouse=True)
def _case(town: Town) -> None:
    town.tell("GET", f"/applications/{CASE}", (200, case()))
    town.tell("GET", "/claims", (200, {"claims": [claim()]}))
    town.tell("GET", "/methods", (200, {"methods": ["card", "direct_debit"], "of_bank": ["direct_debit"]}))
    town.tell("GET", f"/claims/{CLAIM}/debits/notice", (200, NOTICE))
    tell_mandates(town, GIVEN)


def tell_mandates(town: Town, *given: dict[str, Any]) -> None:
    said = {"creditor": "Stadtkasse Lindenau", "creditor_id": "DE98ZZZ09999999999", "mandates": list(given)}
    town.tell("GET", "/mandates", (200, said))


class TestAMandateGivenBefore:
    async def test_is_offered_where_one_chooses_how_to_pay(self, citizen: Visitor, town: Town) -> None:
        words = "Wir buchen von DE89 … 3000 ab, mit dem Mandat, das Sie erteilt haben"
        assert words in (await citizen.get(PAY)).text
        for other in ({**GIVEN, "kind": "one_off"}, {**GIVEN, "state": "revoked"}):
            tell_mandates(town, other)
            assert words not in (await citizen.get(PAY)).text

    async def test_is_used_without_an_account(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", USED, (201, {}))
        page = await citizen.get(DEBIT)
        assert "Auch die 3 weiteren Raten buchen wir dann von selbst ab" in page.text
        answer = await citizen.send(page, USE)
        assert answer.headers["location"] == CASE_PATH
        assert town.heard("POST", USED)[0].json == {"mandate_id": MANDATE}
        assert "mit dem Mandat, das Sie erteilt haben" in (await citizen.get(CASE_PATH)).text

    @pytest.mark.parametrize(
        ("status", "slug", "where"),
        [
            (409, "mandate_not_active", DEBIT),
            (409, "mandate_one_off", DEBIT),
            (404, "not_found", DEBIT),
            (409, "debit_under_way", CASE_PATH),
            (409, "nothing_to_pay", CASE_PATH),
        ],
    )
    async def test_that_cannot_be_used_leads_on(
        self, citizen: Visitor, town: Town, status: int, slug: str, where: str
    ) -> None:
        town.tell("POST", USED, problem(status, slug))
        answer = await citizen.send(await citizen.get(DEBIT), USE)
        assert (answer.status_code, answer.headers["location"]) == (303, where)

    async def test_is_not_used_without_a_key(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get(DEBIT)
        assert (await citizen.send(page, USE, {"idempotency-key": "a b"})).status_code == 422
        assert town.heard("POST", USED) == []


class TestAMandateForWhatFollows:
    @pytest.mark.parametrize("kind", ["recurring", "one_off"])
    async def test_is_the_payers_choice(self, citizen: Visitor, town: Town, kind: str) -> None:
        town.tell("POST", f"/claims/{CLAIM}/debits", (201, {}))
        page = await citizen.get(DEBIT)
        assert "Für diese Rate und die 3 weiteren, die noch fällig werden" in page.text
        await citizen.send(page, DEBIT, {**TYPED, "kind": kind})
        assert town.heard("POST", f"/claims/{CLAIM}/debits")[0].json["kind"] == kind

    async def test_is_not_asked_for_where_nothing_follows(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", f"/claims/{CLAIM}/debits/notice", (200, {**NOTICE, "later": 0, "mandates": []}))
        page = (await citizen.get(DEBIT)).text
        assert "Wofür gilt das Mandat?" not in page
        assert USE not in page


class TestAnotherAccount:
    async def test_is_entered_from_the_profile(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", REMOTE, (201, {"still_debited": 0}))
        assert AMEND in (await citizen.get("/konto")).text
        page = await citizen.get(AMEND)
        assert "DE89 … 3000" in page.text
        answer = await citizen.send(page, AMEND, TYPED)
        assert answer.headers["location"] == "/konto"
        sent = town.heard("POST", REMOTE)[0]
        assert sent.json == {"holder": "Ada Lovelace", "iban": TYPED["iban"], "agreed": True}
        assert "Das neue Konto ist eingetragen." in (await citizen.get("/konto")).text

    async def test_says_what_is_still_taken_from_the_old_one(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", REMOTE, (201, {"still_debited": 1}))
        await citizen.send(await citizen.get(AMEND), AMEND, TYPED)
        assert "noch vom alten Konto" in (await citizen.get("/konto")).text

    async def test_that_is_wrong_is_told_at_its_field(self, citizen: Visitor, town: Town) -> None:
        errors = [refused_field("iban", "iban_check_digits")]
        town.tell("POST", REMOTE, problem(422, "invalid", errors=errors))
        answer = await citizen.send(await citizen.get(AMEND), AMEND, TYPED)
        assert answer.status_code == 422
        assert "IBAN: Eine Ziffer stimmt nicht oder zwei sind vertauscht." in errors_of(answer)[0]
        assert "Ada Lovelace" in answer.text

    async def test_that_is_the_same_is_told(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", REMOTE, problem(409, "same_account"))
        answer = await citizen.send(await citizen.get(AMEND), AMEND, TYPED)
        assert errors_of(answer) == ["Das ist schon das Konto dieses Mandats."]

    @pytest.mark.parametrize("given", [(), ({**GIVEN, "state": "revoked"},)])
    async def test_is_not_for_what_is_over_or_anothers(
        self, citizen: Visitor, town: Town, given: tuple[dict[str, Any], ...]
    ) -> None:
        tell_mandates(town, *given)
        answer = await citizen.get(AMEND)
        assert (answer.status_code, answer.headers["location"]) == (303, "/konto")

    async def test_needs_a_key(self, citizen: Visitor, town: Town) -> None:
        answer = await citizen.send(await citizen.get(AMEND), AMEND, {**TYPED, "idempotency-key": ""})
        assert answer.status_code == 422
        assert town.heard("POST", REMOTE) == []
