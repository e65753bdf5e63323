"""Ranges of Kassenzeichen: a new one works, none is given twice, and each says what became of it."""

import itertools
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.kassenzeichen import RangeExhausted, RangeTaken, kassenzeichen
from services.payments.numbers import KASSENZEICHEN, next_kassenzeichen
from services.payments.wiring import SERVICE
from shared.ids import derived_id, new_id
from shared.log import ReservationTaken
from shared.testing import Running
from tests.services.payments.test_policies import claim_of, happens, submitted

pytestmark = pytest.mark.integration
YEAR = 2026
RANGES = Path(SERVICE.migrations) / "0093_kassenzeichen_ranges.sql"


async def given(payments: Running, first: int, last: int, count: int = 1, prefix: str = "4711") -> list[int]:
    """The next running numbers of a range."""
    settings = payments.runtime.settings.model_copy(
        update={"kassenzeichen_first": first, "kassenzeichen_last": last, "kassenzeichen_prefix": prefix}
    )
    made = [
        await next_kassenzeichen(payments.runtime.pool, settings, YEAR, f"claim of case {new_id()}")
        for _ in range(count)
    ]
    return [int(one[len(prefix) + 2 : -1]) for one in made]


class TestANewRange:
    async def test_begins_with_its_first_number(self, payments: Running) -> None:
        assert await given(payments, 1, 3, 3) == [1, 2, 3]
        with pytest.raises(RangeExhausted, match="used up at 3"):
            await given(payments, 1, 3)
        assert await given(payments, 11, 12, 2) == [11, 12]
        with pytest.raises(RangeExhausted, match="used up at 12"):
            await given(payments, 11, 12)

    async def test_of_another_prefix_counts_for_itself(self, payments: Running) -> None:
        assert await given(payments, 1, 9, 2) == [1, 2]
        assert await given(payments, 1, 9, 2, prefix="47") == [1, 2]

    async def test_may_be_made_longer(self, payments: Running) -> None:
        assert await given(payments, 1, 2, 2) == [1, 2]
        assert await given(payments, 1, 5, 2) == [3, 4]

    @pytest.mark.parametrize(("first", "last"), [(495, 9_999_999), (501, 501), (509, 600), (1, 500)])
    async def test_with_numbers_of_another_is_refused(self, payments: Running, first: int, last: int) -> None:
        assert len(await given(payments, 500, 9_999_999, 10)) == 10
        with pytest.raises(RangeTaken, match="500 to 509 were given"):
            await given(payments, first, last)
        assert await given(payments, 510, 600) == [510]
        assert await given(payments, 400, 499) == [400]

    async def test_is_not_gone_on_with_where_another_has_begun_in_it(self, payments: Running) -> None:
        assert await given(payments, 1, 100, 2) == [1, 2]
        assert await given(payments, 3, 100, 2) == [3, 4]
        with pytest.raises(RangeTaken, match="3 to 4"):
            await given(payments, 1, 100)


class TestANumber:
    async def test_is_no_other_claims_ever(self, payments: Running) -> None:
        case_id = new_id()
        await happens(payments, "application_submitted", **submitted(case_id))
        number = (await claim_of(payments, case_id)).kassenzeichen
        unit = payments.runtime.unit()
        unit.reserve(KASSENZEICHEN, number, new_id())
        with pytest.raises(ReservationTaken):
            await unit.commit()

    async def test_says_what_became_of_it(self, payments: Running) -> None:
        paid, lost = new_id(), new_id()
        pool, settings = payments.runtime.pool, payments.runtime.settings
        await next_kassenzeichen(pool, settings, YEAR, f"claim of case {paid}")  # then the handler failed
        await happens(payments, "application_submitted", **submitted(paid))
        await next_kassenzeichen(pool, settings, YEAR, f"claim of case {lost}")
        answer = await asked(payments, year=YEAR)
        claim = await claim_of(payments, paid)
        assert [(one["number"], one["state"], one["claim_id"]) for one in answer["numbers"]] == [
            (1, "claim_has_another", None), (2, "used", str(claim.id)), (3, "no_claim", None),
        ]  # fmt: skip
        assert answer["numbers"][1]["kassenzeichen"] == claim.kassenzeichen
        assert [one["case_id"] for one in answer["numbers"]] == [str(paid), str(paid), str(lost)]
        assert answer["next"] is None

    async def test_is_one_of_a_page(self, payments: Running) -> None:
        await given(payments, 1, 3, 3)
        await given(payments, 20, 29, 3)
        found, after = [], None
        for _ in itertools.count():
            page = await asked(payments, year=YEAR, limit=2, **({"after": after} if after else {}))
            found += [one["number"] for one in page["numbers"]]
            if not (after := page["next"]):
                break
        assert found == [1, 2, 3, 20, 21, 22]
        assert (await asked(payments, year=2027))["numbers"] == []

    @pytest.mark.parametrize("payments", [{"kassenzeichen_scheme": "mod11"}], indirect=True)
    async def test_without_a_check_digit_is_told_too(self, payments: Running) -> None:
        await given(payments, 1, 40, 30)
        states = [one["state"] for one in (await asked(payments, year=YEAR))["numbers"]]
        assert states.count("no_check_digit") == len(states) - 30 > 0

    async def test_is_told_to_treasurers_alone(self, payments: Running) -> None:
        headers = payments.mint.account(new_id(), "payments", "clerk")
        answer = await payments.http.get("/numbers", params={"year": YEAR}, headers=headers)
        assert answer.status_code == 403


