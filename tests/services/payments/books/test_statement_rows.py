"""A provider's statement as a file."""

from datetime import date
from typing import Any

import pytest

from services.payments.books.statement_formats import FORMATS, GIROCHECKOUT, PAYPAL, StatementFormat
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
        quoted = '"' + HEAD.strip().replace(";", '";"') + '"\n'
        assert read_rows((quoted + GOOD).encode())[1][0].reference == "r1"
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


PAYPAL_HEAD = (
    '"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto",'
    '"Absender E-Mail-Adresse","Empfänger E-Mail-Adresse","Transaktionscode","Auswirkung auf Guthaben"\n'
)


def paypal(kind: str, gross: str, fee: str, net: str, code: str, **said: str) -> str:
    cells = [
        said.get("day", "25.11.2026"), "10:30:00", "Europe/Berlin", "Ada, Lovelace", kind,
        said.get("state", "Abgeschlossen"), said.get("currency", "EUR"), gross, fee, net, "a@b.de", "c@d.de",
        code, "Haben",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


class TestPayPalsReport:
    def test_gives_payment_and_fee_of_one_row(self) -> None:
        rows = [
            paypal("Allgemeine Zahlung", "1.030,60", "-0,47", "1.030,13", "9AB12345CD"),
            paypal("Rückzahlung", "-30,60", "0,47", "-30,13", "R1"),
            paypal("Einbehaltung für offene Autorisierung", "-5,00", "0,00", "-5,00", "H1"),
            paypal("Website-Zahlung", "5,00", "0,00", "5,00", "P2", state="Ausstehend"),
            paypal("Allgemeine Abbuchung", "-1.000,00", "0,00", "-1.000,00", "W1"),
        ]
        content = f"\ufeff{PAYPAL_HEAD}{''.join(rows)}".encode()
        day = date(2026, 11, 25)
        assert read_rows(content, [PAYPAL]) == (
            "EUR",
            [
                StatementRow(day, "payment", "9AB12345CD", 103060, 47),
                StatementRow(day, "refund", "R1", -3060, -47),
                StatementRow(day, "payout", "W1", -100000, 0),
            ],
        )

    def test_may_have_other_marks_and_another_word_for_the_fee(self) -> None:
        head = PAYPAL_HEAD.replace('"', "").replace(",", ";").replace("Gebühr", "Entgelt")
        row = "25.11.2026;10:30;Z;Ada;Allgemeine Zahlung;Abgeschlossen;EUR;30,60;-0,47;30,13;a;b;P1;Haben\n"
        assert read_rows((head + row).encode(), [PAYPAL])[1] == [
            StatementRow(date(2026, 11, 25), "payment", "P1", 3060, 47)
        ]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (paypal("Spende", "30,60", "-0,47", "30,13", "P1"), "no kind is set up for this word: Spende"),
            (paypal("Allgemeine Zahlung", "30,60", "-0,47", "30,13", "P1", state="Rätsel"), "no state"),
            (paypal("Allgemeine Zahlung", "30,60", "0,47", "30,13", "P1"), "the net is not"),
            (paypal("Allgemeine Zahlung", "-30,60", "-0,47", "-31,07", "P1"), "positive for a payment"),
            (paypal("Allgemeine Zahlung", "30.60", "-0,47", "30,13", "P1"), "an amount has its decimals"),
            (paypal("Allgemeine Zahlung", "30,60", "-0,47", "30,13", "P1", day="11/25/2026"), "a day is"),
            (paypal("Allgemeine Zahlung", "30,60", "-0,47", "30,13", "=P1"), "this is no reference"),
            ('"25.11.2026","10:30:00"\n', "cells, not 2"),
        ],
    )
    def test_is_refused_with_line_and_reason(self, row: str, reason: str) -> None:
        good = paypal("Allgemeine Zahlung", "30,60", "-0,47", "30,13", "P0")
        with pytest.raises(StatementUnreadable, match=reason) as refused:
            read_rows((PAYPAL_HEAD + good + row).encode(), [PAYPAL])
        assert refused.value.line == 3

    @pytest.mark.parametrize("rows", ["", paypal("Allgemeine Autorisierung", "5,00", "0,00", "5,00", "A1")])
    def test_without_money_is_refused(self, rows: str) -> None:
        with pytest.raises(StatementUnreadable):
            read_rows((PAYPAL_HEAD + rows).encode(), [PAYPAL])

    def test_of_two_currencies_is_refused(self) -> None:
        rows = [
            paypal("Allgemeine Zahlung", "30,60", "0,00", "30,60", f"P{at}", currency=currency)
            for at, currency in enumerate(("EUR", "USD"))
        ]
        with pytest.raises(StatementUnreadable, match="one currency"):
            read_rows((PAYPAL_HEAD + "".join(rows)).encode(), [PAYPAL])

    def test_is_not_read_where_it_is_not_set_up(self) -> None:
        row = paypal("Allgemeine Zahlung", "30,60", "-0,47", "30,13", "P1")
        with pytest.raises(StatementUnreadable, match="the heading is"):
            read_rows((PAYPAL_HEAD + row).encode(), [GIROCHECKOUT])


class TestAReportThatATownSetsUp:
    def test_is_read_beside_our_own_shape(self) -> None:
        form = StatementFormat.model_validate(
            {
                "delimiters": ["\t"], "encoding": "windows-1252", "decimal": ".", "day_format": "%m/%d/%Y",
                "columns": {"day": ["Day"], "kind": ["Was"], "reference": ["Nr"], "amount": ["Sum"],
                            "currency": ["Cur"]},
                "kinds": {"Größe": "payment", "Kosten": "fee"},
            }
        )  # fmt: skip
        content = (
            "Day\tWas\tNr\tSum\tCur\n11/25/2026\tGröße\t1\t1,030.60\tEUR\n11/26/2026\tKosten\t2\t-3.00\tEUR\n"
        )
        assert read_rows(content.encode("cp1252"), [form])[1] == [
            StatementRow(date(2026, 11, 25), "payment", "1", 103060, 0),
            StatementRow(date(2026, 11, 26), "fee", "2", 0, 300),
        ]
        assert read_rows((HEAD + GOOD).encode(), [form])[1][0].reference == "r1"

    def test_of_girocheckout_is_a_matter_of_settings_too(self) -> None:
        head = "Datum;Transaktions-ID;Typ;Status;Betrag;Entgelt;Währung\n"
        paid = "25.11.2026;g1;Zahlung;Erfolgreich;30,60;0,47;EUR\n"
        out = "26.11.2026;g2;Auszahlung;Erfolgreich;-30,13;0,00;EUR\n"
        assert read_rows((head + paid + out).encode("cp1252"), FORMATS["girocheckout"])[1] == [
            StatementRow(date(2026, 11, 25), "payment", "g1", 3060, 47),
            StatementRow(date(2026, 11, 26), "payout", "g2", -3013, 0),
        ]

    @pytest.mark.parametrize(
        "without",
        [{"columns": {"day": ["a"]}}, {"kinds": {}}, {"kinds": {"x": "gift"}}, {"states": {"ok": True}}],
    )
    def test_is_refused_where_it_is_not_whole(self, without: dict[str, Any]) -> None:
        whole = {
            "columns": {name: [name] for name in ("day", "kind", "reference", "amount", "currency")},
            "kinds": {"x": "payment"},
        }
        assert StatementFormat.model_validate(whole)
        with pytest.raises(ValueError):
            StatementFormat.model_validate({**whole, **without})
