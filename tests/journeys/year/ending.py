"""How the year ends: everybody's books say the same, and nothing waits for anybody."""

from collections import Counter
from datetime import date
from typing import Final

from tests.journeys.year.story import SPOILT, Story
from tests.services.payments.books.office import Office

_LEDGER: Final = "SELECT account, cents, claim_id || '/' || version AS entry FROM ledger_line"
_FAILED: Final = "SELECT kind, last_error FROM task WHERE failed_at IS NOT NULL"
_UNDECIDED: Final = """
SELECT * FROM attempt WHERE state IN ('opened', 'started', 'approved', 'unclear') AND provider <> 'bank'
"""
"""A transfer that somebody chose is no question to a provider: its money comes as a receipt, or does not."""
_STATES: Final = "SELECT outcome, count(*) AS n FROM bank_item GROUP BY outcome"
_MISSING: Final = "SELECT sum(missing) AS n FROM statement"
PAID, GONE = {"settled", "refunded"}, {"cancelled", "refunded"}
CLAIM_OF: Final = {"completed": PAID, "expired": GONE, "rejected": GONE, "revoked": PAID | GONE}
"""In which states the claims of a case may be, by the state of the case."""


class Ending:
    def __init__(self, story: Story) -> None:
        self.story, self.city, self.office = story, story.city, story.office

    async def nothing_is_left_open(self) -> None:
        assert self.story.ways.calendar.is_empty
        for path, name in (
            ("money-tasks", "tasks"),
            ("bank-items", "items"),
            ("undecided-attempts", "attempts"),
        ):
            assert (await self.office.get(f"/{path}"))[name] == [], path
        for state in ("requested", "approved", "ordered", "pending", "failed", "unclear"):
            assert (await self.office.get("/refunds", state=state))["refunds"] == [], state
        assert await self.city.rows(self.city.payments, _UNDECIDED) == []
        failed = await self.city.rows(self.city.payments, _FAILED)
        assert Counter(row["kind"] for row in failed) == {"take_bank_file": SPOILT}, failed
        assert await self.city.rows(self.city.applications, _FAILED) == []
        for service in (self.city.payments, self.city.applications):
            assert await self.city.rows(service, "SELECT * FROM parked") == []

    async def each_case_is_where_its_money_says(self) -> None:
        """As the story meant it to end, and as its claims say; nobody owes anything."""
        people = self.story.people
        found = {one.number: await people.condition(one) for one in people.all}
        assert found == self.story.ways.ends
        for citizen in people.all:
            claims = [await self.city.claim(claim_id) for claim_id in citizen.claims]
            assert sum(claim.owed_cents for claim in claims) == 0
            states = {claim.condition for claim in claims}
            assert states <= CLAIM_OF[found[citizen.number]], (citizen.number, found[citizen.number], states)

    async def every_account_agrees(self) -> None:
        """Each holder of money has what our books say, by their own book; none is on its way."""
        balances = await self._balances()
        assert sum(balances.values()) == 0
        bank = self.city.bank.book()
        assert balances.pop("bank") == bank["balance_cents"]
        for name, provider in self.city.providers.items():
            book = provider.book()
            fees = book.get("fees_cents", 0)
            assert balances.pop(f"fees:{name}", 0) == fees, name
            assert balances.pop(f"provider:{name}") == book["balance_cents"] - fees, name
        assert balances.pop("cash") == self.office.cash_cents
        kept = sum(
            -entry["cents"] - entry["original"] for entry in bank["entries"] if entry["kind"] == "return"
        )
        assert balances.pop("charges") == kept > 0
        assert set(balances) == {"revenue:12.02.01.431100", "revenue:61.01.01.403200"}, balances

    async def every_booking_is_in_one_batch(self) -> None:
        """The batches together are the ledger, account by account."""
        await Office(self.city.payments).closes()
        office = Office(self.city.payments)
        batches = (await office.get("/exports"))["exports"]
        lines = [line for batch in batches for line in await office.lines(batch["number"])]
        booked = await self.city.rows(self.city.payments, _LEDGER)
        assert len({(line[2], line[3]) for line in lines}) == len(lines)
        entries = {line[2] for line in lines}
        assert entries == {row["entry"] for row in booked}
        assert len({(line[1], line[2]) for line in lines}) == len(entries)
        sums: Counter[str] = Counter()
        for line in lines:
            cents = int(line[7].replace(",", ""))
            sums[line[10]] += cents if line[9] == "S" else -cents
        assert {name: cents for name, cents in sums.items() if cents} == await self._balances()
        assert len(batches) == 12, "of each month of 2027; in January nothing is booked any more"

    async def nobody_differs(self, first: date, last: date) -> None:
        """Day by day, over all the year."""
        told = await self.office.differs_nowhere(first, last)
        assert told == {"bank", *self.city.providers}

    async def the_bank_was_heard(self) -> None:
        """What it did wrong was noticed: the gap, the repeats, what a notification had told before. What
        providers paid out was known as that by itself."""
        outcomes = await self.city.rows(self.city.payments, _STATES)
        states = {row["outcome"]: row["n"] for row in outcomes}
        assert {"allocated", "debit", "return", "sent_back"} <= states.keys()
        assert states["payout"] == self.office.payouts > 0
        [missing] = await self.city.rows(self.city.payments, _MISSING)
        assert missing["n"] == 1

    async def _balances(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for row in await self.city.rows(self.city.payments, _LEDGER):
            found[row["account"]] += row["cents"]
        return {account: cents for account, cents in found.items() if cents}
