"""What people type: addresses, passwords, their own data."""

from datetime import date

import pytest

from services.identity.domain import email_address, password_rules, profile
from services.identity.domain.refusals import FieldsRefused

TODAY = date(2026, 11, 22)


def code_of(refused: pytest.ExceptionInfo[FieldsRefused]) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in refused.value.errors]


class TestAnAddress:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ada.Lovelace@Example.ORG ", "ada.lovelace@example.org"),
            ("ada@müller.example", "ada@xn--mller-kva.example"),
            ("a+tag@example.org", "a+tag@example.org"),
        ],
    )
    def test_has_one_spelling(self, typed: str, kept: str) -> None:
        assert email_address.normalised(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "a@@example.org",
            "a b@example.org",
            "ada@-example.org",
            "ada@example..org",
            ".ada@example.org",
            "ada@127.0.0.1",
            "ädä@example.org",
            "a" * 65 + "@example.org",
            "a@" + "b" * 64 + ".org",
            "a@" + "b." * 130 + "org",
            "a@example.org\nx",
        ],
    )
    def test_is_refused_when_it_cannot_be_one(self, typed: str) -> None:
        with pytest.raises(FieldsRefused) as refused:
            email_address.normalised(typed)
        assert code_of(refused) == [("email", "email_impossible")]


class TestAPassword:
    @pytest.mark.parametrize(
        "typed", ["Morgens fahre ich Rad", "ahorn-teich-luchs-97", "ÄÖÜäöüß€ŁłČ1", "tr0ub4dor&3xyz"]
    )
    def test_may_be_anything_long_enough(self, typed: str) -> None:
        assert password_rules.acceptable(typed, "ada@example.org") == typed

    @pytest.mark.parametrize(
        "typed",
        [
            "elf Zeichen",
            "aaaaaaaaaaaaaaaa",
            "Passwort12345!",
            "passwordpassword",
            "geheimgeheim",
            "qwertzuiop12",
            "Lindenau-2026",
            "123456789012",
            "abcdefghijklmnop",
            "ada.lovelace@example.org",
            "ada.lovelace1815",
        ],
    )
    def test_is_refused_when_it_is_short_or_guessed_first(self, typed: str) -> None:
        with pytest.raises(FieldsRefused) as refused:
            password_rules.acceptable(typed, "ada.lovelace@example.org")
        assert code_of(refused) == [("password", "password_weak")]

    def test_is_refused_when_it_is_longer_than_a_page(self) -> None:
        with pytest.raises(FieldsRefused) as refused:
            password_rules.acceptable("Morgens fahre ich Rad" * 10)
        assert code_of(refused) == [("password", "too_long")]

    def test_is_the_same_from_every_keyboard(self) -> None:
        decomposed = "Morgens fa\u0308hrt Rad"
        assert password_rules.acceptable(decomposed) == password_rules.spelled("Morgens fährt Rad")


class TestAProfile:
    def test_is_trimmed_and_complete(self) -> None:
        kept = profile.acceptable({"given_names": "  Ada  King ", "city": " "}, TODAY)
        assert (kept["given_names"], kept["city"], kept["street"]) == ("Ada King", None, None)

    @pytest.mark.parametrize("name", ["Łukasz Größner", "D’Artagnan", "O'Neill-Şahin", "Nguyễn Thị Minh"])
    def test_takes_names_as_people_have_them(self, name: str) -> None:
        assert profile.acceptable({"family_name": name}, TODAY)["family_name"] == name

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("birth_date", "31.12.1999", "date_impossible"),
            ("birth_date", "2025-02-29", "date_impossible"),
            ("birth_date", "2026-11-23", "date_impossible"),
            ("birth_date", "1899-12-31", "date_impossible"),
            ("birth_date", "2024-W01-1", "date_impossible"),
            ("postal_code", "1234", "postal_code_impossible"),
            ("postal_code", "０１２３４", "postal_code_impossible"),
            ("family_name", "<script>", "letters_unknown"),
            ("city", "x" * 81, "too_long"),
        ],
    )
    def test_refuses_what_cannot_be(self, field: str, value: str, code: str) -> None:
        with pytest.raises(FieldsRefused) as refused:
            profile.acceptable({field: value}, TODAY)
        assert code_of(refused) == [(field, code)]

    def test_names_every_wrong_field(self) -> None:
        with pytest.raises(FieldsRefused) as refused:
            profile.acceptable({"birth_date": "x", "postal_code": "x"}, TODAY)
        assert len(refused.value.errors) == 2
