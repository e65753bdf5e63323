import uuid
from dataclasses import replace

import pytest

from services.payments.providers.girocheckout.account import Account, Project
from services.payments.providers.girocheckout.requests import shortened, start_fields, transaction_id
from services.payments.providers.port import Attempt, Method

ATTEMPT = Attempt(
    attempt_id=uuid.UUID("01890000-0000-7000-8000-00000000002a"),
    method=Method.CARD,
    amount_cents=3000,
    currency="EUR",
    purpose="KZ 4711000001",
    kassenzeichen="4711000001",
    return_url="https://portal.example/zurueck",
    notify_url="https://portal.example/notify",
)
PROJECT = Project(1234, "secure")


class TestTheFieldsOfAStart:
    def test_are_the_attempt_in_the_providers_words(self) -> None:
        assert start_fields(1234567, PROJECT, ATTEMPT) == {
            "merchantId": "1234567",
            "projectId": "1234",
            "merchantTxId": "0189000000007000800000000000002a",
            "amount": "3000",
            "currency": "EUR",
            "purpose": "KZ 4711000001",
            "type": "SALE",
            "kassenzeichen": "4711000001",
            "locale": "de",
            "urlRedirect": "https://portal.example/zurueck",
            "urlNotify": "https://portal.example/notify",
        }

    def test_carry_no_locale_where_the_method_has_none(self) -> None:
        assert "locale" not in start_fields(1, PROJECT, replace(ATTEMPT, method=Method.WERO))

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_cents": 0},
            {"amount_cents": -1},
            {"currency": "eur"},
            {"purpose": "  "},
            {"kassenzeichen": "9" * 256},
            {"return_url": "/zurueck"},
            {"notify_url": "javascript:alert(1)"},
            {"notify_url": "https://portal.example/" + "x" * 2048},
        ],
    )
    def test_refuse_what_the_provider_would(self, change: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            start_fields(1, PROJECT, replace(ATTEMPT, **change))  # type: ignore[arg-type]


class TestTheTransactionId:
    @pytest.mark.parametrize("value", ["a", "A1&=+,:;._!?#/", "x" * 255])
    def test_may_hold_the_documented_signs(self, value: str) -> None:
        assert transaction_id(value) == value

    @pytest.mark.parametrize("value", ["", "a-b", "a b", "ä", "x" * 256, "a\n"])
    def test_may_hold_no_other(self, value: str) -> None:
        with pytest.raises(ValueError):
            transaction_id(value)


class TestThePurpose:
    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ("Bewohnerparken", "Bewohnerparken"),
            ("  zwei   Worte ", "zwei Worte"),
            ("x" * 27, "x" * 27),
            ("x" * 40, "x" * 27),
            ("Hundesteuer 2026 Jahresbetrag", "Hundesteuer 2026"),
            ("Bewohnerparken 4711000001 A", "Bewohnerparken 4711000001 A"),
        ],
    )
    def test_is_cut_at_a_word_within_27_characters(self, given: str, sent: str) -> None:
        assert shortened(given) == sent
        assert len(sent) <= 27


class TestTheAccount:
    def test_gives_each_method_its_project(self) -> None:
        account = Account.of(1, {"card": 7, "wero": 8}, {"7": "a", "8": "b"})
        assert account.projects == {Method.CARD: Project(7, "a"), Method.WERO: Project(8, "b")}

    @pytest.mark.parametrize(
        ("projects", "passphrases", "names"),
        [
            ({}, {}, "no project"),
            ({"giropay": 7}, {"7": "a"}, "giropay"),
            ({"card": 7}, {"8": "a"}, "project 7"),
        ],
    )
    def test_says_which_setting_is_wrong(
        self, projects: dict[str, int], passphrases: dict[str, str], names: str
    ) -> None:
        with pytest.raises(ValueError, match=names):
            Account.of(1, projects, passphrases)

    def test_never_shows_a_passphrase(self) -> None:
        assert "geheim" not in repr(Account.of(1, {"card": 7}, {"7": "geheim"}))
