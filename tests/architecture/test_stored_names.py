"""Every name in a log was frozen here first: renaming or dropping one would make an old log unreadable."""

import re

import pytest

from tests.architecture.deployables import SERVICES
from tests.architecture.stored_names import frozen, registered

GENERATOR = "python -m tests.architecture.stored_names"


@pytest.fixture(scope="module")
def names() -> set[str]:
    return registered()


class TestStoredNames:
    def test_are_all_frozen(self, names: set[str]) -> None:
        assert names <= set(frozen()), f"new names: run `{GENERATOR}`"

    def test_never_vanish(self, names: set[str]) -> None:
        assert set(frozen()) <= names, "a log may hold these names: keep their event classes"

    def test_tell_service_and_fact(self, names: set[str]) -> None:
        pattern = re.compile(rf"({'|'.join(SERVICES)})\.[a-z]+(_[a-z0-9]+)+")
        assert [name for name in names if not pattern.fullmatch(name)] == []

    def test_are_listed_in_order_and_once(self, names: set[str]) -> None:
        assert names
        assert frozen() == sorted(set(frozen()))
