"""The tables are whole: whatever follows can be reached, and what is drawn is what moves."""

import pytest

from services.payments.diagrams import mermaid
from services.payments.domain.transitions import ATTEMPT, CLAIM, REFUND, ImpossibleMove, Moves, follow


class TestTheTables:
    @pytest.mark.parametrize(
        ("moves", "first"), [(CLAIM, "open"), (ATTEMPT, "opened"), (REFUND, "requested")]
    )
    def test_lead_everywhere_from_the_first(self, moves: Moves, first: str) -> None:
        reached = {first}
        while more := {after for (state, _), after in moves.items() if state in reached} - reached:
            reached |= more
        assert reached == {state for state, _ in moves} | set(moves.values())

    def test_know_no_way_out_of_what_is_over(self) -> None:
        with pytest.raises(ImpossibleMove):
            follow(CLAIM, "refunded", "payment_settled")

    def test_are_drawn_whole(self) -> None:
        lines = mermaid({("a", "x"): "b", ("a", "y"): "b", ("b", "z"): "c"}, "a")
        assert lines[1:] == ["    [*] --> a", "    a --> b: x, y", "    b --> c: z", "    c --> [*]"]
