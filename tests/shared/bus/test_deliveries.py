"""Which acknowledgements a channel's deliveries call for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.deliveries import Deliveries


def with_open(*tags: int, crowd: int = 100) -> Deliveries:
    deliveries = Deliveries(crowd)
    for tag in tags:
        deliveries.delivered(tag)
    return deliveries


class TestDue:
    def test_is_nothing_before_anything_is_settled(self) -> None:
        assert with_open(1, 2).due() == []

    def test_is_one_word_for_a_run(self) -> None:
        deliveries = with_open(*range(1, 6))
        for tag in (1, 2, 3):
            deliveries.settle(tag)
        assert deliveries.due() == [(3, True)]
        assert deliveries.due() == []

    @pytest.mark.parametrize(
        ("settled", "due"), [((2, 3), []), ((1, 3), [(1, True)]), ((3, 2, 1), [(3, True)])]
    )
    def test_never_covers_what_is_open(self, settled: tuple[int, ...], due: list[tuple[int, bool]]) -> None:
        deliveries = with_open(1, 2, 3, 4)
        for tag in settled:
            deliveries.settle(tag)
        assert deliveries.due() == due

    def test_covers_what_was_held_once_the_open_one_is_settled(self) -> None:
        deliveries = with_open(1, 2, 3)
        deliveries.settle(2)
        deliveries.settle(3)
        deliveries.due()
        deliveries.settle(1)
        assert deliveries.due() == [(3, True)]

    def test_goes_one_by_one_where_many_are_outstanding(self) -> None:
        deliveries = with_open(1, 2, 3, 4, crowd=4)
        for tag in (2, 4):
            deliveries.settle(tag)
        assert deliveries.due() == [(2, False), (4, False)]
        deliveries.settle(3)
        deliveries.settle(1)
        assert deliveries.due() == [(3, True)]  # a tag that is acknowledged must not be named again

    @given(st.permutations(range(1, 13)), st.integers(1, 13), st.sets(st.integers(0, 11)))
    def test_names_every_settled_message_once_and_no_other(
        self, order: list[int], crowd: int, looks: set[int]
    ) -> None:
        deliveries = with_open(*range(1, 13), crowd=crowd)
        outstanding, settled = set(range(1, 13)), set[int]()
        for n, tag in enumerate(order):
            deliveries.settle(tag)
            settled.add(tag)
            for due, multiple in deliveries.due() if n in looks or n == 11 else []:
                covered = {t for t in outstanding if t <= due} if multiple else {due}
                assert due in outstanding
                assert covered <= settled
                outstanding -= covered
        assert outstanding == set()
