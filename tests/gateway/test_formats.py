"""Amounts, days and spans as people write them."""

from datetime import UTC, date, datetime

import pytest

from gateway import formats


class TestMoney:
    @pytest.mark.parametrize(
        ("cents", "german", "english"),
        [
            (0, "0,00\u00a0€", "€0.00"),
            (5, "0,05\u00a0€", "€0.05"),
            (12000, "120,00\u00a0€", "€120.00"),
            (123456789, "1.234.567,89\u00a0€", "€1,234,567.89"),
            (-1050, "−10,50\u00a0€", "−€10.50"),
        ],
    )
    def test_is_exact_to_the_cent(self, cents: int, german: str, english: str) -> None:
        assert (formats.money(cents, "de"), formats.money(cents, "en")) == (german, english)

    def test_names_another_currency_by_its_code(self) -> None:
        told = [formats.money(-123456, language, "CHF") for language in ("de", "en")]
        assert told == ["−1.234,56\u00a0CHF", "−1,234.56\u00a0CHF"]


class TestTimes:
    def test_are_those_of_the_town(self) -> None:
        late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
        assert formats.moment(late, "de") == "1.\u00a0Juli\u00a02026, 00:30\u00a0Uhr"
        assert formats.short_day(late, "en") == "01/07/2026"

    def test_leave_plain_days_alone(self) -> None:
        assert formats.day(date(2026, 3, 1), "en") == "1\u00a0March\u00a02026"


class TestSpans:
    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(1, "1 Sekunde"), (89, "89 Sekunden"), (90, "2 Minuten"), (7200, "2 Stunden"), (432000, "5 Tage")],
    )
    def test_use_the_largest_sensible_unit(self, seconds: int, said: str) -> None:
        assert formats.span(seconds, "de").replace("\u00a0", " ") == said
