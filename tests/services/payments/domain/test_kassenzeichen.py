"""Kassenzeichen: check digits of each scheme against another hand's reckoning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649, luhn
from stdnum.iso7064 import mod_11_10

from services.payments.domain.kassenzeichen import (
    _WITH_CHECK,
    NoCheckDigit,
    Scheme,
    is_kassenzeichen,
    kassenzeichen,
)

OTHERS = {Scheme.MOD11_10: mod_11_10, Scheme.MOD10: luhn, Scheme.RF: iso11649}


class TestAKassenzeichen:
    @given(
        scheme=st.sampled_from(sorted(OTHERS)), number=st.integers(1, 9_999_999), year=st.integers(2026, 2099)
    )
    def test_is_one_for_others_too(self, scheme: Scheme, number: int, year: int) -> None:
        made = kassenzeichen("4711", year, number, scheme)
        assert OTHERS[scheme].is_valid(made)
        assert is_kassenzeichen(made, scheme)

    @given(scheme=st.sampled_from(Scheme), number=st.integers(1, 9_999_999), wrong=st.integers(1, 9))
    def test_catches_a_wrong_digit(self, scheme: Scheme, number: int, wrong: int) -> None:
        try:
            right = kassenzeichen("4711", 2026, number, scheme)
        except NoCheckDigit:
            return
        changed = right[:-3] + str((int(right[-3]) + wrong) % 10) + right[-2:]
        assert is_kassenzeichen(right, scheme)
        assert not is_kassenzeichen(changed, scheme)

    @pytest.mark.parametrize(
        ("scheme", "body", "made"),
        [
            (Scheme.RF, "2026000123", "RF462026000123"),
            (Scheme.MOD10, "7992739871", "79927398713"),
            (Scheme.MOD11_10, "0794", "07945"),
            (Scheme.MOD11, "12345678", "123456785"),  # 138 = 12 * 11 + 6
        ],
    )
    def test_of_the_books_examples(self, scheme: Scheme, body: str, made: str) -> None:
        assert _WITH_CHECK[scheme](body) == made

    def test_leaves_one_number_in_eleven_out_modulo_11(self) -> None:
        left_out = 0
        for number in range(1, 1101):
            try:
                kassenzeichen("4711", 2026, number, Scheme.MOD11)
            except NoCheckDigit:
                left_out += 1
        assert left_out == pytest.approx(100, abs=10)

    @pytest.mark.parametrize(("prefix", "number"), [("4", 1), ("47114", 1), ("47a1", 1), ("4711", 0),
                                                    ("4711", 10**7)])  # fmt: skip
    def test_of_an_impossible_number_is_refused(self, prefix: str, number: int) -> None:
        with pytest.raises(ValueError, match="digits"):
            kassenzeichen(prefix, 2026, number)

    @pytest.mark.parametrize("text", ["", "x", "RF", "٤٧١١"])
    def test_is_not_just_anything(self, text: str) -> None:
        assert not any(is_kassenzeichen(text, scheme) for scheme in Scheme)
