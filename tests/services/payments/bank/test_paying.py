"""Paying by the city's own account: the transfer's page, the debit's mandate, and what is refused."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.address import Abroad
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Mandate
from services.payments.domain.money import BANK, Receipt
from shared.ids import new_id
from shared.testing import CallerMint
from tests.deploy.sandbox.serving import PROJECTS
from tests.services.payments.bank.payer import AGREED, PROBLEM, Payer, town_with_bank
from tests.services.payments.bank.town import CITY, FEE, NOW, PAYER, Town

pytestmark = pytest.mark.integration
SWISS = "CH93 0076 2011 6238 5295 7"
ADDRESS = {"street": "Bahnhofstrasse", "number": "1a", "postcode": "8001", "town": "Zürich", "country": "CH"}


@pytest.fixture
async def town(
    request: pytest.FixtureRequest, postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint
) -> AsyncIterator[Town]:
    async with town_with_bank(
        postgres_url, amqp_url, tmp_path, mint, **getattr(request, "param", {})
    ) as found:
        yield found


@pytest.fixture
async def payer(town: Town) -> Payer:
    return Payer(town, await town.owed(pay_by=date(2027, 1, 15)))


async def receives(town: Town, claim_id: UUID, cents: int) -> None:
    """A transfer of the claim is on the account."""
    unit = town.unit()
    claim = await unit.load(Claim, claim_id)
    claim.record_receipt(Receipt(BANK, "bank_transfer", str(new_id()), cents, "EUR"), now=unit.now)
    await unit.save(claim)
    await unit.commit()


class TestTheOffer:
    async def test_holds_what_the_citys_account_takes(self, payer: Payer) -> None:
        said = (await payer.asks("GET", "/methods")).json()
        assert said["of_bank"] == ["direct_debit", "transfer"]
        assert set(said["provisional"]) == {"direct_debit", "card"} & set(said["methods"])
        assert {"transfer", "direct_debit", "card"} <= set(said["methods"])

    @pytest.mark.parametrize("town", [{"girocheckout_projects": PROJECTS}], indirect=True)
    async def test_leaves_debits_to_a_provider_that_has_them(self, payer: Payer) -> None:
        assert (await payer.asks("GET", "/methods")).json()["of_bank"] == ["transfer"]
        refused = await payer.agrees()
        assert (refused.status_code, refused.json()["type"]) == (422, PROBLEM + "method_unknown")

    @pytest.mark.parametrize("town", [{"payment_methods_retired": ["transfer"]}], indirect=True)
    async def test_holds_nothing_that_is_retired(self, payer: Payer) -> None:
        refused = await payer.transfers()
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "method_off")

    async def test_has_no_providers_page_for_them(self, payer: Payer) -> None:
        new = {"method": "transfer", "return_url": "http://portal.test/"}
        refused = await payer.asks("POST", f"/claims/{payer.claim.id}/attempts", new, "a1")
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "method_of_bank")
        assert (await payer.told())["attempts"] == []


class TestATransfer:
    async def test_is_told_in_full_and_waited_for(self, payer: Payer) -> None:
        answer = await payer.transfers()
        said = answer.json()
        assert answer.status_code == 201
        assert (said["holder"], said["iban_grouped"]) == (CITY.name, "DE02 1203 0000 0000 2020 51")
        assert (said["amount_cents"], said["text"]) == (FEE, payer.claim.kassenzeichen)
        assert said["girocode"].splitlines()[5:8] == [CITY.name, CITY.iban, "EUR30.60"]
        assert said["girocode_svg"].startswith("<svg")
        claim = await payer.told()
        assert (claim["state"], claim["waits_for"]) == ("open", "transfer")

    async def test_has_a_structured_reference_in_the_field_for_it(self, town: Town, payer: Payer) -> None:
        other = Payer(town, await town.owed(account_id=payer.claim.account_id, mark="RF462026000123"))
        codes = [(await one.transfers()).json()["girocode"].splitlines() for one in (payer, other)]
        assert [code[9:] for code in codes] == [["", payer.claim.kassenzeichen], ["RF462026000123"]]

    async def test_chosen_twice_is_one_choice(self, payer: Payer) -> None:
        await payer.transfers()
        assert (await payer.transfers("t2")).status_code == 201
        assert len((await payer.told())["attempts"]) == 1

    async def test_in_part_leaves_the_rest_to_transfer(self, payer: Payer, town: Town) -> None:
        await payer.transfers()
        await receives(town, payer.claim.id, 1000)
        claim = await payer.told()
        assert (claim["paid_cents"], claim["owed_cents"], claim["waits_for"]) == (1000, 2060, "transfer")
        said = (await payer.asks("GET", f"/claims/{payer.claim.id}/transfer")).json()
        assert (said["amount_cents"], "EUR20.60" in said["girocode"]) == (2060, True)

    async def test_is_over_once_the_money_is_there(self, payer: Payer, town: Town) -> None:
        await payer.transfers()
        await receives(town, payer.claim.id, FEE)
        claim = await payer.told()
        assert (claim["state"], claim["waits_for"]) == ("settled", None)
        for refused in (
            await payer.transfers("t2"),
            await payer.asks("GET", f"/claims/{payer.claim.id}/transfer"),
        ):
            assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "nothing_to_pay")

    async def test_is_nobody_elses(self, payer: Payer, town: Town) -> None:
        stranger = Payer(town, await town.owed())
        for method in ("GET", "POST"):
            path = f"/claims/{payer.claim.id}/transfer"
            assert (await stranger.asks(method, path, key="s1")).status_code == 404


class TestADebit:
    async def test_is_noticed_before_it_is_agreed_to(self, payer: Payer) -> None:
        said = (await payer.asks("GET", f"/claims/{payer.claim.id}/debits/notice")).json()
        assert said == {
            "creditor": CITY.name, "creditor_id": CITY.identifier, "amount_cents": FEE, "currency": "EUR",
            "mandate_reference": f"{payer.claim.kassenzeichen}-M1", "due": "2026-12-10", "later": 0,
            "mandates": [],
        }  # fmt: skip

    async def test_comes_with_its_mandate_in_one(self, payer: Payer, town: Town) -> None:
        answer = await payer.agrees()
        said = answer.json()
        assert answer.status_code == 201
        assert (said["due"], said["amount_cents"]) == ("2026-12-10", FEE)
        assert PAYER not in answer.text
        debit = await town.debit(UUID(said["debit_id"]))
        mandate = await town.mandate_of(debit)
        assert (debit.condition, mandate.condition) == ("announced", "active")
        assert (mandate.iban, mandate.holder) == (PAYER, "Ada Lovelace")
        assert (mandate.reference, mandate.kind) == (f"{payer.claim.kassenzeichen}-M1", "one_off")
        claim = await payer.told()
        assert (claim["waits_for"], claim["debit"]["state"]) == ("debit", "announced")
        assert claim["debit"]["due"] == "2026-12-10"

    async def test_agreed_to_twice_is_debited_once(self, payer: Payer) -> None:
        first = await payer.agrees()
        again = await payer.agrees()
        assert again.json() == first.json()
        refused = await payer.agrees("d2")
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "debit_under_way")
        assert len((await payer.asks("GET", "/mandates")).json()["mandates"]) == 1

    @pytest.mark.parametrize(
        ("iban", "code", "params"),
        [
            ("", "iban_empty", {}),
            ("DE89 3704 044 0532 0130 00", "iban_group", {"group": 3, "found": 3, "expected": 4}),
            ("DE89 3704 0O44 0532 0130 0!", "iban_sign", {"group": 6, "sign": "!"}),
            ("DE88 3704 0044 0532 0130 00", "iban_check_digits", {}),
            ("TR33 0006 1005 1978 6457 8413 26", "iban_outside_sepa", {"country": "TR"}),
            ("CH93 0076 2011 6238 5295 7", "iban_address_needed", {"country": "CH"}),
        ],
    )
    async def test_needs_an_account_that_can_be_debited(
        self, payer: Payer, iban: str, code: str, params: dict[str, Any]
    ) -> None:
        refused = await payer.agrees(iban=iban)
        assert refused.status_code == 422
        assert refused.json()["errors"] == [{"field": "iban", "code": code, "params": params}]
        assert (await payer.told())["attempts"] == []

    async def test_from_abroad_is_announced_with_the_payers_address(self, payer: Payer, town: Town) -> None:
        answer = await payer.agrees(iban=SWISS, address=ADDRESS, bic="pofi ch be xxx")
        assert answer.status_code == 201
        mandate = await town.mandate_of(await town.debit(UUID(answer.json()["debit_id"])))
        assert mandate.abroad == Abroad("Bahnhofstrasse", "1a", "8001", "Zürich", "CH", "POFICHBEXXX")
        for row in await town.rows("SELECT * FROM event"):
            assert "Bahnhofstrasse" not in str(row)

    async def test_at_home_keeps_no_address(self, payer: Payer, town: Town) -> None:
        answer = await payer.agrees(address=ADDRESS, bic="POFICHBEXXX")
        mandate = await town.mandate_of(await town.debit(UUID(answer.json()["debit_id"])))
        assert mandate.abroad is None

    @pytest.mark.parametrize(
        ("wrong", "bic", "field", "code"),
        [
            ({}, "", "bic", "required"),
            ({}, "POFI", "bic", "bic_form"),
            ({"country": "US"}, "POFICHBEXXX", "address.country", "not_an_option"),
            ({"country": ""}, "POFICHBEXXX", "address.country", "required"),
            ({"town": " "}, "POFICHBEXXX", "address.town", "string_pattern_mismatch"),
            ({"street": "a\nb"}, "POFICHBEXXX", "address.street", "string_pattern_mismatch"),
        ],
    )
    async def test_from_abroad_needs_all_that_its_bank_asks(
        self, payer: Payer, wrong: dict[str, str], bic: str, field: str, code: str
    ) -> None:
        refused = await payer.agrees(iban=SWISS, address={**ADDRESS, **wrong}, bic=bic)
        assert refused.status_code == 422
        assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [(field, code)]
        assert (await payer.told())["attempts"] == []

    @pytest.mark.parametrize(("name", "value"), [("agreed", False), ("holder", "  "), ("holder", "A\nB")])
    async def test_needs_a_signature_and_a_holder(self, payer: Payer, name: str, value: Any) -> None:
        refused = await payer.agrees(**{name: value})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == name

    async def test_is_nobody_elses(self, payer: Payer, town: Town) -> None:
        stranger = Payer(town, await town.owed())
        path = f"/claims/{payer.claim.id}/debits"
        assert (await stranger.asks("POST", path, AGREED, "d1")).status_code == 404
        assert (await stranger.asks("GET", f"{path}/notice")).status_code == 404

    async def test_is_not_for_a_claim_that_is_paid(self, payer: Payer, town: Town) -> None:
        await receives(town, payer.claim.id, FEE)
        refused = await payer.agrees()
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "nothing_to_pay")


class TestMandates:
    async def test_show_their_owner_enough(self, payer: Payer) -> None:
        await payer.agrees(kind="recurring")
        said = (await payer.asks("GET", "/mandates")).json()
        [mandate] = said["mandates"]
        assert said["creditor_id"] == CITY.identifier
        assert (mandate["account"], mandate["holder"]) == ("DE89 … 3000", "Ada Lovelace")
        assert (mandate["state"], mandate["kind"], mandate["signed_on"]) == (
            "active", "recurring", "2026-11-26",
        )  # fmt: skip
        assert mandate["debits"] == [{"due": "2026-12-10", "amount_cents": FEE}]

    async def test_are_ones_own(self, payer: Payer, town: Town) -> None:
        said = (await payer.agrees()).json()
        stranger = Payer(town, await town.owed())
        assert (await stranger.asks("GET", "/mandates")).json()["mandates"] == []
        refused = await stranger.asks("POST", f"/mandates/{said['mandate_id']}/revoke")
        assert refused.status_code == 404
        assert (await town.debit(UUID(said["debit_id"]))).condition == "announced"

    async def test_taken_back_end_what_was_announced(self, payer: Payer, town: Town) -> None:
        said = (await payer.agrees()).json()
        answer = await payer.asks("POST", f"/mandates/{said['mandate_id']}/revoke")
        assert answer.json() | {"mandate_id": None} == {
            "mandate_id": None, "state": "revoked", "still_debited": 0,
        }  # fmt: skip
        debit: Debit = await town.debit(UUID(said["debit_id"]))
        assert debit.condition == "cancelled"
        claim = await payer.told()
        assert (claim["state"], claim["waits_for"]) == ("open", None)
        again = await payer.asks("POST", f"/mandates/{said['mandate_id']}/revoke")
        assert again.status_code == 200
        assert (await payer.agrees("d2")).json()["mandate_reference"].endswith("-M2")

    async def test_of_what_is_at_the_bank_say_so(self, payer: Payer, town: Town) -> None:
        said = (await payer.agrees()).json()
        debit = await town.debit(UUID(said["debit_id"]))
        town.go_to(debit.due)
        await town.bank.collecting.run(debit.due)  # the service itself hands the file over
        answer = await payer.asks("POST", f"/mandates/{said['mandate_id']}/revoke")
        assert answer.json()["still_debited"] == 1
        claim = await payer.told()
        assert (claim["state"], claim["waits_for"]) == ("being_checked", "debit")

    async def test_that_have_lapsed_are_not_revoked(self, payer: Payer, town: Town) -> None:
        mandate = await town.mandate(payer.claim)
        unit = town.unit()
        lapsing = await unit.load(Mandate, mandate.id)
        lapsing.lapse(NOW.date().replace(year=2030), now=unit.now)
        await unit.save(lapsing)
        await unit.commit()
        refused = await payer.asks("POST", f"/mandates/{mandate.id}/revoke")
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "mandate_not_active")
