"""Creditor identifiers, structured references, the text of a GiroCode: beside other implementations."""

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from segno import helpers
from stdnum import iso11649
from stdnum.eu import at_02

from services.payments.sepa.creditor import CreditorIdRefused, read_creditor_id
from services.payments.sepa.girocode import girocode_text
from services.payments.sepa.reference import is_structured_reference, structured_reference

IBAN = "DE89370400440532013000"


class TestCreditorId:
    @pytest.mark.parametrize("typed", ["DE98ZZZ09999999999", "DE98ABC09999999999", "de98 zzz 0999 9999 999"])
    def test_is_taken(self, typed: str) -> None:
        assert at_02.is_valid(read_creditor_id(typed))

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "DE98ZZZ",
            "DE97ZZZ09999999999",
            "DE98ZZZ0999999999",
            "DE98ZZZ0999999999A",
            "9898ZZZ09999999999",
        ],
    )
    def test_is_refused(self, typed: str) -> None:
        with pytest.raises(CreditorIdRefused):
            read_creditor_id(typed)


class TestStructuredReference:
    def test_has_the_known_check_digits(self) -> None:
        assert structured_reference("2026000123") == "RF462026000123"
        assert is_structured_reference("RF18539007547034")

    @given(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True))
    def test_agrees_with_another_implementation(self, own: str) -> None:
        made = structured_reference(own)
        assert iso11649.is_valid(made)
        assert is_structured_reference(made)

    @pytest.mark.parametrize("text", ["RF19539007547034", "RF18", "XX18539007547034", "RF18 5390 0754 7034"])
    def test_is_not_seen_in_anything(self, text: str) -> None:
        assert not is_structured_reference(text)

    @pytest.mark.parametrize("own", ["", "a1", "1" * 22, "12 3"])
    def test_is_not_made_of_anything(self, own: str) -> None:
        with pytest.raises(ValueError):
            structured_reference(own)


class TestGiroCode:
    def test_is_the_text_of_the_norm(self) -> None:
        text = girocode_text("Stadtkasse Lindenau", IBAN, 3000, reference="RF462026000123")
        assert text == (f"BCD\n002\n1\nSCT\n\nStadtkasse Lindenau\n{IBAN}\nEUR30.00\n\nRF462026000123")

    def test_is_what_another_implementation_draws(self) -> None:
        ours = girocode_text("Stadtkasse Lindenau", IBAN, 3060, text="KZ 47112600000122")
        theirs = helpers.make_epc_qr("Stadtkasse Lindenau", IBAN, 30.60, text="KZ 47112600000122", encoding=1)
        drawn = segno.make(ours.replace("EUR30.60", "EUR30.6"), error="M", encoding="utf-8")
        assert (drawn.matrix, drawn.error) == (theirs.matrix, theirs.error)

    @pytest.mark.parametrize(
        ("name", "cents", "reference", "text"),
        [
            ("", 1, "", "x"), ("n" * 71, 1, "", "x"), ("n", 0, "", "x"), ("n", 100_000_000_000, "", "x"),
            ("n", 1, "", ""), ("n", 1, "RF462026000123", "x"), ("n", 1, "RF472026000123", ""),
            ("n", 1, "", "x" * 141), ("n\nBCD", 1, "", "x"), ("ä" * 70, 1, "", "ü" * 140),
        ],
    )  # fmt: skip
    def test_refuses_what_the_norm_forbids(self, name: str, cents: int, reference: str, text: str) -> None:
        with pytest.raises(ValueError):
            girocode_text(name, IBAN, cents, reference=reference, text=text)
