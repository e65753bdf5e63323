"""A provider's statement as a file."""

from datetime import date

import pytest

from services.payments.books.statement_rows import StatementUnreadable, read_rows
from services.payments.domain.provider_account import StatementRow

HEAD = "date;kind;reference;amount;fee;currency\n"
GOOD = "25.11.2026;payment;r1;30,60;0,47;EUR"


class TestRows:
    def test_are_read_in_both_manners(self) -> None:
        currency, rows = read_rows(f"\ufeff{HEAD}{GOOD}\n\n2026-11-25;refund;r1;-30,60;;EUR\n".encode())
        assert currency == "EUR"
        assert rows == [
            StatementRow(date(2026, 11, 25), "payment", "r1", 3060, 47),
            StatementRow(date(2026, 11, 25), "refund", "r1", -3060, 0),
        ]
        english = HEAD.replace(";", ",") + "2026-11-25,fee,month,,-12.00,EUR\r\n"
        assert read_rows(english.encode())[1] == [StatementRow(date(2026, 11, 25), "fee", "month", 0, -1200)]

    @pytest.mark.parametrize(
        ("line", "row"),
        [
            (2, "25.11.26;payment;r1;30,60;0,47;EUR"),
            (2, "31.02.2026;payment;r1;30,60;0,47;EUR"),
            (2, "25.11.2026;Zahlung;r1;30,60;0,47;EUR"),
            (2, "25.11.2026;payment;;30,60;0,47;EUR"),
            (2, "25.11.2026;payment;=1;30,60;0,47;EUR"),
            (2, "25.11.2026;payment;r1;1.030,60;0,47;EUR"),
            (2, "25.11.2026;payment;r1;30,6;0,47;EUR"),
            (2, "25.11.2026;payment;r1;-30,60;0,47;EUR"),
            (2, "25.11.2026;refund;r1;30,60;0,47;EUR"),
            (2, "25.11.2026;payment;r1;0,00;0,47;EUR"),
            (2, "25.11.2026;fee;r1;30,60;0,47;EUR"),
            (2, "25.11.2026;payment;r1;30,60;0,47"),
            (2, "25.11.2026;payment;r1;30,60;0,47;Euro"),
            (2, f"{GOOD}\n25.11.2026;payment;r2;30,60;0,47;CHF"),
            (1, ""),
        ],
    )
    def test_are_refused_with_the_line(self, line: int, row: str) -> None:
        with pytest.raises(StatementUnreadable) as refused:
            read_rows((HEAD + row).encode())
        assert refused.value.line == line

    @pytest.mark.parametrize("content", [b"", b"\n", b"a;b\n1;2\n", b'date;kind;"\n', b"\xff\xfe\x00"])
    def test_of_something_else_are_refused(self, content: bytes) -> None:
        with pytest.raises(StatementUnreadable):
            read_rows(content)
