"""What a process has loaded by its start is looked at no more."""

import gc

from shared import heap


class TestTheHeap:
    def test_of_the_start_is_set_apart(self) -> None:
        kept: list[object] = [object() for _ in range(10)]
        try:
            heap.set_apart()
            assert gc.get_freeze_count() > 0
            assert not any(one is kept for one in gc.get_objects())
        finally:
            gc.unfreeze()
        assert any(one is kept for one in gc.get_objects())
