import unicodedata

import pytest

from services.applications.domain.latin import read_latin
from services.applications.domain.refusals import Unacceptable


class TestLettersOfNames:
    @pytest.mark.parametrize(
        "name",
        [
            "Müller-Lüdenscheid",
            "O'Connor",
            "Đặng Văn Ước",
            "Şükrü",
            "Łukasz",
            "Ştefănescu",
            "D’Amico",
            "Ẽva",
            "ẞ",
        ],
    )
    def test_are_taken(self, name: str) -> None:
        assert read_latin(name) == unicodedata.normalize("NFC", name)

    def test_are_composed(self) -> None:
        assert read_latin("Mu\u0308ller") == "Müller"

    @pytest.mark.parametrize("name", ["C\u0328\u0306", "k\u035fh", "M\u0302", "l\u0325\u0304"])
    def test_include_sequences_of_the_norm(self, name: str) -> None:
        assert read_latin(name) == unicodedata.normalize("NFC", name)

    @pytest.mark.parametrize(
        ("name", "refused"),
        [
            ("Erika1", ["1"]),
            ("Мария", sorted("Мария")),
            ("Eri<b>ka", ["<", ">"]),
            ("Anna\u200b", ["\u200b"]),
            ("B\u0302", ["\u0302"]),
            ("Ωmega", ["Ω"]),
            ("😀", ["😀"]),
        ],
    )
    def test_refuse_what_no_name_holds(self, name: str, refused: list[str]) -> None:
        with pytest.raises(Unacceptable) as error:
            read_latin(name)
        assert error.value.code == "characters_not_allowed"
        assert error.value.params == {"characters": refused}
