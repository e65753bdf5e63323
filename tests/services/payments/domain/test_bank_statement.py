"""Statements one behind the other, given / then: what is missing between two of them."""

from dataclasses import replace

import pytest

from services.payments.domain.bank_statement import Gap, Told, gap_between

FIRST = Told(2026, 250, 1, True, 0, 100)


def next_one(**said: object) -> Told:
    return replace(FIRST, **{"sequence": 251, "opening_cents": 100, "closing_cents": 300, **said})  # type: ignore[arg-type]


class TestAGap:
    @pytest.mark.parametrize(
        "after",
        [next_one(), next_one(year=2027, sequence=1), next_one(year=2027), next_one(sequence=None),
         next_one(sequence=250, page=2)],
    )  # fmt: skip
    def test_is_none_behind_what_comes_next(self, after: Told) -> None:
        assert gap_between(FIRST, after) == Gap(0, 0)
        assert not gap_between(FIRST, after)

    @pytest.mark.parametrize(
        ("after", "missing"),
        [(next_one(sequence=254), 3), (next_one(year=2027, sequence=3), 2),
         (next_one(year=2027, sequence=253), 2), (next_one(sequence=250, page=4), 2), (next_one(page=2), 1)],
    )  # fmt: skip
    def test_is_of_so_many(self, after: Told, missing: int) -> None:
        assert gap_between(FIRST, after) == Gap(missing, 0)

    def test_is_the_rest_of_a_statement_whose_last_page_has_not_come(self) -> None:
        assert gap_between(replace(FIRST, is_last_page=False), next_one()).missing == 1
        assert not gap_between(replace(FIRST, is_last_page=False), next_one(sequence=250, page=2))

    def test_is_of_the_cents_between_closing_and_opening(self) -> None:
        assert gap_between(FIRST, next_one(opening_cents=999_900)) == Gap(0, 999_800)
        assert gap_between(FIRST, next_one(opening_cents=-1)) == Gap(0, -101)

    def test_is_unknown_before_the_first_of_all(self) -> None:
        assert not gap_between(None, next_one(sequence=17))
        assert gap_between(None, next_one(page=2)).missing == 1
