"""A short leg of `make faults`: few faults of every kind that needs no waiting, one seed."""

import pytest
from rich.console import Console

from tests.faults.report import show
from tests.faults.run import Wish, run

pytestmark = pytest.mark.integration
KINDS = ("crashes", "kills", "broker", "database", "wires", "provider", "mischief", "mail")
HAPPENED = (
    ("crash", "kill"), "broker", "database", ("connections", "black hole"), "bank", "mail",
)  # fmt: skip
SHORT = Wish(seed=15, seconds=14, applications=6, kinds=KINDS, most=2, pace=0.2)


class TestAShortRun:
    async def test_violates_nothing(self) -> None:
        outcome = await run(SHORT)
        show(outcome, Console())  # pytest shows it where the assertion fails
        assert outcome.applications == SHORT.applications
        for happened in HAPPENED:
            assert any(fault.startswith(happened) for fault in outcome.faults), happened
        assert outcome.holds, outcome.sentence()
