"""What payments does when something happened to a case: events as applications publishes them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.payments import queries
from services.payments.bank.debiting import Debiting
from services.payments.books.overview import open_items
from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.domain.kassenzeichen import RangeExhausted
from services.payments.domain.money import Receipt, Reversal, Word
from services.payments.domain.refunds import Wish
from services.payments.policies import register
from services.payments.providers.registry import Providers
from services.payments.refunding import Refunding
from shared.bus.envelope import Envelope
from shared.bus.handlers import Handlers, Permanent
from shared.ids import derived_id, new_id
from shared.log import Context, Unit
from shared.testing import Running

pytestmark = pytest.mark.integration
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def happens(
    payments: Running, kind: str, at: datetime = NOON, limit: int = 0, debiting: Debiting | None = None,
    **data: Any,
) -> None:  # fmt: skip
    """An event of applications arrives at a moment."""
    envelope = Envelope(
        id=new_id(), source="portal/applications", type=f"applications.{kind}.v1", subject=data["case_id"],
        sequence=1, time=at, data=data, streamversion=1,
    )  # fmt: skip
    handlers = Handlers()
    register(handlers, payments.runtime, Refunding(payments.runtime, Providers({}), limit), debiting)
    unit = Unit(payments.runtime.log, at, Context())
    await handlers.apply(envelope, unit)
    await unit.commit()


def submitted(case_id: UUID) -> dict[str, Any]:
    return {
        "case_id": str(case_id), "case_number": "BPA-2026-000001", "account_id": str(new_id()),
        "service": "bewohnerparkausweis", "fee_cents": 3060, "currency": "EUR",
        "fee_due": "before_decision", "cost_object": "12.02",
    }  # fmt: skip


async def claim_of(payments: Running, case_id: UUID) -> Claim:
    return await payments.runtime.unit().load(Claim, derived_id("claim", case_id))


class TestAKassenzeichen:
    @pytest.mark.parametrize(
        ("at", "year"),
        [
            (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "26"),
            (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "27"),  # 00:30 on New Year in the city
        ],
    )
    async def test_names_the_citys_year(self, payments: Running, at: datetime, year: str) -> None:
        case_id = new_id()
        await happens(payments, "application_submitted", at, **submitted(case_id))
        assert (await claim_of(payments, case_id)).kassenzeichen[4:6] == year


@pytest.mark.parametrize("payments", [{"kassenzeichen_first": 500, "kassenzeichen_last": 501}], indirect=True)
class TestARange:
    async def test_is_used_to_its_end_and_not_beyond(self, payments: Running) -> None:
        cases = [new_id() for _ in range(3)]
        for case_id in cases[:2]:
            await happens(payments, "application_submitted", **submitted(case_id))
        made = [(await claim_of(payments, case_id)).kassenzeichen for case_id in cases[:2]]
        assert [number[6:13] for number in made] == ["0000500", "0000501"]
        for _ in range(2):
            with pytest.raises(RangeExhausted, match="new range"):
                await happens(payments, "application_submitted", **submitted(cases[2]))
        given = "SELECT count(*) FROM number_given WHERE name = 'kassenzeichen-4711-2026-500'"
        assert await payments.runtime.pool.fetchval(given) == 2


class TestADayToPayBy:
    async def test_that_moved_is_the_claims_too(self, payments: Running) -> None:
        case_id = new_id()
        await happens(payments, "application_submitted", **submitted(case_id), pay_by="2026-11-29")
        for _ in range(2):  # heard twice
            await happens(payments, "pay_by_moved", case_id=str(case_id), pay_by="2026-12-15")
        claim = await claim_of(payments, case_id)
        assert (claim.pay_by, claim.version) == (date(2026, 12, 15), 2)
        row = await payments.runtime.pool.fetchrow(
            "SELECT pay_by, due_on FROM claim WHERE claim_id = $1", claim.id
        )
        assert row is not None
        assert tuple(row) == (date(2026, 12, 15), date(2026, 12, 15))

    async def test_that_is_overtaken_changes_nothing(self, payments: Running) -> None:
        case_id = new_id()
        await happens(payments, "application_submitted", **submitted(case_id), pay_by="2026-11-29")
        for day in ("2026-12-15", "2026-12-10"):  # the later word first
            await happens(payments, "pay_by_moved", case_id=str(case_id), pay_by=day)
        assert (await claim_of(payments, case_id)).pay_by == date(2026, 12, 15)
        await happens(payments, "application_expired", case_id=str(case_id))
        await happens(payments, "pay_by_moved", case_id=str(case_id), pay_by="2027-01-10")
        assert (await claim_of(payments, case_id)).condition == "cancelled"


HALF = {"valid_from": "2027-01-01", "valid_until": "2027-12-31", "given_up_on": "2027-06-30"}


class TestARevokedApproval:
    async def test_leaves_owed_what_is_open_where_nothing_comes_back(self, payments: Running) -> None:
        case_id = await owing(payments)
        for _ in range(2):  # heard twice
            await happens(payments, "approval_revoked", **revoked(case_id, "none"))
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents) == ("open", 3060)
        expected = {"receivable": 3060, "revenue:12.02": -3060}
        assert await books(payments, derived_id("claim", case_id)) == expected

    async def test_leaves_owed_the_rest_of_what_is_paid_in_part(self, payments: Running) -> None:
        case_id = await owing(payments)
        await transfers(payments, case_id, 1000)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"))
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents, claim.kept_cents) == ("open", 2060, 1000)

    async def test_ends_a_claim_that_is_open_where_all_comes_back(self, payments: Running) -> None:
        case_id = await owing(payments)
        await happens(payments, "approval_revoked", **revoked(case_id, "full"))
        assert (await claim_of(payments, case_id)).condition == "cancelled"
        assert await books(payments, derived_id("claim", case_id)) == {"receivable": 0, "revenue:12.02": 0}

    async def test_owes_back_what_was_paid_where_the_service_says_so(self, payments: Running) -> None:
        case_id = await owing(payments, paid=True)
        await happens(payments, "approval_revoked", **revoked(case_id, "full"))
        await happens(payments, "approval_revoked", **revoked(case_id, "full"))  # heard twice
        assert (await claim_of(payments, case_id)).condition == "refund_due"
        expected = {"provider:girocheckout": 3060, "receivable": 0, "refundable": -3060, "revenue:12.02": 0}
        assert await books(payments, derived_id("claim", case_id)) == expected

    async def test_keeps_what_was_paid_otherwise(self, payments: Running) -> None:
        case_id = await owing(payments, paid=True)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"))
        assert (await claim_of(payments, case_id)).condition == "settled"
        assert sum((await books(payments, derived_id("claim", case_id))).values()) == 0

    async def test_gives_back_the_share_of_the_whole_months_left(self, payments: Running) -> None:
        case_id = await owing(payments, paid=True)
        for _ in range(2):  # heard twice
            await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        claim = await claim_of(payments, case_id)
        [refund] = claim.refunds.values()
        assert (claim.condition, refund.amount_cents, refund.requested_by) == ("settled", 1530, "rule")
        assert refund.state == "requested"  # above the limit: a person has to agree
        assert (await books(payments, case_id)).get("refundable", 0) == 0

    @pytest.mark.parametrize(("given", "more"), [(0, 1530), (530, 1000), (1530, 0), (2000, 0)])
    async def test_gives_back_the_share_once_though_a_clerk_gave_some_of_it(
        self, payments: Running, given: int, more: int
    ) -> None:
        case_id = await owing(payments, paid=True)
        if given:
            unit = payments.runtime.unit()
            claim = await unit.load(Claim, derived_id("claim", case_id))
            refunds.request(claim, Wish(new_id(), given, "x", "kim", "transfer", 3060), now=NOON)
            await unit.save(claim)
            await unit.commit()
        for _ in range(2):  # heard twice
            told = revoked(case_id, "none") | {"pro_rata": HALF}
            await happens(payments, "approval_revoked", limit=3060, **told)
        claim = await claim_of(payments, case_id)
        assert [one.amount_cents for one in claim.refunds.values()] == [
            cents for cents in (given, more) if cents
        ]
        assert claim.kept_cents == 3060 - given - more

    async def test_asks_once_for_what_a_person_has_declined(self, payments: Running) -> None:
        case_id = await taken_back(payments, part=2500)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        unit = payments.runtime.unit()
        claim = await unit.load(Claim, derived_id("claim", case_id))
        [refund] = claim.refunds.values()
        assert (claim.reduced_cents, refund.amount_cents, refund.state) == (560, 970, "requested")
        refunds.decline(claim, refund.refund_id, "sam", now=NOON)
        await unit.save(claim)
        await unit.commit()
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        assert [one.state for one in (await claim_of(payments, case_id)).refunds.values()] == ["declined"]

    async def test_gives_back_nothing_of_months_that_are_used(self, payments: Running) -> None:
        case_id = await owing(payments, paid=True)
        used = HALF | {"given_up_on": "2027-12-31"}
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=used)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.refunds) == ("settled", {})

    async def test_claims_less_of_what_was_taken_back(self, payments: Running) -> None:
        case_id = await taken_back(payments)
        for _ in range(2):  # heard twice
            await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents, claim.reduced_cents) == ("open", 1530, 1530)
        rows = await payments.runtime.pool.fetch(
            "SELECT state, amount_cents::int FROM claim WHERE claim_id = $1", claim.id
        )
        assert [tuple(row) for row in rows] == [("open", 1530)]
        assert await books(payments, claim.id) == {
            "receivable": 1530, "revenue:12.02": -1530, "charges": 300, "provider:girocheckout": -300,
        }  # fmt: skip
        [item] = (await overview(payments))["open_items"]
        assert (item["amount_cents"], item["owed_cents"]) == (1530, 1530)

    @pytest.mark.parametrize(
        ("part", "left", "back"),
        [(1000, ("open", 530), 0), (1530, ("settled", 0), 0), (2500, ("settled", 0), 970)],
    )
    async def test_claims_less_before_it_gives_back(
        self, payments: Running, part: int, left: tuple[str, int], back: int
    ) -> None:
        case_id = await taken_back(payments, part=part)
        for _ in range(2):  # heard twice
            told = revoked(case_id, "none") | {"pro_rata": HALF}
            await happens(payments, "approval_revoked", limit=3060, **told)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents) == left
        assert sum(refund.amount_cents for refund in claim.refunds.values()) == back
        assert claim.claimed_cents == 1530
        found = await books(payments, claim.id)
        assert (found["revenue:12.02"], found["receivable"], found.get("refundable", 0)) == (
            -1530,
            left[1],
            -back,
        )
        state = "SELECT state FROM claim WHERE claim_id = $1"
        assert await payments.runtime.pool.fetchval(state, claim.id) == left[0]

    async def test_claims_the_months_used_of_a_fee_that_never_came(self, payments: Running) -> None:
        case_id = await owing(payments)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents) == ("open", 1530)

    async def test_claims_nothing_of_what_never_began(self, payments: Running) -> None:
        case_id = await taken_back(payments)
        ended = HALF | {"given_up_on": "2026-12-31"}
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=ended)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.owed_cents) == ("cancelled", 0)
        assert (await books(payments, claim.id))["revenue:12.02"] == 0

    async def test_keeps_the_old_sum_that_comes_late_as_overpaid(self, payments: Running) -> None:
        case_id = await taken_back(payments)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=HALF)
        await transfers(payments, case_id, 3060)
        claim = await claim_of(payments, case_id)
        assert (claim.condition, claim.kept_cents) == ("settled", 1530)
        rows = await payments.runtime.pool.fetch("SELECT kind, amount_cents::int AS cents FROM money_task")
        assert [tuple(row) for row in rows] == [("overpaid", 1530)]

    @pytest.mark.parametrize("paid", [True, False])
    async def test_leaves_days_that_are_no_whole_months_to_a_person(
        self, payments: Running, *, paid: bool
    ) -> None:
        case_id = await (owing(payments, paid=True) if paid else taken_back(payments))
        odd = HALF | {"valid_until": "2027-12-15"}
        await happens(payments, "approval_revoked", **revoked(case_id, "none"), pro_rata=odd)
        claim = await claim_of(payments, case_id)
        assert (claim.refunds, claim.owed_cents) == ({}, 0 if paid else 3060)

    async def test_of_a_case_without_a_fee_is_no_matter(self, payments: Running) -> None:
        await happens(payments, "approval_revoked", **revoked(new_id(), "full"))


class TestInstalments:
    async def test_are_a_claim_each(self, payments: Running) -> None:
        case_id = await in_quarters(payments)
        claims = await claims_of(payments, case_id)
        assert [(claim.pay_by, claim.amount_cents) for claim in claims] == [
            (date(2027, 2, 15), 2103), (date(2027, 5, 15), 2100), (date(2027, 8, 15), 2100),
        ]  # fmt: skip
        assert [(claim.instalment, claim.instalment_count) for claim in claims] == [(1, 3), (2, 3), (3, 3)]
        assert claims[0].id == derived_id("claim", case_id)
        assert len({claim.kassenzeichen for claim in claims}) == 3
        for claim in claims:
            assert await books(payments, claim.id) == {
                "receivable": claim.amount_cents, "revenue:12.02": -claim.amount_cents,
            }  # fmt: skip

    async def test_heard_of_twice_are_opened_once(self, payments: Running) -> None:
        case_id = await in_quarters(payments)
        await happens(payments, "application_approved", **approved(case_id))
        rows = await payments.runtime.pool.fetch("SELECT 1 FROM claim WHERE case_id = $1", case_id)
        assert len(rows) == 3

    async def test_that_are_not_the_fee_open_nothing(self, payments: Running) -> None:
        case_id = new_id()
        with pytest.raises(Permanent, match="do not add up"):
            await happens(payments, "application_approved", **approved(case_id) | {"fee_cents": 6304})
        assert await payments.runtime.pool.fetch("SELECT 1 FROM claim WHERE case_id = $1", case_id) == []

    async def test_end_all_with_their_approval(self, payments: Running) -> None:
        case_id = await in_quarters(payments)
        await pays(payments, derived_id("claim", case_id), 2103)
        await happens(payments, "approval_revoked", **revoked(case_id, "none"))
        found = [claim.condition for claim in await claims_of(payments, case_id)]
        assert found == ["settled", "cancelled", "cancelled"]


def approved(case_id: UUID) -> dict[str, Any]:
    days = (("2027-02-15", 2103), ("2027-05-15", 2100), ("2027-08-15", 2100))
    parts = [{"due_on": day, "cents": cents} for day, cents in days]
    due = {"fee_due": "after_decision", "fee_cents": 6303, "instalments": parts}
    return {**submitted(case_id), **due}


async def in_quarters(payments: Running) -> UUID:
    """A case whose charge falls due in three instalments."""
    case_id = new_id()
    await happens(payments, "application_approved", **approved(case_id))
    return case_id


async def claims_of(payments: Running, case_id: UUID) -> list[Claim]:
    ids = await queries.claims_of_case(payments.runtime.pool, case_id)
    return [await payments.runtime.unit().load(Claim, claim_id) for claim_id in ids]


async def pays(payments: Running, claim_id: UUID, cents: int) -> None:
    unit, attempt = payments.runtime.unit(), new_id()
    claim = await unit.load(Claim, claim_id)
    claim.open_attempt(attempt, "card", "http://portal.test/", now=NOON)
    claim.record_word(attempt, Word("succeeded", "4000", "girocheckout", "r", cents, "EUR"), now=NOON)
    await unit.save(claim)
    await unit.commit()


async def owing(payments: Running, *, paid: bool = False) -> UUID:
    """A case with a claim, open or paid."""
    case_id = new_id()
    await happens(payments, "application_submitted", **submitted(case_id))
    if paid:
        await pays(payments, derived_id("claim", case_id), 3060)
    return case_id


async def taken_back(payments: Running, part: int = 0) -> UUID:
    """A case whose fee was paid and taken back, for 3 euro of the bank; perhaps paid in part since."""
    case_id = await owing(payments, paid=True)
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, derived_id("claim", case_id))
    [payment_id] = claim.payments
    claim.record_reversal(payment_id, Reversal("MD06", "R", 3060, 300), now=NOON)
    await unit.save(claim)
    await unit.commit()
    if part:
        await transfers(payments, case_id, part)
    return case_id


async def transfers(payments: Running, case_id: UUID, cents: int) -> None:
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, derived_id("claim", case_id))
    claim.record_receipt(Receipt("bank", "bank_transfer", "E1", cents, "EUR"), now=NOON)
    await unit.save(claim)
    await unit.commit()


async def overview(payments: Running) -> dict[str, Any]:
    return await open_items(
        payments.runtime.pool, NOON.date(), service=None, overdue=False, after=None, limit=10
    )


def revoked(case_id: UUID, refund: str) -> dict[str, Any]:
    account = str(new_id())
    return {"case_id": str(case_id), "account_id": account, "reason": "wrongly_granted", "refund": refund}


async def books(payments: Running, claim_id: UUID) -> dict[str, int]:
    """The balance of each account over the lines of a claim; they sum to zero."""
    rows = await payments.runtime.pool.fetch(
        "SELECT account, sum(cents)::int AS cents FROM ledger_line WHERE claim_id = $1 GROUP BY account",
        claim_id,
    )
    found = {row["account"]: row["cents"] for row in rows}
    assert sum(found.values()) == 0
    return found
