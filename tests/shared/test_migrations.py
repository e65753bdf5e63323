"""Numbered files: in order, and each number once."""

from pathlib import Path

import pytest

from shared.migrations import MigrationChanged, find


class TestFiles:
    def test_come_in_order(self, tmp_path: Path) -> None:
        for name in ("0002_b.sql", "0001_a.sql", "notes.txt"):
            (tmp_path / name).write_text(f"-- {name}")
        assert [(one.number, one.text) for one in find("toy", tmp_path)] == [
            (1, "-- 0001_a.sql"), (2, "-- 0002_b.sql"),
        ]  # fmt: skip

    def test_of_the_same_number_are_refused(self, tmp_path: Path) -> None:
        for name in ("0001_a.sql", "0001_b.sql"):
            (tmp_path / name).write_text("SELECT 1")
        with pytest.raises(MigrationChanged, match="two files of toy"):
            find("toy", tmp_path)
