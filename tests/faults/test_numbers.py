"""Official numbers are told apart as they were put together."""

import pytest

from services.payments.domain.kassenzeichen import kassenzeichen
from tests.faults.reading import series_of


@pytest.mark.parametrize(
    ("service", "number", "place"),
    [
        ("applications", "BPA-2026-000012", ("BPA-2026", 12)),
        ("documents", "ZB-26-000003", ("receipt-2026", 3)),
        ("documents", "BPA-26-000001", ("permit-2026", 1)),
        ("payments", kassenzeichen("4711", 2026, 123), ("kassenzeichen-4711-2026-1", 123)),
    ],
)
def test_a_number_belongs_to_its_range(service: str, number: str, place: tuple[str, int]) -> None:
    assert series_of(service, number) == place
