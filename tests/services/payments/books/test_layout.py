"""The files of a batch: what a cell may be, encodings, columns, the XML's schema."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

import services.payments.books as books
from services.payments.books.layout import COLUMNS, ClaimFacts, Layout, write_csv, write_xml
from services.payments.domain.booking_batch import Content, Sum
from services.payments.domain.bookings import Booking
from services.payments.settings import PaymentsSettings

CLAIM: Final = UUID(int=1)
NOW: Final = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
FACTS: Final = ClaimFacts("47112600000122", "541000", "resident-parking-permit", date(2026, 12, 24))
PAID: Final = Booking(
    f"{CLAIM}/3", 0, CLAIM, NOW, "provider:girocheckout", "S", 123456, "EUR", "card", "girocheckout", "ref-1",
    "Zahlung", False,
)  # fmt: skip
BACK: Final = replace(PAID, line=1, cents=-5, undoes=True, text="Rückbuchung")
CONTENT: Final = Content(1, 2, NOW, NOW, (Sum("EUR", 123451, 123451),))
ALL: Final = tuple((name, heading) for name, (heading, _, _) in COLUMNS.items())


def layout(
    *columns: str, encoding: str = "windows-1252", accounts: Mapping[str, str] | None = None
) -> Layout:
    chosen = [(name, COLUMNS[name][0]) for name in columns] or list(ALL)
    return Layout("100", chosen, encoding, accounts or {}, ZoneInfo("Europe/Berlin"))


def csv_of(found: Layout, *bookings: Booking, facts: ClaimFacts = FACTS) -> bytes:
    return write_csv(found, 7, found.rows(7, bookings, {CLAIM: facts}), CONTENT)


def cell(reference: str, encoding: str = "windows-1252") -> bytes:
    """What the file shows for a provider's reference."""
    content = csv_of(layout("referenz", encoding=encoding), replace(PAID, reference=reference))
    return content.split(b"\r\n")[1]


class TestCsv:
    def test_is_of_the_usual_shape(self) -> None:
        heading, paid, back, total, end = csv_of(layout(), PAID, BACK).decode("cp1252").split("\r\n")
        assert heading == (
            "Mandant;Stapel;Beleg;Zeile;Kassenzeichen;Buchungsdatum;Fälligkeit;Betrag;Währung;Soll/Haben;Konto;"
            "Kostenstelle;Leistung;Zahlungsart;Anbieter;Provider-Referenz;Verwendungszweck;Storno"
        )
        assert paid == (
            f"100;7;{CLAIM}/3;0;47112600000122;27.11.2026;24.12.2026;1234,56;EUR;S;provider:girocheckout;541000;"
            "resident-parking-permit;card;girocheckout;ref-1;Zahlung;N"
        )
        assert back.endswith("Rückbuchung;J")
        assert ";-0,05;EUR;S;" in back
        assert (total, end) == ("Summe;7;1;2;1234,51;1234,51;EUR", "")

    def test_has_the_columns_and_accounts_of_the_town(self) -> None:
        content = csv_of(layout("konto", "betrag", accounts={"provider": "16900"}), PAID)
        assert content.split(b"\r\n")[:2] == [b"Konto;Betrag", b"16900;1234,56"]
        exact = {"provider:girocheckout": "16901", "provider": "16900"}
        assert b"16901;" in csv_of(layout("konto", "betrag", accounts=exact), PAID)

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+49", "-1", "@sum", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "＝1+1",
         "\u200b=1", "'=1", "﹢1"],
    )  # fmt: skip
    def test_has_no_cell_that_a_spreadsheet_runs(self, text: str) -> None:
        for encoding in ("windows-1252", "utf-8"):
            shown = cell(text, encoding).decode(encoding)
            assert shown.startswith("'"), shown
            assert "\n" not in shown
            assert "\r" not in shown

    def test_has_none_after_the_letters_are_rewritten(self) -> None:
        assert cell("\u20101") == b"'-1"

    def test_quotes_what_would_be_two_cells(self) -> None:
        assert cell('a;b"c') == b'"a;b""c"'
        assert cell("a\r\nb") == b"a  b"

    def test_is_written_in_the_letters_of_its_encoding(self) -> None:
        name = "Łódź €5 Ștefan Müller 漢"
        assert cell(name).decode("cp1252") == "Lódz €5 Stefan Müller ."
        assert cell(name, "utf-8").decode() == name

    def test_numbers_are_no_formulas(self) -> None:
        assert b";-0,05;" in csv_of(layout("zeile", "betrag", "storno"), BACK)

    def test_money_without_a_claim_has_no_kassenzeichen(self) -> None:
        lone = replace(PAID, claim_id=None)
        assert csv_of(layout("kassenzeichen", "betrag"), lone).split(b"\r\n")[1] == b";1234,56"

    def test_is_not_made_without_a_claims_facts(self) -> None:
        with pytest.raises(KeyError):
            layout().rows(7, [PAID], {})


class TestXml:
    schema = etree.XMLSchema(etree.parse(Path(books.__file__).with_name("buchungsstapel-1.xsd")))

    def xml(self, *bookings: Booking, facts: ClaimFacts = FACTS) -> bytes:
        found = layout()
        return write_xml(found, 7, found.rows(7, bookings, {CLAIM: facts}), CONTENT)

    def test_keeps_to_its_schema(self) -> None:
        awkward = replace(PAID, reference='<&">\x00\x0b\ufffe', claim_id=None, method="", provider="", line=2)
        tree = etree.fromstring(self.xml(PAID, BACK, awkward))
        self.schema.assertValid(tree)
        amounts = [one.text for one in tree.iter("{urn:portal:buchungsstapel:1}betrag")]
        assert amounts == ["1234.56", "-0.05", "1234.56"]

    def test_does_not_have_a_booking_twice(self) -> None:
        assert not self.schema.validate(etree.fromstring(self.xml(PAID, PAID)))


class TestSettings:
    def test_take_a_list_of_columns_or_own_headings(self) -> None:
        read = PaymentsSettings._headings
        known = PaymentsSettings._known
        assert known(read('["betrag", "konto"]')) == {"betrag": "Betrag", "konto": "Konto"}
        assert known(read('{"betrag": "EUR"}')) == {"betrag": "EUR"}
        for wrong in ('["betrag", "name"]', "[]", "{}"):
            with pytest.raises(ValueError, match="there are mandant"):
                known(read(wrong))
