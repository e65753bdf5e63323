"""What a process has loaded by its start is looked at no more; what it freed goes back."""

import ctypes
import gc

import psutil
import pytest

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

    def test_that_is_free_goes_back(self) -> None:
        """Small blocks below one that is kept: by itself the C library would hold on to them."""
        process = psutil.Process()
        many = [bytes(1000) for _ in range(50_000)]
        kept = many[-1]
        before = process.memory_info().rss
        del many
        heap.give_back()
        assert process.memory_info().rss < before - 20_000_000
        assert len(kept) == 1000

    def test_is_left_alone_by_another_c_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
        heap.give_back()
