"""The providers' statements: what their books say of some days, as the portal's reconciliation reads it."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from deploy.local.sandbox.girocheckout import protocol
from deploy.local.sandbox.paypal.book import Book
from deploy.local.sandbox.settlement import row_of
from services.payments.books.statement_rows import StatementUnreadable, read_rows
from tests.deploy.sandbox.paypal_serving import PayPalSandbox
from tests.deploy.sandbox.serving import Sandbox, running_sandbox
from tests.deploy.sandbox.test_girocheckout_calls import call, paid
from tests.deploy.sandbox.test_paypal_calls import captured, post
from tests.deploy.sandbox.test_xbezahldienste import opened
from tests.deploy.sandbox.xbezahldienste_serving import PlatformSandbox

MONDAY, TUESDAY = date(2027, 3, 1), date(2027, 3, 2)
FEE = 35 + 3000 * 299 // 10000


class Provider(Protocol):
    def statement(self, first: date, last: date) -> bytes: ...


def told(provider: Provider, first: date = MONDAY, last: date = TUESDAY) -> list[tuple[Any, ...]]:
    """Day, kind, cents and fee of each row; a row is known by its kind and reference."""
    _, rows = read_rows(provider.statement(first, last))
    assert len({row.key for row in rows}) == len(rows)
    return [(row.day.day, row.kind, row.amount_cents, row.fee_cents) for row in rows]


class TestPayPals:
    def test_tells_payments_with_their_fees_by_day(self, paypal: PayPalSandbox) -> None:
        paypal.go_to(MONDAY)
        capture = captured(paypal)
        paypal.go_to(TUESDAY)
        post(paypal, f"/v2/payments/captures/{capture}/refund").raise_for_status()
        assert told(paypal) == [(1, "payment", 3000, FEE), (2, "refund", -3000, 0)]
        assert told(paypal, TUESDAY) == [(2, "refund", -3000, 0)]
        assert (paypal.book()["balance_cents"], paypal.book()["fees_cents"]) == (0, FEE)

    def test_tells_what_was_taken_back_and_what_that_cost(self, paypal: PayPalSandbox) -> None:
        paypal.go_to(MONDAY)
        capture = captured(paypal)
        dispute = paypal.change(capture, "dispute")["id"]
        paypal.resolve(dispute)
        disputed = [(1, "reversal", -3000, 0), (1, "fee", 0, 1400), (1, "payment", 3000, 0)]
        assert told(paypal) == [(1, "payment", 3000, FEE), *disputed]
        assert f"payment;{dispute};30,00;0,00;EUR" in paypal.statement(MONDAY, MONDAY).decode()
        assert paypal.http.post(f"/sandbox/disputes/{dispute}/resolve").status_code == 409

    def test_tells_a_refund_made_on_its_own_pages(self, paypal: PayPalSandbox) -> None:
        capture = captured(paypal)
        paypal.gives_back(capture, 1000)
        refund = paypal.book()["refunds"][0]
        assert (refund["amount_cents"], refund["custom_id"]) == (1000, "a1")
        too_much = paypal.http.post(f"/sandbox/captures/{capture}/refund", json={"amount_cents": 2001})
        assert (too_much.status_code, paypal.book()["balance_cents"]) == (400, 2000)

    def test_tells_what_was_paid_out_of_it(self, paypal: PayPalSandbox) -> None:
        assert paypal.pays_out() == 0
        paypal.go_to(MONDAY)
        captured(paypal)
        paypal.go_to(TUESDAY)
        assert paypal.pays_out() == 3000 - FEE
        assert told(paypal) == [(1, "payment", 3000, FEE), (2, "payout", FEE - 3000, 0)]
        assert (paypal.pays_out(), paypal.book()["balance_cents"]) == (0, FEE)


class TestGiroCheckouts:
    def test_tells_refunds_and_disputes(self, sandbox: Sandbox) -> None:
        sandbox.go_to(MONDAY)
        reference = paid(sandbox)
        given = {"merchantTxId": "r1", "reference": reference, "amount": "1000", "currency": "EUR"}
        assert call(sandbox, "transaction/refund", protocol.REFUND, **given)["rc"] == 0
        assert sandbox.http.post(f"/sandbox/transactions/{reference}/restore").status_code == 409
        assert sandbox.disputes(reference, "charge-back") != sandbox.disputes(reference, "restore")
        sandbox.disputes(reference, "charge-back")
        assert [row[1:3] for row in told(sandbox)] == [
            ("payment", 3000), ("refund", -1000), ("reversal", -2000), ("payment", 2000), ("reversal", -2000),
        ]  # fmt: skip
        assert sandbox.http.post(f"/sandbox/transactions/{reference}/charge-back").status_code == 409

    def test_has_the_fee_that_it_is_told(self, tmp_path: Path) -> None:
        with running_sandbox(tmp_path, fee_cents=9) as sandbox:
            sandbox.go_to(MONDAY)
            sandbox.tell("never")
            paid(sandbox)
            assert told(sandbox) == [(1, "payment", 3000, 9)]
            assert sandbox.pays_out() == 2991


class TestThePlatforms:
    def test_tells_what_was_paid(self, platform: PlatformSandbox) -> None:
        platform.go_to(MONDAY)
        platform.decide(opened(platform))
        assert told(platform) == [(1, "payment", 3060, 0)]

    def test_without_a_row_is_none(self, platform: PlatformSandbox) -> None:
        platform.decide(opened(platform), "cancel")
        with pytest.raises(StatementUnreadable):
            told(platform)

    @pytest.mark.parametrize("wrong", ["", "?from=2027-03-01", "?from=March&to=2027-03-01"])
    def test_wants_to_know_of_which_days(self, platform: PlatformSandbox, wrong: str) -> None:
        assert platform.http.get(f"/sandbox/statement{wrong}").status_code == 400
        assert platform.http.put("/sandbox/day", json={"day": "soon"}).status_code == 400


class TestABookOfBefore:
    def test_gets_what_statements_need(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "paypal.sqlite") as old:
            old.execute(
                "create table entries (number integer primary key, at real not null, reference text not null,"
                " amount_cents integer not null, currency text not null, text text not null)"
            )
            at = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
            old.execute("insert into entries values (1, ?, 'A', -3000, 'EUR', 'REFUND 1')", (at,))
        for _ in range(2):
            book = Book(tmp_path)
            assert [row_of(entry).as_csv() for entry in book.entries()] == [
                "2027-03-01;refund;A;-30,00;0,00;EUR"
            ]
            book.close()


class TestTheDay:
    def test_is_todays_again_with_an_empty_book(self, platform: PlatformSandbox) -> None:
        platform.go_to(MONDAY)
        platform.reset()
        platform.decide(opened(platform))
        today = datetime.now(UTC).date()
        found = platform.http.get(f"/sandbox/statement?from={today}&to={today}")
        assert len(found.text.split("\r\n")) == 3