async def asked(payments: Running, **params: Any) -> dict[str, Any]:
    headers = payments.mint.account(new_id(), "payments", "treasurer")
    answer = await payments.http.get("/numbers", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestCountersOfAYear:
    """Before, a year had one counter, whatever range the settings named."""

    async def test_become_one_for_each_range(self, payments: Running) -> None:
        for number, at in ((1, 500), (2, 501), (4, 503)):
            await was_given(payments, number, borne=at)
        await was_given(payments, 3)
        await was_given(payments, 5)
        for number, at in ((6, 1005), (8, 1007)):  # then the range was 1000 and on
            await was_given(payments, number, borne=at)
        await was_given(payments, 7)
        await counted_to(payments, 9)
        await migrated(payments)
        assert await counters(payments) == {"4711-2026-500": 5, "4711-2026-1000": 9}
        told = {one["number"]: one["state"] for one in (await asked(payments, year=YEAR))["numbers"]}
        assert told == {
            **dict.fromkeys((500, 501, 503, 1005, 1007), "used"),
            **dict.fromkeys((502, 504, 1006), "no_claim"),
        }  # fmt: skip
        assert await given(payments, 1000, 9_999_999) == [1009]

    async def test_that_say_not_what_for_go_by_the_claims(self, payments: Running) -> None:
        for at in (500, 507):
            await was_given(payments, None, borne=at)
        await counted_to(payments, 9)
        await migrated(payments)
        assert await counters(payments) == {"4711-2026-500": 9}
        assert await given(payments, 500, 9_999_999) == [509]

    async def test_whose_first_number_no_claim_bears_go_on_by_the_lowest_that_one_does(
        self, payments: Running
    ) -> None:
        for at in (502, 507):
            await was_given(payments, None, borne=at)
        await counted_to(payments, 9)
        await migrated(payments)
        with pytest.raises(RangeTaken, match="those from 502 to 510 were given"):
            await given(payments, 500, 9_999_999)
        assert await given(payments, 502, 9_999_999) == [511]


async def was_given(payments: Running, number: int | None, borne: int | None = None) -> None:
    """A number of the year's counter, and the claim that bears it."""
    case_id, unit = new_id(), payments.runtime.unit()
    if number is not None:
        await payments.runtime.pool.execute(
            "INSERT INTO number_given (name, number, purpose) VALUES ('kassenzeichen-2026', $1, $2)",
            number, f"claim of case {case_id}",
        )  # fmt: skip
    if borne is not None:
        claim = Claim.request(
            id=derived_id("claim", case_id), now=unit.now, case_id=case_id, case_number="BPA-2026-000001",
            account_id=new_id(), service="resident-parking-permit", cost_object="541000",
            kassenzeichen=kassenzeichen("4711", YEAR, borne), amount_cents=3060, currency="EUR",
            pay_by=None, language="de",
        )  # fmt: skip
        await unit.save(claim)
        await unit.commit()


async def counted_to(payments: Running, last: int) -> None:
    await payments.runtime.pool.execute("INSERT INTO number_range VALUES ('kassenzeichen-2026', $1)", last)


async def migrated(payments: Running) -> None:
    owner = await asyncpg.connect(payments.databases.owner_log)
    try:
        async with owner.transaction():
            await owner.execute(RANGES.read_text())
    finally:
        await owner.close()


async def counters(payments: Running) -> dict[str, int]:
    rows = await payments.runtime.pool.fetch(
        "SELECT name, last FROM number_range WHERE name LIKE 'kass%-%-%-%'"
    )
    return {row["name"].removeprefix("kassenzeichen-"): row["last"] for row in rows}
