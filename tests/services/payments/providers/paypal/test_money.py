import pytest

from services.payments.providers.paypal import money
from services.payments.providers.port import ProviderRefused, ProviderUnavailable


class TestAnAmount:
    @pytest.mark.parametrize(
        ("cents", "text"),
        [(1, "0.01"), (10, "0.10"), (3000, "30.00"), (105, "1.05"), (99999999999, "999999999.99")],
    )
    def test_is_the_same_on_both_sides(self, cents: int, text: str) -> None:
        assert money.text(cents) == text
        assert money.cents(text, "EUR") == cents

    def test_may_come_back_as_nothing(self) -> None:
        assert money.cents("0.00", "EUR") == 0

    @pytest.mark.parametrize("cents", [0, -1])
    def test_that_is_sent_is_positive(self, cents: int) -> None:
        with pytest.raises(ValueError, match="positive"):
            money.text(cents)

    @pytest.mark.parametrize(
        "text",
        ["", "30", "30.0", "30.000", "30,00", "-30.00", "+30.00", "030.00", "3e1", " 30.00", "30.00\n",
         "1_0.00", "٣٠.00", "NaN", "1.005", "12345678901.00"],
    )  # fmt: skip
    def test_of_another_form_is_not_guessed(self, text: str) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            money.cents(text, "EUR")

    @pytest.mark.parametrize("currency", ["USD", "JPY", "eur", "", "HUF"])
    def test_in_another_currency_is_refused(self, currency: str) -> None:
        with pytest.raises(ProviderRefused, match="foreign currency") as raised:
            money.cents("30.00", currency)
        assert raised.value.reaction == "configuration"
