"""Names and texts as every bank takes them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.sepa.characters import bank_text, is_identifier

TAKEN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")


class TestBankText:
    @pytest.mark.parametrize(
        ("written", "taken"),
        [
            ("Müller-Groß, Jürgen", "Mueller-Gross, Juergen"), ("ÄÖÜ äöü ẞ", "AeOeUe aeoeue SS"),
            ("Đặng Thị Ánh", "Dang Thi Anh"), ("Łukasz Žižka", "Lukasz Zizka"), ("Mu\u0308ller", "Mueller"),
            ("Hund & Katze GmbH", "Hund + Katze GmbH"), ("a\nb\tc  d", "a b c d"), ("漢字", ".."),
            ("O’Brien", "O'Brien"), ("m²", "m2"), ("Zero\u200bWidth", "ZeroWidth"),
        ],
    )  # fmt: skip
    def test_is_written_as_people_would(self, written: str, taken: str) -> None:
        assert bank_text(written, 70) == taken

    def test_is_cut(self) -> None:
        assert bank_text("ß" * 40, 70) == "s" * 70
        assert bank_text("abc def", 4) == "abc"

    @given(st.text(), st.integers(1, 140))
    def test_holds_no_other_character(self, text: str, longest: int) -> None:
        written = bank_text(text, longest)
        assert TAKEN.fullmatch(written)
        assert len(written) <= longest
        assert bank_text(written, longest) == written


class TestIdentifier:
    @pytest.mark.parametrize("text", ["BPA-2026-000001", "a" * 35, "A/B"])
    def test_is_taken(self, text: str) -> None:
        assert is_identifier(text)

    @pytest.mark.parametrize("text", ["", "a" * 36, "/A", "A/", "A//B", "ä", "a b", "a_b"])
    def test_is_refused(self, text: str) -> None:
        assert not is_identifier(text)
