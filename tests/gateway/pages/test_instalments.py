"""A charge in instalments on the citizen's page: which one counts, and what is to be paid next."""

from typing import Any

import pytest

from gateway.pages.parts import claim_that_counts
from tests.gateway.pages.samples import claim


def in_states(*states: str) -> list[dict[str, Any]]:
    return [{**claim(state), "instalment": at} for at, state in enumerate(states, 1)]


class TestTheClaimThatCounts:
    @pytest.mark.parametrize(
        ("states", "counts"),
        [
            (("open", "open", "open"), 1),
            (("settled", "open", "open"), 2),
            (("being_checked", "open", "open"), 1),
            (("settled", "cancelled", "open"), 3),
            (("settled", "settled", "settled"), 3),
            (("settled", "cancelled", "cancelled"), 1),
            (("cancelled", "cancelled"), 2),
        ],
    )
    def test_is_the_first_that_is_not_paid(self, states: tuple[str, ...], counts: int) -> None:
        found = claim_that_counts(in_states(*states))
        assert found is not None
        assert found["instalment"] == counts

    def test_is_none_before_there_is_one(self) -> None:
        assert claim_that_counts([]) is None
