"""What a provider pays out: from its statement over the bank's to the books, and by a person's word."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.payments.bank.payouts import Known, Paid, payer_of
from services.payments.sepa.statements import Transaction
from shared.ids import new_id
from tests.services.payments.bank.test_items_api import Clerk, refused
from tests.services.payments.bank.town import CITY, FEE, NOW, Town
from tests.services.payments.sepa.messages import Line, Tx, camt

IBAN = "LU890010001234567891"
PAYERS = {"paypal": ["PayPal", IBAN], "girocheckout": ["S-Public Services", "Girosolution"]}
PROVIDER, PAYER, SUM = "girocheckout", "S-Public Services GmbH", 50_000
DAY = NOW.date()


def payment(**said: Any) -> Transaction:
    return Transaction(SUM, SUM, **said)


class TestThePayer:
    @pytest.mark.parametrize(
        ("said", "provider"),
        [
            ({"name": "PayPal (Europe) S.à r.l. et Cie, S.C.A."}, "paypal"),
            ({"name": "GIROSOLUTION"}, "girocheckout"),
            ({"iban": IBAN.lower()}, "paypal"),
            ({"name": "Services Public"}, ""),
            ({"name": "Ada Lovelace"}, ""),
            ({"name": ""}, ""),
            ({"name": "S-Public Services", "iban": IBAN}, ""),
        ],
    )
    def test_is_known_by_name_or_account(self, said: dict[str, str], provider: str) -> None:
        assert payer_of(payment(**said), PAYERS) == provider

    def test_is_nobody_where_nothing_is_set(self) -> None:
        assert payer_of(payment(name="PayPal"), {"paypal": ["", "  "]}) == ""


class TestExpecting:
    def test_is_for_each_told_payout_once(self) -> None:
        paid, known = Paid("paypal", SUM, "EUR"), Known()
        known.told[paid] = [DAY, DAY]
        assert [known.expects(paid, DAY) for _ in range(3)] == [True, True, False]

    def test_counts_what_came_before(self) -> None:
        paid = Paid("paypal", SUM, "EUR")
        assert not Known({paid: [DAY]}, {paid: [DAY]}).expects(paid, DAY)

    @pytest.mark.parametrize(("days", "near"), [(0, True), (10, True), (11, False), (-1, False)])
    def test_is_for_the_days_after_it_was_told(self, days: int, near: bool) -> None:
        paid = Paid("paypal", SUM, "EUR")
        assert Known({paid: [DAY - timedelta(days=days)]}).expects(paid, DAY) is near

    @pytest.mark.parametrize(
        "other",
        [Paid("girocheckout", SUM, "EUR"), Paid("paypal", SUM + 1, "EUR"), Paid("paypal", SUM, "CHF")],
    )
    def test_is_of_this_money_alone(self, other: Paid) -> None:
        assert not Known({Paid("paypal", SUM, "EUR"): [DAY]}).expects(other, DAY)


class Treasurer(Clerk):
    """Who brings the provider's statement and reads the books."""

    async def brings(self, *rows: tuple[str, int], day: date = DAY) -> None:
        lines = [f"{day};payout;{name};{cents / 100:.2f};0;EUR" for name, cents in rows]
        content = "\n".join(["date;kind;reference;amount;fee;currency", *lines]).encode()
        headers = {**self.headers, "Idempotency-Key": str(new_id())}
        answer = await self.http.post(f"/statements/{PROVIDER}", content=content, headers=headers)
        assert answer.status_code == 201, answer.text

    async def compares(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/reconciliation", headers=self.headers)
        found: list[dict[str, Any]] = answer.json()["days"]
        return found


@pytest.fixture
def clerk(town: Town) -> Clerk:
    return Clerk(town, "clerk")


@pytest.fixture
def treasurer(town: Town) -> Treasurer:
    return Treasurer(town, "treasurer")


async def arrives(town: Town, *cents: int, text: str = "AUSZAHLUNG", file: str = "a.xml") -> None:
    lines = [
        Line(one, [Tx(one, text=text, name=PAYER, reference=f"{file}-{at}")], f"{file}-{at}")
        for at, one in enumerate(cents)
    ]
    await town.takes(file, camt(lines, account=CITY.iban, identifier=file))


async def the_item(town: Town) -> dict[str, Any]:
    [row] = await town.rows("SELECT item_id::text, outcome, provider, proposed_provider FROM bank_item")
    return row


@pytest.mark.integration
class TestAPayout:
    async def test_that_the_statement_told_is_certain(self, town: Town, treasurer: Treasurer) -> None:
        await treasurer.brings(("P1", -SUM))
        assert await town.balances() == {f"transit:{PROVIDER}": SUM, f"provider:{PROVIDER}": -SUM}
        await arrives(town, SUM)
        item = await the_item(town)
        assert (item["outcome"], item["provider"]) == ("payout", PROVIDER)
        assert await town.balances() == {"bank": SUM, f"provider:{PROVIDER}": -SUM}
        days = await treasurer.compares()
        assert {day["provider"] for day in days} == {PROVIDER, "bank"}
        assert all(day["difference_cents"] == 0 and not day["unknown_there"] for day in days)
        assert {day["ours_cents"] for day in days} == {SUM, -SUM}

    async def test_is_certain_once(self, town: Town, treasurer: Treasurer) -> None:
        await treasurer.brings(("P1", -SUM))
        await arrives(town, SUM, SUM)
        await arrives(town, SUM, file="b.xml")
        assert [item["outcome"] for item in await town.items()].count("payout") == 1

    async def test_that_nobody_told_is_proposed(self, town: Town, clerk: Clerk, treasurer: Treasurer) -> None:
        await arrives(town, SUM)
        [item] = (await clerk.waiting())["items"]
        assert (item["outcome"], item["provider"], item["proposals"]) == ("proposed", PROVIDER, [])
        assert PROVIDER in item["payout_providers"]
        await treasurer.brings(("P1", -SUM))
        assert (await the_item(town))["outcome"] == "proposed"

    async def test_is_no_claims_because_its_text_names_one(self, town: Town) -> None:
        claim = await town.owed()
        await arrives(town, FEE, text=claim.kassenzeichen)
        [item] = await town.items()
        assert (item["outcome"], item["proposals"]) == ("proposed", str(claim.id))
        assert (await town.claim(claim.id)).condition == "open"

    async def test_is_not_what_a_citizen_transfers(self, town: Town, treasurer: Treasurer) -> None:
        await treasurer.brings(("P1", -SUM))
        await town.takes("c.xml", camt([Line(SUM, [Tx(SUM, text="Danke")], "R1")], account=CITY.iban))
        assert (await the_item(town))["outcome"] == "unallocated"


@pytest.mark.integration
class TestAPersonsWord:
    async def test_finds_a_payout_whichever_comes_first(
        self, town: Town, clerk: Clerk, treasurer: Treasurer
    ) -> None:
        await arrives(town, FEE)
        item_id = (await the_item(town))["item_id"]
        answer = await clerk.does(item_id, "payout", provider=PROVIDER)
        assert (answer.status_code, answer.json()["outcome"]) == (201, "payout")
        assert await town.balances() == {"bank": FEE, f"transit:{PROVIDER}": -FEE}
        assert (await clerk.does(item_id, "payout", provider=PROVIDER)).json() == answer.json()
        await treasurer.brings(("P1", -FEE))
        assert await town.balances() == {"bank": FEE, f"provider:{PROVIDER}": -FEE}
        assert (await clerk.waiting())["items"] == []

    async def test_is_taken_back(self, town: Town, clerk: Clerk, treasurer: Treasurer) -> None:
        await treasurer.brings(("P1", -FEE))
        await arrives(town, FEE)
        item_id = (await the_item(town))["item_id"]
        answer = await clerk.does(item_id, "payout-undoing")
        assert (answer.status_code, answer.json()["outcome"]) == (201, "waiting")
        assert await town.balances() == {
            "bank": FEE, "unallocated": -FEE, f"transit:{PROVIDER}": FEE, f"provider:{PROVIDER}": -FEE,
        }  # fmt: skip
        claim = await town.owed()
        assert (await clerk.does(item_id, "allocation", claim_id=str(claim.id))).status_code == 201
        again = await clerk.does(item_id, "payout-undoing", "again")
        assert refused(again) == (409, "payout_unknown")
        days = [day for day in await treasurer.compares() if day["provider"] == "bank"]
        assert [day["difference_cents"] for day in days] == [0]

    async def test_of_no_provider_of_ours_is_refused(self, town: Town, clerk: Clerk) -> None:
        await arrives(town, FEE)
        item_id = (await the_item(town))["item_id"]
        assert refused(await clerk.does(item_id, "payout", provider="nobody")) == (404, "provider_unknown")
        assert (await clerk.does(item_id, "payout", "k", provider="")).status_code == 422

    async def test_is_the_cash_offices_alone(self, town: Town) -> None:
        citizen, item_id = Clerk(town, "citizen"), str(new_id())
        for what, said in (
            ("payout", {"provider": PROVIDER}),
            ("payout/approval", {"provider": PROVIDER, "cents": 1}),
            ("payout-undoing", {}),
        ):
            assert (await citizen.does(item_id, what, **said)).status_code == 403

    async def test_above_the_limit_needs_a_second_person(self, town: Town, clerk: Clerk) -> None:
        await arrives(town, SUM)
        item_id = (await the_item(town))["item_id"]
        said = await clerk.does(item_id, "payout", provider=PROVIDER)
        assert said.json()["outcome"] == "payout_proposed"
        [item] = (await clerk.waiting())["items"]
        assert (item["proposed_provider"], bool(item["proposed_by"])) == (PROVIDER, True)
        read: dict[str, Any] = {"provider": PROVIDER, "cents": SUM}
        alone = await clerk.does(item_id, "payout/approval", "alone", **read)
        assert refused(alone) == (403, "second_person_needed")
        back = await clerk.does(item_id, "sending-back", "back", voucher="AA-1")
        assert refused(back) == (409, "payout_waits")
        other = Clerk(town, "clerk")
        unread = await other.does(item_id, "payout/approval", "unread", provider=PROVIDER, cents=SUM + 1)
        assert refused(unread) == (409, "payout_unknown")
        agreed = await other.does(item_id, "payout/approval", **read)
        assert (agreed.status_code, agreed.json()["outcome"]) == (201, "payout")
        assert (await the_item(town))["proposed_provider"] is None

    async def test_may_be_declined(self, town: Town, clerk: Clerk) -> None:
        await arrives(town, SUM)
        item_id = (await the_item(town))["item_id"]
        await clerk.does(item_id, "payout", provider=PROVIDER)
        read: dict[str, Any] = {"provider": PROVIDER, "cents": SUM}
        said = await Clerk(town, "clerk").does(item_id, "payout/refusal", **read)
        assert said.json()["outcome"] == "waiting"
        [item] = (await clerk.waiting())["items"]
        assert (item["outcome"], item["proposed_by"], item["provider"]) == ("proposed", None, PROVIDER)
