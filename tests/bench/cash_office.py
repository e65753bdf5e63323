"""The cash office: a provider's callback, a day's statement, a file of debits, a year of the ledger."""

import json
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.payments import queries
from services.payments.bank.booking import CHUNK, Booking
from services.payments.bank.chain import Chain
from services.payments.bank.debiting import Debiting, Rules
from services.payments.bank.groups import Groups
from services.payments.bank.lookups import Lookups
from services.payments.bank.matching import Numbers, decide, references
from services.payments.bank.payouts import Payouts
from services.payments.domain.claim import Claim
from services.payments.domain.kassenzeichen import Scheme, kassenzeichen
from services.payments.providers.girocheckout import hashes
from services.payments.sepa.camt import read_statements
from services.payments.sepa.debits import Creditor, Debit
from services.payments.sepa.debits import Sequence as DebitSequence
from services.payments.sepa.pain008 import write_debits
from services.payments.sepa.schema import checked as valid
from services.payments.sepa.statements import Statement
from services.payments.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, Running, running
from tests.bench.measuring import Bench, Figures, Notes, Row, Side, Size, quantile
from tests.bench.rig import Log, Rig
from tests.deploy.sandbox.serving import MERCHANT, PASSPHRASES, PROJECTS
from tests.services.payments.sepa.messages import ACCOUNT, Line, Tx, camt

FEE: Final = 3060
PREFIX, YEAR = "4711", 2026
NUMBERS: Final = Numbers(PREFIX, Scheme.MOD11_10)
CREDITOR: Final = Creditor("Stadtkasse Lindenau", ACCOUNT, "DE98ZZZ09999999999")
PAYER: Final = "DE89370400440532013000"
PIECE: Final = 65536
ROUNDS: Final = 2
AT_ONCE: Final = 100
"""Claims that are opened in one commit; only the filling is so."""


def claim_of(number: int, now: datetime) -> Claim:
    return Claim.request(
        id=new_id(), now=now, case_id=new_id(), case_number=f"BPA-2026-{number:06}", account_id=new_id(),
        service="resident-parking-permit", cost_object="541000",
        kassenzeichen=kassenzeichen(PREFIX, YEAR, number), amount_cents=FEE, currency="EUR", pay_by=None,
        language="de",
    )  # fmt: skip


# a callback


@dataclass(slots=True)
class Callbacks:
    """Claims whose payers are at the provider, and what it then says of each."""

    payments: Running
    count: int
    numbers: int = 0

    async def settled(self) -> Figures:
        """Milliseconds from the callback to the answer, which comes after the commit."""
        queries_of_round = [await self._at_the_provider() for _ in range(self.count)]
        taken = []
        for query in queries_of_round:
            began = time.perf_counter()
            answer = await self.payments.http.get(f"/callbacks/girocheckout/notify?{query}")
            taken.append((time.perf_counter() - began) * 1000)
            if answer.json().get("Recorded") != "settled":
                raise RuntimeError(answer.text)
        return _quantiles(taken)

    async def _at_the_provider(self) -> str:
        self.numbers += 1
        unit, attempt_id, reference = self.payments.runtime.unit(), new_id(), str(new_id())
        claim = claim_of(self.numbers, unit.now)
        claim.open_attempt(attempt_id, "card", "http://portal.test/", now=unit.now)
        claim.record_start(attempt_id, "girocheckout", reference, now=unit.now)
        await unit.save(claim)
        await unit.commit()
        told = {
            "gcReference": reference, "gcMerchantTxId": attempt_id.hex, "gcBackendTxId": "1",
            "gcAmount": str(FEE), "gcCurrency": "EUR", "gcResultPayment": "4000",
        }  # fmt: skip
        passphrase = PASSPHRASES[str(PROJECTS["card"])]
        return urlencode({**told, "gcHash": hashes.of_values(passphrase, told.values())})


def _quantiles(taken: list[float]) -> Figures:
    return {"p50": quantile(taken, 0.5), "p95": quantile(taken, 0.95)}


