"""What is said of a run."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.faults.invariants import COMPLETED, INVARIANTS, violations
from tests.faults.report import Outcome, save, show
from tests.faults.samples import CASE, CLAIM, sound, without
from tests.faults.world import World


def outcome(world: World) -> Outcome:
    return Outcome(
        7, 180.0, {"kill": 3, "broker killed": 1}, [(0.5, "payments killed")], world, violations(world)
    )


def said(found: Outcome) -> str:
    heard = StringIO()
    show(found, Console(file=heard, width=200))
    return heard.getvalue()


class TestARunInWhichAllHeld:
    def test_is_one_sentence_with_its_seed(self) -> None:
        found = outcome(sound())
        assert found.holds
        assert "4 faults, 1 applications, 0 violations (seed 7" in said(found)

    def test_lists_every_invariant(self) -> None:
        text = said(outcome(sound()))
        assert all(name in text for name in INVARIANTS)


class TestAViolation:
    def test_is_told_with_the_history_that_led_to_it(self) -> None:
        found = outcome(without(sound(), COMPLETED))
        text = said(found)
        assert not found.holds
        assert f"I1: case {CASE} has come to no end" in text
        assert f"payments {CLAIM} v2 payments.payment_settled" in text

    def test_of_no_case_is_told_with_the_faults_before(self) -> None:
        world = sound()
        found = outcome(replace(world, balance_cents=world.balance_cents + 1))
        assert "its book" in said(found)
        assert "0.5 s: payments killed" in said(found)

    def test_is_kept_with_its_history(self, tmp_path: Path) -> None:
        kept = json.loads(save(outcome(without(sound(), COMPLETED)), tmp_path).read_text())
        assert kept["violations"][0]["invariant"] == "I1"
        assert any("payment_settled" in line for line in kept["violations"][0]["history"])
        assert (kept["seed"], kept["applications"], kept["faults"]["kill"]) == (7, 1, 3)


class TestACitizenWithoutAnAnswer:
    def test_is_a_violation_too(self) -> None:
        found = replace(outcome(sound()), unanswered=["citizen-3: 503"])
        assert not found.holds
        assert "1 violations" in said(found)
