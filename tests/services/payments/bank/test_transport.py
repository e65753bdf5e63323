"""The way of folders: a file is there whole or not at all, once, and never over another."""

from pathlib import Path

import pytest

from services.payments.bank.transport import FileDrop, OtherContent, TransportUnavailable


@pytest.fixture
def drop(tmp_path: Path) -> FileDrop:
    return FileDrop(tmp_path)


class TestSubmitting:
    def test_leaves_the_file_and_nothing_else(self, drop: FileDrop, tmp_path: Path) -> None:
        drop.submit("a.xml", b"one")
        assert [(path.name, path.read_bytes()) for path in (tmp_path / "out").iterdir()] == [
            ("a.xml", b"one")
        ]

    def test_again_is_nothing(self, drop: FileDrop, tmp_path: Path) -> None:
        drop.submit("a.xml", b"one")
        drop.submit("a.xml", b"one")
        assert len(list((tmp_path / "out").iterdir())) == 1

    def test_again_is_nothing_once_the_bank_has_taken_it(self, drop: FileDrop, tmp_path: Path) -> None:
        drop.submit("a.xml", b"one")
        (tmp_path / "out" / "taken").mkdir()
        (tmp_path / "out" / "a.xml").rename(tmp_path / "out" / "taken" / "a.xml")
        drop.submit("a.xml", b"one")
        assert not (tmp_path / "out" / "a.xml").exists()

    def test_never_overwrites(self, drop: FileDrop, tmp_path: Path) -> None:
        drop.submit("a.xml", b"one")
        with pytest.raises(OtherContent):
            drop.submit("a.xml", b"two")
        assert (tmp_path / "out" / "a.xml").read_bytes() == b"one"

    @pytest.mark.parametrize("name", ["", "../a.xml", "a/b.xml", ".hidden", "a\x00"])
    def test_refuses_a_name_that_leads_elsewhere(self, drop: FileDrop, name: str) -> None:
        with pytest.raises(ValueError):
            drop.submit(name, b"one")

    def test_says_when_the_folder_is_away(self, drop: FileDrop, tmp_path: Path) -> None:
        (tmp_path / "out").rmdir()
        with pytest.raises(TransportUnavailable):
            drop.submit("a.xml", b"one")


class TestTaking:
    def test_names_what_is_whole(self, drop: FileDrop, tmp_path: Path) -> None:
        (tmp_path / "in" / "b.xml").write_bytes(b"two")
        (tmp_path / "in" / ".half.xml").write_bytes(b"ha")
        assert drop.names() == ["b.xml"]
        assert drop.fetch("b.xml") == b"two"

    def test_puts_aside_what_is_done(self, drop: FileDrop, tmp_path: Path) -> None:
        (tmp_path / "in" / "b.xml").write_bytes(b"two")
        drop.done("b.xml")
        drop.done("b.xml")
        assert drop.names() == []
        assert (tmp_path / "done" / "b.xml").read_bytes() == b"two"

    def test_says_when_nothing_can_be_fetched(self, drop: FileDrop) -> None:
        with pytest.raises(TransportUnavailable):
            drop.fetch("gone.xml")
