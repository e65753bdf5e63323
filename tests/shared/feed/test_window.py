"""The sliding window between the feed and the broker's confirms."""

import pytest

from shared.feed.window import Window


def sent(count: int, size: int = 10, confirmed: int = 0) -> Window:
    window = Window(confirmed, size, lambda: None)
    window.send(range(confirmed + 1, confirmed + count + 1))
    return window


class TestAWindow:
    @pytest.mark.parametrize(
        ("confirms", "confirmed"),
        [([], 7), ([8], 8), ([8, 9, 10, 11], 11), ([11, 10, 9], 7), ([9, 8, 11], 9), ([11, 9, 10, 8], 11)],
    )
    def test_stands_before_the_first_that_is_open(self, confirms: list[int], confirmed: int) -> None:
        window = sent(4, confirmed=7)
        for sequence in confirms:
            window.confirm(sequence)
        assert window.confirmed == confirmed
        assert window.is_empty == (confirmed == 11)

    def test_has_no_room_for_more_than_its_size(self) -> None:
        window = sent(10)
        assert window.room == 0
        window.confirm(2)
        assert window.room == 0, "the first is open still"
        window.confirm(1)
        assert window.room == 2

    def test_says_when_a_good_part_is_free(self) -> None:
        window = sent(10)
        for sequence in (1, 2):
            window.confirm(sequence)
        assert not window.freed.is_set()
        window.confirm(3)
        assert window.freed.is_set()

    def test_that_failed_takes_no_more_and_stays_where_it_stood(self) -> None:
        told: list[bool] = []
        window = Window(0, 10, lambda: told.append(True))
        window.send([1, 2, 3])
        window.confirm(1)
        window.fail(ConnectionError("first"))
        window.fail(OSError("second"))
        assert told
        assert window.changed.is_set()
        assert window.freed.is_set()
        with pytest.raises(ConnectionError, match="first"):
            assert window.room
        assert window.confirmed == 1

    def test_that_has_ended_believes_nobody(self) -> None:
        """Its cursor is saved: what is confirmed after that goes out again, and is confirmed again."""
        window = sent(3)
        window.confirm(1)
        window.end()
        window.confirm(2)
        assert window.confirmed == 1

    def test_is_stuck_where_nothing_is_confirmed_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 100.0
        monkeypatch.setattr("shared.feed.window.time.monotonic", lambda: now)
        window = sent(2)
        now = 109.0
        assert not window.is_stuck(10)
        window.confirm(1)
        now = 118.0
        assert not window.is_stuck(10)
        now = 120.0
        assert window.is_stuck(10)
        window.confirm(2)
        now = 200.0
        assert not window.is_stuck(10), "nothing is on its way"
        window.send([3])
        assert not window.is_stuck(10)
