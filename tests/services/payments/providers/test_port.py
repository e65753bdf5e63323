"""An outcome is believed about exactly the stored attempt and its money."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.providers.port import Outcome, State

STORED: dict[str, Any] = {
    "reference": "ref-1", "attempt_id": UUID(int=7), "amount_cents": 3060, "currency": "EUR",
}  # fmt: skip
OUTCOME = Outcome(State.SUCCEEDED, "4000", "ref-1", UUID(int=7).hex, 3060, "EUR")


class TestAnOutcome:
    def test_agrees_with_its_attempt(self) -> None:
        assert OUTCOME.agrees_with(**STORED)

    @pytest.mark.parametrize(
        "other",
        [{"reference": "ref-2"}, {"attempt_id": UUID(int=8)}, {"amount_cents": 3059}, {"currency": "CHF"}],
        ids=lambda other: next(iter(other)),
    )
    def test_that_differs_in_anything_does_not(self, other: dict[str, Any]) -> None:
        assert not OUTCOME.agrees_with(**STORED | other)