@asynccontextmanager
async def _bare(log: Log, count: int) -> AsyncIterator[Callable[[], Awaitable[Figures]]]:
    """A request that is one inserted row."""
    await log.owner.execute("CREATE TABLE raw_paid (reference uuid PRIMARY KEY, cents bigint NOT NULL)")
    (connection,) = await log.connections(1)

    async def notified(request: Request) -> JSONResponse:
        said = request.query_params
        await connection.execute(
            "INSERT INTO raw_paid VALUES ($1, $2)", UUID(said["reference"]), int(said["cents"])
        )
        return JSONResponse({"Result": "OK"})

    app = Starlette(routes=[Route("/notify", notified)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bare.test") as http:

        async def inserted() -> Figures:
            taken = []
            for _ in range(count):
                began = time.perf_counter()
                await http.get("/notify", params={"reference": str(new_id()), "cents": FEE})
                taken.append((time.perf_counter() - began) * 1000)
            return _quantiles(taken)

        yield inserted
    connection.terminate()


@asynccontextmanager
async def _callbacks(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with AsyncExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        (folder / "girocheckout_passphrases.json").write_text(json.dumps(PASSPHRASES))
        payments = await leaving.enter_async_context(running(
            SERVICE, rig.admin_url, rig.broker().url, folder, mint=CallerMint(),
            girocheckout_base_url="http://127.0.0.1:9/", girocheckout_merchant_id=MERCHANT,
            girocheckout_projects=PROJECTS,
        ))  # fmt: skip
        log = await leaving.enter_async_context(rig.log())
        inserted = await leaving.enter_async_context(_bare(log, size.pages))
        yield {"inserted": inserted, "settled": Callbacks(payments, size.pages).settled}


# a statement


@dataclass(slots=True)
class Counter:
    """A city's claims and statements that pay some of them; each round pays others."""

    log: Log
    count: int
    claims: list[Claim] = field(default_factory=list)
    rounds: int = 0

    async def open(self, rounds: int) -> None:
        """So many claims for each round."""
        now = self.log.unit().now
        self.claims = [claim_of(number, now) for number in range(1, self.count * rounds + 1)]
        for at in range(0, len(self.claims), AT_ONCE):
            unit = self.log.unit()
            for claim in self.claims[at : at + AT_ONCE]:
                await unit.save(claim)
            await unit.commit()
        await self.log.owner.execute("VACUUM ANALYZE claim")

    def file(self, number: int) -> bytes:
        """A statement with one transfer for each of a round's claims, none for another's."""
        mine = self.claims[number * self.count : (number + 1) * self.count]
        lines = [
            Line(FEE, [Tx(FEE, text=f"Parken KZ {claim.kassenzeichen}")], f"R{number}-{n}")
            for n, claim in enumerate(mine)
        ]
        return camt(
            lines, sequence=number + 1, identifier=f"STMT-{number}", opening=FEE * self.count * number
        )

    async def parsed(self) -> float:
        """Seconds: the file read, nothing done with it."""
        content = self.file(0)
        began = time.perf_counter()
        self._read(content)
        return time.perf_counter() - began

    async def matched(self) -> float:
        """Seconds: the file read, and each entry's claim found."""
        content, lookups = self.file(0), Lookups(self.log.pool, self.log.keys)
        began = time.perf_counter()
        if await match(self._read(content), lookups) != self.count:
            raise RuntimeError("an entry was not matched")
        return time.perf_counter() - began

    async def booked(self) -> float:
        """Seconds of the whole way into the books."""
        content = self.file(self.rounds)
        self.rounds += 1
        lookups = Lookups(self.log.pool, self.log.keys)
        debiting = Debiting(Rules(ZoneInfo("Europe/Berlin")))
        groups, chain = Groups(lookups, debiting, self.log.unit), Chain(self.log.pool, ACCOUNT)
        payouts = Payouts(self.log.pool, {})
        booking = Booking(lookups, debiting, self.log.unit, ACCOUNT, NUMBERS, payouts, groups, chain)
        began, file_id = time.perf_counter(), new_id()
        while not await booking.take(self._read(content), file_id):
            pass
        return time.perf_counter() - began

    @staticmethod
    def _read(content: bytes) -> Statement:
        (statement,) = read_statements(content[at : at + PIECE] for at in range(0, len(content), PIECE))
        return statement

    async def memory(self) -> dict[str, float]:
        """MB at the peak of a statement read and matched, traced; and of the file itself."""
        content, lookups = self.file(0), Lookups(self.log.pool, self.log.keys)
        tracemalloc.start()
        statement = self._read(content)
        read = tracemalloc.get_traced_memory()[1]
        await match(statement, lookups)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return {"the file": len(content) / 2**20, "read": read / 2**20, "read and matched": peak / 2**20}


async def match(statement: Statement, lookups: Lookups) -> int:
    """How many entries have one claim, looked up as a booking looks them up."""
    found, payments = 0, [payment for entry in statement.entries for payment in entry.transactions]
    for at in range(0, len(payments), CHUNK):
        chunk = payments[at : at + CHUNK]
        known = await lookups.claims({name for one in chunk for name in references(one, NUMBERS)})
        found += sum(decide(one, known, NUMBERS).claim_id is not None for one in chunk)
    return found


@asynccontextmanager
async def _statements(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with rig.log(SERVICE) as log:
        counter = Counter(log, size.entries)
        await counter.open(min(ROUNDS, size.rounds))
        yield {"parsed": counter.parsed, "matched": counter.matched, "booked": counter.booked}
        notes.profiles[f"statement of {size.entries:,} entries, MB"] = await counter.memory()


# a file of debits


def debits_of(count: int) -> list[Debit]:
    """Of one day, first and recurring ones."""
    return [
        Debit(
            reference=f"{kassenzeichen(PREFIX, YEAR, n)}-1", cents=2100 + n % 100, mandate=f"M-{n}",
            signed_on=date(2026, 11, 26), name=f"Halterin Nummer {n}", iban=PAYER,
            text=f"Hundesteuer HST-2026-{n:06}", due=date(2027, 2, 15),
            sequence=DebitSequence.FIRST if n % 10 == 0 else DebitSequence.RECURRING,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


@asynccontextmanager
async def _debits(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    debits, created = debits_of(2 * size.entries), datetime(2027, 2, 11, tzinfo=UTC)
    tree = ElementTree.fromstring(b"".join(write_debits("BENCH", created, CREDITOR, debits)))

    async def written() -> float:
        began = time.perf_counter()
        b"".join(write_debits("BENCH", created, CREDITOR, debits))
        return len(debits) / (time.perf_counter() - began)

    async def checked() -> float:
        began = time.perf_counter()
        valid(write_debits("BENCH", created, CREDITOR, debits))
        return len(debits) / (time.perf_counter() - began)

    async def serialised() -> float:
        began = time.perf_counter()
        ElementTree.tostring(tree, "utf-8")
        return len(debits) / (time.perf_counter() - began)

    yield {"serialised": serialised, "written": written, "checked": checked}


# a year of the ledger


async def fill_ledger(log: Log, bookings: int) -> None:
    """Entries of two lines over a year; every eighth is of a fee's surplus."""
    chance, first = Random(YEAR), datetime(YEAR, 1, 1, tzinfo=UTC)
    columns = ["claim_id", "version", "line", "account", "cents", "currency", "event", "booked_at"]
    accounts = ("bank", "provider:girocheckout", "provider:paypal", "cash")
    records: list[Sequence[Any]] = []
    for number in range(bookings // 2):
        cents, at = chance.randrange(100, 20_000), first + timedelta(days=365 * number / bookings * 2)
        other = "surplus" if number % 8 == 0 else f"revenue:5410{number % 40:02}"
        claim_id, name = new_id(), "payments.payment_settled"
        records.append((claim_id, 1, 0, accounts[number % 4], cents, "EUR", name, at))
        records.append((claim_id, 1, 1, other, -cents, "EUR", name, at))
    await log.owner.copy_records_to_table("ledger_line", records=records, columns=columns)
    await log.owner.execute("VACUUM ANALYZE ledger_line")


@asynccontextmanager
async def _ledger(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with rig.log(SERVICE) as log:
        await fill_ledger(log, size.events)

        async def balanced() -> float:
            began = time.perf_counter()
            if (await queries.trial_balance(log.pool))["sum_cents"]:
                raise RuntimeError("the books are not even")
            return (time.perf_counter() - began) * 1000

        async def summed() -> float:
            began = time.perf_counter()
            await log.pool.fetchval("SELECT sum(cents) FROM ledger_line")
            return (time.perf_counter() - began) * 1000

        yield {"summed": summed, "balanced": balanced}


HOP: Final = "one row inserted behind the same HTTP"
CALLBACK: Final = (
    Row("callback-p50", "callback to PaymentSettled, median", "ms", "settled.p50", "inserted.p50", HOP,
        less=True),
    Row("callback-p95", "callback to PaymentSettled, 95%", "ms", "settled.p95", "inserted.p95", HOP,
        less=True),
)  # fmt: skip
STATEMENT: Final = (
    Row("camt-match", "{entries:,} entries of a camt.053 matched with open claims", "s", "matched", "parsed",
        "parsed alone", less=True),
    Row("camt-books", "{entries:,} transfers of a camt.053 into the books", "s", "booked", "parsed",
        "parsed alone", less=True),
)  # fmt: skip
DEBITS: Final = (
    Row("pain008", "pain.008 written, two debits for each of {entries:,}", "debits/s", "written",
        "serialised", "ElementTree serialises the same tree"),
    Row("pain008-valid", "the same written and found valid by its schema", "debits/s", "checked", "written",
        "written alone"),
)  # fmt: skip
LEDGER: Final = Row(
    "ledger", "trial balance over {events:,} bookings of a year", "ms", "balanced", "summed",
    "SELECT sum(cents)", less=True,
)  # fmt: skip
BENCHES: Final = (
    Bench("payments", "a provider's callback", CALLBACK, _callbacks, rounds=3),
    Bench("payments", "a bank statement", STATEMENT, _statements, rounds=ROUNDS, warm=False),
    Bench("payments", "a file of debits", DEBITS, _debits, rounds=5),
    Bench("payments", "a year of the ledger", (LEDGER,), _ledger, rounds=5),
)
